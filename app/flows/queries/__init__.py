"""Plans and passages as pages, papers and programs read them: frozen rows, a fixed number of statements."""

from app.flows.queries.arrivals import list_planned_arrivals
from app.flows.queries.comparing import (
    Change,
    ChangeKind,
    Comparison,
    compare,
    compare_passages,
    is_out_of_date,
)
from app.flows.queries.heat import HeatCell, HeatRow, heat, real_heat
from app.flows.queries.passages import PassageRow, list_first_passages, list_passages, passages_of, passages_of_space
from app.flows.queries.people import count_individuals, list_groups_to_plan
from app.flows.queries.plans import (
    PlanRow,
    WholePlan,
    find_plan_in_force,
    find_plan_in_making,
    get_plan,
    get_plan_by_id,
    has_plan_in_force,
    list_plans,
)
from app.flows.queries.words import (
    BreachRow,
    CauseRow,
    describe_breaches,
    list_causes,
    list_left_out,
    list_plan_breaches,
)

__all__ = [
    "BreachRow",
    "CauseRow",
    "Change",
    "ChangeKind",
    "Comparison",
    "HeatCell",
    "HeatRow",
    "PassageRow",
    "PlanRow",
    "WholePlan",
    "compare",
    "compare_passages",
    "count_individuals",
    "describe_breaches",
    "find_plan_in_force",
    "find_plan_in_making",
    "get_plan",
    "get_plan_by_id",
    "has_plan_in_force",
    "heat",
    "is_out_of_date",
    "list_causes",
    "list_first_passages",
    "list_groups_to_plan",
    "list_left_out",
    "list_passages",
    "list_plan_breaches",
    "list_planned_arrivals",
    "list_plans",
    "passages_of",
    "passages_of_space",
    "real_heat",
]

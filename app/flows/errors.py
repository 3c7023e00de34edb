"""Refusals of plans."""

from app.core.errors import Conflict, NotFound
from app.flows.breaches import Breach


class PlanNotFound(NotFound):
    """No such plan, or passage of one, for the one who asks."""


class PlanChanged(Conflict):
    """Somebody changed the plan since it was read: `revision` is what it is now."""

    code = "plan_changed"

    def __init__(self, revision: int) -> None:
        super().__init__(f"the plan is at revision {revision}")
        self.revision = revision


class PlanInMaking(Conflict):
    """A plan of this event is being made already: `plan_id` is that one."""

    code = "plan_in_making"

    def __init__(self, plan_id: int) -> None:
        super().__init__(f"plan {plan_id} is being made")
        self.plan_id = plan_id


class NothingToPlan(Conflict):
    """The event has no group to lead, no stop that can be planned, or more days than a plan has."""

    code = "nothing_to_plan"


class PlanBroken(Conflict):
    """The plan does not keep what it has to: `breaches` say what, or `problems` in the checker's words."""

    code = "plan_broken"

    def __init__(self, breaches: tuple[Breach, ...], problems: tuple[str, ...] = ()) -> None:
        super().__init__("; ".join(problems) or ", ".join(sorted({str(breach.kind) for breach in breaches})))
        self.breaches, self.problems = breaches, problems


class PlanOutOfDate(Conflict):
    """The draft was made from what holds no more: `changes` say what (codes of `ChangeKind`; none: what it
    puts elsewhere has begun by now). It is to be made anew.
    """

    code = "plan_out_of_date"

    def __init__(self, changes: tuple[str, ...] = ()) -> None:
        super().__init__(", ".join(changes) or "what begins otherwise has begun")
        self.changes = changes


class PlanIncomplete(Conflict):
    """Groups are missing in the plan: `groups` are (registration, wave). Publishing it all the same must be said."""

    code = "plan_incomplete"

    def __init__(self, groups: tuple[tuple[int, int], ...]) -> None:
        super().__init__(f"{len(groups)} groups are missing")
        self.groups = groups

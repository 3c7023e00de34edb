"""The teams in which groups go round by the plan in force, as doors know them."""

from sqlalchemy import func, select

from app.core.db import db
from app.flows.enums import PlanState
from app.flows.models import FlowPassage, FlowPlan
from app.registrations.models import Registration
from app.registrations.queries import in_no_bin


def find_plan_id(event_id: int) -> int | None:
    """The plan in force: as long as it is the same one, so are its teams."""
    found = select(FlowPlan.id).where(FlowPlan.event_id == event_id, FlowPlan.state == PlanState.IN_FORCE)
    return db.session.execute(found).scalar_one_or_none()


def list_team_sizes(plan_id: int) -> dict[int, list[int]]:
    """People of each team, from team 1 on, of the groups that a plan splits, by registration. Groups that go whole are left out."""
    rows = db.session.execute(
        select(FlowPassage.registration_id, FlowPassage.team, func.max(FlowPassage.people))
        .join(Registration, Registration.id == FlowPassage.registration_id)
        .where(FlowPassage.plan_id == plan_id, in_no_bin())
        .group_by(FlowPassage.registration_id, FlowPassage.team)
        .order_by(FlowPassage.registration_id, FlowPassage.team)
    )
    found: dict[int, list[int]] = {}
    for registration_id, _team, people in rows:
        found.setdefault(registration_id, []).append(int(people))
    return {registration_id: sizes for registration_id, sizes in found.items() if len(sizes) > 1}

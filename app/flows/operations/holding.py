"""Holding a plan while it changes, and storing what came of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.events.enums import EDITABLE
from app.events.errors import EventReadOnly
from app.events.queries import EventRow
from app.flows.costs import make_plan
from app.flows.enums import PLAN_MOVES, PlanMove, PlanState
from app.flows.errors import PlanChanged, PlanNotFound
from app.flows.instance import Instance, Passage
from app.flows.minutes import to_values
from app.flows.models import FlowPassage, FlowPlan
from app.flows.queries.plans import WholePlan, get_plan_by_id
from app.flows.summary import figures

PART = 2_000
"""Passages written by one statement."""


def find_event_of(plan_id: int) -> int:
    """The event of a plan, without a lock. Raises PlanNotFound."""
    event_id = db.session.execute(select(FlowPlan.event_id).where(FlowPlan.id == plan_id)).scalar_one_or_none()
    if event_id is None:
        raise PlanNotFound
    return event_id


def hold_plan(plan_id: int, revision: int | None = None) -> WholePlan:
    """Lock a plan and read it as it now is. Raises PlanNotFound, and PlanChanged when it is past the revision that was read."""
    held = select(FlowPlan.revision).where(FlowPlan.id == plan_id).with_for_update(key_share=True)
    now = db.session.execute(held).scalar_one_or_none()
    if now is None:
        raise PlanNotFound
    if revision not in {None, now}:
        raise PlanChanged(now)
    return get_plan_by_id(plan_id)


def hold_draft(plan_id: int, move: str, revision: int | None) -> WholePlan:
    """`hold_plan`, of a draft: drafts alone are changed by hand. Raises MoveNotAllowed for any other."""
    plan = hold_plan(plan_id, revision)
    if plan.state is not PlanState.DRAFT:
        raise MoveNotAllowed(move, plan.state.value)
    return plan


def require_current(event: EventRow, move: str, now: datetime) -> None:
    """Plans of an event that is over, archived or called off stay what they are. Raises EventReadOnly, MoveNotAllowed (over)."""
    if event.state not in EDITABLE:
        raise EventReadOnly
    if event.is_over(now):
        raise MoveNotAllowed(str(move), "over")


def next_state(state: PlanState, move: PlanMove) -> PlanState:
    """Raises MoveNotAllowed."""
    if (state, move) not in PLAN_MOVES:
        raise MoveNotAllowed(move.value, state.value)
    return PLAN_MOVES[state, move]


def write_plan(plan_id: int, **values: Any) -> int:
    """Change a plan's row; its new revision."""
    return db.session.execute(
        update(FlowPlan)
        .where(FlowPlan.id == plan_id)
        .values(**values, revision=FlowPlan.revision + 1)
        .returning(FlowPlan.revision),
        execution_options={"synchronize_session": False},
    ).scalar_one()


def store_passages(plan: WholePlan, passages: Iterable[Passage], pinned: set[tuple[str, int, str]]) -> None:
    """Write all passages of a plan anew; `plan.hours` say what their minutes stand for."""
    db.session.execute(delete(FlowPassage).where(FlowPassage.plan_id == plan.id))
    found = list(passages)
    rows = [
        {**values, "plan_id": plan.id, "pinned": (passage.group, passage.team, passage.stop) in pinned}
        for values, passage in zip(to_values(found, plan.hours), found, strict=True)
    ]
    for start in range(0, len(rows), PART):
        db.session.execute(insert(FlowPassage), rows[start : start + PART])


def new_figures(plan: WholePlan, instance: Instance, passages: list[Passage]) -> dict[str, Any]:
    """The summary of a plan whose passages were changed: what they cost now, with the arrivals that still hold."""
    return {**plan.kept, **figures(instance, make_plan(instance, passages, plan.arrivals))}

"""Making a plan: a row at once, the passages by a job."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.events.operations import hold_event
from app.events.queries import EventRow
from app.flows.building import Built, TeamStop
from app.flows.causes import Cause
from app.flows.enums import PlanMove, PlanOrigin, PlanState
from app.flows.errors import NothingToPlan, PlanInMaking, PlanNotFound
from app.flows.hours import Hours
from app.flows.instance import Instance, Passage, Plan
from app.flows.minutes import to_passages
from app.flows.models import FlowPassage, FlowPlan
from app.flows.operations.holding import (
    find_event_of,
    hold_plan,
    next_state,
    require_current,
    store_passages,
    write_plan,
)
from app.flows.queries import find_plan_in_force, find_plan_in_making, list_groups_to_plan
from app.flows.queries.plans import WholePlan
from app.flows.reading import MOST_DAYS
from app.flows.stands import keep_stands
from app.flows.summary import write_summary
from app.jobs.operations import enqueue

PLAN_JOB = "flows.plan"


def start_plan(
    event_id: int,
    *,
    by: Actor,
    now: datetime,
    note: str = "",
    based_on: int | None = None,
    origin: PlanOrigin = PlanOrigin.PLANNED,
    queue: bool = True,
) -> int:
    """Begin a new plan and return its id: a job makes it, a draft comes of it; without `queue`, the caller makes it.

    It keeps what is pinned in `based_on` (the plan in force when none is named) and moves little of what people were told.
    Raises EventNotFound, PlanInMaking while another one is being made, NothingToPlan, PlanNotFound, EventReadOnly, MoveNotAllowed
    (over).
    """
    event = hold_event(event_id)
    making = find_plan_in_making(event_id)
    if making is not None:
        raise PlanInMaking(making.id)
    require_current(event, "plan", now)
    _require_something(event)
    if based_on is not None and find_event_of(based_on) != event_id:
        raise PlanNotFound
    in_force = find_plan_in_force(event_id)
    told = None if in_force is None else in_force.id
    plan_id = _insert(event, told, origin, note, by, now)
    payload = {"plan_id": plan_id, "told": told, "pins_of": based_on or told}
    if queue:
        job_id = enqueue(PLAN_JOB, payload, now=now, subject=f"event:{event_id}", organiser_id=event.organiser_id)
        db.session.execute(update(FlowPlan).where(FlowPlan.id == plan_id).values(job_id=job_id))
    number = db.session.execute(select(FlowPlan.number).where(FlowPlan.id == plan_id)).scalar_one()
    details = {"plan": number, "note": note.strip()[:200]}
    record(by, "plan.started", f"event:{event_id}", now=now, organiser_id=event.organiser_id, details=details)
    return plan_id


def replan(plan_id: int, *, by: Actor, now: datetime, note: str = "") -> int:
    """A new plan that keeps what is pinned in this one (a draft, or the one in force); its id.

    Raises MoveNotAllowed, PlanNotFound, and what `start_plan` raises.
    """
    event_id = find_event_of(plan_id)
    hold_event(event_id)
    next_state(hold_plan(plan_id).state, PlanMove.REPLAN)
    return start_plan(event_id, by=by, now=now, note=note, based_on=plan_id)


def finish_plan(
    plan_id: int, built: Built, instance: Instance, plan: Plan, causes: Sequence[Cause], *, by: Actor, now: datetime
) -> bool:
    """Store what the job made of it: a draft. False when it is no longer being made: then nothing changes."""
    event = hold_event(find_event_of(plan_id))
    held = hold_plan(plan_id)
    if held.state is not PlanState.MAKING:
        return False
    summary = write_summary(built, instance, plan, causes)
    pinned = {(pin.group, pin.team, pin.stop) for pin in instance.pins}
    told = [] if held.based_on_id is None else list_stands(held.based_on_id, built.hours, event.timezone)
    store_passages(replace(held, hours=built.hours), keep_stands(instance, plan.passages, told), pinned)
    write_plan(plan_id, state=PlanState.DRAFT, instance=built.instance, summary=summary)
    details = {"plan": held.number, "groups": len(plan.arrivals), "left_out": len(plan.left_out)}
    record(by, "plan.made", f"event:{held.event_id}", now=now, organiser_id=held.organiser_id, details=details)
    return True


def give_up(plan_id: int) -> None:
    """What is no longer made by any job is dropped: its job is dead, was called off, or its event is gone."""
    db.session.execute(
        update(FlowPlan)
        .where(FlowPlan.id == plan_id, FlowPlan.state == PlanState.MAKING)
        .values(state=PlanState.DROPPED, revision=FlowPlan.revision + 1),
        execution_options={"synchronize_session": False},
    )


def list_team_stops(plan_id: int | None, *, pinned: bool = False) -> list[TeamStop]:
    """Where a plan has its teams when, or those of them that are pinned; nothing of no plan."""
    if plan_id is None:
        return []
    statement = select(
        FlowPassage.registration_id, FlowPassage.wave_id, FlowPassage.team, FlowPassage.stop_id, FlowPassage.starts_at
    ).where(FlowPassage.plan_id == plan_id)
    if pinned:
        statement = statement.where(FlowPassage.pinned)
    return [TeamStop(*row) for row in db.session.execute(statement.order_by(FlowPassage.id))]


def list_stands(plan_id: int, hours: Hours, timezone: str) -> list[Passage]:
    """The passages of a plan at stands, in minutes of another plan."""
    rows: list[Any] = list(
        db.session.execute(
            select(FlowPassage.__table__).where(FlowPassage.plan_id == plan_id, FlowPassage.stand.is_not(None))
        )
    )
    return to_passages(rows, hours, timezone)


def _require_something(event: EventRow) -> None:
    """Raises NothingToPlan."""
    days = {wave.starts_at.date() for wave in event.waves}
    stops = [stop for stop in event.stops if stop.space_id is not None and stop.minutes > 0]
    if not stops or not days or len(days) > MOST_DAYS or not list_groups_to_plan(event.id):
        raise NothingToPlan


def _insert(event: EventRow, told: int | None, origin: PlanOrigin, note: str, by: Actor, now: datetime) -> int:
    last = select(func.coalesce(func.max(FlowPlan.number), 0)).where(FlowPlan.event_id == event.id)
    values: dict[str, Any] = {
        "event_id": event.id, "organiser_id": event.organiser_id, "number": db.session.execute(last).scalar_one() + 1,
        "state": PlanState.MAKING, "origin": origin, "note": note.strip()[:200], "instance": {}, "summary": {},
        "based_on_id": told, "revision": 1, "made_by": by.label[:200], "created_at": now,
    }  # fmt: skip
    plan_id: int = db.session.execute(insert(FlowPlan).values(values).returning(FlowPlan.id)).scalar_one()
    return plan_id


def read_for_making(plan_id: int) -> WholePlan | None:
    """The plan as long as it is being made; None when it is not any more."""
    try:
        plan = hold_plan(plan_id)
    except PlanNotFound:
        return None
    return plan if plan.state is PlanState.MAKING else None

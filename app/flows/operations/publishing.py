"""Putting a plan in force, and taking it away: who is concerned has another calendar entry, and is told by a job."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.events.operations import hold_event
from app.events.queries import EventRow
from app.flows.breaches import list_breaches
from app.flows.building import STEP, group_id
from app.flows.checker import check_plan
from app.flows.costs import make_plan
from app.flows.enums import PlanMove, PlanOrigin, PlanState
from app.flows.errors import PlanBroken, PlanIncomplete, PlanOutOfDate
from app.flows.hours import Hours
from app.flows.instance import Passage
from app.flows.minutes import to_passages
from app.flows.models import FlowPassage, FlowPlan, FlowSlot
from app.flows.operations.holding import (
    find_event_of,
    hold_plan,
    next_state,
    require_current,
    store_passages,
    write_plan,
)
from app.flows.queries import (
    Comparison,
    compare_passages,
    find_plan_in_force,
    get_plan_by_id,
    is_out_of_date,
    list_groups_to_plan,
    list_passages,
)
from app.flows.queries.comparing import WHO
from app.flows.queries.passages import PassageRow
from app.flows.queries.plans import WholePlan
from app.flows.reading import read_instance
from app.flows.summary import figures, plan_json
from app.jobs.operations import enqueue
from app.messages.operations import raise_sequences

TELL_JOB = "flows.tell_plan"
PART = 2_000
SLOT = timedelta(minutes=STEP)


def publish_plan(
    plan_id: int, *, by: Actor, now: datetime, revision: int, incomplete: bool = False, tell: bool = True
) -> tuple[int, ...]:
    """Put a draft in force; the one before is replaced. The ids of the registrations whose hours or places change.

    Their calendar entries change, and, with `tell`, who has a mail address is told by a job. Raises PlanNotFound,
    PlanChanged, MoveNotAllowed, EventReadOnly, PlanOutOfDate when it was made for other spaces, stops, walks, hours or choices
    than there are now, before a delay, or when it moves what has begun; PlanBroken unless it keeps all that is asked, and
    PlanIncomplete when groups are missing in it, or people of them, unless `incomplete` says that this is known.
    """
    event = _hold_event(plan_id)
    plan = hold_plan(plan_id, revision)
    next_state(plan.state, PlanMove.PUBLISH)
    require_current(event, PlanMove.PUBLISH, now)
    if event.date_to_come:
        raise MoveNotAllowed(PlanMove.PUBLISH.value, "date_to_come")
    rows = list_passages(plan_id)
    if rows and all(row.gone for row in rows):
        raise MoveNotAllowed(PlanMove.PUBLISH.value, "empty")
    _require_fresh(plan, event, rows, now)
    _require_sound(plan, event)
    missing = list_missing(event, rows)
    if missing and not incomplete:
        raise PlanIncomplete(missing)
    return _put_in_force(event, plan, by=by, now=now, tell=tell, missing=len(missing))


def drop_plan(
    plan_id: int, *, by: Actor, now: datetime, revision: int | None = None, tell: bool = True, calendars: bool = True
) -> None:
    """Let a plan go: a draft, one that is being made, or the one in force; then nothing is planned any more.

    Of the one in force those concerned are told, as `publish_plan` does. Raises PlanNotFound, PlanChanged, MoveNotAllowed,
    EventReadOnly.
    """
    event = _hold_event(plan_id)
    plan = hold_plan(plan_id, revision)
    after = next_state(plan.state, PlanMove.DROP)
    require_current(event, PlanMove.DROP, now)
    before = _told_passages(plan)
    if after is PlanState.REPLACED:
        _retire(plan, now)
        _concern(event, compare_passages(before, []), plan, now, tell=tell, calendars=calendars)
    else:
        write_plan(plan.id, state=after)
    details = {"plan": plan.number, "was_told": after is PlanState.REPLACED}
    record(by, "plan.dropped", f"event:{event.id}", now=now, organiser_id=event.organiser_id, details=details)


def enforce(
    event: EventRow,
    instance: Mapping[str, Any],
    hours: Hours,
    passages: Sequence[Passage],
    *,
    origin: PlanOrigin,
    by: Actor,
    now: datetime,
    note: str = "",
    kept: Mapping[str, Any] | None = None,
    tell: bool = True,
    calendars: bool = True,
) -> int:
    """A plan that is in force at once, made of the one before: what a delay or new dates do to it. Its id.

    `instance` is what these passages must keep (its windows and days moved along), `kept` the summary of the plan before. The
    caller holds the event (`hold_event`); without `calendars` it says itself which entries change. Raises PlanBroken.
    """
    read = read_instance(instance)
    before = find_plan_in_force(event.id)
    plan = make_plan(read, passages)
    summary = {**(kept or {}), **figures(read, plan), "days": hours.kept()}
    problems = check_plan(dict(instance), plan_json(summary, passages))
    if problems:
        raise PlanBroken(list_breaches(read, passages), tuple(problems))
    last = select(func.coalesce(func.max(FlowPlan.number), 0)).where(FlowPlan.event_id == event.id)
    values: dict[str, Any] = {
        "event_id": event.id, "organiser_id": event.organiser_id, "number": db.session.execute(last).scalar_one() + 1,
        "state": PlanState.DRAFT, "origin": origin, "note": note.strip()[:200], "instance": dict(instance),
        "summary": summary, "based_on_id": None if before is None else before.id, "revision": 1,
        "made_by": by.label[:200], "created_at": now,
    }  # fmt: skip
    plan_id: int = db.session.execute(insert(FlowPlan).values(values).returning(FlowPlan.id)).scalar_one()
    stored = get_plan_by_id(plan_id)
    pinned = {(pin["group"], pin["team"], pin["stop"]) for pin in instance["pins"]}
    store_passages(replace(stored, hours=hours), passages, pinned)
    missing = len(plan.left_out)
    _put_in_force(event, stored, by=by, now=now, tell=tell, missing=missing, calendars=calendars)
    return plan_id


def list_missing(event: EventRow, rows: Iterable[PassageRow]) -> tuple[tuple[int, int], ...]:
    """The (registration, wave) of groups that are to come and are not in these passages with all their people."""
    teams: dict[str, dict[int, int]] = defaultdict(dict)
    for row in rows:
        teams[group_id(row.registration_id, row.wave_id)][row.team] = row.people
    planned = [stop for stop in event.stops if stop.space_id is not None and stop.minutes > 0]
    return tuple(
        (group.registration_id, wave_id)
        for group in list_groups_to_plan(event.id)
        if any(s.is_for(group.audience) and not (s.optional and s.id in group.declined) for s in planned)
        for wave_id in group.waves
        if sum(teams[group_id(group.registration_id, wave_id)].values()) < group.people
    )


def _hold_event(plan_id: int) -> EventRow:
    return hold_event(find_event_of(plan_id))


def _require_fresh(plan: WholePlan, event: EventRow, rows: Iterable[PassageRow], now: datetime) -> None:
    """Raises PlanOutOfDate. That groups or people are missing is said by itself."""
    changes = dict.fromkeys(change.kind.value for change in is_out_of_date(plan, event) if change.kind not in WHO)
    if changes:
        raise PlanOutOfDate(tuple(changes))
    before = find_plan_in_force(event.id)
    told = {} if before is None else {row.key: row.starts_at for row in _told_passages(before)}
    if any(
        told.get(row.key) != row.starts_at and min(row.starts_at, told.get(row.key, row.starts_at)) < now
        for row in rows
        if not row.gone
    ):
        raise PlanOutOfDate


def _require_sound(plan: WholePlan, event: EventRow) -> None:
    """Raises PlanBroken unless the checker, which shares no code with the planner, finds nothing."""
    rows = _placed(plan.id)
    passages = to_passages(rows, plan.hours, event.timezone)
    breaches = list_breaches(read_instance(plan.instance), passages)
    problems = check_plan(plan.instance, plan_json(plan.kept, passages))
    if breaches or problems:
        raise PlanBroken(breaches, tuple(problems))


def _put_in_force(
    event: EventRow, plan: WholePlan, *, by: Actor, now: datetime, tell: bool, missing: int, calendars: bool = True
) -> tuple[int, ...]:
    before = find_plan_in_force(event.id)
    told = [] if before is None else _told_passages(before)
    if before is not None:
        _retire(before, now)
    write_plan(plan.id, state=PlanState.IN_FORCE, published_at=now)
    _write_slots(plan)
    changes = compare_passages(told, _told_passages(plan))
    changed = changes.registrations
    _concern(event, changes, plan, now, tell=tell, calendars=calendars)
    details = {
        "plan": plan.number, "registrations": len(changed), "missing": missing, "told": tell and bool(changed),
    }  # fmt: skip
    record(by, "plan.published", f"event:{event.id}", now=now, organiser_id=event.organiser_id, details=details)
    return changed


def _told_passages(plan: WholePlan) -> list[PassageRow]:
    return [row for row in list_passages(plan.id) if not row.gone]


def _retire(plan: WholePlan, now: datetime) -> None:
    write_plan(plan.id, state=PlanState.REPLACED, replaced_at=now)
    db.session.execute(delete(FlowSlot).where(FlowSlot.plan_id == plan.id))


def _concern(
    event: EventRow, changes: Comparison, plan: WholePlan, now: datetime, *, tell: bool, calendars: bool = True
) -> None:
    """Where hours or spaces change, calendar entries are other ones by now. A job tells everyone concerned."""
    if calendars:
        raise_sequences([f"registration:{one}" for one in changes.rescheduled], now=now)
    if changes.registrations and tell:
        payload = {"plan_id": plan.id, "registration_ids": list(changes.registrations)}
        enqueue(TELL_JOB, payload, now=now, subject=f"event:{event.id}", organiser_id=event.organiser_id)


def _placed(plan_id: int) -> list[Any]:
    """Every stored passage, those of people in the bin too: places are theirs until the plan is made anew."""
    return list(db.session.execute(select(FlowPassage.__table__).where(FlowPassage.plan_id == plan_id)).all())


def _write_slots(plan: WholePlan) -> None:
    capacities = {int(space["id"]): space["capacity"] for space in plan.instance["spaces"]}
    people = count_slots(_placed(plan.id))
    rows = [
        {"plan_id": plan.id, "space_id": space, "starts_at": at, "people": count, "capacity": capacities[space]}
        for (space, at), count in sorted(people.items())
    ]
    for start in range(0, len(rows), PART):
        db.session.execute(insert(FlowSlot), rows[start : start + PART])


def count_slots(rows: Iterable[Any]) -> dict[tuple[int, datetime], int]:
    """People of passages by space and five minutes: whoever is there for a part of them counts."""
    people: dict[tuple[int, datetime], int] = defaultdict(int)
    for row in rows:
        at = row.starts_at - timedelta(minutes=row.starts_at.minute % STEP)
        while at < row.ends_at:
            people[row.space_id, at] += row.people
            at += SLOT
    return people

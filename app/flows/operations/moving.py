"""Changing a draft by hand: passages are moved and pinned, and what a move breaks is said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.events.operations import hold_event
from app.events.queries import EventRow, get_event_by_id
from app.flows.breaches import Breach, list_breaches
from app.flows.building import group_id
from app.flows.enums import PlanOrigin
from app.flows.errors import PlanNotFound
from app.flows.instance import Instance, Passage, Slot
from app.flows.minutes import to_passages
from app.flows.models import FlowPassage
from app.flows.operations.holding import find_event_of, hold_draft, new_figures, require_current, write_plan
from app.flows.queries.plans import WholePlan, get_plan_by_id
from app.flows.reading import read_instance

Pinned = list[dict[str, Any]]


@dataclass(frozen=True)
class Revised:
    """A draft after a change by hand: its new revision, and everything that its passages break now."""

    revision: int
    breaches: tuple[Breach, ...]


def move_passage(
    passage_id: int,
    starts_at: datetime,
    stand: int | None = None,
    *,
    by: Actor,
    now: datetime,
    revision: int,
    along: bool = False,
) -> Revised:
    """Let a team begin a stop at another time, on a step of the plan. What that breaks is answered, not refused.

    `stand` None: it keeps its stand where that is free, else takes a free one. `along`: the later passages of the same team go
    as much earlier or later, but for pinned ones. What is moved is pinned where it is put: a plan made from this one keeps it.
    What began stays. Raises PlanNotFound, PlanChanged, MoveNotAllowed (drafts alone are changed, and not once the event is
    over), EventReadOnly, FieldError (starts_at, stand).
    """
    moved = _get_passage(passage_id)
    event = hold_event(find_event_of(moved.plan_id))
    plan = hold_draft(moved.plan_id, "move", revision)
    require_current(event, "move", now)
    instance = read_instance(plan.instance)
    _require_on_step(plan, event, instance, starts_at)
    if min(starts_at, moved.starts_at) < now and starts_at != moved.starts_at:
        raise FieldError({"starts_at": "past"})
    rows = _rows(plan.id)
    moved = next(row for row in rows if row.id == passage_id)
    before = moved.starts_at
    going = _put(instance, rows, moved, starts_at, stand, along)
    _write(going)
    details = {
        "plan": plan.number, "stop": next((s.name_fr for s in event.stops if s.id == moved.stop_id), ""),
        "starts_at": [before.isoformat(), moved.starts_at.isoformat()], "passages": len(going),
    }  # fmt: skip
    record(by, "plan.passage_moved", f"event:{event.id}", now=now, organiser_id=plan.organiser_id, details=details)
    return _store(plan, event, rows)


def try_move(
    passage_id: int, starts_at: datetime, stand: int | None = None, *, along: bool = False
) -> tuple[tuple[Breach, ...], tuple[Breach, ...]]:
    """What a plan breaks now, and what it would break after `move_passage`. Nothing changes.

    Raises PlanNotFound, FieldError (starts_at, stand).
    """
    plan = get_plan_by_id(_get_passage(passage_id).plan_id)
    event = get_event_by_id(plan.event_id)
    instance = read_instance(plan.instance)
    _require_on_step(plan, event, instance, starts_at)
    rows = _rows(plan.id)
    before = list_breaches(instance, to_passages(rows, plan.hours, event.timezone))
    moved = next(row for row in rows if row.id == passage_id)
    _put(instance, rows, moved, starts_at, stand, along)
    free = replace(instance, pins=tuple(_without_own(instance, moved)))
    return before, list_breaches(free, to_passages(rows, plan.hours, event.timezone))


def _without_own(instance: Instance, moved: "_Row") -> Iterator[Slot]:
    """The pins of all but this passage: a pinned one is pinned where it is put."""
    own = (group_id(moved.registration_id, moved.wave_id), moved.team, str(moved.stop_id))
    return (pin for pin in instance.pins if (pin.group, pin.team, pin.stop) != own)


def pin(
    plan_id: int,
    pinned: bool,
    *,
    by: Actor,
    now: datetime,
    revision: int,
    passage_ids: Sequence[int] = (),
    registration_id: int | None = None,
    wave_id: int | None = None,
    team: int | None = None,
) -> Revised:
    """Pin passages of a draft where they are, or let them go: those named, or a group's (in a wave, of a team).

    A plan made from this one keeps what is pinned. Raises PlanNotFound, PlanChanged, MoveNotAllowed, EventReadOnly.
    """
    event = hold_event(find_event_of(plan_id))
    plan = hold_draft(plan_id, "pin", revision)
    require_current(event, "pin", now)
    rows = _rows(plan.id)
    chosen = [
        row
        for row in rows
        if row.id in passage_ids
        or (
            registration_id == row.registration_id
            and wave_id in {None, row.wave_id}
            and team in {None, row.team}
        )
    ]  # fmt: skip
    if not chosen:
        raise PlanNotFound
    which = update(FlowPassage).where(FlowPassage.id.in_([row.id for row in chosen]))
    db.session.execute(which.values(pinned=pinned), execution_options={"synchronize_session": False})
    for row in chosen:
        row.pinned = pinned
    details = {"plan": plan.number, "passages": len(chosen), "pinned": pinned}
    record(by, "plan.pinned", f"event:{plan.event_id}", now=now, organiser_id=plan.organiser_id, details=details)
    return _store(plan, event, rows, by_hand=False)


@dataclass
class _Row:
    """A passage while it is being changed."""

    id: int
    plan_id: int
    registration_id: int
    wave_id: int
    team: int
    people: int
    stop_id: int
    space_id: int
    stand: int | None
    starts_at: datetime
    ends_at: datetime
    pinned: bool


_COLUMNS = [getattr(FlowPassage, name) for name in _Row.__dataclass_fields__]


def _get_passage(passage_id: int) -> _Row:
    found = db.session.execute(select(*_COLUMNS).where(FlowPassage.id == passage_id)).one_or_none()
    if found is None:
        raise PlanNotFound
    return _Row(*found)


def _rows(plan_id: int) -> list[_Row]:
    found = db.session.execute(select(*_COLUMNS).where(FlowPassage.plan_id == plan_id).order_by(FlowPassage.id))
    return [_Row(*row) for row in found]


def _write(rows: Sequence[_Row]) -> None:
    for row in rows:
        db.session.execute(
            update(FlowPassage)
            .where(FlowPassage.id == row.id)
            .values(starts_at=row.starts_at, ends_at=row.ends_at, stand=row.stand, pinned=row.pinned),
            execution_options={"synchronize_session": False},
        )


def _require_on_step(plan: WholePlan, event: EventRow, instance: Instance, starts_at: datetime) -> None:
    """Raises FieldError unless it lies on a day of the plan, on one of its steps."""
    minute = plan.hours.minute(starts_at, event.timezone)
    if minute is None:
        raise FieldError({"starts_at": "day"})
    if minute % instance.step or plan.hours.moment(minute) != starts_at:
        raise FieldError({"starts_at": "step"})


def _later(rows: Sequence[_Row], moved: _Row) -> list[_Row]:
    """What the same team does after it, as far as it is not pinned."""
    team = (moved.registration_id, moved.wave_id, moved.team)
    return [
        row
        for row in rows
        if (row.registration_id, row.wave_id, row.team) == team and row.starts_at > moved.starts_at and not row.pinned
    ]


def _put(
    instance: Instance, rows: Sequence[_Row], moved: _Row, starts_at: datetime, stand: int | None, along: bool
) -> list[_Row]:
    """Move it, and what goes along; these are returned."""
    moved.pinned = True
    shift = starts_at - moved.starts_at
    going = [moved, *(_later(rows, moved) if along else [])]
    for row in going:
        row.starts_at, row.ends_at = row.starts_at + shift, row.ends_at + shift
    for row in going:
        row.stand = _stand(instance, rows, row, stand if row is moved else None)
    return going


def _stand(instance: Instance, rows: Sequence[_Row], row: _Row, wanted: int | None) -> int | None:
    """The stand that a passage takes: the one wanted, its own, the first that is free, or its own all the same."""
    space = instance.spaces[str(row.space_id)]
    if space.stands is None:
        return None
    if wanted is not None:
        if not 1 <= wanted <= space.stands:
            raise FieldError({"stand": "range"})
        return wanted
    taken = {
        other.stand
        for other in rows
        if other is not row
        and other.space_id == row.space_id
        and other.starts_at < row.ends_at
        and row.starts_at < other.ends_at
    }
    free = [number for number in range(1, space.stands + 1) if number not in taken]
    return row.stand if row.stand in free or not free else free[0]


def _store(plan: WholePlan, event: EventRow, rows: Sequence[_Row], *, by_hand: bool = True) -> Revised:
    """The plan's pins and figures as its passages now are, and what they break."""
    pins: Pinned = []
    for row in rows:
        minute = plan.hours.minute(row.starts_at, event.timezone)
        if row.pinned and minute is not None:
            group = group_id(row.registration_id, row.wave_id)
            pins.append({"group": group, "team": row.team, "stop": str(row.stop_id), "start": minute})
    changed = {**plan.instance, "pins": pins}
    instance = read_instance(changed)
    passages: list[Passage] = to_passages(rows, plan.hours, event.timezone)
    origin = {"origin": PlanOrigin.HAND} if by_hand else {}
    summary = new_figures(replace(plan, instance=changed), instance, passages)
    revision = write_plan(plan.id, instance=changed, summary=summary, **origin)
    return Revised(revision, list_breaches(instance, passages))

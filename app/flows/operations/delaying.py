"""Saying that a wave or a space is late, or on time again: the plan follows, and those concerned are told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.events.enums import EventState
from app.events.operations import hold_event
from app.events.operations.lateness import write_lateness
from app.events.queries import EventRow
from app.flows.delays import Outcome, Pushed, work_out
from app.flows.drift import shift_instance
from app.flows.enums import DelayKind, PlanOrigin
from app.flows.models import Delay
from app.flows.operations.publishing import enforce
from app.flows.postponing import EventChanged
from app.flows.queries.people import list_alone
from app.jobs.operations import enqueue
from app.messages.operations import raise_sequences

TELL_DELAY_JOB = "flows.tell_delay"
LATE = "event.late"
MOST_MINUTES = 240
TOLD_TO_CALENDARS = 10
"""From so many minutes on, calendars take a new hour for a new one."""


@dataclass(frozen=True)
class Marked:
    """`plan_id` is the plan that holds now, where one was made. `told` groups are told by a job, if they have a mail, and so are
    the people alone of the outcome.
    """

    delay_id: int
    plan_id: int | None
    told: int
    outcome: Outcome


def mark_late(
    event_id: int, kind: DelayKind, of_id: int, minutes: int, *, by: Actor, now: datetime, revision: int | None = None
) -> Marked:
    """Say by how many minutes in all a wave or a space is late; 0: it is on time again.

    The plan in force follows at once, as far as it must. Entries of calendars change where hours move by ten minutes or more,
    those of who comes alone with their wave. Groups whose hours move, people alone of a late wave, and those who have yet to go
    to a late space are told by a job. Raises EventNotFound, EventChanged when it is not at `revision` any more,
    MoveNotAllowed, FieldError (minutes; wave or space), DelayTooLong.
    """
    event = hold_event(event_id)
    if revision not in {None, event.revision}:
        raise EventChanged
    require_on(event, now)
    _require_known(event, kind, of_id, minutes)
    outcome = work_out(event, kind, of_id, minutes, now)
    write_lateness(event_id, **{f"{kind.value}s": {of_id: minutes}}, now=now)
    plan_id = _follow(event, outcome.pushed, by=by, now=now) if outcome.pushed else None
    delay_id = _note(event, kind, of_id, minutes, plan_id, by=by, now=now)
    moved = {one for one, shift in outcome.concerned.items() if abs(shift) >= TOLD_TO_CALENDARS}
    if kind is DelayKind.WAVE and abs(minutes - outcome.before) >= TOLD_TO_CALENDARS:
        moved |= {one.registration_id for one in list_alone([of_id])}
    raise_sequences([f"registration:{one}" for one in moved], now=now)
    if outcome.concerned or outcome.alone:
        payload = {
            "delay_id": delay_id,
            "moved": [[one, shift] for one, shift in sorted(outcome.concerned.items())],
            "alone": [one.registration_id for one in outcome.alone],
            "by": minutes if minutes > outcome.before else minutes - outcome.before,
            "space_id": of_id if kind is DelayKind.SPACE else None,
        }
        enqueue(TELL_DELAY_JOB, payload, now=now, subject=f"event:{event_id}", organiser_id=event.organiser_id)
    details = {
        kind.value: _name(event, kind, of_id), "late_minutes": [outcome.before, minutes],
        "registrations": len(outcome.concerned) + len(outcome.alone),
    }  # fmt: skip
    record(by, LATE, f"event:{event_id}", now=now, organiser_id=event.organiser_id, details=details)
    return Marked(delay_id, plan_id, len(outcome.concerned), outcome)


def require_on(event: EventRow, now: datetime) -> None:
    """Raises MoveNotAllowed where nothing can be late: it is not published, has no date, or is over."""
    if event.state not in {EventState.PUBLISHED, EventState.CLOSED}:
        raise MoveNotAllowed("late", event.state.value)
    if event.date_to_come or event.is_over(now):
        raise MoveNotAllowed("late", "date_to_come" if event.date_to_come else "over")


def _require_known(event: EventRow, kind: DelayKind, of_id: int, minutes: int) -> None:
    known = event.waves if kind is DelayKind.WAVE else event.spaces
    problems = {} if any(row.id == of_id for row in known) else {kind.value: "unknown"}
    if not 0 <= minutes <= MOST_MINUTES:
        problems["minutes"] = "out_of_range"
    if problems:
        raise FieldError(problems)


def _follow(event: EventRow, pushed: Pushed, *, by: Actor, now: datetime) -> int | None:
    """The plan that comes of it; None where no hour changes, so that the one in force still says what holds."""
    planned, drift = pushed.planned, pushed.drift
    if not drift.consequences.moved:
        return None
    return enforce(
        event, shift_instance(planned.instance, drift, pushed.late), planned.hours, drift.passages, origin=PlanOrigin.DELAY,
        by=by, now=now, note=planned.note, kept=planned.kept, tell=False, calendars=False,
    )  # fmt: skip


def _note(
    event: EventRow, kind: DelayKind, of_id: int, minutes: int, plan_id: int | None, *, by: Actor, now: datetime
) -> int:
    values: dict[str, Any] = {
        "event_id": event.id, "kind": kind, f"{kind.value}_id": of_id, "minutes": minutes, "plan_id": plan_id, "at": now,
        "said_by": by.label[:200],
    }  # fmt: skip
    delay_id: int = db.session.execute(insert(Delay).values(values).returning(Delay.id)).scalar_one()
    return delay_id


def _name(event: EventRow, kind: DelayKind, of_id: int) -> str:
    """The hour of a wave, as the history keeps hours; the name of a space."""
    if kind is DelayKind.SPACE:
        return next(space.name for space in event.spaces if space.id == of_id)
    return next(wave.starts_at.isoformat() for wave in event.waves if wave.id == of_id)

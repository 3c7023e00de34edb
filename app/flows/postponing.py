"""New dates for an event that is published or closed: all that depends on them moves along, and everybody is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, insert, select, update

from app.checkin.traces import has_come
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import Conflict, FieldError
from app.events.enums import EventMove, ReasonUse
from app.events.errors import AudienceApart, PeopleCame
from app.events.followers import tell_followers
from app.events.models import Event, Space, Target, Wave
from app.events.operations import call_for_offers, lock_event
from app.events.operations.apart import require_all_apart
from app.events.queries import EventRow, get_event_by_id
from app.events.queries.postponed import POSTPONED
from app.events.queries.reasons import list_reasons
from app.events.reasons import OTHER
from app.events.rules import next_state
from app.events.targets import event_scope
from app.flows.date_mapping import DateToCome, NewDates, NewHours, asked_waves, deltas, map_dates, moved_waves
from app.flows.followers import list_followers
from app.jobs.operations import enqueue
from app.messages.operations import raise_sequence
from app.registrations.operations.asking import Asking, ask_everyone

TELL = "registrations.tell_postponed"
LONGEST_REASON = 600
_DOORS_OPEN = timedelta(hours=12)
"""Who was scanned longer before an event than that only practised."""

_WAVES = cast(Table, Wave.__table__)
_MOVE_WAVE = (
    update(_WAVES)
    .where(_WAVES.c.id == bindparam("of_id"))
    .values(starts_at=bindparam("starts"), ends_at=bindparam("ends"), late_minutes=0)
)


class EventChanged(Conflict):
    """Somebody changed the event since the page was read: look again."""

    code = "event_changed"

    def __init__(self) -> None:
        super().__init__("the event was changed since it was read")


@dataclass(frozen=True)
class Postponed:
    """`at` marks this postponing and nothing else, in UTC; `job_id` is the work that tells everyone."""

    at: datetime
    job_id: int


def postpone_event(
    event_id: int, dates: NewDates, *, by: Actor, now: datetime, code: str = "", reason: str = "",
    revision: int | None = None,
) -> Postponed:  # fmt: skip
    """Move an event with its waves, its registration window and its day targets, or say that its date is to come.

    Places, tickets and one's turn in the waiting list stay. Everyone alive of a wave that moves and is still to come is asked
    whether they stay, by a job, and every calendar entry's SEQUENCE rises once. `code` is a reason of the organiser's list,
    `reason` words that people read.

    Raises EventNotFound, MoveNotAllowed, EventChanged when it is not at `revision` any more, PeopleCame when it took place
    already, FieldError (paths as in `map_dates`, `waves` where audiences kept apart would meet, and `code`, `reason`).
    """
    version = lock_event(event_id)
    before = get_event_by_id(event_id)
    next_state(before.state, EventMove.POSTPONE)
    if revision is not None and revision != before.revision:
        raise EventChanged
    why = _why(before, code, reason)
    hours = new_hours(before, dates, now)
    if before.last_ends_at <= now and has_come(event_id, since=before.starts_at - _DOORS_OPEN):
        raise PeopleCame
    at = now.astimezone(UTC)
    if before.postponed_at is not None:
        at = max(at, before.postponed_at.astimezone(UTC) + timedelta(microseconds=1))
    _write(before, hours, at, now)
    after = get_event_by_id(event_id)
    raise_sequence(f"event:{event_id}", now=now)
    asked = asked_waves(before, hours, now)
    lost = ask_everyone(
        after, Asking(at, before.postponed_at, asked, moved_waves(before, hours)), version=version, by=by, now=now
    )
    if hours is not None:
        call_for_offers(
            event_id, now=now
        )  # nothing was offered while it rested, nor within the hour before the old date
    moves = dict.fromkeys((wave.id for wave in before.waves), None) if hours is None else deltas(before, hours)
    for follower in list_followers():
        follower(event_id, moves, by, now)
    tell_followers(before, after, by=by, now=now)
    details = _details(before, after) | why | {"moment": at.isoformat(), "asked": sorted(asked)}
    record(by, POSTPONED, f"event:{event_id}", now=now, organiser_id=before.organiser_id, details=details)
    payload = {"event_id": event_id, "at": at.isoformat(), "waves": sorted(asked), "lost": list(lost)}
    job_id = enqueue(TELL, payload, now=now, subject=f"event:{event_id}", organiser_id=before.organiser_id)
    return Postponed(at, job_id)


def _why(event: EventRow, code: str, reason: str) -> dict[str, str]:
    reason = reason.strip()
    problems = {"reason": "too_long"} if len(reason) > LONGEST_REASON else {}
    known = list_reasons(event.organiser_id, ReasonUse.EVENT_POSTPONED, retired=True) if code else ()
    if code and all(row.code != code for row in known):
        problems["code"] = "choice"
    if problems:
        raise FieldError(problems)
    told = {"code": code or (OTHER if reason else ""), "reason": reason}
    return {name: value for name, value in told.items() if value}


def new_hours(event: EventRow, dates: NewDates, now: datetime) -> NewHours | None:
    """Where everything goes; None: the date is to come. Raises FieldError, also where audiences kept apart would meet."""
    if not isinstance(dates, DateToCome):
        hours = map_dates(event, dates, now)
        moved = (replace(w, starts_at=hours.waves[w.id][0], ends_at=hours.waves[w.id][1]) for w in event.waves)
        try:
            require_all_apart(replace(event, waves=tuple(moved)))
        except AudienceApart as error:
            raise FieldError({"waves": "not_apart"}) from error
        return hours
    if event.date_to_come:
        raise FieldError({"date_to_come": "same_dates"})
    return None


def _write(event: EventRow, hours: NewHours | None, at: datetime, now: datetime) -> None:
    values: dict[str, Any] = {"date_to_come": hours is None, "postponed_at": at, "updated_at": now}
    if hours is not None:
        values |= {
            "starts_at": hours.starts_at, "ends_at": hours.ends_at, "registration_opens_at": hours.opens_at,
            "registration_closes_at": hours.closes_at,
        }  # fmt: skip
    db.session.execute(update(Event).where(Event.id == event.id).values(**values, revision=Event.revision + 1))
    if hours is None:
        return
    elsewhere = moved_waves(event, hours)
    moved = [
        {"of_id": wave_id, "starts": starts, "ends": ends}
        for wave_id, (starts, ends) in sorted(hours.waves.items())
        if wave_id in elsewhere
    ]
    if moved:
        db.session.execute(_MOVE_WAVE, moved)
    if all(
        wave.id in elsewhere or wave.ends_at <= now for wave in event.waves
    ):  # else they are late today, as they were
        late = update(Space).where(Space.event_id == event.id, Space.late_minutes > 0)
        db.session.execute(late.values(late_minutes=0))
    _move_targets(event, hours)


def _move_targets(event: EventRow, hours: NewHours) -> None:
    """Targets of a day go where its waves go; those of two days that become one are one number."""
    mine = (Target.scope == event_scope(event.id), Target.organiser_id == event.organiser_id, Target.day != "")
    rows = db.session.execute(
        select(Target.measure, Target.audience, Target.day, Target.value).where(*mine).order_by(Target.day, Target.id)
    ).all()
    if not rows:
        return
    values: dict[tuple[Any, str, str], int] = {}
    for row in rows:
        key = row.measure, row.audience, hours.day(date.fromisoformat(row.day)).isoformat()
        values[key] = values.get(key, 0) + row.value
    db.session.execute(delete(Target).where(*mine))
    db.session.execute(
        insert(Target),
        [
            {
                "organiser_id": event.organiser_id, "scope": event_scope(event.id), "measure": measure,
                "audience": audience, "day": day, "value": value,
            }
            for (measure, audience, day), value in values.items()
        ],
    )  # fmt: skip


def _details(before: EventRow, after: EventRow) -> dict[str, Any]:
    """For the history: from → to; and what mails need to say the old dates."""
    details: dict[str, Any] = {}
    for name in ("starts_at", "ends_at", "registration_opens_at", "registration_closes_at", "date_to_come"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            details[name] = [_json(old), _json(new)]
    parts = [
        {"part": "wave", "name": wave.starts_at.isoformat(), "change": "changed", "fields": fields}
        for wave in before.waves
        if (fields := _wave_fields(before, after, wave.id))
    ]
    was: Mapping[str, list[str]] = {
        str(wave.id): [wave.starts_at.isoformat(), wave.ends_at.isoformat()] for wave in before.waves
    }
    return details | ({"parts": parts} if parts else {}) | {"was": was, "was_to_come": before.date_to_come}


def _wave_fields(before: EventRow, after: EventRow, wave_id: int) -> dict[str, list[str]]:
    old, new = before.wave(wave_id), after.wave(wave_id)
    if old is None or new is None:
        return {}
    pairs = {"starts_at": (old.starts_at, new.starts_at), "ends_at": (old.ends_at, new.ends_at)}
    return {name: [a.isoformat(), b.isoformat()] for name, (a, b) in pairs.items() if a != b}


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value

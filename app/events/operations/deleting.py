"""Putting an event into the bin with all that belongs to it, taking it out again, and away for good after 30 days."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from app.core.actor import SYSTEM, Actor
from app.core.audit import list_history, record
from app.core.db import db
from app.events.errors import EventNotFound, PeopleCame
from app.events.models import Event, Target
from app.events.operations.moves import known_reason
from app.events.parts import Binning, Moved, list_parts
from app.events.rules import tells_when_deleted
from app.messages.operations import raise_sequence

KEPT = timedelta(days=30)
"""How long what was deleted can be brought back."""


def delete_event(event_id: int, *, by: Actor, now: datetime, reason: str = "", code: str = "") -> Moved:
    """Hide an event everywhere, its registrations cancelled with it, and tell those who were to come, by a job.

    Nobody is told of a draft, nor of what is over or was called off before. `code` is the coded reason of calling off, which
    the history keeps; `reason` words that people read. Raises EventNotFound, also when it is in the bin already, FieldError
    (code), and PeopleCame when anybody was scanned at its doors: then it is archived instead.
    """
    event = db.session.execute(_locked(event_id).where(Event.deleted_at.is_(None))).one_or_none()
    if event is None:
        raise EventNotFound(str(event_id))
    code = known_reason(code, event.organiser_id)
    parts = list_parts()
    at = max((part.moment(event_id, now) for part in parts), default=now)
    told = tells_when_deleted(event.state, event.ends_at, now, date_to_come=event.date_to_come)
    version = _write(event_id, at, now)
    binning = Binning(event_id, event.organiser_id, at, version, told, by, now, reason.strip()[:300])
    moved = _sum([part.delete(binning) for part in parts])
    # looked at last: whoever is being scanned holds their registration until they are in, and it was just written
    if any(part.came(event_id) for part in parts):
        raise PeopleCame
    raise_sequence(f"event:{event_id}", now=now)
    details = {
        "title": event.title_fr, "registrations": moved.registrations, "people": moved.people,
        "told": told and moved.registrations > 0,
    }  # fmt: skip
    details |= {name: said for name, said in (("code", code), ("reason", binning.reason)) if said}
    record(by, "event.deleted", f"event:{event_id}", now=now, organiser_id=event.organiser_id, details=details)
    return moved


def restore_event(event_id: int, *, by: Actor, now: datetime) -> Moved:
    """Bring an event back as it was; the registrations that went with it take their places again.

    What cannot come back stays in the bin by itself, and the answer says why. Who was told is told again, by a job.
    Raises EventNotFound unless it is in the bin and its 30 days are not over.
    """
    event = db.session.execute(_locked(event_id).where(Event.deleted_at >= now - KEPT)).one_or_none()
    if event is None:
        raise EventNotFound(str(event_id))
    told = _was_told(event_id)
    version = _write(event_id, None, now)
    binning = Binning(event_id, event.organiser_id, event.deleted_at, version, told, by, now)
    moved = _sum([part.restore(binning) for part in list_parts()])
    raise_sequence(f"event:{event_id}", now=now)
    details = {
        "title": event.title_fr, "registrations": moved.registrations, "people": moved.people,
        "not_back": [asdict(left) for left in moved.not_back], "told": told and moved.registrations > 0,
    }  # fmt: skip
    record(by, "event.restored", f"event:{event_id}", now=now, organiser_id=event.organiser_id, details=details)
    return moved


def remove_some(event_id: int, *, now: datetime, most: int = 50) -> int:
    """Take up to `most` rows of an event that is in the bin for 30 days away for good; how many it did.

    When nothing is left of it its own row goes too, unless a door kept something of it, and the answer is 0.
    """
    old = Event.deleted_at < now - KEPT
    event = db.session.execute(_locked(event_id).where(old)).one_or_none()
    if event is None:
        return 0
    parts = list_parts()
    done = sum(part.remove(event_id, most, now) for part in parts)
    if done or any(part.kept(event_id) for part in parts):
        return done
    db.session.execute(delete(Target).where(Target.scope == f"event:{event_id}"))
    db.session.execute(delete(Event).where(Event.id == event_id))
    details = {"title": event.title_fr}
    record(SYSTEM, "event.removed", f"event:{event_id}", now=now, organiser_id=event.organiser_id, details=details)
    return 0


def _locked(event_id: int) -> Any:
    columns = Event.organiser_id, Event.state, Event.title_fr, Event.ends_at, Event.date_to_come, Event.deleted_at
    return select(*columns).where(Event.id == event_id).with_for_update(key_share=True)


def _write(event_id: int, deleted_at: datetime | None, now: datetime) -> int:
    """The event's new version. Its revision rises too: whoever read it before reads it again."""
    return db.session.execute(
        update(Event)
        .where(Event.id == event_id)
        .values(deleted_at=deleted_at, version=Event.version + 1, revision=Event.revision + 1, updated_at=now)
        .returning(Event.version)
    ).scalar_one()


def _sum(moves: list[Moved]) -> Moved:
    not_back = tuple(left for moved in moves for left in moved.not_back)
    return Moved(sum(m.registrations for m in moves), sum(m.people for m in moves), not_back)


def _was_told(event_id: int) -> bool:
    line = next((row for row in list_history(f"event:{event_id}") if row.verb == "event.deleted"), None)
    return line is not None and bool(line.details.get("told"))

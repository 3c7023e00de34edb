"""What was said when an event was postponed, as its history keeps it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from app.core.audit import AuditEntry
from app.core.db import db
from app.core.i18n import Locale
from app.events.enums import ReasonUse
from app.events.queries.reasons import list_reasons
from app.events.queries.rows import EventRow

POSTPONED = "event.postpone"


@dataclass(frozen=True)
class PostponedRow:
    """`code` and `reason`: why, coded and in words. `was`: the hours of each wave before, by its id.

    `was_to_come`: no date was known before either, so that `was` are those of the date that was given up first.
    """

    code: str
    reason: str
    was: Mapping[int, tuple[datetime, datetime]]
    was_to_come: bool


def find_postponed(event: EventRow) -> PostponedRow | None:
    """The last time that this event was postponed; None when it never was.

    Of a wave that lay still then, `was` are the hours that it had before it moved the last time.
    """
    if event.postponed_at is None:
        return None
    lines = list(db.session.execute(_lines(event.id).order_by(AuditEntry.id.desc())).scalars())
    if not lines:
        return None
    last = _row(lines[0])
    if last.was_to_come or event.date_to_come:
        return last
    was = dict(last.was)
    for wave in event.waves:
        elsewhere = (hours for line in lines if (hours := _hours(line).get(wave.id)) is not None)
        now = (wave.starts_at, wave.ends_at)
        was[wave.id] = next((hours for hours in elsewhere if hours != now), now)
    return replace(last, was=was)


def list_asked_since(event_id: int, at: datetime) -> frozenset[int]:
    """The waves whose people were asked by postponings after the one of that moment: what was told of that one is old."""
    found: set[int] = set()
    for details in db.session.execute(_lines(event_id)).scalars():
        if datetime.fromisoformat(details["moment"]) > at:
            found |= set(details["asked"])
    return frozenset(found)


def find_hours_since(event: EventRow, since: datetime) -> PostponedRow | None:
    """The first time that this event was postponed from that moment on: `was` are the hours that held then."""
    if event.postponed_at is None:
        return None
    return _read(_lines(event.id).where(AuditEntry.at >= since).order_by(AuditEntry.id))


def list_hours_before(events: Iterable[EventRow]) -> dict[int, list[Mapping[int, tuple[datetime, datetime]]]]:
    """The hours of the waves of each event before each of its postponings, in their order. One statement, or none."""
    subjects = {f"event:{event.id}": event.id for event in events if event.postponed_at is not None}
    found: dict[int, list[Mapping[int, tuple[datetime, datetime]]]] = {}
    if not subjects:
        return found
    rows = db.session.execute(
        select(AuditEntry.subject, AuditEntry.details)
        .where(AuditEntry.subject.in_(list(subjects)), AuditEntry.verb == POSTPONED)
        .order_by(AuditEntry.id)
    )
    for subject, details in rows:
        found.setdefault(subjects[subject], []).append(_hours(details))
    return found


def _lines(event_id: int) -> Select[tuple[Any]]:
    return select(AuditEntry.details).where(AuditEntry.subject == f"event:{event_id}", AuditEntry.verb == POSTPONED)


def _read(lines: Select[tuple[Any]]) -> PostponedRow | None:
    details = db.session.execute(lines.limit(1)).scalar_one_or_none()
    return None if details is None else _row(details)


def _row(details: Mapping[str, Any]) -> PostponedRow:
    to_come = bool(details.get("was_to_come"))
    return PostponedRow(str(details.get("code", "")), str(details.get("reason", "")), _hours(details), to_come)


def _hours(details: Mapping[str, Any]) -> dict[int, tuple[datetime, datetime]]:
    return {
        int(key): (datetime.fromisoformat(starts), datetime.fromisoformat(ends))
        for key, (starts, ends) in details.get("was", {}).items()
    }


def postponed_words(event: EventRow, postponed: PostponedRow, locale: Locale) -> str:
    """Why, for people: the words of the coded reason, empty where it says nothing (« another reason »)."""
    if postponed.code in {"", "other"}:
        return ""
    rows = list_reasons(event.organiser_id, ReasonUse.EVENT_POSTPONED, retired=True)
    return next((row.label(locale) for row in rows if row.code == postponed.code), "")

"""Counting registrations and presence over events, once for all dashboards."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, case, func, select

from app.checkin.models import Presence, Scan
from app.checkin.queries import is_of_day
from app.core.db import db
from app.events.models import Event
from app.registrations.enums import RegistrationKind
from app.registrations.models import Registration
from app.reports.known import look_up
from app.reports.sums import Counted

NUMBERS = ("people", "came", "present")

Mark = tuple[int, int, date, str]
"""The state of an event that was counted: its version, how many scans it has, and its own day and time zone."""


def count_registrations(event_ids: Collection[int], *, now: datetime) -> list[Counted]:
    """Every registration of these events, with its presence, added up where alike, in the order of the ids. Present are
    those who are in on the event's day of today.

    What is in the bin counts only where somebody of it came: the scan store is append-only. Two statements at most: one
    asks which state each event is in, one counts those whose state this process has not counted yet.
    """
    marks = _marks(event_ids, now)
    found = look_up("counted", marks, lambda unknown: _count({event_id: marks[event_id] for event_id in unknown}))
    return [line for lines in found.values() for line in lines]


def _marks(event_ids: Collection[int], now: datetime) -> dict[int, Mark]:
    """Each event's state: its version rises with every change of a registration, its scans only ever become more, and a
    new day begins with nobody inside.
    """
    if not event_ids:
        return {}
    scans = select(func.count()).where(Scan.event_id == Event.id).correlate(Event).scalar_subquery()
    rows = db.session.execute(
        select(Event.id, Event.version, Event.timezone, scans.label("scans")).where(Event.id.in_(event_ids))
    )
    return {
        row.id: (row.version, row.scans, now.astimezone(ZoneInfo(row.timezone)).date(), row.timezone) for row in rows
    }


def _count(marks: Mapping[int, Mark]) -> dict[int, tuple[Counted, ...]]:
    event_ids, by_day = list(marks), dict[tuple[date, str], list[int]]()
    for event_id, (_version, _scans, day, timezone) in marks.items():
        by_day.setdefault((day, timezone), []).append(event_id)
    inner = _each(event_ids, by_day).subquery()
    keys = [column for column in inner.c if column.name not in NUMBERS]
    rows = db.session.execute(
        select(
            *keys, func.count().label("registrations"), *(func.sum(inner.c[name]).label(name) for name in NUMBERS)
        ).group_by(*keys)
    )
    found: dict[int, list[Counted]] = {event_id: [] for event_id in event_ids}
    for r in rows:
        if r.is_scanned or not r.is_deleted:
            found[r.event_id].append(
                Counted(
                    r.event_id, r.audience, r.status, bool(r.is_group), bool(r.is_oriented), bool(r.is_scanned),
                    bool(r.is_deleted), r.cancel_code, r.no_show_code, int(r.registrations), int(r.people), int(r.came),
                    int(r.present), bool(r.gave_back),
                )
            )  # fmt: skip
    return {event_id: tuple(lines) for event_id, lines in found.items()}


def _each(event_ids: Sequence[int], by_day: Mapping[tuple[date, str], list[int]]) -> Select[*tuple[Any, ...]]:
    """Every registration with its numbers and what it is counted under. `by_day`: the events of each today and time zone."""
    inside = Presence.participants + Presence.companions
    today = [(and_(Registration.event_id.in_(ids), is_of_day(*day)), inside) for day, ids in by_day.items()]
    came = func.coalesce(Presence.came_participants + Presence.came_companions, 0)
    return (
        select(
            Registration.event_id,
            Registration.audience,
            Registration.status,
            (Registration.kind == RegistrationKind.GROUP).label("is_group"),
            (Registration.oriented_by != "").label("is_oriented"),
            (came > 0).label("is_scanned"),
            Registration.deleted_at.is_not(None).label("is_deleted"),
            Registration.absent_at.is_not(None).label("gave_back"),
            Registration.cancel_code,
            Registration.no_show_code,
            (Registration.participants + Registration.companions).label("people"),
            came.label("came"),
            case(*today, else_=0).label("present"),
        )
        .outerjoin(Presence, Presence.registration_id == Registration.id)
        .where(Registration.event_id.in_(event_ids))
    )

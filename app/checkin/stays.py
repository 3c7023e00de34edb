"""Who was in which space from when until when, by the scans of a day: what happened, for pictures beside what was planned."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.checkin.enums import Direction, ScanResult
from app.checkin.models import Scan
from app.checkin.rules import day_bounds
from app.core.db import db
from app.events.queries import EventRow
from app.registrations.models import Registration
from app.registrations.queries import in_no_bin


@dataclass(frozen=True)
class Stay:
    """People of one registration in a space. `ends_at` is None where no scan says that they left."""

    registration_id: int
    space_id: int
    people: int
    starts_at: datetime
    ends_at: datetime | None


def list_stays(event: EventRow, day: date) -> list[Stay]:
    """The stays of a local day, by registration: one statement.

    Entering a space leaves the one before; who leaves the event leaves their space. Passages that were taken back do not count.
    """
    begins, ends = day_bounds(day, ZoneInfo(event.timezone))
    rows = db.session.execute(
        select(
            Scan.registration_id, Scan.scan_id, Scan.undoes, Scan.space_id, Scan.direction, Scan.scanned_at,
            (Scan.delta_participants + Scan.delta_companions).label("delta"),
        )
        .join(Registration, Registration.id == Scan.registration_id)
        .where(
            Scan.event_id == event.id, Scan.result == ScanResult.ACCEPTED, Scan.scanned_at >= begins,
            Scan.scanned_at < ends, in_no_bin(),
        )
        .order_by(Scan.registration_id, Scan.scanned_at, Scan.id)
    ).all()  # fmt: skip
    undone = {row.undoes for row in rows if row.undoes is not None}
    of_one: dict[int, list[Any]] = {}
    for row in rows:
        if row.undoes is None and row.scan_id not in undone:
            of_one.setdefault(row.registration_id, []).append(row)
    return [stay for registration_id, scans in of_one.items() for stay in _stays(registration_id, scans)]


def _stays(registration_id: int, scans: Iterable[Any]) -> Iterator[Stay]:
    people = 0
    space: int | None = None
    since: datetime | None = None
    for scan in scans:
        before, was = people, space
        people = max(0, people + scan.delta)
        if scan.space_id is not None:
            space = scan.space_id if scan.direction is Direction.IN else None
        if people == 0:
            space = None
        if (space, people) != (was, before):
            if was is not None and since is not None and before > 0 and since < scan.scanned_at:
                yield Stay(registration_id, was, before, since, scan.scanned_at)
            since = scan.scanned_at
    if space is not None and since is not None and people > 0:
        yield Stay(registration_id, space, people, since, None)

"""What `doctor` checks about the door: it adds the scans up again, in a way of its own."""

from collections import defaultdict
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.checkin import traces
from app.checkin.append_only import missing_triggers
from app.checkin.enums import Direction, ScanResult
from app.checkin.models import Presence, Scan
from app.core.checks import check
from app.core.db import db
from app.events.models import Event
from app.registrations.models import Registration

TRACES = traces.__name__  # what doors keep of an event, registered wherever checks are


@check("checkin.append_only", "The scan store refuses changes and deletions")
def check_triggers(now: datetime) -> list[str]:
    return [f"trigger {name} is missing" for name in missing_triggers(db.session.connection())]


@check("checkin.presences", "Who is present, and where, is what the accepted scans add up to")
def check_presences(now: datetime) -> list[str]:
    inside, came, space, first, last = _recount()
    problems = []
    rows = db.session.execute(select(Presence.__table__)).all()
    for row in rows:
        key = row.registration_id
        counted = (*inside[key], *came[key], space.get(key), first.get(key), last.get(key))
        stored = (
            row.participants, row.companions, row.came_participants, row.came_companions, row.space_id, row.first_in_at,
            row.last_scan_at,
        )  # fmt: skip
        if counted != stored:
            problems.append(f"registration {key}: stored {stored}, its scans give {counted}")
    known = {row.registration_id for row in rows}
    problems += [f"registration {key} was scanned in, but is not counted" for key in last if key not in known]
    return problems


def _recount() -> tuple[
    dict[int, tuple[int, int]],
    dict[int, tuple[int, int]],
    dict[int, int | None],
    dict[int, datetime],
    dict[int, datetime],
]:
    """(inside, came, space, first in, last scan) by registration, from the scan store alone.

    `inside` and `space` are of the local day of the last scan: each day begins with nobody.
    """
    scans = db.session.execute(
        select(Scan.__table__, Event.timezone)
        .join(Event, Event.id == Scan.event_id)
        .where(Scan.result == ScanResult.ACCEPTED, Scan.registration_id.is_not(None))
        .order_by(Scan.id)
    ).all()
    undone = {scan.undoes for scan in scans if scan.undoes is not None}
    daily: dict[tuple[int, date], tuple[int, int]] = defaultdict(lambda: (0, 0))
    came: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    spaces: dict[tuple[int, date], int | None] = {}
    first: dict[int, datetime] = {}
    last: dict[int, tuple[datetime, date]] = {}
    for scan in scans:
        if scan.undoes is not None:
            continue
        who, day = scan.registration_id, scan.scanned_at.astimezone(ZoneInfo(scan.timezone)).date()
        last[who] = max((scan.scanned_at, day), last.get(who, (scan.scanned_at, day)))
        if scan.scan_id in undone:
            continue
        p, c = daily[who, day]
        p, c = daily[who, day] = max(0, p + scan.delta_participants), max(0, c + scan.delta_companions)
        if scan.delta_participants + scan.delta_companions > 0:
            first.setdefault(who, scan.scanned_at)
        came[who] = max(came[who][0], p), max(came[who][1], c)
        if scan.space_id is not None:
            spaces[who, day] = scan.space_id if scan.direction is Direction.IN else None
        if (p, c) == (0, 0):
            spaces[who, day] = None
    inside = defaultdict(lambda: (0, 0), {who: daily[who, day] for who, (_at, day) in last.items()})
    space = {who: spaces.get((who, day)) for who, (_at, day) in last.items()}
    return inside, came, space, first, {who: at for who, (at, _day) in last.items()}


@check("checkin.own_event", "A scan counts people of its own event only")
def check_own_event(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Scan.id)
        .join(Registration, Registration.id == Scan.registration_id)
        .where(Registration.event_id != Scan.event_id)
    ).scalars()
    return [f"scan {scan_id} counts people of another event" for scan_id in rows]

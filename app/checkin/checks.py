"""What `doctor` checks about the door: it adds the scans up again, in a way of its own."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select

from app.checkin.append_only import missing_triggers
from app.checkin.enums import Direction, ScanResult
from app.checkin.models import Presence, Scan
from app.core.checks import check
from app.core.db import db
from app.registrations.models import Registration


@check("checkin.append_only", "The scan store refuses changes and deletions")
def check_triggers(now: datetime) -> list[str]:
    return [f"trigger {name} is missing" for name in missing_triggers(db.session.connection())]


@check("checkin.presences", "Who is present, and where, is what the accepted scans add up to")
def check_presences(now: datetime) -> list[str]:
    inside, came, space, first = _recount()
    problems = []
    rows = db.session.execute(select(Presence.__table__)).all()
    for row in rows:
        key = row.registration_id
        counted = (*inside[key], *came[key], space.get(key), first.get(key))
        stored = (
            row.participants, row.companions, row.came_participants, row.came_companions, row.space_id, row.first_in_at
        )  # fmt: skip
        if counted != stored:
            problems.append(f"registration {key}: stored {stored}, its scans give {counted}")
    known = {row.registration_id for row in rows}
    problems += [f"registration {key} was scanned in, but is not counted" for key in inside if key not in known]
    return problems


def _recount() -> tuple[
    dict[int, tuple[int, int]], dict[int, tuple[int, int]], dict[int, int | None], dict[int, datetime]
]:
    """(inside, came, space, first in) by registration, from the scan store alone."""
    scans = db.session.execute(
        select(Scan.__table__)
        .where(Scan.result == ScanResult.ACCEPTED, Scan.registration_id.is_not(None))
        .order_by(Scan.id)
    ).all()
    undone = {scan.undoes for scan in scans if scan.undoes is not None}
    inside: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    came: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    space: dict[int, int | None] = {}
    first: dict[int, datetime] = {}
    for scan in scans:
        key = scan.registration_id
        people = inside[key]
        if scan.undoes is not None or scan.scan_id in undone:
            continue
        people = (max(0, people[0] + scan.delta_participants), max(0, people[1] + scan.delta_companions))
        inside[key] = people
        if scan.delta_participants + scan.delta_companions > 0:
            first.setdefault(key, scan.scanned_at)
        came[key] = (max(came[key][0], people[0]), max(came[key][1], people[1]))
        if scan.space_id is not None:
            space[key] = scan.space_id if scan.direction is Direction.IN else None
        if people == (0, 0):
            space[key] = None
    return inside, came, space, first


@check("checkin.own_event", "A scan counts people of its own event only")
def check_own_event(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Scan.id)
        .join(Registration, Registration.id == Scan.registration_id)
        .where(Registration.event_id != Scan.event_id)
    ).scalars()
    return [f"scan {scan_id} counts people of another event" for scan_id in rows]

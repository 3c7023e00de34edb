"""What the doors tell organisers during an event: phones that are silent, walk-ins, people let in beyond what was planned."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select

from app.checkin.device_models import DoorDevice, WalkIn
from app.checkin.enums import Direction, OverrideReason, ScanResult, WalkInResult
from app.checkin.models import Presence, Scan
from app.checkin.notes import list_notes
from app.checkin.rules import day_bounds
from app.core.db import db
from app.events.queries import EventRow
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.registrations.models import Registration
from app.registrations.queries import in_no_bin

SILENT = timedelta(minutes=5)
MOST_OVER = 20


@dataclass(frozen=True)
class DeviceLine:
    """A phone that may be used, or that ended with passages. `unsent`: passages it kept when it was last heard of, of so many
    `people` (0: not told); `lost`: it signed out with them; `silent`: it was heard of a while ago.
    """

    id: int
    name: str
    last_contact_at: datetime
    unsent: int
    unsent_since: datetime | None
    people: int
    lost: bool
    silent: bool


@dataclass(frozen=True)
class OverLine:
    """A passage beyond what was expected or allowed; `people` were counted.

    `reason` is None where nobody had to give one: more came than planned.
    """

    reference: str
    group: bool
    class_label: str
    organisation_name: str
    contact_name: str
    audience: str
    people: int
    at: datetime
    reason: OverrideReason | None
    note: str


@dataclass(frozen=True)
class WalkIns:
    """People registered at a door today; `over` of them without places."""

    registrations: int = 0
    people: int = 0
    over: int = 0


@dataclass(frozen=True)
class DoorNews:
    """`over`: the latest MOST_OVER of `over_count`."""

    devices: tuple[DeviceLine, ...]
    walk_ins: WalkIns
    over: tuple[OverLine, ...]
    over_count: int


def get_door_news(event: EventRow, *, now: datetime) -> DoorNews:
    """Of today; three statements, and one where staff let somebody in after a no."""
    zone = ZoneInfo(event.timezone)
    begins, ends = day_bounds(now.astimezone(zone).date(), zone)
    over, count = _list_over(event.id, begins, ends)
    return DoorNews(_list_devices(event.id, now), _count_walk_ins(event.id, begins, ends), over, count)


def _list_devices(event_id: int, now: datetime) -> tuple[DeviceLine, ...]:
    rows = db.session.execute(
        select(
            DoorDevice.id, DoorDevice.name, DoorDevice.last_contact_at, DoorDevice.unsent, DoorDevice.unsent_since,
            DoorDevice.lost_people, DoorDevice.signed_out_at.is_not(None).label("lost"),
        )
        .where(
            DoorDevice.event_id == event_id,
            or_(DoorDevice.unsent > 0, DoorDevice.revoked_at.is_(None) & DoorDevice.signed_out_at.is_(None)),
        )
        .order_by(DoorDevice.name, DoorDevice.id)
    )  # fmt: skip
    return tuple(DeviceLine(*row, silent=row.last_contact_at < now - SILENT) for row in rows)


def _count_walk_ins(event_id: int, begins: datetime, ends: datetime) -> WalkIns:
    rows = db.session.execute(
        select(WalkIn.result, func.count(), func.sum(Registration.participants + Registration.companions))
        .join(Registration, Registration.id == WalkIn.registration_id)
        .join(Presence, Presence.registration_id == WalkIn.registration_id)  # none of whom staff are still asked
        .where(
            WalkIn.event_id == event_id, WalkIn.made_at >= begins, WalkIn.made_at < ends,
            Registration.status != RegistrationStatus.CANCELLED, in_no_bin(),
        )
        .group_by(WalkIn.result)
    ).all()  # fmt: skip
    return WalkIns(
        sum(count for _result, count, _people in rows),
        sum(int(people) for _result, _count, people in rows),
        sum(int(people) for result, _count, people in rows if result is WalkInResult.OVER),
    )


def _list_over(event_id: int, begins: datetime, ends: datetime) -> tuple[tuple[OverLine, ...], int]:
    undone = select(Scan.undoes).where(Scan.event_id == event_id, Scan.undoes.is_not(None))
    rows = db.session.execute(
        select(
            Registration.reference, Registration.kind, Registration.class_label, Registration.organisation_name,
            Registration.contact_name, Registration.audience,
            func.coalesce(Scan.counted_participants, Scan.delta_participants).label("participants"),
            func.coalesce(Scan.counted_companions, Scan.delta_companions).label("companions"),
            Scan.scanned_at, Scan.override_reason, Scan.scan_id, Scan.registration_id,
            func.count().over().label("all_of_them"),
        )
        .join(Registration, Registration.id == Scan.registration_id)
        .where(
            Scan.event_id == event_id, Scan.scanned_at >= begins, Scan.scanned_at < ends, Scan.over.is_(True),
            Scan.result == ScanResult.ACCEPTED, Scan.direction == Direction.IN, Scan.undoes.is_(None),
            Scan.scan_id.not_in(undone), in_no_bin(),
        )
        .order_by(Scan.scanned_at.desc(), Scan.id.desc())
        .limit(MOST_OVER)
    ).all()  # fmt: skip
    notes = list_notes({r.registration_id for r in rows if r.override_reason})
    lines = [
        OverLine(
            r.reference, r.kind is RegistrationKind.GROUP, r.class_label, r.organisation_name, r.contact_name, r.audience,
            r.participants + r.companions, r.scanned_at, r.override_reason,
            notes.get(r.scan_id, ""),
        )
        for r in rows
    ]  # fmt: skip
    return tuple(lines), rows[0].all_of_them if rows else 0

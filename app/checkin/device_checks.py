"""What `doctor` checks about phones and what they tell beside passages."""

from datetime import datetime

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import aliased

from app.checkin.device_models import Conflict, DoorDevice, TeamPresence, WalkIn
from app.checkin.enums import ConflictKind
from app.checkin.models import Presence, Scan
from app.core.checks import check
from app.core.db import db
from app.registrations.models import Registration


@check("checkin.devices", "A passage of a phone is of that phone’s event, under its name in the store")
def check_devices(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Scan.id)
        .outerjoin(DoorDevice, DoorDevice.id == Scan.device_id)
        .where(
            Scan.device_id.is_not(None),
            or_(
                DoorDevice.id.is_(None), DoorDevice.event_id != Scan.event_id, DoorDevice.organiser_id != Scan.organiser_id,
                DoorDevice.uid != Scan.device,
            ),
        )
        .order_by(Scan.id)
    ).scalars()  # fmt: skip
    return [f"scan {scan_id} names a phone that is none of its event" for scan_id in rows]


@check("checkin.walk_ins", "Who was registered at a door has a passage there, and is of that event")
def check_walk_ins(now: datetime) -> list[str]:
    came = exists().where(Scan.registration_id == WalkIn.registration_id)
    rows = db.session.execute(
        select(WalkIn.id, Registration.event_id, WalkIn.event_id, came)
        .join(Registration, Registration.id == WalkIn.registration_id)
        .where(or_(Registration.event_id != WalkIn.event_id, ~came))
        .order_by(WalkIn.id)
    )
    return [
        f"walk-in {walk_in_id} was never let in" if own == event_id else f"walk-in {walk_in_id} is of another event"
        for walk_in_id, own, event_id, _came in rows
    ]


@check("checkin.conflicts", "What staff are asked to confirm are passages of these people")
def check_conflicts(now: datetime) -> list[str]:
    first, second = aliased(Scan), aliased(Scan)
    rows = db.session.execute(
        select(Conflict.id)
        .outerjoin(first, (first.organiser_id == Conflict.organiser_id) & (first.scan_id == Conflict.first_scan))
        .outerjoin(second, (second.organiser_id == Conflict.organiser_id) & (second.scan_id == Conflict.second_scan))
        .where(
            or_(
                (Conflict.kind != ConflictKind.LATE) & first.id.is_(None), second.id.is_(None),
                first.registration_id != Conflict.registration_id,
                second.registration_id != Conflict.registration_id, first.event_id != Conflict.event_id,
            )
        )
        .order_by(Conflict.id)
    ).scalars()  # fmt: skip
    return [f"conflict {conflict_id} names a passage that there is not" for conflict_id in rows]


@check("checkin.teams", "Teams of a group are not more people than the group has inside")
def check_teams(now: datetime) -> list[str]:
    """Both tell of the day of their last passage; a team that was left on an earlier one tells nothing of today."""
    of_last_day = TeamPresence.last_scan_at <= Presence.last_scan_at
    rows = db.session.execute(
        select(TeamPresence.registration_id)
        .outerjoin(Presence, Presence.registration_id == TeamPresence.registration_id)
        .group_by(TeamPresence.registration_id, Presence.registration_id, Presence.came_participants)
        .having(
            or_(
                Presence.registration_id.is_(None),
                func.sum(TeamPresence.participants).filter(of_last_day) > Presence.came_participants,
            )
        )
        .order_by(TeamPresence.registration_id)
    ).scalars()
    return [f"registration {registration_id} has more people in teams than ever came" for registration_id in rows]

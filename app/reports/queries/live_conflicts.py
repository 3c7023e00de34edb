"""Counts that organisers are asked to confirm: the same people, counted twice or differently."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import aliased

from app.checkin.device_models import Conflict, DoorDevice
from app.checkin.devices.rules import ended_at, late_reason
from app.checkin.enums import ConflictKind, ConflictStatus, Direction, LateReason
from app.checkin.models import Scan
from app.core.db import db
from app.registrations.drafts import Headcount
from app.registrations.enums import RegistrationKind
from app.registrations.models import Registration
from app.registrations.queries import in_no_bin

MOST = 20


@dataclass(frozen=True)
class CountRow:
    """One of the two counts: how many, at which checkpoint, when, and on which enrolled phone (empty: none)."""

    heads: Headcount
    checkpoint_id: int | None
    at: datetime
    phone: str = ""


@dataclass(frozen=True)
class ToConfirm:
    """`device_id` is the enrolled phone of the second count; `out` when people left by it. `why` a LATE one does not count."""

    id: int
    kind: ConflictKind
    reference: str
    group: bool
    class_label: str
    organisation_name: str
    contact_name: str
    audience: str
    expected: Headcount
    first: CountRow
    second: CountRow
    device_id: int | None
    out: bool
    why: LateReason | None = None


def list_to_confirm(event_id: int) -> list[ToConfirm]:
    """The open ones of an event, oldest first, those that do not count last, at most MOST: one statement."""
    return _list(Conflict.event_id == event_id)


def list_late(event_id: int) -> list[ToConfirm]:
    """Open ones about passages that do not count, oldest first, at most MOST: one statement."""
    return _list(Conflict.event_id == event_id, Conflict.kind == ConflictKind.LATE)


def find_to_confirm(event_id: int, conflict_id: int) -> ToConfirm | None:
    """One of them; None once it is settled."""
    return next(iter(_list(Conflict.event_id == event_id, Conflict.id == conflict_id)), None)


def _list(*where: ColumnElement[bool]) -> list[ToConfirm]:
    one, two, his, hers = aliased(Scan), aliased(Scan), aliased(DoorDevice), aliased(DoorDevice)
    rows = db.session.execute(
        select(
            Conflict, Registration.reference, Registration.kind, Registration.class_label, Registration.organisation_name,
            Registration.contact_name, Registration.audience, Registration.participants, Registration.companions,
            one.checkpoint_id.label("first_place"), one.scanned_at.label("first_at"),
            two.checkpoint_id.label("second_place"), two.scanned_at.label("second_at"),
            two.direction.label("way"), two.device_id, two.reason, hers.revoked_at, hers.signed_out_at,
            his.name.label("first_phone"), hers.name.label("second_phone"),
        )
        .join(Registration, Registration.id == Conflict.registration_id)
        .outerjoin(one, and_(one.organiser_id == Conflict.organiser_id, one.scan_id == Conflict.first_scan))
        .join(two, and_(two.organiser_id == Conflict.organiser_id, two.scan_id == Conflict.second_scan))
        .outerjoin(his, his.id == one.device_id)
        .outerjoin(hers, hers.id == two.device_id)
        .where(*where, Conflict.status == ConflictStatus.OPEN, in_no_bin())
        .order_by(Conflict.kind == ConflictKind.LATE, Conflict.id)
        .limit(MOST)
    ).all()  # fmt: skip
    return [
        ToConfirm(
            r.Conflict.id, r.Conflict.kind, r.reference, r.kind is RegistrationKind.GROUP, r.class_label,
            r.organisation_name, r.contact_name, r.audience, Headcount(r.participants, r.companions),
            CountRow(
                Headcount(r.Conflict.first_participants, r.Conflict.first_companions),
                r.first_place, r.first_at or r.second_at, r.first_phone or "",
            ),
            CountRow(
                Headcount(r.Conflict.second_participants, r.Conflict.second_companions),
                r.second_place, r.second_at, r.second_phone or "",
            ),
            r.device_id, r.way is Direction.OUT,
            late_reason(r.reason, ended_at(r.revoked_at, r.signed_out_at), r.second_at)
            if r.Conflict.kind is ConflictKind.LATE
            else None,
        )
        for r in rows
    ]  # fmt: skip

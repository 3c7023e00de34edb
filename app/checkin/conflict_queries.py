"""Counts that staff are asked to confirm."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.accounts.models import Account
from app.checkin.device_models import Conflict, DoorDevice
from app.checkin.devices.rules import ended_at, late_reason
from app.checkin.enums import ConflictKind, ConflictStatus, Direction, LateReason
from app.checkin.models import Scan
from app.checkin.queries import label_of
from app.core.db import db
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.models import Registration
from app.registrations.queries import in_no_bin


@dataclass(frozen=True)
class Count:
    """One of two counts that cannot both be."""

    scan_id: str
    people: Headcount
    checkpoint_id: int | None
    at: datetime
    device: str


@dataclass(frozen=True)
class ConflictRow:
    """Two counts of the same people: `first` who was inside by the one before, `second` what the later one says. Of a phone that
    was taken off (LATE) there is the `second` alone, who passed; `out` when they left, and `why` it does not count.

    `settled` is what staff found; None where both stand, for they were different people, and while `status` is open.
    `conflict_words` (app.checkin.conflict_words) says it in words; settle_conflict (app.checkin.operations) settles it.
    """

    id: int
    kind: ConflictKind
    registration_id: int
    reference: str
    label: str
    group: bool
    audience: str
    first: Count
    second: Count
    status: ConflictStatus
    created_at: datetime
    settled_at: datetime | None
    settled_by: str
    settled: Headcount | None
    note: str
    out: bool = False
    why: LateReason | None = None


def list_conflicts(event: EventRow, *, open_only: bool = False) -> list[ConflictRow]:
    """The counts of an event that staff are asked to confirm, the open ones first, then the latest: one statement."""
    first, second = aliased(Scan), aliased(Scan)
    conditions = [Conflict.status == ConflictStatus.OPEN] if open_only else []
    rows = db.session.execute(
        select(
            Conflict, first.checkpoint_id.label("first_door"), first.scanned_at.label("first_at"),
            first.device.label("first_device"), second.checkpoint_id.label("second_door"),
            second.scanned_at.label("second_at"), second.direction.label("second_way"),
            second.device.label("second_device"), second.reason.label("second_reason"), DoorDevice.revoked_at,
            DoorDevice.signed_out_at, Registration.reference,
            Registration.kind.label("of"), Registration.class_label, Registration.organisation_name,
            Registration.contact_name, Registration.audience, Account.name.label("settled_by"),
        )
        .outerjoin(first, (first.organiser_id == Conflict.organiser_id) & (first.scan_id == Conflict.first_scan))
        .join(second, (second.organiser_id == Conflict.organiser_id) & (second.scan_id == Conflict.second_scan))
        .outerjoin(DoorDevice, DoorDevice.id == second.device_id)
        .join(Registration, Registration.id == Conflict.registration_id)
        .outerjoin(Account, Account.id == Conflict.settled_by_id)
        .where(Conflict.event_id == event.id, in_no_bin(), *conditions)
        .order_by(Conflict.status, Conflict.id.desc())
    ).all()  # fmt: skip
    return [_conflict(row) for row in rows]


def _conflict(row: Any) -> ConflictRow:
    of, group = row.Conflict, row.of == "group"
    first, second = (
        Headcount(of.first_participants, of.first_companions),
        Headcount(of.second_participants, of.second_companions),
    )
    ended = ended_at(row.revoked_at, row.signed_out_at)
    why = late_reason(row.second_reason, ended, row.second_at) if of.kind is ConflictKind.LATE else None
    settled = None if of.settled_participants is None else Headcount(of.settled_participants, of.settled_companions)
    return ConflictRow(
        of.id, of.kind, of.registration_id, row.reference,
        label_of(group, row.class_label, row.organisation_name, row.contact_name), group, row.audience,
        Count(of.first_scan, first, row.first_door, row.first_at or row.second_at, row.first_device or ""),
        Count(of.second_scan, second, row.second_door, row.second_at, row.second_device), of.status, of.created_at,
        of.settled_at, row.settled_by or "", settled, of.note, row.second_way is Direction.OUT, why,
    )  # fmt: skip

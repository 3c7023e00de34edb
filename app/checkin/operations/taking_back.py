"""Taking back somebody who was noted at a door by mistake: their passages are undone, and their registration is cancelled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import select

from app.checkin.device_models import Conflict, WalkIn
from app.checkin.drafts import ScanInput
from app.checkin.enums import ConflictStatus, ScanResult, WalkInResult
from app.checkin.models import Scan
from app.checkin.operations.recording import record_scans
from app.checkin.walk_in_drafts import WalkInAnswer, WalkInUndo, invalid_walk_in, scan_id_of
from app.core.actor import Actor
from app.core.db import db
from app.events.queries import EventRow
from app.events.reasons import MISTAKE
from app.registrations.enums import RegistrationStatus, TicketKind
from app.registrations.models import Registration, Ticket
from app.registrations.operations import cancel_registration


def take_back_walk_in(
    event: EventRow, device: str, item: WalkInUndo, *, now: datetime, device_id: int | None = None, by: Actor
) -> WalkInAnswer:
    """Undo each of their passages and free their places, the event's row and its spaces being held. Done again it changes
    nothing; a walk-in that the event does not have is `invalid`. A phone that was one no more takes back alone what staff are
    still asked about.
    """
    found = db.session.execute(
        select(WalkIn.registration_id, Registration.status, Registration.contact_name, Ticket.code)
        .join(Registration, Registration.id == WalkIn.registration_id)
        .join(Ticket, (Ticket.registration_id == Registration.id) & (Ticket.kind == TicketKind.MAIN))
        .where(WalkIn.event_id == event.id, WalkIn.walk_in_id == item.undoes)
    ).one_or_none()
    asked = _asked(event, item) if found is not None else []
    if found is None or (item.ended and not asked):
        return invalid_walk_in(item.id)
    undone = [_undo_of(item, scan, found.code) for scan in asked or _standing(found.registration_id)]
    record_scans(event, device, undone, now=now, event_first=True, device_id=device_id)
    if found.status is RegistrationStatus.CONFIRMED:
        cancel_registration(found.registration_id, code=MISTAKE, by=by, now=now, quiet=True)
    return WalkInAnswer(item.id, WalkInResult.UNDONE, label=found.contact_name)


def _asked(event: EventRow, item: WalkInUndo) -> Sequence[Any]:
    """Their passage where staff are asked whether it counts, for it was noted by a phone that was one no more."""
    return db.session.execute(
        select(Scan.scan_id, Scan.checkpoint_id, Scan.direction)
        .join(Conflict, (Conflict.organiser_id == Scan.organiser_id) & (Conflict.second_scan == Scan.scan_id))
        .where(
            Scan.organiser_id == event.organiser_id, Scan.scan_id == scan_id_of(item.undoes), Scan.result == ScanResult.REFUSED,
            Conflict.status == ConflictStatus.OPEN,
        )
    ).all()  # fmt: skip


def _standing(registration_id: int) -> Sequence[Any]:
    """Their passages that count and were not taken back, the last first."""
    rows = db.session.execute(
        select(Scan.scan_id, Scan.undoes, Scan.checkpoint_id, Scan.direction)
        .where(Scan.registration_id == registration_id, Scan.result == ScanResult.ACCEPTED)
        .order_by(Scan.scanned_at.desc(), Scan.id.desc())
    ).all()
    undone = {row.undoes for row in rows if row.undoes}
    return [row for row in rows if row.checkpoint_id and not row.undoes and row.scan_id not in undone]


def _undo_of(item: WalkInUndo, scan: Any, code: str) -> ScanInput:
    return ScanInput(
        str(uuid5(NAMESPACE_URL, f"walk-in-undo:{scan.scan_id}")), code, scan.checkpoint_id, scan.direction, item.at,
        undoes=scan.scan_id, device_at=item.device_at, offset_ms=item.offset_ms, ended=item.ended,
    )  # fmt: skip

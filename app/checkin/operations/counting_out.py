"""Counting people out at the desk, whom no phone at a door will count: their registration is cancelled while they are inside."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import select

from app.checkin.drafts import ScanInput
from app.checkin.enums import Direction, ScanResult
from app.checkin.operations.conflicts import DESK
from app.checkin.operations.recording import record_scans
from app.checkin.queries import get_whereabouts
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.enums import TicketKind
from app.registrations.models import Ticket

COUNTED_OUT = "door.counted_out"


def may_count_out(event: EventRow) -> bool:
    """Whether there is a door at which people leave the event."""
    return any(checkpoint.space_id is None for checkpoint in event.checkpoints)


def count_out(event: EventRow, registration_id: int, *, by: Actor, now: datetime) -> Headcount:
    """All of a registration's people who are inside leave by the entrance; who they were. Nobody inside: nothing happens.

    To be called before its registration is changed in the same transaction: spaces are locked before registrations.
    """
    inside, _came = get_whereabouts(event, registration_id, now=now)
    door = next((c.id for c in event.checkpoints if c.space_id is None), None)
    if not inside.people or door is None:
        return Headcount(0, 0)
    code = db.session.execute(
        select(Ticket.code).where(Ticket.registration_id == registration_id, Ticket.kind == TicketKind.MAIN)
    ).scalar_one()
    scan_id = str(uuid5(NAMESPACE_URL, f"count-out:{registration_id}:{now.isoformat()}"))
    scan = ScanInput(scan_id, code, door, Direction.OUT, now, known=inside)
    (answer,) = record_scans(event, DESK, [scan], now=now, event_first=True)
    if answer.result is not ScanResult.ACCEPTED:
        return Headcount(0, 0)
    details = {"people": inside.people}
    record(
        by, COUNTED_OUT, f"registration:{registration_id}", now=now, organiser_id=event.organiser_id, details=details
    )
    return inside

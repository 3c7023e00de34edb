"""When, and from which state, an event was called off, as its history keeps it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.core.audit import AuditEntry
from app.core.db import db
from app.events.enums import EventState

CALLED_OFF = "event.cancel"


@dataclass(frozen=True)
class CalledOffRow:
    """`before` is the state that it had until then; `rested`: its date was to come."""

    at: datetime
    before: EventState
    rested: bool = False


def find_called_off(event_id: int) -> CalledOffRow | None:
    """The last time that an event was called off; None when it never was, or nothing says from which state."""
    row = db.session.execute(
        select(AuditEntry.at, AuditEntry.details)
        .where(AuditEntry.subject == f"event:{event_id}", AuditEntry.verb == CALLED_OFF)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).one_or_none()
    states = row.details.get("state") if row is not None else None
    if row is None or not states:
        return None
    return CalledOffRow(row.at, EventState(states[0]), "date_to_come" in row.details)

"""An event that was called off takes place after all: who was told so is told again."""

from datetime import UTC, datetime

from app.core.actor import Actor
from app.events.enums import EDITABLE, EventState
from app.events.operations import reopen_event
from app.events.queries import get_event_by_id
from app.jobs.operations import enqueue
from app.registrations.operations.asking import renew_offers

TELL_REOPENED = "registrations.tell_event_reopened"


def reopen_event_registrations(event_id: int, *, by: Actor, now: datetime) -> EventState:
    """Take back that an event is called off, and tell everyone who was told, by a job, unless it is over.

    Registrations and places were left as they are; offers that are out get a new end. Raises MoveNotAllowed, EventNotFound.
    """
    called_off = reopen_event(event_id, by=by, now=now)
    event = get_event_by_id(event_id)
    renew_offers(event, [wave.id for wave in event.waves], now)
    if called_off.before in EDITABLE - {EventState.DRAFT} and (called_off.rested or now < event.last_ends_at):
        payload = {"event_id": event_id, "at": telling_mark(called_off.at)}
        enqueue(TELL_REOPENED, payload, now=now, subject=f"event:{event_id}", organiser_id=event.organiser_id)
    return called_off.before


def telling_mark(at: datetime) -> str:
    """What the mails of one calling off carry, by which they are told from those of another."""
    return at.astimezone(UTC).isoformat()

"""Taking back that an event is called off: a slip of yesterday, no second thoughts of next week."""

from datetime import datetime

from sqlalchemy import select, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.events.enums import EventState
from app.events.errors import EventNotFound
from app.events.followers import tell_followers
from app.events.models import Event
from app.events.operations.waiting import call_for_offers
from app.events.queries import get_event_by_id
from app.events.queries.called_off import CalledOffRow, find_called_off
from app.events.rules import may_reopen
from app.messages.operations import raise_sequence

REOPEN = "reopen"


def reopen_event(event_id: int, *, by: Actor, now: datetime) -> CalledOffRow:
    """Give a called off event back the state that it had, within 24 hours, and tell when it was called off and what it is now.

    Its reason goes, its calendar entries rise. Raises MoveNotAllowed, EventNotFound.
    """
    row = db.session.execute(
        select(Event.state, Event.organiser_id)
        .where(Event.id == event_id, Event.deleted_at.is_(None))
        .with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise EventNotFound(str(event_id))
    before, called_off = get_event_by_id(event_id), find_called_off(event_id)
    if called_off is None or not may_reopen(row.state, called_off.at, now):
        raise MoveNotAllowed(REOPEN, row.state)
    db.session.execute(
        update(Event)
        .where(Event.id == event_id)
        .values(
            state=called_off.before,
            date_to_come=called_off.rested,
            cancel_code="",
            cancel_reason="",
            updated_at=now,
            version=Event.version + 1,
            revision=Event.revision + 1,
        )
    )
    subject = f"event:{event_id}"
    raise_sequence(subject, now=now)
    call_for_offers(event_id, now=now)
    details = {"state": [EventState.CANCELLED, called_off.before]}
    record(by, "event.reopen", subject, now=now, organiser_id=row.organiser_id, details=details)
    tell_followers(before, get_event_by_id(event_id), by=by, now=now)
    return called_off

"""The moves of an event along its table of states."""

from datetime import datetime

from sqlalchemy import select, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.events.enums import EventMove, EventState
from app.events.errors import EventIncomplete
from app.events.models import Event
from app.events.queries import get_event_by_id
from app.events.rules import next_state
from app.messages.operations import raise_sequence


def move_event(event_id: int, move: EventMove, *, by: Actor, now: datetime, reason: str = "") -> EventState:
    """Make a move and return the new state. Raises MoveNotAllowed, and EventIncomplete when there is nothing to publish yet."""
    # the row's lock first: two people who press at once must not both find the old state
    state = db.session.execute(
        select(Event.state).where(Event.id == event_id).with_for_update(key_share=True)
    ).scalar_one()
    after = next_state(state, move)
    event = get_event_by_id(event_id)
    if move is EventMove.PUBLISH and event.missing:
        raise EventIncomplete(event.missing)
    values: dict[str, object] = {"state": after}
    if move is EventMove.PUBLISH:
        values["published_at"] = now
    if move is EventMove.CANCEL:
        values["cancel_reason"] = reason
        raise_sequence(f"event:{event_id}", now=now)
    db.session.execute(
        update(Event)
        .where(Event.id == event_id)
        .values(**values, updated_at=now, version=Event.version + 1, revision=Event.revision + 1)
    )
    details = {"from": state, "to": after, "reason": reason} if reason else {"from": state, "to": after}
    record(by, f"event.{move}", f"event:{event_id}", now=now, organiser_id=event.organiser_id, details=details)
    return after

"""The moves of an event along its table of states."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.events.enums import EventMove, EventState, ReasonUse
from app.events.errors import EventIncomplete, NotOver
from app.events.followers import tell_followers
from app.events.models import Event
from app.events.queries import get_event_by_id, get_places
from app.events.queries.reasons import list_reasons
from app.events.reasons import OTHER
from app.events.rules import next_state
from app.messages.operations import raise_sequence


def move_event(
    event_id: int, move: EventMove, *, by: Actor, now: datetime, reason: str = "", code: str = ""
) -> EventState:
    """Make a move and return the new state. `code`: the coded reason of cancelling; words alone count as `other`.

    Raises MoveNotAllowed, EventIncomplete when there is nothing to publish yet, NotOver when people to come would be archived,
    FieldError (code) for an unknown reason.
    """
    # the row's lock first: two people who press at once must not both find the old state
    state = db.session.execute(
        select(Event.state).where(Event.id == event_id).with_for_update(key_share=True)
    ).scalar_one()
    after = next_state(state, move)
    event = get_event_by_id(event_id)
    if move is EventMove.PUBLISH and event.missing:
        raise EventIncomplete(event.missing)
    if move is EventMove.ARCHIVE and not get_places(event).may_archive(event, now):
        raise NotOver
    values: dict[str, object] = {"state": after}
    if move is EventMove.PUBLISH:
        values["published_at"] = now
    if move is EventMove.CANCEL:
        reason = reason.strip()[:300]
        code = known_reason(code, event.organiser_id) or (OTHER if reason else "")
        values |= {"cancel_code": code, "cancel_reason": reason}
        raise_sequence(f"event:{event_id}", now=now)
    rests = event.date_to_come and move in {EventMove.CANCEL, EventMove.ARCHIVE}
    if rests:
        values["date_to_come"] = False  # nothing is to come any more: it ends, and its names go, as of its last date
    db.session.execute(
        update(Event)
        .where(Event.id == event_id)
        .values(**values, updated_at=now, version=Event.version + 1, revision=Event.revision + 1)
    )
    details: dict[str, Any] = {"state": [state, after]} | {
        name: told for name, told in (("code", code), ("reason", reason)) if told
    }
    if rests:
        details["date_to_come"] = [True, False]
    record(by, f"event.{move}", f"event:{event_id}", now=now, organiser_id=event.organiser_id, details=details)
    tell_followers(event, replace(event, state=after, date_to_come=event.date_to_come and not rests), by=by, now=now)
    return after


def known_reason(code: str, organiser_id: int) -> str:
    """The code why an event does not take place. Raises FieldError unless it is nothing, or the organiser's list has or had it."""
    known = list_reasons(organiser_id, ReasonUse.EVENT_CANCELLED, retired=True) if code else ()
    if code and all(row.code != code for row in known):
        raise FieldError({"code": "choice"})
    return code

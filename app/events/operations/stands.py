"""The live pages of spaces: whoever has the link of one sees who comes there."""

from datetime import datetime

from sqlalchemy import select, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.tokens import new_token
from app.events.enums import EDITABLE
from app.events.errors import EventReadOnly, SpaceNotFound
from app.events.models import Space
from app.events.operations.places import hold_event
from app.events.queries import EventRow


def open_stand(event_id: int, space_id: int, *, by: Actor, now: datetime) -> str:
    """Give a space's live page a new link; one that was given before opens nothing any more. Its token.

    Raises EventNotFound, EventReadOnly, SpaceNotFound.
    """
    event = hold_event(event_id)
    if event.state not in EDITABLE:
        raise EventReadOnly
    before = _token_of(event, space_id)
    token = new_token()
    _write(event, space_id, token, "event.stand_renewed" if before else "event.stand_opened", by, now)
    return token


def open_stands(event_id: int, *, by: Actor, now: datetime) -> int:
    """Give each space on the route that has none a link; how many were given. Raises EventNotFound, EventReadOnly."""
    event = hold_event(event_id)
    if event.state not in EDITABLE:
        raise EventReadOnly
    used = {stop.space_id for stop in event.stops}
    without = select(Space.id).where(Space.event_id == event_id, Space.stand_token.is_(None)).order_by(Space.id)
    wanted = [space_id for space_id in db.session.execute(without).scalars() if space_id in used]
    for space_id in wanted:
        _write(event, space_id, new_token(), "event.stand_opened", by, now)
    return len(wanted)


def close_stand(event_id: int, space_id: int, *, by: Actor, now: datetime) -> bool:
    """Take the link of a space's live page away; whether there was one. Raises EventNotFound, SpaceNotFound."""
    event = hold_event(event_id)
    there = _token_of(event, space_id) is not None
    if there:
        _write(event, space_id, None, "event.stand_closed", by, now)
    return there


def _token_of(event: EventRow, space_id: int) -> str | None:
    found = select(Space.stand_token).where(Space.id == space_id, Space.event_id == event.id)
    row = db.session.execute(found).first()
    if row is None:
        raise SpaceNotFound(str(space_id))
    token: str | None = row.stand_token
    return token


def _write(event: EventRow, space_id: int, token: str | None, verb: str, by: Actor, now: datetime) -> None:
    name = next(space.name for space in event.spaces if space.id == space_id)
    db.session.execute(
        update(Space).where(Space.id == space_id).values(stand_token=token),
        execution_options={"synchronize_session": False},
    )
    record(by, verb, f"event:{event.id}", now=now, organiser_id=event.organiser_id, details={"space": name})

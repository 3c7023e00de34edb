"""Links of spaces' live pages."""

from dataclasses import dataclass, fields

from sqlalchemy import bindparam, select

from app.core.db import db
from app.events.errors import SpaceNotFound
from app.events.marks import EventMark
from app.events.models import Event, Space

_COLUMNS = Event.__table__.c
_MARK = [field.name for field in fields(EventMark)]
_BY_TOKEN = (
    select(*(_COLUMNS[name] for name in _MARK), Space.id.label("space_id"))
    .join(Space, Space.event_id == Event.id)
    .where(Space.stand_token == bindparam("token"), Event.deleted_at.is_(None))
)


@dataclass(frozen=True)
class StandMark:
    """The space that a link opens, and where its event stands now."""

    space_id: int
    event: EventMark


def get_stand(token: str) -> StandMark:
    """One prepared statement. Raises SpaceNotFound for links that were never given, renewed or taken away."""
    row = db.session.execute(_BY_TOKEN, {"token": token}).mappings().first()
    if row is None:
        raise SpaceNotFound
    return StandMark(row["space_id"], EventMark(*(row[name] for name in _MARK)))


def list_stand_tokens(event_id: int) -> dict[int, str]:
    """The token of each space that has a live page, by the space's id."""
    rows = db.session.execute(
        select(Space.id, Space.stand_token)
        .join(Event, Event.id == Space.event_id)
        .where(Space.event_id == event_id, Space.stand_token.is_not(None), Event.deleted_at.is_(None))
        .order_by(Space.id)
    )
    return {space_id: token for space_id, token in rows if token is not None}

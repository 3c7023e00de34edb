"""The least that tells whether what is kept of an event still holds: one prepared statement, for the busiest page."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from app.core.db import db
from app.events.enums import VISIBLE, EventState
from app.events.models import Event


@dataclass(frozen=True)
class EventMark:
    """`revision` and `updated_at` change with every edit or move, `version` with every place taken as well."""

    id: int
    organiser_id: int
    state: EventState
    revision: int
    updated_at: datetime
    version: int


_columns = Event.__table__.c
_BY_SLUG = select(*(_columns[name] for name in EventMark.__dataclass_fields__)).where(
    _columns.slug == bindparam("slug"), _columns.deleted_at.is_(None)
)


def find_public_mark(slug: str) -> EventMark | None:
    """Where an event that the public may see stands now; None for drafts and unknown slugs."""
    row = db.session.execute(_BY_SLUG, {"slug": slug}).first()
    return EventMark(*row) if row is not None and row.state in VISIBLE else None

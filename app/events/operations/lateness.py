"""How late waves and spaces are said to be: written here, for only events write their tables."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import update

from app.core.db import db
from app.events.models import Event, Space, Wave


def write_lateness(
    event_id: int, *, waves: Mapping[int, int] | None = None, spaces: Mapping[int, int] | None = None, now: datetime
) -> None:
    """Say of waves and spaces by how many minutes they are late in all, 0 for on time; the event's revision rises.

    The caller holds the event's row and records why.
    """
    for wave_id, minutes in sorted((waves or {}).items()):
        db.session.execute(
            update(Wave).where(Wave.id == wave_id, Wave.event_id == event_id).values(late_minutes=minutes)
        )
    for space_id, minutes in sorted((spaces or {}).items()):
        db.session.execute(
            update(Space).where(Space.id == space_id, Space.event_id == event_id).values(late_minutes=minutes)
        )
    db.session.execute(update(Event).where(Event.id == event_id).values(revision=Event.revision + 1, updated_at=now))

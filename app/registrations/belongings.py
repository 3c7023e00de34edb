"""Registrations go with their structure when it is merged into another."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select, update

from app.core.db import db
from app.events.operations import lock_event
from app.registrations.models import Registration
from app.structures.registry import Belonging, register_belonging

CHUNK = 500


def list_ids(structure_id: int) -> list[int]:
    """Those in the bin too: brought back, they are of the structure that is kept."""
    return list(
        db.session.execute(
            select(Registration.id).where(Registration.structure_id == structure_id).order_by(Registration.id)
        ).scalars()
    )


def move(ids: Sequence[int], from_id: int, to_id: int, now: datetime) -> int:
    """Each event's version rises, so that nobody counts by structure from what they remember."""
    moved = 0
    for event_id in sorted({event_id for part in _parts(ids) for event_id in _events(part, from_id)}):
        lock_event(event_id)
    for part in _parts(ids):
        moved += len(
            db.session.execute(
                update(Registration)
                .where(Registration.id.in_(part), Registration.structure_id == from_id)
                .values(structure_id=to_id)
                .returning(Registration.id)
            ).all()
        )
    return moved


def _events(ids: Sequence[int], structure_id: int) -> list[int]:
    return list(
        db.session.execute(
            select(Registration.event_id)
            .where(Registration.id.in_(ids), Registration.structure_id == structure_id)
            .distinct()
        ).scalars()
    )


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


register_belonging("registrations", Belonging(list_ids, move, used=True))

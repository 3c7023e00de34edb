"""Refusing places to an audience where another one, kept apart from it, holds some."""

from collections.abc import Iterable

from sqlalchemy import select

from app.core.db import db
from app.core.errors import FieldError
from app.events.apart import Clash, Place, excluded_by, list_clashes
from app.events.errors import AudienceApart
from app.events.models import Allotment
from app.events.queries import EventRow, get_event_by_id


class AudiencesMeet(FieldError):
    """Audiences hold places where the event, as it was to become, keeps them apart."""

    def __init__(self, event: EventRow, clashes: tuple[Clash, ...]) -> None:
        super().__init__({"apart": "not_apart"})
        self.event, self.clashes = event, clashes


def require_apart(event_id: int, wave_ids: Iterable[int], audience: str) -> None:
    """Raises AudienceApart where an audience that is kept apart from this one holds places within the span."""
    require_places_apart(get_event_by_id(event_id), [(wave_id, audience) for wave_id in wave_ids])


def require_places_apart(event: EventRow, places: Iterable[Place]) -> None:
    """`require_apart` of several waves and audiences at once. What others hold against the rule is not their matter."""
    asked = {shut: wave_id for wave_id, audience in places for shut in excluded_by(event, wave_id, audience)}
    if not asked:
        return
    there = select(Allotment.wave_id, Allotment.audience).where(
        Allotment.wave_id.in_({wave_id for wave_id, _ in asked}), Allotment.people > 0
    )
    found = sorted((wave_id, other) for wave_id, other in db.session.execute(there) if (wave_id, other) in asked)
    if found:
        raise AudienceApart(asked[found[0]], found[0][1])


def require_all_apart(event: EventRow) -> None:
    """Raises AudienceApart where audiences that the event keeps apart hold places within the same span."""
    clashes = find_clashes(event)
    if clashes:
        raise AudienceApart(clashes[0].wave_id, clashes[0].other)


def find_clashes(event: EventRow) -> tuple[Clash, ...]:
    """Where audiences that the event keeps apart hold places within the same span."""
    if not event.apart:
        return ()
    there = select(Allotment.wave_id, Allotment.audience).where(
        Allotment.wave_id.in_([wave.id for wave in event.waves]), Allotment.people > 0
    )
    return list_clashes(event, [(wave_id, audience) for wave_id, audience in db.session.execute(there)])

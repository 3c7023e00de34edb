"""Places taken, read anew each time."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Table, bindparam, select

from app.core.db import db
from app.events.models import Allotment, Event, Wave
from app.events.queries.rows import AllotmentPlaces, EventRow, Places

# Made once: making a statement anew takes longer than running it.
_EVENTS, _WAVES = cast(Table, Event.__table__), cast(Table, Wave.__table__)
_VERSION = select(_EVENTS.c.version).where(_EVENTS.c.id == bindparam("sought"))
_TAKEN = select(_EVENTS.c.version, _EVENTS.c.taken).where(_EVENTS.c.id == bindparam("sought"))
_TAKEN_OF_WAVES = select(_WAVES.c.id, _WAVES.c.taken, _WAVES.c.waiting).where(_WAVES.c.event_id == bindparam("sought"))


def get_version(event_id: int) -> int:
    """The event's version: it rises with each change, counters included."""
    version: int = db.session.execute(_VERSION, {"sought": event_id}).scalar_one()
    return version


def get_places(event: EventRow) -> Places:
    """Places taken now: never kept, never stale. Two statements, three where there are allotments or audiences kept apart."""
    head = db.session.execute(_TAKEN, {"sought": event.id}).one()
    waves = db.session.execute(_TAKEN_OF_WAVES, {"sought": event.id}).all()
    taken, waiting = {row.id: row.taken for row in waves}, {row.id: row.waiting for row in waves}
    allotments: dict[tuple[int, str], AllotmentPlaces] = {}
    if event.apart or any(wave.allotments for wave in event.waves):
        counted = db.session.execute(
            select(Allotment.wave_id, Allotment.audience, Allotment.people, Allotment.groups)
            .join(Wave, Wave.id == Allotment.wave_id)
            .where(Wave.event_id == event.id)
        )
        allotments = {(a.wave_id, a.audience): AllotmentPlaces(a.people, a.groups) for a in counted}
    return Places(head.version, head.taken, taken, allotments, waiting)


def list_places(events: Sequence[EventRow]) -> dict[int, Places]:
    """`get_places` of several events, by id: three statements however many there are."""
    ids = [event.id for event in events]
    heads = db.session.execute(select(Event.id, Event.version, Event.taken).where(Event.id.in_(ids)))
    found = {head.id: Places(head.version, head.taken, {}, {}) for head in heads}
    of_waves = select(Wave.event_id, Wave.id, Wave.taken, Wave.waiting).where(Wave.event_id.in_(ids))
    for wave in db.session.execute(of_waves):
        found[wave.event_id].waves[wave.id] = wave.taken
        found[wave.event_id].waiting[wave.id] = wave.waiting
    counted = db.session.execute(
        select(Wave.event_id, Allotment.wave_id, Allotment.audience, Allotment.people, Allotment.groups)
        .join(Wave, Wave.id == Allotment.wave_id)
        .where(Wave.event_id.in_(ids))
    )
    for a in counted:
        found[a.event_id].allotments[a.wave_id, a.audience] = AllotmentPlaces(a.people, a.groups)
    return found

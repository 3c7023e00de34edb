"""All places of an event at once: given back when it goes into the bin, taken again when it comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.core.db import db
from app.events.errors import WaveFull
from app.events.models import Allotment, Event, Wave


@dataclass(frozen=True)
class AllHeld:
    """People in all, in each wave, and (people, groups) of each audience of a wave."""

    people: int = 0
    waves: Mapping[int, int] = field(default_factory=dict)
    audiences: Mapping[tuple[int, str], tuple[int, int]] = field(default_factory=dict)


def release_all(event_id: int) -> None:
    """Nobody has a place any more. The caller holds the event's row."""
    db.session.execute(update(Event).where(Event.id == event_id).values(taken=0))
    waves = update(Wave).where(Wave.event_id == event_id).values(taken=0).returning(Wave.id)
    ids = list(db.session.execute(waves).scalars())
    db.session.execute(update(Allotment).where(Allotment.wave_id.in_(ids)).values(people=0, groups=0))


def take_all(event_id: int, held: AllHeld) -> None:
    """Take all of it or none. The caller holds the event's row. Raises WaveFull where it does not fit any more."""
    try:
        with db.session.begin_nested():
            db.session.execute(update(Event).where(Event.id == event_id).values(taken=Event.taken + held.people))
            for wave_id, people in sorted(held.waves.items()):
                db.session.execute(update(Wave).where(Wave.id == wave_id).values(taken=Wave.taken + people))
            for (wave_id, audience), (people, groups) in sorted(held.audiences.items()):
                counted = db.session.execute(
                    update(Allotment)
                    .where(Allotment.wave_id == wave_id, Allotment.audience == audience)
                    .values(people=Allotment.people + people, groups=Allotment.groups + groups)
                    .returning(Allotment.id)
                ).scalar_one_or_none()
                if counted is None:
                    raise WaveFull(wave_id)  # nothing counts that audience any more: one by one, that begins anew
    except IntegrityError as error:
        raise WaveFull(None) from error

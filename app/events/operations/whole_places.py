"""Places of many at once: of a whole event that goes into the bin and comes out, of those who are offered some or lose them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.core.db import db
from app.events.errors import WaveFull
from app.events.models import Allotment, Event, Wave
from app.events.operations.apart import require_all_apart, require_places_apart
from app.events.operations.places import begin_counting
from app.events.queries import get_event_by_id


@dataclass(frozen=True)
class AllHeld:
    """People in all, in each wave, and (people, groups) of each audience of a wave."""

    people: int = 0
    waves: Mapping[int, int] = field(default_factory=dict)
    audiences: Mapping[tuple[int, str], tuple[int, int]] = field(default_factory=dict)

    @property
    def negative(self) -> "AllHeld":
        """As much less."""
        audiences = {place: (-people, -groups) for place, (people, groups) in self.audiences.items()}
        return AllHeld(-self.people, {wave_id: -people for wave_id, people in self.waves.items()}, audiences)


def release_all(event_id: int) -> None:
    """Nobody has a place, or waits for one, any more. The caller holds the event's row."""
    db.session.execute(update(Event).where(Event.id == event_id).values(taken=0))
    waves = update(Wave).where(Wave.event_id == event_id).values(taken=0, waiting=0).returning(Wave.id)
    ids = list(db.session.execute(waves).scalars())
    db.session.execute(update(Allotment).where(Allotment.wave_id.in_(ids)).values(people=0, groups=0))


def take_all(event_id: int, held: AllHeld, *, whole: bool = False) -> int:
    """Take all of it or none, whoever waits, and return the event's new version. The caller holds the event's row.

    Raises WaveFull where it does not fit any more, AudienceApart where it may not be there; with `whole`, of all that the event
    holds, where audiences are together that may not be.
    """
    try:
        with db.session.begin_nested():
            version = _take(event_id, held)
            event = get_event_by_id(event_id)
            if whole:
                require_all_apart(event)
            else:
                require_places_apart(event, held.audiences)
    except IntegrityError as error:
        raise WaveFull(None) from error
    return version


def _take(event_id: int, held: AllHeld) -> int:
    version = db.session.execute(
        update(Event)
        .where(Event.id == event_id)
        .values(taken=Event.taken + held.people, version=Event.version + 1)
        .returning(Event.version)
    ).scalar_one()
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
            begin_counting([wave_id], audience, people, groups)
    return version


def give_all(event_id: int, held: AllHeld) -> int:
    """Give back all of it, and return the event's new version. The caller holds the event's row."""
    return _take(event_id, held.negative)

"""Why somebody on a waiting list has no offer yet: the first thing that is in their way. Pure."""

import enum
from dataclasses import dataclass
from datetime import datetime

from app.events.queries import EventRow
from app.registrations.rules import most_ever
from app.registrations.waiting import Party, Room, first_start, offer_until, offers_now


class Gap(enum.StrEnum):
    """RESTS: the event offers nothing now. LATE: the visit begins within the hour. NEVER: more people than a wave ever holds.

    APART: an audience kept apart from theirs holds places. PLACES, AUDIENCE, EVENT: too few places in a wave, for their
    audience there, in the event as a whole. GROUPS: no further group of theirs.
    """

    RESTS = "rests"
    LATE = "late"
    NEVER = "never"
    APART = "apart"
    PLACES = "places"
    AUDIENCE = "audience"
    GROUPS = "groups"
    EVENT = "event"


@dataclass(frozen=True)
class InTheWay:
    """`missing` counts people; `wave_id` is where; `audience` holds places that exclude theirs."""

    gap: Gap
    missing: int = 0
    wave_id: int | None = None
    audience: str = ""


def in_the_way(event: EventRow, room: Room, party: Party, now: datetime) -> InTheWay | None:
    """The first thing that keeps a party from an offer, those before it left aside; None when all its places are free."""
    if not offers_now(event):
        return InTheWay(Gap.RESTS)
    most = most_ever(event, party.waves, party.audience, group=party.group)
    if party.people > most:
        return InTheWay(Gap.NEVER, party.people - most)
    if offer_until(now, event.offer_hours, first_start(event, party.waves)) is None:
        return InTheWay(Gap.LATE)
    for wave in event.waves:
        if wave.id in party.waves and (found := _in_wave(room, party, wave.id)) is not None:
            return found
    if room.left is not None and party.people > room.left:
        return InTheWay(Gap.EVENT, party.people - max(0, room.left))
    return None


def _in_wave(room: Room, party: Party, wave_id: int) -> InTheWay | None:
    place = (wave_id, party.audience)
    rivals = sorted(room.held & room.excluded.get(place, frozenset()))
    if rivals:
        return InTheWay(Gap.APART, wave_id=wave_id, audience=rivals[0][1])
    if party.group and room.groups.get(place, 1) < 1:
        return InTheWay(Gap.GROUPS, wave_id=wave_id)
    free = room.waves.get(wave_id, 0)
    if party.people > free:
        return InTheWay(Gap.PLACES, party.people - max(0, free), wave_id)
    limited = room.people.get(place, party.people)
    if party.people > limited:
        return InTheWay(Gap.AUDIENCE, party.people - max(0, limited), wave_id)
    return None

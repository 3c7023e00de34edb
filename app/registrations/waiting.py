"""Who on a waiting list is offered places, and until when. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.events.apart import Place, excluded_by, exclusions
from app.events.enums import EventState, WaitingPolicy
from app.events.queries import EventRow, Places

LAST_HOUR = timedelta(hours=1)
"""This long before a visit begins nothing is offered by itself any more: the team calls people instead."""
SHARE = 3
"""An offer lasts at most this part of the time that is left."""


@dataclass(frozen=True)
class Party:
    """Who waits, for all of these waves together. Parties are served in the order of their ids."""

    id: int
    waves: tuple[int, ...]
    audience: str
    people: int
    group: bool


@dataclass(frozen=True)
class Room:
    """What is free: people in the event (None: no limit) and in each wave; people and groups where an allotment limits them.

    `held` are the waves and audiences that hold places, `excluded` for each of these where another audience must hold none.
    """

    left: int | None
    waves: Mapping[int, int]
    people: Mapping[Place, int] = field(default_factory=dict)
    groups: Mapping[Place, int] = field(default_factory=dict)
    held: frozenset[Place] = frozenset()
    excluded: Mapping[Place, frozenset[Place]] = field(default_factory=dict)


@dataclass(frozen=True)
class Walk:
    """What came of going through a waiting list: who is offered places, and the waves of which nobody else may take any."""

    chosen: tuple[Party, ...]
    held_up: frozenset[int]


def room_of(event: EventRow, places: Places) -> Room:
    """What is free at an event now."""
    people: dict[Place, int] = {}
    groups: dict[Place, int] = {}
    for wave in event.waves:
        for limit in wave.allotments:
            place, now = (wave.id, limit.audience), places.allotments.get((wave.id, limit.audience))
            if limit.max_people is not None:
                people[place] = limit.max_people - (now.people if now else 0)
            if limit.max_groups is not None:
                groups[place] = limit.max_groups - (now.groups if now else 0)
    return Room(
        left=None if event.capacity is None else event.capacity - places.taken,
        waves={wave.id: wave.capacity - places.waves.get(wave.id, 0) for wave in event.waves},
        people=people,
        groups=groups,
        held=frozenset(place for place, now in places.allotments.items() if now.people > 0),
        excluded=exclusions(event),
    )


def queued_waves(event: EventRow, places: Places) -> frozenset[int]:
    """Waves of which a newcomer gets nothing, as others wait for them and nobody goes before these.

    Exact for places as `find_open_places` counts them; else as if whoever waits held up others.
    """
    if places.held_up is not None:
        return places.held_up
    if event.waiting_policy is WaitingPolicy.SKIP and offers_now(event):
        return frozenset()
    return frozenset(wave_id for wave_id, waiting in places.waiting.items() if waiting > 0)


def is_shut(event: EventRow, places: Places, wave_id: int, audience: str) -> bool:
    """Whether a newcomer gets nothing of a wave, whatever is free: others wait for it, or must not be met there."""
    return wave_id in queued_waves(event, places) or bool(rival_of(event, places, wave_id, audience))


def rival_of(event: EventRow, places: Places, wave_id: int, audience: str) -> str:
    """The audience that holds places where and when another, kept apart from it, asks for some; empty where none does."""
    held = [
        p for p in excluded_by(event, wave_id, audience) if p in places.allotments and places.allotments[p].people > 0
    ]
    return min(held)[1] if held else ""


def next_offers(queue: Iterable[Party], room: Room, policy: WaitingPolicy) -> tuple[Party, ...]:
    """Who is offered places now, in the order of the list. Together they fit into the room."""
    return walk(queue, room, policy).chosen


def walk(queue: Iterable[Party], room: Room, policy: WaitingPolicy) -> Walk:
    """Go through the list once. Whom HOLD keeps waiting lets nobody pass in their waves; whom SKIP does, lets everybody."""
    walker = Walker(room, policy)
    for party in queue:
        walker.meet(party)
    return walker.walk


class Walker:
    """Goes through a list, party by party. Whom only the event's own limit keeps waiting holds up all of its waves."""

    def __init__(self, room: Room, policy: WaitingPolicy) -> None:
        self._left, self._policy = _Left(room), policy
        self._chosen: list[Party] = []
        self._held_up: set[int] = set()

    def meet(self, party: Party) -> None:
        """The next one of the list."""
        if self._held_up.isdisjoint(party.waves):
            fits = self._left.fits_into_waves(party)
            if fits and self._left.fits_into_event(party):
                self._left.take(party)
                self._chosen.append(party)
                return
            if fits and self._policy is WaitingPolicy.HOLD:
                self._held_up |= set(self._left.waves)
        if self._policy is WaitingPolicy.HOLD:
            self._held_up |= set(party.waves)

    @property
    def open_waves(self) -> frozenset[int]:
        """Waves of which somebody may still be offered places: of the others nobody needs to be met."""
        if self._left.event is not None and self._left.event <= 0:
            return frozenset()
        return frozenset(wave_id for wave_id, left in self._left.waves.items() if left > 0) - self._held_up

    def room_in(self, wave_id: int) -> int:
        """Places that are left in a wave, whoever they are for."""
        left = self._left.waves.get(wave_id, 0)
        return left if self._left.event is None else min(left, self._left.event)

    @property
    def walk(self) -> Walk:
        """What came of it so far."""
        return Walk(tuple(self._chosen), frozenset(self._held_up))


class _Left:
    """The room, while it is given away in thought."""

    def __init__(self, room: Room) -> None:
        self.event, self.waves = room.left, dict(room.waves)
        self.people, self.groups = dict(room.people), dict(room.groups)
        self.held, self.excluded = set(room.held), room.excluded

    def take(self, party: Party) -> None:
        """Give the party what it asks for."""
        if self.event is not None:
            self.event -= party.people
        for wave_id in party.waves:
            place = (wave_id, party.audience)
            self.waves[wave_id] -= party.people
            self.held.add(place)
            if place in self.people:
                self.people[place] -= party.people
            if place in self.groups:
                self.groups[place] -= int(party.group)

    def fits_into_event(self, party: Party) -> bool:
        """Whether the event as a whole has so many places."""
        return self.event is None or party.people <= self.event

    def fits_into_waves(self, party: Party) -> bool:
        """Whether all its waves have so many, for its audience."""
        return all(self._fits_into(party, wave_id) for wave_id in party.waves)

    def _fits_into(self, party: Party, wave_id: int) -> bool:
        place = (wave_id, party.audience)
        if party.people > self.waves.get(wave_id, 0) or party.people > self.people.get(place, party.people):
            return False
        if party.group and self.groups.get(place, 1) < 1:
            return False
        return self.held.isdisjoint(self.excluded.get(place, frozenset()))


def offer_until(now: datetime, hours: int, first_wave_start: datetime) -> datetime | None:
    """When an offer that is made now ends: after so many hours, or a third of what is left before the visit begins.

    On a whole minute. None within the last hour: nothing is offered by itself then.
    """
    left = first_wave_start - now
    if left <= LAST_HOUR:
        return None
    until = now + min(timedelta(hours=hours), left / SHARE)
    return until.replace(second=0, microsecond=0)


def first_start(event: EventRow, waves: Collection[int]) -> datetime:
    """When the first of these waves begins."""
    return min((wave.starts_at for wave in event.waves if wave.id in waves), default=event.starts_at)


def offers_now(event: EventRow) -> bool:
    """Whether the event offers places to those who wait: it takes place, and it is known when."""
    return event.state in {EventState.PUBLISHED, EventState.CLOSED} and not event.date_to_come

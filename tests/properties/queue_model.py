"""What a waiting list must keep, told from what is seen in the database before and after something happened.

It knows nothing of how places are offered: it counts what is free by itself, and asks of each who got places whether somebody
before them could have had them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.db import db
from app.events.enums import WaitingPolicy
from app.events.queries import EventRow
from app.registrations.models import Registration, RegistrationWave

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Seen:
    """One registration. `held` are its places by wave."""

    id: int
    status: str
    audience: str
    group: bool
    people: int
    waves: frozenset[int]
    held: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Got:
    """Places that somebody got in a step, `event` of them of the event as a whole; who came new comes last."""

    who: Seen
    waves: frozenset[int]
    people: int
    rank: float
    event: int


Snapshot = dict[int, Seen]


def look(event_id: int) -> Snapshot:
    """Everybody at an event as they now are."""
    waves: dict[int, dict[int, int]] = {}
    for row in db.session.execute(
        select(RegistrationWave.registration_id, RegistrationWave.wave_id, RegistrationWave.people)
    ):
        waves.setdefault(row.registration_id, {})[row.wave_id] = row.people
    people = Registration.participants + Registration.companions
    wanted = select(
        Registration.id, Registration.status, Registration.audience, Registration.kind, people.label("people")
    ).where(Registration.event_id == event_id)
    return {
        r.id: Seen(
            r.id, r.status.value, r.audience, r.kind.value == "group", r.people, frozenset(waves[r.id]),
            tuple(sorted((wave, held) for wave, held in waves[r.id].items() if held)),
        )
        for r in db.session.execute(wanted)
    }  # fmt: skip


def gains(before: Snapshot, after: Snapshot, newcomers: Iterable[int]) -> Iterator[Got]:
    """Who holds more than they held."""
    for who in after.values():
        had = dict(before[who.id].held) if who.id in before else {}
        more = {wave: held - had.get(wave, 0) for wave, held in who.held if held > had.get(wave, 0)}
        if more:
            new = who.id not in before or who.id in newcomers
            held = before[who.id].people if who.id in before and before[who.id].held else 0
            yield Got(who, frozenset(more), max(more.values()), inf if new else who.id, max(0, who.people - held))


class Hall:
    """An event's room, counted from who holds what."""

    def __init__(self, event: EventRow, snapshot: Snapshot, now: datetime) -> None:
        self.event, self.snapshot, self.now = event, snapshot, now

    def waiting(self) -> list[Seen]:
        """Those who wait and can be offered something, in their order."""
        waits = (s for s in self.snapshot.values() if s.status == "waitlisted")
        return sorted((s for s in waits if self._hopes(s)), key=lambda s: s.id)

    def _hopes(self, who: Seen) -> bool:
        starts = [w.starts_at for w in self.event.waves if w.id in who.waves]
        empty = Hall(self.event, {}, self.now)
        return min(starts) - self.now > HOUR and empty.fits(who, ())

    def fits(self, who: Seen, without: Iterable[Got]) -> bool:
        """Whether somebody who waits would have room if these had not got what they got."""
        gone = list(without)
        everybody = sum(s.people for s in self.snapshot.values() if s.held) - sum(g.event for g in gone)
        if self.event.capacity is not None and everybody + who.people > self.event.capacity:
            return False
        return self.fits_waves(who, gone)

    def fits_waves(self, who: Seen, gone: list[Got]) -> bool:
        """Whether nothing but the event's own capacity can be in the way."""
        return all(self._fits_into(who, wave, gone) for wave in who.waves)

    def _fits_into(self, who: Seen, wave_id: int, gone: list[Got]) -> bool:
        wave = self.event.wave(wave_id)
        assert wave is not None
        there = self._people(wave_id, None) - sum(g.people for g in gone if wave_id in g.waves)
        if there + who.people > wave.capacity:
            return False
        limit = wave.allotment(who.audience)
        same = [g for g in gone if wave_id in g.waves and g.who.audience == who.audience]
        people = self._people(wave_id, who.audience) - sum(g.people for g in same)
        if limit is not None and limit.max_people is not None and people + who.people > limit.max_people:
            return False
        groups = self._groups(wave_id, who.audience, {g.who.id for g in same})
        if who.group and limit is not None and limit.max_groups is not None and groups + 1 > limit.max_groups:
            return False
        return not any(self._people_but(w, other, gone) for w, other in self.excluded(wave_id, who.audience))

    def _people(self, wave_id: int, audience: str | None) -> int:
        mine = (s for s in self.snapshot.values() if audience in {None, s.audience})
        return sum(held for s in mine for wave, held in s.held if wave == wave_id)

    def _people_but(self, wave_id: int, audience: str, gone: list[Got]) -> int:
        less = sum(g.people for g in gone if wave_id in g.waves and g.who.audience == audience)
        return self._people(wave_id, audience) - less

    def _groups(self, wave_id: int, audience: str, but: set[int]) -> int:
        groups = (s for s in self.snapshot.values() if s.group and s.audience == audience and s.id not in but)
        return sum(any(wave == wave_id for wave, _ in s.held) for s in groups)

    def excluded(self, wave_id: int, audience: str) -> Iterator[tuple[int, str]]:
        """Where another audience must hold nothing for this one to come into the wave."""
        for one, other, span in self.event.apart:
            if audience in {one, other}:
                mine = self._key(wave_id, span.value)
                yield from (
                    (w.id, other if audience == one else one)
                    for w in self.event.waves
                    if self._key(w.id, span.value) == mine
                )

    def _key(self, wave_id: int, span: str) -> object:
        wave = self.event.wave(wave_id)
        assert wave is not None
        at = wave.starts_at.astimezone(ZoneInfo(self.event.timezone))
        return {"wave": wave_id, "half_day": (at.date(), at.hour >= 13), "day": at.date()}[span]

    def together(self) -> list[tuple[int, str]]:
        """Where audiences that are kept apart hold places in the same span."""
        held = {(wave, s.audience) for s in self.snapshot.values() for wave, _ in s.held}
        return [place for place in held if held & set(self.excluded(*place))]

    def passed_over(self, got: list[Got], past: Iterable[int] = ()) -> list[tuple[int, int]]:
        """(who got places, who waits before them and should have had them). `past`: ids that may go before others."""
        ordered = sorted(got, key=lambda g: (g.rank, g.who.id))
        found = []
        for number, one in enumerate(ordered):
            if one.who.id in past:
                continue
            earlier = [w for w in self.waiting() if w.id < one.rank and w.id != one.who.id]
            limited = self.event.capacity is not None and one.event > 0
            skip = self.event.waiting_policy is WaitingPolicy.SKIP
            rivals = [w for w in earlier if w.waves & one.waves or (skip and limited)]
            if skip:
                rivals = [w for w in rivals if self.fits(w, ordered[number:])]
            elif limited:
                rivals += [w for w in self._first_in_line(earlier) if self.fits_waves(w, ordered[number:])]
            found += [(one.who.id, w.id) for w in rivals]
        return found

    @staticmethod
    def _first_in_line(waiting: list[Seen]) -> list[Seen]:
        """Those whom nobody before them holds up in one of their waves."""
        return [w for n, w in enumerate(waiting) if not any(w.waves & other.waves for other in waiting[:n])]

    def kept_waiting(self) -> list[int]:
        """Who waits though it is their turn and there is room."""
        found, before = [], frozenset[int]()
        hold = self.event.waiting_policy is WaitingPolicy.HOLD
        for who in self.waiting():
            held_up = hold and bool(before & who.waves)
            if not held_up and self.fits(who, ()):
                found.append(who.id)
            before |= who.waves
            if (
                not held_up and not self.fits(who, ()) and self.fits_waves(who, [])
            ):  # the event's places are whoever's is first
                before |= {wave.id for wave in self.event.waves}
        return found

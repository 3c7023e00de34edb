"""Where somebody is to be when: the one answer that papers, pages, mails and calendars give.

Passages of a plan are hours that hold. What plans registers itself here by `register_itinerary`, so that nothing low knows
it; without it, or where it knows nothing of a registration, hours are worked out from the wave, its delay and the route.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Protocol

from app.events.queries import EventRow, StopRow, WaveRow
from app.events.route import begin_of, route_minutes, stops_of, work_out
from app.registrations.queries import RegistrationRow


@dataclass(frozen=True)
class Passage:
    """One team at one stop, as planned. `team` counts from 1; `stand` too, where the space has stands."""

    wave_id: int
    team: int
    people: int
    stop_id: int
    stand: int | None
    starts_at: datetime
    ends_at: datetime


Source = Callable[[EventRow, RegistrationRow], Sequence[Passage] | None]
Firsts = Callable[[int], Mapping[tuple[int, int], datetime]]
"""Of an event by its id: when the first passage of each (registration, wave) of the plan in force begins."""


class Walker(Protocol):
    """What says which stops somebody goes to."""

    @property
    def audience(self) -> str: ...
    @property
    def declined_stops(self) -> Sequence[int]: ...


class Comer(Walker, Protocol):
    """What a way is worked out from: a registration, or what is known of one."""

    @property
    def people(self) -> int: ...
    @property
    def waves(self) -> tuple[int, ...]: ...


@dataclass(frozen=True)
class StopTime:
    """One stop on somebody's way. `exact`: planned, else worked out; no hours where none can be told.

    `team` of `teams`: a group larger than a stop takes goes round in several.
    """

    stop: StopRow
    starts_at: datetime | None
    ends_at: datetime | None
    exact: bool
    stand: int | None
    team: int
    teams: int
    wave_id: int | None = None


@dataclass(frozen=True)
class Team:
    """A part of a group that goes round together."""

    number: int
    people: int
    stops: tuple[StopTime, ...]


@dataclass(frozen=True)
class Visit:
    """When somebody is to come for a wave, and when all of them are done. `exact`: the plan says when to come."""

    begins_at: datetime
    ends_at: datetime
    exact: bool


_sources: list[Source] = []
_firsts: list[Firsts] = []


def register_itinerary(source: Source, firsts: Firsts | None = None) -> None:
    """Who knows the passages of the plan in force; None where there is no plan, or it knows nothing of a registration.

    `firsts` knows when those of all groups begin. Raises ValueError when there is one already.
    """
    if _sources:
        raise ValueError("a source of passages is registered already")
    _sources.append(source)
    _firsts.extend([] if firsts is None else [firsts])


def itinerary(
    event: EventRow,
    registration: RegistrationRow | None,
    *,
    audience: str | None = None,
    wave: WaveRow | None = None,
    team: int = 1,
) -> tuple[StopTime, ...]:
    """The way of one team, in order. Without a registration: of an audience (None: all stops), from that wave on.

    `wave`: of that wave alone. Without it, somebody with several waves has their planned passages of all of them; with none
    planned, the stops without hours, for each wave has hours of its own. No hour holds while the date is to come.
    """
    if registration is None:
        return _worked_out(event, stops_of(event, audience), wave)
    teams = _teams(event, registration, wave)
    found = next((t for t in teams if t.number == team), None)
    if audience is not None and audience != registration.audience:
        return _worked_out(event, stops_of(event, audience), wave or _only_wave(event, registration))
    return found.stops if found else teams[0].stops


def list_teams(event: EventRow, registration: RegistrationRow, *, wave: WaveRow | None = None) -> tuple[Team, ...]:
    """All teams of a registration with the way of each; one, of all its people, where nothing is planned."""
    return _teams(event, registration, wave)


def teams_of(
    event: EventRow, comer: Comer, passages: Sequence[Passage], *, wave: WaveRow | None = None
) -> tuple[Team, ...]:
    """`list_teams`, from the passages of the plan in force that the caller has read: for many at once."""
    passages = _of_route(event, comer, passages, wave)
    stops = stops_of(event, comer.audience, comer.declined_stops)
    if not passages:
        whole = _worked_out(event, stops, wave or _only_wave(event, comer))
        return (Team(1, comer.people, whole),)
    numbers = sorted({p.team for p in passages})
    return tuple(
        Team(number, max(p.people for p in passages if p.team == number), _way(event, stops, passages, number, len(numbers)))
        for number in numbers
    )  # fmt: skip


def next_stop(stops: Sequence[StopTime], now: datetime) -> StopTime | None:
    """The first stop that is still to begin; None when none is, or no hour is known."""
    return next((s for s in stops if s.starts_at is not None and s.starts_at > now), None)


@dataclass(frozen=True)
class Whereabouts:
    """Where somebody should be: `at` now (None: on the way, before or after), `coming` next, `left` stops after `at`."""

    at: StopTime | None
    coming: StopTime | None
    left: int


def whereabouts(stops: Sequence[StopTime], now: datetime, seen: Collection[int] = ()) -> Whereabouts:
    """By the clock, and by `seen`: the ids of stops whose space has let them in, which is never gone back from."""
    last_seen = max((i for i, s in enumerate(stops) if s.stop.id in seen), default=-1)
    current = next((i for i, s in enumerate(stops) if i >= last_seen and _is_on(s, now)), None)
    if current is None:
        coming = next((i for i, s in enumerate(stops) if i > last_seen and _is_ahead(s, now)), None)
        if coming is None and last_seen >= 0 and not _is_past(stops, now):
            coming = last_seen + 1 if last_seen + 1 < len(stops) else None
        left = 0 if coming is None else len(stops) - coming
        return Whereabouts(None, None if coming is None else stops[coming], left)
    after = stops[current + 1] if current + 1 < len(stops) else None
    return Whereabouts(stops[current], after, len(stops) - current - 1)


def visits_by_wave(event: EventRow, registration: RegistrationRow) -> dict[int, Visit]:
    """The visit that begins with each wave of the event, by its id, as this registration would make it; read at once."""
    found = _read(event, registration)
    return {wave.id: _visit(event, registration, wave, found) for wave in event.waves}


def visit_begins_at(event: EventRow, registration: RegistrationRow, wave: WaveRow) -> datetime:
    """When this registration is to come for this wave: as the plan in force has it, else with the wave, its delay added."""
    return _visit(event, registration, wave, _read(event, registration)).begins_at


def visit_ends_at(event: EventRow, registration: RegistrationRow, wave: WaveRow) -> datetime:
    """When the visit of this registration that begins with this wave is over: the last of its teams is done."""
    return _visit(event, registration, wave, _read(event, registration)).ends_at


def first_passages(event: EventRow) -> Mapping[tuple[int, int], datetime]:
    """When the first passage of each (registration, wave) begins, by the plan in force: one statement for all groups."""
    return {} if event.date_to_come else {key: at for firsts in _firsts for key, at in firsts(event.id).items()}


def arrival_at(event: EventRow, walker: Walker, wave: WaveRow, first: datetime | None) -> datetime:
    """When somebody whose first passage for a wave begins at `first` is to come; None: nothing is planned, with the wave.

    Stops that no plan has, and that come before all others, are gone to on time for it.
    """
    if first is None:
        return begin_of(wave)
    return _on_time(wave, first, _before_plan(stops_of(event, walker.audience, walker.declined_stops)))


def _before_plan(stops: Sequence[StopRow]) -> Sequence[StopRow]:
    """The stops at the beginning of a route that are never planned."""
    return tuple(takewhile(lambda stop: stop.space_id is None or not stop.minutes, stops))


def _on_time(wave: WaveRow, first: datetime, before: Sequence[StopRow]) -> datetime:
    needed = timedelta(minutes=sum(stop.minutes for stop in before))
    return max(min(begin_of(wave), first), first - needed)


def _visit(event: EventRow, registration: RegistrationRow, wave: WaveRow, passages: Sequence[Passage]) -> Visit:
    own = _of_route(event, registration, passages, wave)
    way = [stop for team in teams_of(event, registration, passages, wave=wave) for stop in team.stops]
    ends = [stop.ends_at for stop in way if stop.ends_at is not None]
    first = min((passage.starts_at for passage in own), default=None)
    begins = arrival_at(event, registration, wave, first)
    if ends and any(stop.exact for stop in way):
        return Visit(begins, max(ends), first is not None)
    whole = route_minutes(event, stops_of(event, registration.audience, registration.declined_stops))
    return Visit(begins, begin_of(wave) + timedelta(minutes=whole) if whole else wave.ends_at, first is not None)


def _is_on(stop: StopTime, now: datetime) -> bool:
    return stop.starts_at is not None and stop.starts_at <= now and (stop.ends_at is None or now < stop.ends_at)


def _is_ahead(stop: StopTime, now: datetime) -> bool:
    return stop.starts_at is not None and stop.starts_at > now


def _is_past(stops: Sequence[StopTime], now: datetime) -> bool:
    last = stops[-1]
    return last.ends_at is not None and last.ends_at <= now


def _only_wave(event: EventRow, registration: Comer) -> WaveRow | None:
    waves = [wave for wave in event.waves if wave.id in registration.waves]
    return waves[0] if len(waves) == 1 else None


def _worked_out(event: EventRow, stops: Sequence[StopRow], wave: WaveRow | None) -> tuple[StopTime, ...]:
    begins = None if wave is None or event.date_to_come else begin_of(wave)
    times = work_out(event, stops, begins)
    key = None if wave is None else wave.id
    return tuple(
        StopTime(stop, starts, ends, False, None, 1, 1, key) for stop, (starts, ends) in zip(stops, times, strict=True)
    )


def _of_route(event: EventRow, comer: Comer, passages: Sequence[Passage], wave: WaveRow | None) -> Sequence[Passage]:
    """Those of stops that the comer still goes to, in waves that they still come in."""
    if event.date_to_come or not passages:
        return ()
    known = {stop.id for stop in stops_of(event, None, comer.declined_stops)}
    return [
        p
        for p in passages
        if p.stop_id in known and p.wave_id in comer.waves and (wave is None or p.wave_id == wave.id)
    ]


def _teams(event: EventRow, registration: RegistrationRow, wave: WaveRow | None) -> tuple[Team, ...]:
    return teams_of(event, registration, _read(event, registration), wave=wave)


def _read(event: EventRow, registration: RegistrationRow) -> Sequence[Passage]:
    return [] if event.date_to_come else [p for source in _sources for p in source(event, registration) or ()]


def _way(
    event: EventRow, stops: Sequence[StopRow], passages: Sequence[Passage], team: int, teams: int
) -> tuple[StopTime, ...]:
    """One team's passages wave by wave, and in their place the stops that are on the route but in no plan."""
    way: list[StopTime] = []
    for wave in event.waves:
        mine = sorted((p for p in passages if (p.team, p.wave_id) == (team, wave.id)), key=lambda p: p.starts_at)
        if mine:
            first = min(p.starts_at for p in passages if p.wave_id == wave.id)
            way += _with_unplanned(event, stops, mine, wave, teams, first)
    return tuple(way)


def _with_unplanned(
    event: EventRow, stops: Sequence[StopRow], passages: Sequence[Passage], wave: WaveRow, teams: int, first: datetime
) -> list[StopTime]:
    """`first` is when the first of all teams begins: the group comes together."""
    by_id = {stop.id: stop for stop in event.stops}
    team = passages[0].team
    way = [StopTime(by_id[p.stop_id], p.starts_at, p.ends_at, True, p.stand, team, teams, wave.id) for p in passages]
    planned = {p.stop_id for p in passages}
    arrival = _on_time(wave, first, _before_plan(stops))
    for position, stop in enumerate(stops):
        if stop.id in planned:
            continue
        before = {s.id for s in stops[:position]}
        after = max((i for i, at in enumerate(way) if at.stop.id in before), default=-1) + 1
        begins = way[after - 1].ends_at if after else arrival
        ((starts, ends),) = work_out(event, [stop], begins)
        way.insert(after, StopTime(stop, starts, ends, False, None, team, teams, wave.id))
    return way

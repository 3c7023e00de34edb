"""Why no plan was found: a closed list of causes, each proved by counting. None of them: nothing is known to be in the way.

Proofs are sound, not complete. A cause holds for every plan that could be made, so that removing it is worth the trouble.
"""

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

from app.flows.instance import Group, Instance, Slot, Window
from app.flows.routes import Walked, least_walking


class CauseKind(enum.StrEnum):
    TOO_LONG = "too_long"
    WAVE_TOO_LARGE = "wave_too_large"
    SPACE_SHORT = "space_short"
    PINS_CONFLICT = "pins_conflict"


class Unit(enum.StrEnum):
    MINUTES = "minutes"
    PEOPLE = "people"
    PEOPLE_MINUTES = "people_minutes"
    TEAM_MINUTES = "team_minutes"


@dataclass(frozen=True)
class Cause:
    """`wanted` is more than `there`, in `unit`, from `start` to `end` in `space`, for `groups`.

    too_long: the minutes of one group's stops and walks, and those between its arrival and the end of its day.
    wave_too_large: groups of one arrival alone, more than a space holds or lets through until they leave.
    space_short: groups of several arrivals that must all be in a space within a time.
    pins_conflict: pinned passages that cannot hold together; `wanted` people in a space, or minutes of one team.
    """

    kind: CauseKind
    groups: tuple[str, ...]
    unit: Unit
    wanted: int
    there: int
    space: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Need:
    """A team that must spend its stop's minutes in a space between `start` and `end`."""

    group: str
    space: str
    people: int
    minutes: int
    start: int
    end: int


def find_causes(instance: Instance) -> list[Cause]:
    """The causes that can be proved, the plainest first; of each space the tightest time."""
    found = [*_too_long(instance), *_pins_conflict(instance), *_too_large_for_a_space(instance)]
    waves: dict[tuple[Window, ...], list[Group]] = defaultdict(list)
    for group in instance.groups:
        waves[group.windows].append(group)
    for groups in waves.values():
        found += _overfull(instance, groups, CauseKind.WAVE_TOO_LARGE)
    told = {cause.space for cause in found if cause.kind is CauseKind.WAVE_TOO_LARGE}
    found += [c for c in _overfull(instance, instance.groups, CauseKind.SPACE_SHORT) if c.space not in told]
    return found


def _too_long(instance: Instance) -> Iterator[Cause]:
    walked = Walked()
    for group in instance.groups:
        least = sum(instance.stops[stop].minutes for stop in group.stops) + least_walking(instance, group, walked)
        most = max(instance.done_by(group, window.start) - window.start for window in group.windows)
        if least > most:
            yield Cause(CauseKind.TOO_LONG, (group.id,), Unit.MINUTES, least, max(most, 0))


def _too_large_for_a_space(instance: Instance) -> Iterator[Cause]:
    for group in instance.groups:
        largest = max(instance.teams(group))
        for stop in group.stops:
            space = instance.spaces[instance.stops[stop].space]
            if largest > space.capacity:
                yield Cause(
                    CauseKind.WAVE_TOO_LARGE, (group.id,), Unit.PEOPLE, largest, space.capacity, space.id
                )  # fmt: skip


def _pins_conflict(instance: Instance) -> Iterator[Cause]:
    groups = {group.id: group for group in instance.groups}
    by_team: dict[tuple[str, int], list[Slot]] = defaultdict(list)
    for pin in instance.pins:
        by_team[pin.group, pin.team].append(pin)
    for (name, team), pins in by_team.items():
        group = groups[name]
        if team > len(instance.teams(group)):
            yield Cause(CauseKind.PINS_CONFLICT, (name,), Unit.PEOPLE, team, len(instance.teams(group)))
            continue
        yield from _way_conflicts(instance, group, sorted(pins, key=lambda pin: pin.start))
    yield from _pins_in_spaces(instance, groups)


def _way_conflicts(instance: Instance, group: Group, pins: list[Slot]) -> Iterator[Cause]:
    """Pins of one team too close to each other, against its order, or outside the hours it can be there."""
    block_of = {stop: number for number, block in enumerate(group.blocks) for stop in block}
    for before, after in pairwise(pins):
        needed = instance.stops[before.stop].minutes + instance.transfer(before.stop, after.stop)
        if after.start - before.start < needed:
            yield Cause(
                CauseKind.PINS_CONFLICT, (group.id,), Unit.MINUTES, needed, after.start - before.start,
                instance.stops[after.stop].space, before.start, after.start,
            )  # fmt: skip
        elif block_of[before.stop] > block_of[after.stop]:
            yield Cause(
                CauseKind.PINS_CONFLICT, (group.id,), Unit.MINUTES, needed, 0,
                instance.stops[after.stop].space, before.start, after.start,
            )  # fmt: skip
    for pin in pins:
        begin, end = _bounds(instance, group, pin.stop)
        stay = instance.stops[pin.stop].minutes
        if not any(low <= pin.start and pin.start + stay <= high for low, high in zip(begin, end, strict=True)):
            yield Cause(
                CauseKind.PINS_CONFLICT, (group.id,), Unit.MINUTES, stay, 0,
                instance.stops[pin.stop].space, pin.start, pin.start + stay,
            )  # fmt: skip


def _pins_in_spaces(instance: Instance, groups: dict[str, Group]) -> Iterator[Cause]:
    by_space: dict[str, list[tuple[int, int, int, str]]] = defaultdict(list)
    for pin in instance.pins:
        stop, sizes = instance.stops[pin.stop], instance.teams(groups[pin.group])
        if pin.team <= len(sizes):
            by_space[stop.space].append((pin.start, pin.start + stop.minutes, sizes[pin.team - 1], pin.group))
    for name, pinned in by_space.items():
        space = instance.spaces[name]
        for at in sorted({begin for begin, _, _, _ in pinned}):
            there = [pin for pin in pinned if pin[0] <= at < pin[1]]
            people = sum(pin[2] for pin in there)
            beside = sum(
                load.people for load in instance.loads if load.space == name and load.start <= at < load.end
            )  # fmt: skip
            if people + beside > space.capacity:
                names = tuple(sorted({pin[3] for pin in there}))
                left = max(space.capacity - beside, 0)
                yield Cause(CauseKind.PINS_CONFLICT, names, Unit.PEOPLE, people, left, name, at, at)
                break


def _overfull(instance: Instance, groups: Iterable[Group], kind: CauseKind) -> Iterator[Cause]:
    """For each space the shortest time within which more must happen than fits, by people or by stands."""
    needs: dict[str, list[Need]] = defaultdict(list)
    for group in groups:
        for stop in group.stops:
            begins, ends = _bounds(instance, group, stop)
            found = instance.stops[stop]
            for people in instance.teams(group):
                needs[found.space].append(
                    Need(group.id, found.space, people, found.minutes, min(begins), max(ends))
                )  # fmt: skip
    for name, wanted in needs.items():
        room = _Free(instance, name)
        tightest: Cause | None = None
        for start in sorted({need.start for need in wanted}):
            for end in sorted({need.end for need in wanted if need.end > start}):
                if tightest is not None and end - start >= (tightest.end or 0) - (tightest.start or 0):
                    continue
                inside = [need for need in wanted if start <= need.start and need.end <= end]
                cause = _short(room, inside, start, end, kind)
                if cause is not None:
                    tightest = cause
        if tightest is not None:
            yield tightest


class _Free:
    """What is left of a space beside the individuals expected: they may fill it, and take nothing of any other minute then."""

    def __init__(self, instance: Instance, name: str) -> None:
        self.space = instance.spaces[name]
        self._first = min(day.start for day in instance.days)
        last = max(day.end for day in instance.days)
        opened = [0] * (last - self._first)
        for day in instance.days:
            opened[day.start - self._first : day.end - self._first] = [1] * (day.end - day.start)
        people = [self.space.capacity * is_open for is_open in opened]
        for load in instance.loads:
            if load.space == name:
                for minute in range(max(load.start - self._first, 0), min(load.end - self._first, len(people))):
                    people[minute] = max(0, people[minute] - load.people)
        self._people, self._opened = [0, *accumulate(people)], [0, *accumulate(opened)]

    def people_minutes(self, start: int, end: int) -> int:
        return self._between(self._people, start, end)

    def opened(self, start: int, end: int) -> int:
        """Minutes within the days."""
        return self._between(self._opened, start, end)

    def _between(self, sums: list[int], start: int, end: int) -> int:
        low, high = (min(max(minute - self._first, 0), len(sums) - 1) for minute in (start, end))
        return sums[high] - sums[low]


def _short(room: _Free, inside: list[Need], start: int, end: int, kind: CauseKind) -> Cause | None:
    names = tuple(sorted({need.group for need in inside}))
    wanted, there = sum(need.people * need.minutes for need in inside), room.people_minutes(start, end)
    if wanted > there:
        return Cause(kind, names, Unit.PEOPLE_MINUTES, wanted, there, room.space.id, start, end)
    minutes, stands = sum(need.minutes for need in inside), room.space.stands
    if stands is not None and minutes > stands * room.opened(start, end):
        return Cause(
            kind, names, Unit.TEAM_MINUTES, minutes, stands * room.opened(start, end), room.space.id, start, end
        )
    return None


def _bounds(instance: Instance, group: Group, stop: str) -> tuple[list[int], list[int]]:
    """For each window: the earliest start at a stop and its latest end, by the minutes of the blocks before and after."""
    number = next(n for n, block in enumerate(group.blocks) if stop in block)
    before = sum(instance.stops[s].minutes for block in group.blocks[:number] for s in block)
    after = sum(instance.stops[s].minutes for block in group.blocks[number + 1 :] for s in block)
    begins = [window.start + before for window in group.windows]
    ends = [instance.done_by(group, window.start) - after for window in group.windows]
    return begins, ends

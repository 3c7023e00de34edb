"""Makes a plan: every group is put in where it waits least, then a few at a time are taken out and put in again, better.

Greedy with restarts, then large neighbourhood search (Shaw 1998: remove what is related, insert again). The same seed and
effort give the same plan: the work is counted in insertions, not in seconds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

from app.flows.instance import Arrival, Cost, Group, Instance, Passage, Plan, Slot
from app.flows.rooms import Room, make_rooms, span
from app.flows.routes import Walked, find_way, least_walking

STARTS = 4
MOST_ARRIVALS = 24
LEFT_OUT = 100_000
"""What a group without a place costs in the search, minutes: more than any waiting."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Placed:
    """A group in the plan: (stop, start) of each team's stops in the order walked."""

    arrival: int
    ways: tuple[tuple[tuple[str, int], ...], ...]
    waiting: int
    moved: int


class Search:
    """A plan that is being made: the rooms as full as its passages make them."""

    def __init__(self, instance: Instance, random: Random) -> None:
        self.instance = instance
        self.random = random
        self.rooms: dict[str, Room] = make_rooms(instance)
        self.placed: dict[str, Placed] = {}
        self.people = {day.start: 0 for day in instance.days}
        self._day = {minute: day.start for day in instance.days for minute in (day.start, day.end)}
        walked = Walked()
        self._walking = {group.id: least_walking(instance, group, walked) for group in instance.groups}
        self._sizes = {group.id: instance.teams(group) for group in instance.groups}
        self._pins = _by_team(instance.pins)
        self._previous = _by_team(instance.previous)
        self._length = {
            stop.id: -(-stop.minutes // instance.step) for stop in instance.stops.values()
        }  # fmt: skip

    @property
    def cost(self) -> Cost:
        waiting = sum(placed.waiting for placed in self.placed.values())
        moved = sum(placed.moved for placed in self.placed.values())
        uneven = max(self.people.values(), default=0) - min(self.people.values(), default=0)
        weights = self.instance.weights
        return Cost(waiting, moved, uneven, round(waiting + weights.moved * moved + weights.uneven * uneven, 3))

    @property
    def score(self) -> float:
        return self.cost.total + LEFT_OUT * (len(self.instance.groups) - len(self.placed))

    def insert(self, group: Group) -> bool:
        """Put a group in at the arrival that costs least. False: there is no room for it."""
        best: tuple[float, Placed] | None = None
        for placed in self._ways(group):
            price = self._price(group, placed)
            if best is None or price < best[0]:
                best = (price, placed)
        if best is None:
            return False
        self.put(group, best[1])
        return True

    def put(self, group: Group, placed: Placed) -> None:
        self.placed[group.id] = placed
        self._count(group, placed, 1)

    def take(self, group: Group) -> Placed:
        placed = self.placed.pop(group.id)
        self._count(group, placed, -1)
        return placed

    def _count(self, group: Group, placed: Placed, sign: int) -> None:
        for size, way in zip(self._sizes[group.id], placed.ways, strict=True):
            self._occupy(way, sign * size, sign)
        day = self.instance.day_of(placed.arrival)
        assert day is not None
        self.people[day.start] += sign * group.people

    def _occupy(self, way: Iterable[tuple[str, int]], people: int, teams: int) -> None:
        for stop, start in way:
            begin = start // self.instance.step
            self.rooms[self.instance.stops[stop].space].add(people, teams, begin, begin + self._length[stop])

    def _price(self, group: Group, placed: Placed) -> float:
        day = self.instance.day_of(placed.arrival)
        assert day is not None
        weights = self.instance.weights
        after = {start: people + (group.people if start == day.start else 0) for start, people in self.people.items()}
        uneven = max(after.values()) - min(after.values())
        return placed.waiting + weights.moved * placed.moved + weights.uneven * uneven

    def _ways(self, group: Group) -> Iterable[Placed]:
        """The group at each arrival worth a look: as it was told before, and where it waits least. Nothing is put in yet."""
        told = self._as_told(group)
        if told is not None:
            yield told
            if told.waiting == 0:
                return
        for arrival in self._arrivals(group):
            placed = self._at(group, arrival, self._pins)
            if placed is not None:
                yield placed
                if placed.waiting == 0 and placed.moved == 0 and len(self.people) == 1:
                    return

    def _arrivals(self, group: Group) -> list[int]:
        """Starts of steps inside the group's windows, a sample where there are many."""
        step = self.instance.step
        found: list[int] = []
        for window in group.windows:
            found += range(-(-window.start // step) * step, window.end + 1, step)
            if window.start == window.end and window.start % step:
                found.append(window.start)
        if len(found) > MOST_ARRIVALS:
            found = sorted(self.random.sample(found, MOST_ARRIVALS))
        return found

    def _as_told(self, group: Group) -> Placed | None:
        """Where the previous plan has it, as far as that still fits: whole, or with one stop of each team let go."""
        told = [self._previous.get((group.id, team), {}) for team in range(1, len(self._sizes[group.id]) + 1)]
        if not all(told):
            return None
        step = self.instance.step
        first = min(start for team in told for start in team.values())
        arrivals = [a for a in self._arrivals(group) if a <= first]
        for arrival in sorted(arrivals, reverse=True)[: 60 // step]:
            kept = {key: {**starts, **self._pins.get(key, {})} for key, starts in self._previous.items()}
            placed = self._at(group, arrival, kept)
            if placed is not None:
                return placed
            for stop in group.stops:
                loose = {
                    key: {s: at for s, at in starts.items() if s != stop or s in self._pins.get(key, {})}
                    for key, starts in kept.items()
                    if key[0] == group.id
                }
                placed = self._at(group, arrival, loose)
                if placed is not None:
                    return placed
        return None

    def _at(self, group: Group, arrival: int, fixed: dict[tuple[str, int], dict[str, int]]) -> Placed | None:
        """Its teams one after the other, each beside those before it; `fixed` starts hold."""
        instance, day = self.instance, self.instance.day_of(arrival)
        if day is None:
            return None
        end = instance.done_by(group, arrival)
        ways: list[tuple[tuple[str, int], ...]] = []
        waiting = moved = 0
        stay = sum(instance.stops[stop].minutes for stop in group.stops) + self._walking[group.id]
        for team, size in enumerate(self._sizes[group.id], start=1):
            at, pinned = fixed.get((group.id, team), {}), self._pins.get((group.id, team), {})
            starts = {stop: self._starts(stop, size, end, at.get(stop), pinned=stop in pinned) for stop in group.stops}
            way = find_way(instance, group, arrival, starts)
            if way is None:
                break
            self._occupy(way.starts, size, 1)
            ways.append(way.starts)
            waiting += way.done - arrival - stay
            told = self._previous.get((group.id, team), {})
            moved += sum(told[stop] != start for stop, start in way.starts if stop in told)
        for size, starts_of in zip(self._sizes[group.id], ways, strict=False):
            self._occupy(starts_of, -size, -1)
        return Placed(arrival, tuple(ways), waiting, moved) if len(ways) == len(self._sizes[group.id]) else None

    def _starts(self, stop: str, size: int, end: int, fixed: int | None, *, pinned: bool) -> int:
        found = self.instance.stops[stop]
        mask = self.rooms[found.space].starts(size, self._length[stop])
        first = 0 if pinned else -(-self.instance.not_before // self.instance.step)
        mask &= span(first, (end - found.minutes) // self.instance.step + 1)
        return mask if fixed is None else mask & (1 << fixed // self.instance.step)


def solve(instance: Instance, *, seed: int = 1, effort: int = 30, progress: Progress | None = None) -> Plan:
    """A plan. `effort` is how many times each group is put in again on the average; `progress` is told (done, total).

    Groups for which no room was found are in `left_out`; why is for `find_causes` to say.
    """
    random = Random(seed)  # noqa: S311 - a search, no secret
    total = max(1, effort * len(instance.groups))
    best = _begin(instance, random)
    _improve(best, total, progress)
    return _plan(best)


def _begin(instance: Instance, random: Random) -> Search:
    """The best of some greedy plans, each from another order: what was told and pinned first, then what is hardest."""
    pinned = {pin.group for pin in instance.pins}
    told = {slot.group for slot in instance.previous}

    def tightness(group: Group) -> float:
        return sum(window.end - window.start + instance.step for window in group.windows) / group.people

    found: list[Search] = []
    for number in range(STARTS):
        search = Search(instance, Random(random.random()))  # noqa: S311
        noise = {group.id: 1.0 if number == 0 else search.random.uniform(0.6, 1.4) for group in instance.groups}
        order = sorted(
            instance.groups,
            key=lambda g: (g.id not in pinned, g.id not in told, tightness(g) * noise[g.id], g.id),
        )  # fmt: skip
        for group in order:
            search.insert(group)
        found.append(search)
        if search.score == 0:
            break
    return min(found, key=lambda search: search.score)


def _improve(search: Search, total: int, progress: Progress | None) -> None:
    """Take out a few that have to do with each other, put them in again in another order, keep what is not worse."""
    instance, random = search.instance, search.random
    groups = {group.id: group for group in instance.groups}
    done, score = 0, search.score
    while done < total and score > 0 and groups:
        chosen = _related(search, groups)
        before = {name: search.take(groups[name]) for name in chosen if name in search.placed}
        order = list(chosen)
        random.shuffle(order)
        for name in order:
            search.insert(groups[name])
        done += len(order)
        now = search.score
        if now <= score:
            score = now
        else:
            for name in order:
                if name in search.placed:
                    search.take(groups[name])
            for name, placed in before.items():
                search.put(groups[name], placed)
        if progress is not None:
            progress(min(done, total), total)
    if progress is not None and done < total:  # nothing is left to mend
        progress(total, total)


def _related(search: Search, groups: dict[str, Group]) -> list[str]:
    """One group that waits, moved or has no place, and some that are in the same spaces at the time."""
    random, placed = search.random, search.placed
    weights = [
        1 + 10_000 * (name not in placed) + (placed[name].waiting + placed[name].moved if name in placed else 0)
        for name in groups
    ]
    first = random.choices(list(groups), weights)[0]
    size = min(len(groups), random.choice((2, 2, 3, 3, 4, 5, 6)))
    spaces = {search.instance.stops[stop].space for stop in groups[first].stops}
    at = placed[first].arrival if first in placed else groups[first].windows[0].start

    def far(name: str) -> float:
        other = groups[name]
        there = placed[name].arrival if name in placed else other.windows[0].start
        shared = len(spaces & {search.instance.stops[stop].space for stop in other.stops})
        return abs(there - at) - 20 * shared + random.uniform(0, 180)

    others = sorted((name for name in groups if name != first), key=far)
    return [first, *others[: size - 1]]


def _plan(search: Search) -> Plan:
    instance = search.instance
    passages, arrivals = [], []
    for group in instance.groups:
        placed = search.placed.get(group.id)
        if placed is None:
            continue
        arrivals.append(Arrival(group.id, placed.arrival))
        sizes = instance.teams(group)
        for team, (size, way) in enumerate(zip(sizes, placed.ways, strict=True), start=1):
            for stop, start in way:
                found = instance.stops[stop]
                passages.append(
                    Passage(group.id, team, size, stop, found.space, start, start + found.minutes)
                )  # fmt: skip
    left = tuple(group.id for group in instance.groups if group.id not in search.placed)
    return Plan(tuple(arrivals), _give_stands(instance, passages), search.cost, left)


def _give_stands(instance: Instance, passages: list[Passage]) -> tuple[Passage, ...]:
    """Each team at the stand of its space that is free and was used least."""
    free_at: dict[tuple[str, int], int] = {}
    used: dict[tuple[str, int], int] = {}
    given = []
    for passage in sorted(passages, key=lambda p: (p.start, p.space, p.group, p.team)):
        stands = instance.spaces[passage.space].stands
        if stands is not None:
            free = [n for n in range(1, stands + 1) if free_at.get((passage.space, n), 0) <= passage.start]
            stand = min(free, key=lambda n: (used.get((passage.space, n), 0), n))
            free_at[passage.space, stand] = passage.end
            used[passage.space, stand] = used.get((passage.space, stand), 0) + 1
            passage = Passage(**{**passage.__dict__, "stand": stand})
        given.append(passage)
    return tuple(given)


def _by_team(slots: Iterable[Slot]) -> dict[tuple[str, int], dict[str, int]]:
    found: dict[tuple[str, int], dict[str, int]] = {}
    for slot in slots:
        found.setdefault((slot.group, slot.team), {})[slot.stop] = slot.start
    return found

"""When the day drifts: what a late wave or a late space does to passages that people were told. Pure.

Passages are put one after the other, always the one that can begin first, at the first time at which its team is there and its
space has room. So waiting absorbs what it can, nothing is ever above a capacity, and without a delay nothing changes.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.flows.costs import arrive
from app.flows.instance import DAY, Group, Instance, Passage
from app.flows.rooms import first_at, make_rooms

NEARLY = 0.9
"""From this share of its capacity on, a space is tight."""
Json = dict[str, Any]
Team = tuple[str, int]


class TooLate(ValueError):
    """With such a delay not everybody is through before midnight: `group` is one of those."""

    def __init__(self, group: str) -> None:
        super().__init__(group)
        self.group = group


@dataclass(frozen=True)
class Late:
    """`groups` (those of a wave), or a `space`, are late by `minutes` in all, against what is planned; `before` was said so far."""

    minutes: int
    before: int = 0
    groups: frozenset[str] = frozenset()
    space: str | None = None


@dataclass(frozen=True)
class Moved:
    """A group and the most by which one of its passages moves, minutes (below zero: earlier); when it is done, before and now."""

    group: str
    minutes: int
    ended: int
    ends: int


@dataclass(frozen=True)
class Over:
    """A group is done after `limit`: when it leaves (`leaving`), else when the event's day ends."""

    group: str
    ends: int
    limit: int
    leaving: bool


@dataclass(frozen=True)
class Tight:
    """A space gets fuller than it was to be, to at least nine tenths: `people` from `at` on."""

    space: str
    at: int
    people: int
    capacity: int


@dataclass(frozen=True)
class Consequences:
    """`moved` in the order of who moves most."""

    moved: tuple[Moved, ...] = ()
    over: tuple[Over, ...] = ()
    tight: tuple[Tight, ...] = ()


@dataclass(frozen=True)
class Drift:
    """The passages by now, in the order in which they were given, what follows, and the groups some of whose passages began."""

    passages: tuple[Passage, ...]
    consequences: Consequences
    begun: frozenset[str] = field(default_factory=frozenset)


def push(
    instance: Instance,
    passages: Sequence[Passage],
    delays: Iterable[Late],
    now: int,
    *,
    planned: Sequence[Passage] | None = None,
    arrivals: Mapping[str, int] | None = None,
) -> Drift:
    """Push what people were told (`passages`) as far as these delays ask, and no further. `now` in minutes of the plan.

    What began stays; what is late itself begins later, what follows only where a team or a space is not free before. Nothing
    begins earlier than told, unless some delay is less than before: then no earlier than `planned` (before all delays; the same
    as told if not given). `arrivals` are the planned ones. Raises TooLate.
    """
    late = tuple(delays)
    if all(one.minutes == one.before for one in late):
        return Drift(tuple(passages), Consequences(), frozenset(p.group for p in passages if p.start <= now))
    work = _Push(instance, passages, late, now, planned or passages, arrivals or {})
    found = work.run()
    return Drift(found, list_consequences(instance, passages, found, now), work.begun_groups)


class _Push:
    """The working state of one push."""

    def __init__(
        self,
        instance: Instance,
        told: Sequence[Passage],
        delays: Sequence[Late],
        now: int,
        planned: Sequence[Passage],
        arrivals: Mapping[str, int],
    ) -> None:
        self.instance, self.told, self.now, self.step = instance, told, now, instance.step
        self.groups = {group.id: group for group in instance.groups}
        self.planned = {_key(p): p.start for p in planned}
        self.eased = any(one.minutes < one.before for one in delays)
        self.of_space = {one.space: one.minutes for one in delays if one.space is not None}
        self.of_group = {group: one for one in delays for group in one.groups}
        self.arrivals = self._arrivals(planned, arrivals)
        whole = [replace(day, end=day.start - day.start % DAY + DAY - 1) for day in instance.days]
        self.rooms = make_rooms(replace(instance, days=tuple(whole)))
        self.begun = {_key(p) for p in told if p.start + self._extra(p.group) <= now}
        self.begun_groups = frozenset(group for group, _team, _stop in self.begun)
        self.starts: dict[tuple[str, int, str], int] = {}

    def _arrivals(self, planned: Sequence[Passage], known: Mapping[str, int]) -> dict[str, int]:
        first: dict[str, int] = {}
        for passage in planned:
            first[passage.group] = min(passage.start, first.get(passage.group, passage.start))
        return {
            name: min(known.get(name, start), start) if name in known else arrive(self.instance, self.groups[name], start)
            for name, start in first.items()
            if name in self.groups
        }  # fmt: skip

    def _extra(self, group: str) -> int:
        """By how many minutes more than was said before this group is late."""
        one = self.of_group.get(group)
        return 0 if one is None else max(0, one.minutes - one.before)

    def run(self) -> tuple[Passage, ...]:
        ways: dict[Team, list[Passage]] = defaultdict(list)
        for passage in sorted(self.told, key=lambda p: (p.start, p.group, p.team, p.stop)):
            if _key(passage) in self.begun:
                self._put(passage, passage.start)
            ways[passage.group, passage.team].append(passage)
        queue = [turn for team, way in ways.items() if (turn := self._turn(team, way, 0)) is not None]
        heapq.heapify(queue)
        while queue:
            bound, _told, team, at = heapq.heappop(queue)
            passage = ways[team][at]
            self._put(passage, self._first_room(passage, bound))
            turn = self._turn(team, ways[team], at + 1)
            if turn is not None:
                heapq.heappush(queue, turn)
        moved = [replace(p, start=(at := self.starts[_key(p)]), end=at + p.end - p.start) for p in self.told]
        return _with_stands(self.instance, moved)

    def _turn(self, team: Team, way: list[Passage], at: int) -> tuple[int, int, Team, int] | None:
        """The next passage of a team that has not begun, and when it can begin at the earliest."""
        while at < len(way) and _key(way[at]) in self.begun:
            at += 1
        if at == len(way):
            return None
        passage = way[at]
        bound = self._bound(passage)
        if at:
            before = way[at - 1]
            end = self.starts[_key(before)] + before.end - before.start
            if _key(before) in self.begun:  # who came late began late
                end += self._extra(passage.group)
            bound = max(bound, end + self.instance.transfer(before.stop, passage.stop))
        return -(-bound // self.step) * self.step, passage.start, team, at

    def _bound(self, passage: Passage) -> int:
        """When a passage may begin, whatever its team does before."""
        planned = self.planned.get(_key(passage), passage.start)
        bound = max(planned, self.now)
        if (minutes := self.of_space.get(passage.space)) is not None:
            bound = max(bound, planned + minutes)
        if (one := self.of_group.get(passage.group)) is not None and passage.group in self.arrivals:
            bound = max(bound, self.arrivals[passage.group] + one.minutes)
        return bound if self.eased else max(bound, passage.start)

    def _first_room(self, passage: Passage, bound: int) -> int:
        length = -(-(passage.end - passage.start) // self.step)
        free = self.rooms[passage.space].starts(passage.people, length)
        found = first_at(free, bound // self.step)
        if found is None or found * self.step // DAY != passage.start // DAY:
            raise TooLate(passage.group)
        return found * self.step

    def _put(self, passage: Passage, start: int) -> None:
        self.starts[_key(passage)] = start
        end = start + passage.end - passage.start
        self.rooms[passage.space].add(passage.people, 1, start // self.step, -(-end // self.step))


def _key(passage: Passage) -> tuple[str, int, str]:
    return passage.group, passage.team, passage.stop


def _with_stands(instance: Instance, passages: list[Passage]) -> tuple[Passage, ...]:
    """Each keeps its stand where that is free when it comes, else takes one that is."""
    until: dict[tuple[str, int], int] = {}
    given: dict[tuple[str, int, str], int | None] = {}
    for passage in sorted(passages, key=lambda p: (p.start, p.end)):
        stands = instance.spaces[passage.space].stands
        stand = passage.stand
        if stands:
            free = [n for n in range(1, stands + 1) if until.get((passage.space, n), 0) <= passage.start]
            stand = stand if stand in free or not free else free[0]
            if stand is not None:
                until[passage.space, stand] = max(passage.end, until.get((passage.space, stand), 0))
        given[_key(passage)] = stand
    return tuple(replace(p, stand=given[_key(p)]) for p in passages)


# --- What follows ---------------------------------------------------------------------------------------------------


def list_consequences(instance: Instance, told: Sequence[Passage], found: Sequence[Passage], now: int) -> Consequences:
    """What is different between what was told and what is now."""
    before, after = _by_group(told), _by_group(found)
    starts = {_key(p): p.start for p in told}
    moved = []
    for name, own in after.items():
        shifts = [p.start - starts[_key(p)] for p in own if p.start != starts[_key(p)]]
        if shifts:
            ended, ends = (max(p.end for p in of[name]) for of in (before, after))
            moved.append(Moved(name, max(shifts, key=abs), ended, ends))
    groups = {group.id: group for group in instance.groups}
    over = [one for m in moved if m.group in groups for one in _over(instance, groups[m.group], m, after[m.group])]
    return Consequences(
        tuple(sorted(moved, key=lambda m: (-abs(m.minutes), m.ends, m.group))),
        tuple(sorted(over, key=lambda o: (o.ends, o.group))),
        tuple(_tight(instance, told, found, now)),
    )


def _by_group(passages: Iterable[Passage]) -> dict[str, list[Passage]]:
    found: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        found[passage.group].append(passage)
    return found


def _over(instance: Instance, group: Group, moved: Moved, own: Sequence[Passage]) -> Iterable[Over]:
    start = min(p.start for p in own)
    midnight = start - start % DAY
    day = next((d for d in instance.days if d.start // DAY == start // DAY), None)
    if group.leave_by is not None and moved.ends > midnight + group.leave_by:
        yield Over(group.id, moved.ends, midnight + group.leave_by, True)
    elif day is not None and moved.ends > day.end:
        yield Over(group.id, moved.ends, day.end, False)


def _tight(instance: Instance, told: Sequence[Passage], found: Sequence[Passage], now: int) -> Iterable[Tight]:
    changed = {p.space for p, q in zip(told, found, strict=True) if p.start != q.start}
    for name in sorted(changed):
        capacity = instance.spaces[name].capacity
        most, at = _peak(instance, name, found, now)
        if most >= NEARLY * capacity and most > _peak(instance, name, told, now)[0]:
            yield Tight(name, at, most, capacity)


def _peak(instance: Instance, space: str, passages: Sequence[Passage], now: int) -> tuple[int, int]:
    """The most people in a space from now on while a group is there, and when that is first."""
    own = [p for p in passages if p.space == space and p.end > now]
    loads = [load for load in instance.loads if load.space == space]
    best = (0, now)
    for moment in sorted({max(now, p.start) for p in own} | {x.start for x in loads if x.start > now}):
        here = sum(p.people for p in own if p.start <= moment < p.end)
        beside = sum(x.people for x in loads if x.start <= moment < x.end)
        if here and here + beside > best[0]:
            best = here + beside, moment
    return best


# --- The instance that the passages keep now ------------------------------------------------------------------------


def shift_instance(instance: Json, drift: Drift, delays: Iterable[Late]) -> Json:
    """What these passages have to keep: windows moved with their wave, days as long as they last, pins where they are now.

    `instance` is as planned. A group of which something began may have arrived when it was planned to.
    """
    minutes = {group: one.minutes for one in delays for group in one.groups}
    ends: dict[int, int] = defaultdict(int)
    last: dict[str, int] = defaultdict(int)
    for passage in drift.passages:
        ends[passage.start // DAY] = max(ends[passage.start // DAY], passage.end)
        last[passage.group] = max(last[passage.group], passage.end)
    starts = {_key(p): p.start for p in drift.passages}
    return {
        **instance,
        "days": [{**day, "until": max(day["until"], ends[day["from"] // DAY])} for day in instance["days"]],
        "groups": [
            _shifted(group, minutes.get(group["id"], 0), group["id"] in drift.begun, last[group["id"]])
            for group in instance["groups"]
        ],
        "pins": [
            {**pin, "start": starts.get((pin["group"], pin["team"], pin["stop"]), pin["start"])}
            for pin in instance.get("pins", ())
        ],
    }


def _shifted(group: Json, minutes: int, begun: bool, last: int) -> Json:
    windows = [
        {"from": w["from"] + (min(0, minutes) if begun else minutes), "until": w["until"] + (max(0, minutes) if begun else minutes)}
        for w in group["windows"]
    ]  # fmt: skip
    leaves = group.get("leave_by")
    more = {} if leaves is None else {"leave_by": max(leaves, last % DAY)}
    return {**group, "windows": windows, **more}

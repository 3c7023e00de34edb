"""What passages break, in codes for words: what a move by hand, a delay or a change of the route does to a plan. Pure.

The planner makes plans without breaches and `checker` proves it; this says of any passages what is wrong with them and where.
"""

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.flows.costs import arrive
from app.flows.instance import Group, Instance, Passage

Key = tuple[str, int, str]
"""A passage: its group, team and stop."""


class BreachKind(enum.StrEnum):
    """SPACE_FULL: more people than it holds, forecast included. STANDS_FULL: more teams than stands; STAND_TAKEN: two at one.

    OVERLAP: a team is at two stops at once. TRANSFER: too few minutes to walk. ORDER: against the order of the route.
    OUTSIDE_WINDOW: before the group arrives, or before the plan was made. AFTER_END: over after its day. PIN: not where it is
    pinned. MISSING: a team does not go to one of its stops. STEP: begins between two steps.
    """

    SPACE_FULL = "space_full"
    STANDS_FULL = "stands_full"
    STAND_TAKEN = "stand_taken"
    OVERLAP = "overlap"
    TRANSFER = "transfer"
    ORDER = "order"
    OUTSIDE_WINDOW = "outside_window"
    AFTER_END = "after_end"
    PIN = "pin"
    MISSING = "missing"
    STEP = "step"


@dataclass(frozen=True)
class Breach:
    """`passages` are those concerned. `wanted` is more than `there`, in the unit of its kind.

    space_full: people in `space` from `at` until `until`, and its capacity. stands_full: teams, and stands. stand_taken: the
    stand. transfer, overlap: minutes needed, and minutes there are. outside_window, after_end, pin: `at` is when it is, `until`
    when it should be (the arrival, the end, the pin).
    """

    kind: BreachKind
    passages: tuple[Key, ...]
    space: str | None = None
    at: int | None = None
    until: int | None = None
    wanted: int = 0
    there: int = 0


def list_breaches(instance: Instance, passages: Iterable[Passage]) -> tuple[Breach, ...]:
    """Everything that these passages break, team by team, then space by space. Groups without any passage are not missed."""
    found = sorted(passages, key=lambda p: (p.group, p.team, p.start, p.stop))
    by_group: dict[str, list[Passage]] = defaultdict(list)
    by_space: dict[str, list[Passage]] = defaultdict(list)
    for passage in found:
        by_group[passage.group].append(passage)
        by_space[passage.space].append(passage)
    groups = {group.id: group for group in instance.groups}
    breaches: list[Breach] = []
    for name, own in by_group.items():
        if name in groups:
            breaches += _of_group(instance, groups[name], own)
    breaches += _pins(instance, found)
    for space, own in by_space.items():
        breaches += _of_space(instance, space, own)
    return tuple(breaches)


def _key(passage: Passage) -> Key:
    return passage.group, passage.team, passage.stop


def _of_group(instance: Instance, group: Group, passages: Sequence[Passage]) -> Iterator[Breach]:
    arrival = arrive(instance, group, min(p.start for p in passages))
    by_team: dict[int, list[Passage]] = defaultdict(list)
    for passage in passages:
        by_team[passage.team].append(passage)
    day = instance.day_of(arrival)
    end = None if day is None else instance.done_by(group, arrival)
    pinned = {(pin.group, pin.team, pin.stop) for pin in instance.pins}
    for team in range(1, len(instance.teams(group)) + 1):
        own = by_team.get(team, [])
        gone_to = {p.stop for p in own}
        missing = tuple((group.id, team, stop) for stop in group.stops if stop not in gone_to)
        if missing:
            yield Breach(BreachKind.MISSING, missing, wanted=len(group.stops), there=len(group.stops) - len(missing))
        yield from _of_team(instance, group, own)
        for passage in own:
            earliest = arrival if _key(passage) in pinned else max(arrival, instance.not_before)
            if passage.start < earliest:
                yield Breach(BreachKind.OUTSIDE_WINDOW, (_key(passage),), passage.space, passage.start, earliest)
            if end is not None and passage.end > end:
                yield Breach(BreachKind.AFTER_END, (_key(passage),), passage.space, passage.end, end)
            if passage.start % instance.step:
                yield Breach(BreachKind.STEP, (_key(passage),), passage.space, passage.start)


def _of_team(instance: Instance, group: Group, own: Sequence[Passage]) -> Iterator[Breach]:
    block_of = {stop: number for number, block in enumerate(group.blocks) for stop in block}
    for before, after in pairwise(own):
        both = (_key(before), _key(after))
        gap, walk = after.start - before.end, instance.transfer(before.stop, after.stop)
        if gap < 0:
            yield Breach(BreachKind.OVERLAP, both, after.space, after.start, before.end, 0, gap)
        elif gap < walk:
            yield Breach(BreachKind.TRANSFER, both, after.space, after.start, None, walk, gap)
        if block_of.get(before.stop, 0) > block_of.get(after.stop, 0):
            yield Breach(BreachKind.ORDER, both, after.space, after.start)


def _pins(instance: Instance, passages: Iterable[Passage]) -> Iterator[Breach]:
    at = {_key(passage): passage for passage in passages}
    for pin in instance.pins:
        passage = at.get((pin.group, pin.team, pin.stop))
        if passage is not None and passage.start != pin.start:
            yield Breach(BreachKind.PIN, (_key(passage),), passage.space, passage.start, pin.start)


def _of_space(instance: Instance, name: str, own: Sequence[Passage]) -> Iterator[Breach]:
    """Each stretch of time that is too full, once, with all who are there and its fullest moment."""
    space = instance.spaces[name]
    loads = [load for load in instance.loads if load.space == name]
    moments = sorted({m for p in own for m in (p.start, p.end)} | {m for load in loads for m in (load.start, load.end)})
    people, teams = _Stretch(space.capacity), _Stretch(space.stands)
    breaches: list[Breach] = []
    for moment in moments:
        there = [p for p in own if p.start <= moment < p.end]
        beside = sum(load.people for load in loads if load.start <= moment < load.end)
        keys = [_key(p) for p in there]
        breaches += people.look(BreachKind.SPACE_FULL, name, moment, sum(p.people for p in there) + beside, keys)
        breaches += teams.look(BreachKind.STANDS_FULL, name, moment, len(there), keys)
    yield from breaches
    if space.stands is not None:
        yield from _stands(name, own)


class _Stretch:
    """A stretch of time in which there is more than `limit`, while it lasts."""

    def __init__(self, limit: int | None) -> None:
        self.limit, self.began, self.most = limit, 0, 0
        self.keys: dict[Key, None] = {}

    def look(self, kind: BreachKind, space: str, moment: int, count: int, keys: Sequence[Key]) -> list[Breach]:
        """The breach that is over at this moment, if one is."""
        if self.limit is None:
            return []
        if count > self.limit and keys:  # individuals alone are nobody's plan
            if not self.keys:
                self.began, self.most = moment, 0
            self.most = max(self.most, count)
            self.keys |= dict.fromkeys(keys)
            return []
        if not self.keys:
            return []
        over = Breach(kind, tuple(self.keys), space, self.began, moment, self.most, self.limit)
        self.keys = {}
        return [over]


def _stands(name: str, own: Sequence[Passage]) -> Iterator[Breach]:
    at: dict[int, list[Passage]] = defaultdict(list)
    for passage in own:
        if passage.stand is not None:
            at[passage.stand].append(passage)
    for stand, guests in sorted(at.items()):
        ordered = sorted(guests, key=lambda p: p.start)
        for one, other in pairwise(ordered):
            if other.start < one.end:
                yield Breach(BreachKind.STAND_TAKEN, (_key(one), _key(other)), name, other.start, one.end, stand, stand)

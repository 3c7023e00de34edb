"""Which free box goes to which promise: as many promises as possible get one, no box is given twice on meeting dates.

Boxes differ (each is free at other times), so this is interval scheduling on machines with their own calendars, which has no quick
exact way in general. Promises that cannot stand in each other's way are looked at apart; then the first box in turn is nearly
always right, and where it is not the few combinations are searched, in a bounded number of steps.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

STEPS = 4000
"""So many combinations are looked at; beyond, the better of two quick ways is taken."""


@dataclass(frozen=True)
class Wish:
    """A promise that needs a box from one half-day's number to another's, both included. `boxes`: those that are free then, the
    one whose turn it is first.
    """

    first: int
    last: int
    boxes: tuple[int, ...]

    def meets(self, other: "Wish") -> bool:
        return self.first <= other.last and other.first <= self.last


Chooser = Callable[[int, Sequence[int]], int]


class _TooManySteps(Exception):
    """The search is given up."""


def assign(wishes: Sequence[Wish], *, steps: int = STEPS) -> list[int | None]:
    """The box of each wish, None where none is left for it.

    As many as possible get one. Of all ways to reach that, the one in which the earliest wishes get theirs, each the first in
    turn. Beyond `steps` combinations the number may fall short of the best, never of what first come, first served gives.
    """
    order = sorted(range(len(wishes)), key=lambda n: (wishes[n].first, wishes[n].last, n))
    found: list[int | None] = [None] * len(wishes)
    for group in _groups([n for n in order if wishes[n].boxes], wishes):
        part = _Part([wishes[n] for n in group], steps)
        for number, box in zip(group, part.best(), strict=True):
            found[number] = box
        steps -= part.steps
    return found


def _groups(order: Sequence[int], wishes: Sequence[Wish]) -> list[list[int]]:
    """Wishes that may stand in each other's way, directly or through others, together; each group in the given order."""
    group_of = {n: [n] for n in order}
    sets = {n: frozenset(wishes[n].boxes) for n in order}
    for one, other in combinations(order, 2):
        mine, theirs = group_of[one], group_of[other]
        if mine is theirs or not wishes[one].meets(wishes[other]) or sets[one].isdisjoint(sets[other]):
            continue
        mine += theirs
        for n in theirs:
            group_of[n] = mine
    rank = {n: at for at, n in enumerate(order)}
    unique = {id(group): sorted(group, key=rank.__getitem__) for group in group_of.values()}
    return sorted(unique.values(), key=lambda group: rank[group[0]])


class _Part:
    """Wishes of one group, earliest first. A set of wishes is a number whose bits are their places in that order."""

    def __init__(self, wishes: Sequence[Wish], most: int) -> None:
        self.wishes, self.most, self.steps = wishes, most, 0
        self.clashes = [sum(1 << m for m, other in enumerate(wishes) if wish.meets(other)) for wish in wishes]
        self.open = dict[int, int]()
        for n, wish in enumerate(wishes):
            for box in wish.boxes:
                self.open[box] = self.open.get(box, 0) | 1 << n
        self.known = dict[tuple[int, tuple[int, ...]], int]()
        self.most_at_once = lru_cache(maxsize=None)(self._most_at_once)

    def best(self) -> list[int | None]:
        quick = self.in_turn()
        enough = self.limit(0, tuple(self.open.values()))
        if _count(quick) == enough:
            return quick
        try:
            return self.read_off()
        except _TooManySteps:
            return max(quick, self.sparing(), key=_count)

    def in_turn(self) -> list[int | None]:
        """Each its first free box in turn: what comes first is served first."""
        return self._greedy(lambda n, boxes: boxes[0])

    def sparing(self) -> list[int | None]:
        """Each the box that the fewest later ones could have."""
        return self._greedy(lambda n, boxes: min(boxes, key=lambda box: (self.open[box] & self.clashes[n]).bit_count()))

    def _greedy(self, choose: Chooser) -> list[int | None]:
        given = dict.fromkeys(self.open, 0)
        found: list[int | None] = []
        for n, wish in enumerate(self.wishes):
            boxes = [box for box in wish.boxes if not given[box] & self.clashes[n]]
            box = choose(n, boxes) if boxes else None
            if box is not None:
                given[box] |= 1 << n
            found.append(box)
        return found

    def read_off(self) -> list[int | None]:
        """The best way, wish by wish: the first box in turn after which as many can still be served."""
        left = dict(self.open)
        found: list[int | None] = []
        for n, wish in enumerate(self.wishes):
            wanted = self.value(n, self.state(n, left.values()))
            taken = None
            for box in (box for box in wish.boxes if left[box] >> n & 1):
                after = {**left, box: left[box] & ~self.clashes[n]}
                if 1 + self.value(n + 1, self.state(n + 1, after.values())) == wanted:
                    taken, left = box, after
                    break
            found.append(taken)
        return found

    def state(self, n: int, masks: Iterable[int]) -> tuple[int, ...]:
        """What is left of each box from the n-th wish on, whichever box it is."""
        return tuple(sorted(rest for mask in masks if (rest := mask >> n << n)))

    def limit(self, n: int, masks: Sequence[int]) -> int:
        """No more than that can be served from the n-th wish on: those with a box at all, and no more at once than boxes."""
        any_box = 0
        for mask in masks:
            any_box |= mask
        return min((any_box >> n).bit_count(), self.most_at_once(n, len(masks)))

    def _most_at_once(self, n: int, boxes: int) -> int:
        """How many of the wishes from the n-th on could be served if all boxes were alike: drop what lasts longest."""
        served, running = 0, list[int]()
        for wish in self.wishes[n:]:
            running = [last for last in running if last >= wish.first]
            running.append(wish.last)
            served += 1
            if len(running) > boxes:
                running.remove(max(running))
                served -= 1
        return served

    def value(self, n: int, masks: tuple[int, ...]) -> int:
        """How many from the n-th wish on can be served at best. Raises _TooManySteps."""
        if n == len(self.wishes) or not masks:
            return 0
        found = self.known.get((n, masks))
        if found is None:
            self.steps += 1
            if self.steps > self.most:
                raise _TooManySteps
            found = self.known[n, masks] = self._search(n, masks)
        return found

    def _search(self, n: int, masks: tuple[int, ...]) -> int:
        best, enough = 0, self.limit(n, masks)
        fitting = sorted({m for m in masks if m >> n & 1}, key=lambda m: (m & self.clashes[n]).bit_count())
        for mask in fitting:
            rest = list(masks)
            rest.remove(mask)
            rest.append(mask & ~self.clashes[n])
            best = max(best, 1 + self.value(n + 1, self.state(n + 1, rest)))
            if best == enough:
                return best
        without = self.state(n + 1, masks)
        if self.limit(n + 1, without) > best:
            best = max(best, self.value(n + 1, without))
        return best


def _count(found: Sequence[int | None]) -> int:
    return sum(box is not None for box in found)

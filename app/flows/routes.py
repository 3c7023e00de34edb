"""One team's way through its stops: the order inside free blocks and the starts with which it is done first.

Arriving earlier at a stop never makes the rest end later (a team may wait), so of all ways that visit the same stops and end
at the same one, the earliest is enough: the search keeps one way for each set of stops visited and the last of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.flows.instance import Group, Instance
from app.flows.rooms import first_at

WIDEST = 9
"""Stops in one free block for which every set is looked at; of more, only the most promising sets of each size."""
KEPT = 60

Starts = Mapping[str, int]


@dataclass(frozen=True)
class Way:
    """`starts` of the stops in the order walked; `done` is the end of the last."""

    done: int
    starts: tuple[tuple[str, int], ...] = ()


Chain = tuple[str, int, "Chain"] | None
Ends = dict[str | None, tuple[int, Chain]]


def find_way(instance: Instance, group: Group, arrival: int, starts: Starts) -> Way | None:
    """The way of a team that arrives at `arrival`; `starts` are the bits at which each stop can begin. None: there is none."""
    ends: Ends = {None: (arrival, None)}
    for block in group.blocks:
        ends = _through(instance, block, ends, starts)
        if not ends:
            return None
    done, chain = min(ends.values(), key=lambda end: end[0])
    return Way(done, _unroll(chain))


Walked = dict[tuple[tuple[str, ...], ...], int]


def least_walking(instance: Instance, group: Group, known: Walked | None = None) -> int:
    """The minutes between stops of the shortest order that the blocks allow: of all orders, however many stops are free.

    `known` keeps it by blocks, for groups that go the same way.
    """
    known = {} if known is None else known
    if group.blocks not in known:
        ends: dict[str | None, int] = {None: 0}
        for block in group.blocks:
            ends = _least_ends(instance, block, ends)
        known[group.blocks] = min(ends.values())
    return known[group.blocks]


def _least_ends(instance: Instance, block: tuple[str, ...], ends: dict[str | None, int]) -> dict[str | None, int]:
    """The least walking to each stop of a block as its last one: a row for each set of stops visited, sets in rising order."""
    count, far = len(block), 1 << 60
    walk = [[instance.transfer(one, other) for other in block] for one in block]
    least = [[far] * count for _ in range(1 << count)]
    for number, stop in enumerate(block):
        least[1 << number][number] = min(done + _transfer(instance, origin, stop) for origin, done in ends.items())
    for visited, row in enumerate(least):
        free = [number for number in range(count) if not visited >> number & 1]
        for last, walked in enumerate(row):
            if walked == far:
                continue
            onward = walk[last]
            for number in free:
                there = least[visited | 1 << number]
                if walked + onward[number] < there[number]:
                    there[number] = walked + onward[number]
    return dict(zip(block, least[-1], strict=True))


def _through(instance: Instance, block: tuple[str, ...], ends: Ends, starts: Starts) -> Ends:
    step = instance.step

    def go(origin: str | None, stop: str, done: int) -> tuple[int, int] | None:
        ready = done + _transfer(instance, origin, stop)
        bit = first_at(starts[stop], -(-ready // step))
        return None if bit is None else (bit * step, bit * step + instance.stops[stop].minutes)

    return _walk(block, ends, go)


Go = Callable[[str | None, str, int], tuple[int, int] | None]


def _walk(block: tuple[str, ...], ends: Ends, go: Go) -> Ends:
    """The earliest end at each stop of the block that can be its last, from the ends of the block before."""
    states: dict[tuple[int, str | None], tuple[int, Chain]] = {(0, last): end for last, end in ends.items()}
    for _ in block:
        found: dict[tuple[int, str | None], tuple[int, Chain]] = {}
        for (visited, last), (done, chain) in states.items():
            for number, stop in enumerate(block):
                if visited >> number & 1:
                    continue
                gone = go(last, stop, done)
                if gone is None:
                    continue
                begin, end = gone
                key = (visited | 1 << number, stop)
                if key not in found or end < found[key][0]:
                    found[key] = (end, (stop, begin, chain))
        if len(block) > WIDEST and len(found) > KEPT:
            found = dict(sorted(found.items(), key=lambda item: item[1][0])[:KEPT])
        states = found
    return {last: end for (_, last), end in states.items()}


def _transfer(instance: Instance, origin: str | None, stop: str) -> int:
    return 0 if origin is None else instance.transfer(origin, stop)


def _unroll(chain: Chain) -> tuple[tuple[str, int], ...]:
    legs = []
    while chain is not None:
        stop, start, chain = chain
        legs.append((stop, start))
    return tuple(reversed(legs))

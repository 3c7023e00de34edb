"""Where individuals are likely to be when: a simulated spread, by ten minutes (Monte Carlo, the same seed the same answer).

Individuals are not led: each arrives somewhere inside the wave, walks the route of the audience, stays longer or shorter than
a stop is meant to take, and goes to optional stops or not. 200 such days are played; the median and the 95th percentile of
the people in each space are what is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from app.flows.instance import DAY

RUNS = 200
BUCKET = 10
SHORTEST, LONGEST = 0.6, 1.4
"""A stay, as a part of the minutes that a stop is meant to take."""
GO_TO_OPTIONAL = 0.5
"""Who goes to an optional stop: 463 of more than 900 visitors went on to the offers at La Voie des Talents in 2021."""
MOST_OF_CROWD, MOST_OF_DAY = 2_000, 3_000
"""People who are played of one crowd and of a whole day: of more, each stands for several. It takes seconds, however many come."""
_HALF = BUCKET // 2


@dataclass(frozen=True)
class Leg:
    """A stop on somebody's way: `walk` minutes to it, `minutes` in `space` (None: in no space that is counted)."""

    space: str | None
    minutes: int
    walk: int = 0
    optional: bool = False


@dataclass(frozen=True)
class Crowd:
    """Individuals of one wave and audience, who arrive from `start` until before `end`. `ways`: the orders they may walk in."""

    people: int
    start: int
    end: int
    ways: tuple[tuple[Leg, ...], ...]


@dataclass(frozen=True)
class Expected:
    """People in a space at the fullest moment of ten minutes."""

    median: int
    high: int


Spread = Mapping[str, Mapping[int, Expected]]


def spread(crowds: Iterable[Crowd], *, runs: int = RUNS, seed: int = 1) -> Spread:
    """By space and beginning of ten minutes (in minutes): the people to expect, where there are any.

    People are counted twice in each ten minutes, and the larger count holds. Times are minutes, as in docs/planning.md. Of very
    many a part is played and counted several times: then the 95th percentile is a little high, by some hundredths of a crowd.
    """
    days: dict[int, list[Crowd]] = {}
    for crowd in crowds:
        if crowd.people > 0 and any(crowd.ways):
            days.setdefault(crowd.start // DAY, []).append(crowd)
    found: dict[str, dict[int, Expected]] = {}
    for day, played in sorted(days.items()):
        for space, expected in _spread_day(played, runs, seed + day).items():
            found.setdefault(space, {}).update(expected)
    return found


def _spread_day(played: Sequence[Crowd], runs: int, seed: int) -> dict[str, dict[int, Expected]]:
    first = min(crowd.start for crowd in played) // BUCKET * BUCKET
    spaces = sorted({leg.space for crowd in played for way in crowd.ways for leg in way if leg.space is not None})
    width = 2 + max(_latest(crowd) - first for crowd in played) // _HALF
    random = Random(seed)  # noqa: S311 - a simulation, no secret
    numbers = {space: number for number, space in enumerate(spaces)}
    seen: list[list[list[float]]] = [[] for _ in spaces]
    samples = _samples([crowd.people for crowd in played])
    plans = [_prepare(crowd, sample, numbers, first) for crowd, sample in zip(played, samples, strict=True)]
    for _ in range(runs):
        for number, counts in enumerate(_play(plans, len(spaces), width, random)):
            seen[number].append(counts)
    return {space: _summed(seen[number], first) for number, space in enumerate(spaces)}


@dataclass(frozen=True)
class _Ready:
    """A crowd as the inner loop takes it: legs as (space or -1, shortest, range of lengths, walk, probability).

    `people` are played, each for `weight`.
    """

    people: int
    weight: float
    start: float
    window: float
    ways: Sequence[Sequence[tuple[int, float, float, int, float]]]


def _latest(crowd: Crowd) -> int:
    longest = max(sum(leg.walk + int(leg.minutes * LONGEST) + 1 for leg in way) for way in crowd.ways)
    return crowd.end + longest


def _samples(people: Sequence[int]) -> list[int]:
    """How many of each crowd are played: all of them, unless there are too many."""
    some = [min(count, MOST_OF_CROWD) for count in people]
    total = sum(some)
    return some if total <= MOST_OF_DAY else [max(1, count * MOST_OF_DAY // total) for count in some]


def _prepare(crowd: Crowd, people: int, numbers: Mapping[str, int], first: int) -> _Ready:
    ways = [
        [
            (
                -1 if leg.space is None else numbers[leg.space],
                leg.minutes * SHORTEST,
                leg.minutes * (LONGEST - SHORTEST),
                leg.walk,
                GO_TO_OPTIONAL if leg.optional else 1.0,
            )
            for leg in way
        ]
        for way in crowd.ways
    ]
    weight = 1 if people == crowd.people else crowd.people / people
    return _Ready(people, weight, crowd.start - first, max(crowd.end - crowd.start, 0), ways)


def _play(crowds: Sequence[_Ready], spaces: int, width: int, random: Random) -> list[list[float]]:
    """One day: by space, the people at the middle of every five minutes. Written for speed: it runs a million times a plan."""
    changes: list[list[float]] = [[0] * width for _ in range(spaces)]
    toss = random.random
    for crowd in crowds:
        ways, count, start, window, weight = crowd.ways, len(crowd.ways), crowd.start, crowd.window, crowd.weight
        for _ in range(crowd.people):
            at = start + window * toss()
            way = ways[0] if count == 1 else ways[int(toss() * count)]
            for space, least, more, walk, probability in way:
                if probability < 1.0 and toss() >= probability:
                    continue
                at += walk
                done = at + least + more * toss()
                if space >= 0:
                    counted = changes[space]
                    counted[int(at / _HALF + 0.5)] += weight
                    counted[int(done / _HALF + 0.5)] -= weight
                at = done
    return [_added_up(row) for row in changes]


def _added_up(changes: Sequence[float]) -> list[float]:
    """From who comes and goes at each five minutes, the larger number of people of each ten."""
    people: float = 0
    found: list[float] = []
    for at in range(0, len(changes) - 1, 2):
        people += changes[at]
        before = people
        people += changes[at + 1]
        found.append(max(before, people))
    return found


def _summed(counts: Sequence[Sequence[float]], first: int) -> dict[int, Expected]:
    """Median and 95th percentile (nearest rank) of each ten minutes over all days played."""
    middle, high = (len(counts) - 1) // 2, min(len(counts) - 1, -(-len(counts) * 95 // 100) - 1)
    found = {}
    for number, column in enumerate(zip(*counts, strict=True)):
        ordered = sorted(column)
        if round(ordered[high]):
            found[first + number * BUCKET] = Expected(round(ordered[middle]), round(ordered[high]))
    return found

"""What a plan is made from: spaces, stops, groups with their windows, pins, and the plan that was told before.

All times are whole minutes after midnight of the first day; the second day's 9:00 is 1440 + 540. Read from JSON by
`read_instance` (schema and words: docs/planning.md).
"""

from dataclasses import dataclass, field
from math import ceil

DAY = 1440


@dataclass(frozen=True)
class Day:
    """From when until when visitors are led through, minutes."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Space:
    """`capacity` people at once; `stands` teams at once, None where only people count."""

    id: str
    capacity: int
    stands: int | None = None


@dataclass(frozen=True)
class Stop:
    """A stay of `minutes` in a space; `largest_team` people at most in one team, None for any."""

    id: str
    space: str
    minutes: int
    largest_team: int | None = None


@dataclass(frozen=True)
class Window:
    """When a group may arrive: from `start` to `end`, both included."""

    start: int
    end: int


@dataclass(frozen=True)
class Group:
    """People who come together. `blocks` are their stops in order, those inside a block in any order.

    `leave_by`: minutes after midnight of the day on which they come; None: the day's end.
    """

    id: str
    people: int
    blocks: tuple[tuple[str, ...], ...]
    windows: tuple[Window, ...]
    leave_by: int | None = None

    @property
    def stops(self) -> tuple[str, ...]:
        return tuple(stop for block in self.blocks for stop in block)


@dataclass(frozen=True)
class Load:
    """People in a space beside the groups: the forecast of individuals, from `start` until before `end`."""

    space: str
    start: int
    end: int
    people: int


@dataclass(frozen=True)
class Slot:
    """Where a team is to be: pinned, or as people were told."""

    group: str
    team: int
    stop: str
    start: int


@dataclass(frozen=True)
class Weights:
    """What a passage moved from the previous plan costs, and a person more on the fullest day than on the emptiest; minutes."""

    moved: float = 10
    uneven: float = 0.2


@dataclass(frozen=True)
class Instance:
    """A whole task. `transfers` in minutes by the two spaces, in the order walked. What is not pinned begins at `not_before`
    at the earliest: the day is on.
    """

    days: tuple[Day, ...]
    spaces: dict[str, Space]
    stops: dict[str, Stop]
    groups: tuple[Group, ...]
    step: int = 5
    default_transfer: int = 0
    transfers: dict[tuple[str, str], int] = field(default_factory=dict)
    loads: tuple[Load, ...] = ()
    pins: tuple[Slot, ...] = ()
    previous: tuple[Slot, ...] = ()
    weights: Weights = field(default_factory=Weights)
    not_before: int = 0

    def transfer(self, origin: str, to: str) -> int:
        """Minutes from one stop to another: none inside a space, unless stated."""
        pair = (self.stops[origin].space, self.stops[to].space)
        return self.transfers.get(pair, 0 if pair[0] == pair[1] else self.default_transfer)

    def teams(self, group: Group) -> tuple[int, ...]:
        """The people of each team: as few teams as the stops of the group allow, as even as can be, larger ones first."""
        sizes = [limit for stop in group.stops if (limit := self.stops[stop].largest_team) is not None]
        count = max([1, *(ceil(group.people / size) for size in sizes)])
        return tuple(group.people // count + (number < group.people % count) for number in range(count))

    def done_by(self, group: Group, arrival: int) -> int:
        """When a group that arrives then must be done with its last stop: its day's end, or when it leaves."""
        day = self.day_of(arrival)
        assert day is not None
        return day.end if group.leave_by is None else min(day.end, day.start - day.start % DAY + group.leave_by)

    def day_of(self, minute: int) -> Day | None:
        return next((day for day in self.days if day.start <= minute <= day.end), None)


@dataclass(frozen=True)
class Passage:
    """One team at one stop. `stand` counts from 1 where the space has stands."""

    group: str
    team: int
    people: int
    stop: str
    space: str
    start: int
    end: int
    stand: int | None = None


@dataclass(frozen=True)
class Arrival:
    group: str
    at: int


@dataclass(frozen=True)
class Cost:
    """What a plan costs, minutes; `moved` passages and `uneven` people are weighted in `total`."""

    waiting: int
    moved: int
    uneven: int
    total: float


@dataclass(frozen=True)
class Plan:
    """`left_out` are groups for which nothing was found: a plan to publish has none."""

    arrivals: tuple[Arrival, ...]
    passages: tuple[Passage, ...]
    cost: Cost
    left_out: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        return not self.left_out

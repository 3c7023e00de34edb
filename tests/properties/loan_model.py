"""Loans as plain counting sees them. Nothing here comes from the implementation: half-days are numbers, holidays a list by hand.

The number of a half-day is twice the ordinal of its day, plus one for the afternoon.
"""

from calendar import monthrange
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import chain

from tests.factories import PARIS

HOLIDAYS = {
    date(2026, 11, 11), date(2026, 12, 25), date(2027, 1, 1), date(2027, 3, 29), date(2027, 5, 1), date(2027, 5, 6),
    date(2027, 5, 8), date(2027, 5, 17), date(2027, 7, 14), date(2027, 8, 15), date(2027, 11, 1), date(2027, 11, 11),
    date(2027, 12, 25), date(2028, 1, 1),
}  # fmt: skip
STARTS = (date(2027, 3, 22), date(2027, 10, 25), date(2026, 12, 14))
"""Before Easter and the spring change of clocks; before All Saints’ Day, with the autumn change; before Christmas."""
SUMMER = date(2027, 3, 28), date(2027, 10, 31)
"""The Sundays on which clocks change in Paris in 2027, in the night: its mornings begin before, its afternoons after."""
NOON = 13


def number_of(day: date, afternoon: bool = False) -> int:
    return day.toordinal() * 2 + afternoon


def day_of(number: int) -> date:
    return date.fromordinal(number // 2)


def moment(number: int) -> datetime:
    """In the middle of a half-day."""
    day = day_of(number)
    return datetime(day.year, day.month, day.day, 16 if number % 2 else 9, tzinfo=PARIS)


def begins(number: int) -> datetime:
    """The instant at which a half-day begins, from the two Sundays on which clocks change."""
    day, afternoon = day_of(number), number % 2
    summer = SUMMER[0] <= day < SUMMER[1] if afternoon else SUMMER[0] < day <= SUMMER[1]
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight + timedelta(hours=(NOON if afternoon else 0) - (2 if summer else 1))


def is_open(number: int) -> bool:
    day = day_of(number)
    return day.weekday() < 5 and day not in HOLIDAYS


def walk(number: int, step: int, wanted: int) -> int:
    while wanted:
        number += step
        wanted -= is_open(number)
    return number


@dataclass
class Use:
    """A box in use: from `start` to `end`, both included, with buffers; from `first` to `last` without."""

    box: int
    start: int
    first: int
    last: int
    end: int

    @property
    def key(self) -> tuple[int, int, int, int, int]:
        return self.box, self.start, self.first, self.last, self.end


@dataclass
class Held:
    """A box of a loan: `place` is waiting, away, back or checked."""

    use: Use
    place: str = "waiting"
    since: int = 0

    @property
    def box(self) -> int:
        return self.use.box


@dataclass
class Lent:
    """A loan. `agreements` is how many were made; those up to `outdated` hold no more; `own`: the borrower asked."""

    id: int
    boxes: int
    first: int
    last: int
    people: frozenset[int]
    state: str = "asked"
    held: list[Held] = field(default_factory=list)
    agreements: int = 0
    outdated: int = 0
    own: bool = False

    def at(self, *places: str) -> list[Held]:
        return [held for held in self.held if held.place in places]


@dataclass
class AtEvent:
    """So many boxes are wanted at an event (its number), and `named` run them. `kept`: who is, from when to when, no buffers."""

    id: int
    first: int
    last: int
    boxes: int
    named: frozenset[int]
    event: int
    uses: list[Use] = field(default_factory=list)
    kept: list[tuple[int, int, int]] = field(default_factory=list)
    ended: bool = False

    def keeps(self, person: int, first: int, last: int) -> bool:
        return any(who == person and start <= last and first <= end for who, start, end in self.kept)

    def at(self, last: int) -> list[Use]:
        """What is used until then, or longer."""
        return [use for use in self.uses if use.last >= last]

    def has_begun(self, now: int) -> bool:
        return self.first <= now or any(use.first <= now for use in self.uses)


@dataclass
class Accredited:
    id: int
    person: int
    since: date
    until: date | None


@dataclass
class Book:
    """Everything there is, and what follows from it."""

    box_ids: list[int]
    before: int
    after: int
    now: int
    loans: list[Lent] = field(default_factory=list)
    events: list[AtEvent] = field(default_factory=list)
    out: dict[int, tuple[int, int | None]] = field(default_factory=dict)
    incomplete: set[int] = field(default_factory=set)
    archived: set[int] = field(default_factory=set)
    accredited: list[Accredited] = field(default_factory=list)

    @property
    def today(self) -> date:
        return day_of(self.now)

    @property
    def stock(self) -> set[int]:
        return set(self.box_ids) - self.archived

    def around(self, first: int, last: int) -> tuple[int, int]:
        return walk(first, -1, self.before), walk(last, 1, self.after)

    def new_use(self, box: int, first: int, last: int) -> Use:
        start, end = self.around(first, last)
        return Use(box, start, first, last, end)

    def uses(self, but: Collection[Use] = ()) -> Iterator[Use]:
        gone = {id(use) for use in but}
        everything = chain(
            (held.use for loan in self.loans for held in loan.held),
            (use for event in self.events for use in event.uses),
        )
        return (use for use in everything if id(use) not in gone)

    def clashes(self, box: int, start: int, end: int, but: Collection[Use] = ()) -> list[Use]:
        return [use for use in self.uses(but) if use.box == box and use.start <= end and start <= use.end]

    def is_away(self, box: int) -> bool:
        return any(held.box == box for loan in self.loans for held in loan.at("away"))

    def is_blocked(self, box: int, number: int) -> bool:
        """Out of service, or with a borrower whose last half-day is over."""
        since, until = self.out.get(box, (number + 1, None))
        if since <= number and (until is None or number < until):
            return True
        late = (loan for loan in self.loans if loan.last < self.now and any(h.box == box for h in loan.at("away")))
        return any(number >= loan.last for loan in late)

    def is_free(self, box: int, start: int, end: int, but: Collection[Use] = ()) -> bool:
        whole = range(start, end + 1)
        return not self.clashes(box, start, end, but) and not any(self.is_blocked(box, n) for n in whole)

    def free(self, first: int, last: int, but: Collection[Use] = ()) -> set[int]:
        """Boxes that are free on all half-days, buffers included."""
        start, end = self.around(first, last)
        return {box for box in self.stock if self.is_free(box, start, end, but)}

    def left_on(self, number: int, but: Lent | None = None) -> int:
        """How many boxes are free on one half-day, when those that are asked for are gone: for days that are not over."""
        asked = 0
        for loan in self.loans:
            if loan.state == "asked" and loan.last >= self.now and loan is not but:
                start, end = self.around(loan.first, loan.last)
                asked += loan.boxes if start <= number <= end else 0
        return sum(self.is_free(box, number, number) for box in self.stock) - asked

    def may_ask(self, first: int, last: int, but: Lent | None = None) -> int:
        start, end = self.around(first, last)
        return max(0, min(len(self.free(first, last)), *(self.left_on(n, but) for n in range(start, end + 1))))

    def may_run(self, people: Collection[int], first: int, last: int) -> bool:
        days = day_of(first), day_of(last)
        return any(
            one.person in people and one.since <= days[0] and (one.until is None or one.until >= days[1])
            for one in self.accredited
        )

    def holder(self, use: Use) -> tuple[Lent, Held] | None:
        """The loan that has the box then; None where an event has it."""
        return next(((loan, held) for loan in self.loans for held in loan.held if held.use is use), None)


def a_month_of(day: date) -> date:
    """The last day of a month that begins on `day`."""
    year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
    return date(year, month, min(day.day, monthrange(year, month)[1])) - timedelta(days=1)

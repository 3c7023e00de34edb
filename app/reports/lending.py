"""What was lent in a year, summed up: pure. The rows come from `app.reports.queries.lending_figures`."""

import enum
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, TypeVar

from app.boxes.enums import OutReason
from app.core.i18n import Locale
from app.loans.enums import LoanPurpose, LoanState
from app.structures.models import StructureKind

Key = TypeVar("Key")
Halves = tuple[int, int]
"""The numbers of a first and a last half-day, both included."""


class YearKind(enum.StrEnum):
    SCHOOL = "school"
    CALENDAR = "calendar"


@dataclass(frozen=True)
class LendingYear:
    """A calendar year, or the school year that begins on 1 September of `year`."""

    kind: YearKind
    year: int

    @property
    def first(self) -> date:
        return date(self.year, 9 if self.kind is YearKind.SCHOOL else 1, 1)

    @property
    def last(self) -> date:
        return date(self.year + 1, 8, 31) if self.kind is YearKind.SCHOOL else date(self.year, 12, 31)

    @property
    def code(self) -> str:
        """2026-2027 for a school year, 2026 for a calendar year."""
        return f"{self.year}-{self.year + 1}" if self.kind is YearKind.SCHOOL else str(self.year)

    @property
    def before(self) -> "LendingYear":
        return LendingYear(self.kind, self.year - 1)

    @property
    def months(self) -> list[str]:
        """2026-09 to 2027-08, in order."""
        numbers = range(self.first.month - 1, self.first.month + 11)
        return [f"{self.year + number // 12:04}-{number % 12 + 1:02}" for number in numbers]

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @classmethod
    def of(cls, day: date, kind: YearKind) -> "LendingYear":
        """The year of that kind in which a day lies."""
        return cls(kind, day.year - (kind is YearKind.SCHOOL and day.month < 9))


class Lent(NamedTuple):
    """One use of a box: it went out with a loan on `day` (the loan's hand-over), or an event used it from `day` on.

    `loan_id` None: an event's; then nobody borrowed. A plain tuple, for a year has thousands.
    """

    day: date
    box_id: int
    scenario_id: int
    loan_id: int | None = None
    structure_id: int = 0
    kind: StructureKind = StructureKind.OTHER
    commune: str = ""
    purpose: LoanPurpose = LoanPurpose.OTHER
    announced: int | None = None
    counted: int | None = None


@dataclass(frozen=True)
class Played:
    """`loans` with the `uses` of their boxes, `events`: uses at events; `announced` and `counted` players of those loans.

    `counted_in`: in how many of the loans players were counted. `used` of the `open` half-days boxes were out.
    """

    loans: int = 0
    uses: int = 0
    events: int = 0
    borrowers: int = 0
    announced: int = 0
    counted: int = 0
    counted_in: int = 0
    used: int = 0
    open: int = 0

    @property
    def all_uses(self) -> int:
        return self.uses + self.events

    @property
    def occupancy(self) -> float | None:
        """A share of 100; None where nothing could be lent."""
        return 100 * self.used / self.open if self.open else None

    @property
    def anything(self) -> bool:
        return bool(self.loans or self.events or self.used)


@dataclass(frozen=True)
class BoxLine:
    code: str
    archived: bool
    played: Played


@dataclass(frozen=True)
class ScenarioLine:
    """A scenario with its boxes. Players of a loan with several boxes count once here, and at each of its boxes."""

    id: int
    code: str
    title_fr: str
    title_en: str
    played: Played
    boxes: tuple[BoxLine, ...]

    def title(self, locale: Locale) -> str:
        return self.title_en if locale == "en" and self.title_en else self.title_fr


@dataclass(frozen=True)
class Unmet:
    """A request that came to nothing: refused, called off or not collected, for a coded reason (`` where there is none)."""

    state: LoanState
    reason: str
    requests: int
    boxes: int
    players: int


@dataclass(frozen=True)
class Lost:
    """A thing that was in boxes of a scenario at the hand-over and not at the check; `value_cents` of all, None: not known."""

    scenario_code: str
    name: str
    number: int
    value_cents: int | None


@dataclass(frozen=True)
class LostBox:
    code: str
    since: date
    value_cents: int | None
    found_on: date | None


@dataclass(frozen=True)
class Repair:
    """Times out of service for one reason that touch the year, and the days of them in it."""

    reason: OutReason
    outages: int
    boxes: int
    days: int


@dataclass(frozen=True)
class LendingFigures:
    """Everything of one year; lists in the order in which they are shown."""

    year: LendingYear
    total: Played
    scenarios: tuple[ScenarioLine, ...] = ()
    months: dict[str, Played] = field(default_factory=dict)
    kinds: dict[StructureKind, Played] = field(default_factory=dict)
    communes: dict[str, Played] = field(default_factory=dict)
    purposes: dict[LoanPurpose, Played] = field(default_factory=dict)
    unmet: tuple[Unmet, ...] = ()
    lost: tuple[Lost, ...] = ()
    lost_boxes: tuple[LostBox, ...] = ()
    repairs: tuple[Repair, ...] = ()

    @property
    def anything(self) -> bool:
        return bool(self.total.anything or self.unmet or self.lost or self.lost_boxes or self.repairs)

    @property
    def lost_things(self) -> int:
        return sum(line.number for line in self.lost)

    @property
    def lost_cents(self) -> int:
        """Of things whose value is known."""
        return sum(line.value_cents or 0 for line in self.lost)

    @property
    def repair_days(self) -> int:
        return sum(line.days for line in self.repairs)


def sum_up(uses: Iterable[Lent], occupied: Halves = (0, 0)) -> Played:
    """Each loan counts once with its players, each box of it as a use. `occupied`: half-days used, half-days open."""
    loans: dict[int, Lent] = {}
    boxes = events = 0
    for use in uses:
        if use.loan_id is None:
            events += 1
        else:
            boxes += 1
            loans[use.loan_id] = use
    counted = [loan.counted for loan in loans.values() if loan.counted is not None]
    return Played(
        len(loans), boxes, events, len({loan.structure_id for loan in loans.values()}),
        sum(loan.announced or 0 for loan in loans.values()), sum(counted), len(counted), *occupied,
    )  # fmt: skip


def sums_by(uses: Iterable[Lent], key: Callable[[Lent], Key]) -> dict[Key, Played]:
    """`sum_up` of each group."""
    groups: dict[Key, list[Lent]] = {}
    for use in uses:
        groups.setdefault(key(use), []).append(use)
    return {name: sum_up(group) for name, group in groups.items()}


def most_first(sums: dict[Key, Played]) -> dict[Key, Played]:
    """The most loans first, then by name."""
    return dict(sorted(sums.items(), key=lambda item: (-item[1].loans, str(item[0]))))


def merged(spans: Iterable[Halves]) -> list[Halves]:
    """The same half-days in spans that do not meet, in order: nothing counts twice."""
    found: list[Halves] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


class OpenHalves:
    """Counts open half-days between two: `is_open` is asked once a day, from `first` to `last`."""

    def __init__(self, first: date, last: date, is_open: Callable[[date], bool]) -> None:
        self._base, total = first.toordinal() * 2, 0
        self._until: list[int] = [0]
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            opened = is_open(date.fromordinal(ordinal))
            for _half in range(2):
                total += opened
                self._until.append(total)

    def between(self, first: int, last: int) -> int:
        """Open half-days from the number `first` to the number `last`, both included; none when they are the other way round."""
        begin, end = max(first - self._base, 0), min(last - self._base + 1, len(self._until) - 1)
        return self._until[end] - self._until[begin] if end > begin else 0

    def used(self, spans: Sequence[Halves], first: int, last: int) -> int:
        """Open half-days of these spans (`merged`) that lie between two."""
        near = [(max(begin, first), min(end, last)) for begin, end in spans if begin <= last and end >= first]
        return sum(self.between(begin, end) for begin, end in near)


def days_within(started: date, ended: date | None, first: date, last: date, today: date) -> int:
    """Days of an outage between two days, up to today. The day on which the box was back is none of them."""
    end = min(
        ended if ended is not None else date.fromordinal(today.toordinal() + 1), date.fromordinal(last.toordinal() + 1)
    )
    return max(0, (end - max(started, first)).days)

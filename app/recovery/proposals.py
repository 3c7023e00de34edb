"""What can be done for each promise of a box that is away: other free boxes, given out jointly, and dates near by. Pure.

Half-days of a box in use are the bits of one number, so that "free on all of these" is one operation however many uses there are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from app.boxes.rows import ScenarioRow
from app.loans.availability import PoolBox
from app.loans.nearest import shifted
from app.loans.queries import LoanRow
from app.loans.queries_events import EventBoxesRow
from app.loans.rules import WAITING_OR_HELD
from app.recovery.rows import AwayBox, Promise, TroubleRow
from app.recovery.rules import Wish, assign
from app.resources.calendars import OpenDays
from app.resources.enums import Purpose, SchoolZone
from app.resources.halfdays import HalfDay, Period
from app.resources.holidays import school_holidays

MOST_DATES = 2
"""So many other dates are proposed for one promise."""
Span = tuple[int, int]
"""Numbers of the first and the last half-day, both included."""


@dataclass(frozen=True)
class Known:
    """What promises are: loans and events by id, when somebody may run them, holidays of schools by the structure's id."""

    loans: Mapping[int, LoanRow]
    events: Mapping[int, EventBoxesRow]
    accredited: Mapping[int, Sequence[tuple[date, date | None]]]
    zones: Mapping[int, SchoolZone]


@dataclass
class Ground:
    """Boxes by scenario, half-days on which each is `used` or `kept` (away, or proposed to somebody), and open days.

    Numbers reach from `first` to `last`. `own`: what a loan itself uses, by loan and box.
    """

    calendar: OpenDays
    scenarios: Mapping[int, ScenarioRow]
    pools: Mapping[int, list[PoolBox]]
    today: HalfDay
    first: int
    last: int
    used: dict[int, int] = field(default_factory=dict)
    kept: dict[int, int] = field(default_factory=dict)
    own: dict[int, dict[int, int]] = field(default_factory=dict)
    _counted: dict[tuple[int, Span], int] = field(default_factory=dict)
    _around: dict[tuple[int, int, int], Period] = field(default_factory=dict)
    _open: dict[date, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        most = max((max(s.before_halves, s.after_halves) for s in self.scenarios.values()), default=0)
        ends = Period(HalfDay.of_number(self.first), HalfDay.of_number(self.last))
        reach = self.calendar.with_buffers(ends, most, most)
        self.first, self.last = reach.first.number, reach.last.number
        for pool in self.pools.values():
            pool.sort(key=lambda box: box.turn)
            for box in pool:
                self.used[box.id] = self.kept[box.id] = 0
                for start, end in box.blocked:
                    self.keep(box.id, start, end)

    def keep(self, box_id: int, first: int, last: int) -> None:
        """A box is not to be had from one half-day to another."""
        self.kept[box_id] |= self.mask(first, last)

    def is_free(self, box_id: int, wanted: int, but_loan_id: int | None = None) -> bool:
        """Whether it is on all these half-days; the uses of that loan do not count."""
        used = self.used[box_id]
        if but_loan_id is not None:
            used &= ~self.own.get(but_loan_id, {}).get(box_id, 0)
        return not (used | self.kept[box_id]) & wanted

    def count_free(self, scenario_id: int, span: Span, but_loan_id: int) -> int:
        """How many boxes are free on all these half-days; the uses of that loan do not count."""
        wanted = self.mask(*span)
        if (scenario_id, span) not in self._counted:
            pool = self.pools.get(scenario_id, [])
            self._counted[scenario_id, span] = sum(self.is_free(box.id, wanted) for box in pool)
        own = self.own.get(but_loan_id, {})
        more = (b for b in own if not self.is_free(b, wanted) and self.is_free(b, wanted, but_loan_id))
        return self._counted[scenario_id, span] + sum(1 for _ in more)

    def take(self, box_id: int, first: int, last: int, loan_id: int | None = None) -> None:
        """The ledger says that a box is in use from one half-day to another; `loan_id`: for that loan."""
        mask = self.mask(first, last)
        self.used[box_id] |= mask
        if loan_id is not None:
            own = self.own.setdefault(loan_id, {})
            own[box_id] = own.get(box_id, 0) | mask

    def mask(self, first: int, last: int) -> int:
        first, last = max(first, self.first), min(last, self.last)
        return ((1 << (last - first + 1)) - 1) << (first - self.first) if first <= last else 0

    def whole(self, scenario_id: int, period: Period) -> Span:
        """The period with the scenario's buffers, in numbers."""
        scenario = self.scenarios[scenario_id]
        before, after = scenario.before_halves, scenario.after_halves
        start = self._walked(period.first, before, 0).first
        return start.number, self._walked(period.last, 0, after).last.number

    def is_open(self, day: date) -> bool:
        if day not in self._open:
            self._open[day] = self.calendar.is_open(day)
        return self._open[day]

    def _walked(self, half_day: HalfDay, before: int, after: int) -> Period:
        key = half_day.number, before, after
        if key not in self._around:
            self._around[key] = self.calendar.with_buffers(Period(half_day, half_day), before, after)
        return self._around[key]


def propose(
    promises: Sequence[Promise], boxes: Mapping[int, AwayBox], known: Known, ground: Ground
) -> list[TroubleRow]:
    """A row for each promise, in their order. Those that cannot wait are given boxes first."""
    for away in boxes.values():
        if away.out is not None:  # also when the day on which it was expected back is over
            ground.keep(away.id, *away.out)
    rows = [_row(promise, boxes[promise.box_id].scenario_id, known, ground) for promise in promises]
    spans = [_span(row, boxes[row.promise.box_id].scenario_id, ground) for row in rows]
    given = _given(rows, spans)
    by_box: dict[int, list[int]] = {}
    for n, box in given.items():
        by_box.setdefault(box.id, []).append(n)
    found = []
    for n, row in enumerate(rows):
        elsewhere = frozenset(
            box.id for box in row.boxes if any(m != n and _meet(spans[m], spans[n]) for m in by_box.get(box.id, ()))
        )
        found.append(replace(row, proposed=given.get(n), elsewhere=elsewhere))
    for n, box in given.items():
        ground.keep(box.id, *spans[n])
    return [
        replace(row, dates=tuple(sorted(_dates(row, boxes, known, ground), key=_first))) if row.may_move else row
        for row in found
    ]


def _given(rows: Sequence[TroubleRow], spans: Sequence[Span]) -> dict[int, PoolBox]:
    """The box that is proposed to each row, by its place: first to those that cannot wait, then to the others."""
    found: dict[int, PoolBox] = {}
    for waits in (False, True):
        taken: dict[int, list[Span]] = {}
        for n, box in found.items():
            taken.setdefault(box.id, []).append(spans[n])
        turn = [n for n, row in enumerate(rows) if row.promise.can_wait is waits]
        wishes = []
        for n in turn:
            left = (b.id for b in rows[n].boxes if not any(_meet(span, spans[n]) for span in taken.get(b.id, ())))
            wishes.append(Wish(*spans[n], tuple(left)))
        for n, box_id in zip(turn, assign(wishes), strict=True):
            if box_id is not None:
                found[n] = next(box for box in rows[n].boxes if box.id == box_id)
    return found


def _meet(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _row(promise: Promise, scenario_id: int, known: Known, ground: Ground) -> TroubleRow:
    if promise.purpose is Purpose.EVENT:
        event = known.events[promise.purpose_id]
        row = TroubleRow(promise, None, event, accredited=not event.nobody_may_run)
    else:
        loan = known.loans[promise.purpose_id]
        may_move = loan.state in WAITING_OR_HELD
        row = TroubleRow(
            promise, loan, None, may_move=may_move, accredited=_may_run(loan, loan.period, known)
        )  # fmt: skip
    if not row.accredited:
        return row
    wanted = ground.mask(*_span(row, scenario_id, ground))
    free = [box for box in ground.pools.get(scenario_id, ()) if ground.is_free(box.id, wanted)]
    return replace(row, boxes=tuple(box for box in free if box.id != promise.box_id))


def _span(row: TroubleRow, scenario_id: int, ground: Ground) -> Span:
    """The half-days on which another box must be free: of an event that runs, from now on."""
    if row.loan is not None:
        return ground.whole(scenario_id, row.loan.period)
    assert row.event is not None
    period = row.event.period
    return ground.whole(scenario_id, Period(max(period.first, min(ground.today, period.last)), period.last))


def _dates(row: TroubleRow, boxes: Mapping[int, AwayBox], known: Known, ground: Ground) -> Iterator[Period]:
    """The nearest dates on which as many boxes as the loan asks for are free, and not proposed to somebody else."""
    loan, found = row.loan, 0
    if loan is None or not row.may_move or row.promise.can_wait:
        return
    scenario_id = boxes[row.promise.box_id].scenario_id
    for period in shifted(loan.period, ground.today.date):
        if not _is_allowed(loan, period, known, ground):
            continue
        span = ground.whole(scenario_id, period)
        if ground.count_free(scenario_id, span, loan.id) >= loan.boxes:
            yield period
            found += 1
        if found == MOST_DATES:
            return


def _first(period: Period) -> HalfDay:
    return period.first


def _is_allowed(loan: LoanRow, period: Period, known: Known, ground: Ground) -> bool:
    """Open on the first and last day, for a school outside of its holidays, with somebody who may run it."""
    zone = known.zones.get(loan.structure_id)
    for day in (period.first.date, period.last.date):
        if not ground.is_open(day) or (zone is not None and school_holidays(zone, day)):
            return False
    return period.first >= ground.today and _may_run(loan, period, known)


def _may_run(loan: LoanRow, period: Period, known: Known) -> bool:
    first, last = period.first.date, period.last.date
    return not loan.asks_accreditation or any(
        granted_on <= first and (expires_on is None or expires_on >= last)
        for granted_on, expires_on in known.accredited.get(loan.id, ())
    )

"""What is free of a pool of boxes, half-day by half-day: used by the catalogue, requests, approval, the board and the API.

A box is not free while it has a use (buffers included), while it is out of service until its expected date, and, overdue, from
the last half-day of its loan on. Requests that wait count as well, with their buffers, though they hold no particular box:
until their days are over, for nobody may approve them then.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select

from app.boxes.enums import BoxCondition, Wear
from app.boxes.models import Box
from app.core.db import db
from app.loans.enums import LoanState
from app.loans.models import Loan, LoanBox
from app.resources.calendars import OpenDays, lending_zone, open_days
from app.resources.enums import Half, Purpose, ResourceKind
from app.resources.halfdays import HalfDay, Period, half_day_at, whole_days
from app.resources.models import Use

FOREVER = 10**9
"""The number of a half-day that never comes."""
REACH = timedelta(days=400)
"""No buffer reaches further than that."""
INSTANT = timedelta(microseconds=1)
_CONDITIONS = (BoxCondition.READY, BoxCondition.INCOMPLETE, BoxCondition.OUT_OF_SERVICE)
_WEARS = (Wear.GOOD, Wear.WORN)

Numbers = tuple[int, int]
"""From one half-day's number to another's, both included."""


class Pool(Protocol):
    """A scenario, as far as availability knows it (`app.boxes.rows.ScenarioRow`)."""

    @property
    def id(self) -> int: ...
    @property
    def organiser_id(self) -> int: ...
    @property
    def before_halves(self) -> int: ...
    @property
    def after_halves(self) -> int: ...


@dataclass(frozen=True)
class FreeHalf:
    """How many boxes of `total` are free on a half-day; never below zero."""

    date: date
    half: Half
    free: int
    total: int


@dataclass(frozen=True)
class Availability:
    """A pool, half-day by half-day from the first day's morning to the last day's evening."""

    scenario_id: int
    total: int
    halves: tuple[FreeHalf, ...]

    @property
    def first(self) -> HalfDay:
        return HalfDay(self.halves[0].date, self.halves[0].half)

    def free(self, half_day: HalfDay) -> int:
        """Raises IndexError outside of the days asked for."""
        index = half_day.number - self.first.number
        if index < 0:
            raise IndexError(index)
        return self.halves[index].free

    def days(self) -> Iterator[tuple[FreeHalf, FreeHalf]]:
        """Morning and afternoon of each day."""
        return zip(self.halves[::2], self.halves[1::2], strict=True)


@dataclass(frozen=True)
class PoolBox:
    """A box and when it cannot be lent whatever the ledger says. `uses` counts past uses and those promised to come, loans’ and
    events’; `last_used_on` is the last day of any that is past, or at an event.
    """

    id: int
    code: str
    condition: BoxCondition
    wear: Wear
    uses: int
    last_used_on: date | None
    blocked: tuple[Numbers, ...]

    @property
    def turn(self) -> tuple[int, int, int, date, str]:
        """Which box is next: complete before incomplete, good before worn, then the least used, then the longest unused."""
        unused_since = self.last_used_on or date.min
        return _CONDITIONS.index(self.condition), _WEARS.index(self.wear), self.uses, unused_since, self.code


def availability(scenario: Pool, first_day: date, last_day: date, *, now: datetime) -> Availability:
    """What is free of a scenario's boxes from one day to another, both included, in four statements."""
    zone, span = lending_zone(), whole_days(first_day, last_day)
    first, last = span.first.number, span.last.number
    boxes = _boxes(scenario.id, now)
    uses = _uses([scenario.id], span, zone)
    changes = [0] * (len(span) + 1)
    for box in boxes:
        mine = uses.get(box.id, [])
        for start, end in _united(mine, box.blocked) if box.blocked else mine:
            _add(changes, start - first, end - first)
    calendar = open_days(scenario.organiser_id, first_day, last_day)
    asked = _asked([scenario], {scenario.organiser_id: calendar}, first_day, last_day, now)
    for (start, end), count in asked.get(scenario.id, []):
        if start <= last and end >= first:
            _add(changes, start - first, end - first, count)
    total = len(boxes)
    halves = tuple(
        FreeHalf(date.fromordinal((first + n) // 2), Half.PM if n % 2 else Half.AM, max(0, total - busy), total)
        for n, busy in zip(range(len(span)), accumulate(changes), strict=False)
    )
    return Availability(scenario.id, total, halves)


def free_boxes(
    scenario: Pool,
    period: Period,
    *,
    now: datetime,
    calendar: OpenDays | None = None,
    but_loan_id: int | None = None,
    but_event_boxes: Collection[int] = (),
) -> list[PoolBox]:
    """The boxes that are free on the whole period with its buffers, whose turn it is first. Three statements, two with `calendar`.

    Requests that wait are left out of account. `but_loan_id`, `but_event_boxes` (ids): whose own uses do not stand in the way.
    """
    calendar = calendar or open_days(scenario.organiser_id, period.first.date, period.last.date)
    wanted = calendar.with_buffers(period, scenario.before_halves, scenario.after_halves)
    zone = lending_zone()
    but = {Purpose.LOAN: [] if but_loan_id is None else [but_loan_id], Purpose.EVENT: but_event_boxes}
    taken = _taken(scenario.id, wanted, zone, but)
    numbers = wanted.first.number, wanted.last.number
    free = [
        box
        for box in _boxes(scenario.id, now)
        if box.id not in taken and not any(_meet(numbers, blocked) for blocked in box.blocked)
    ]
    return sorted(free, key=lambda box: box.turn)


def count_free(
    scenario: Pool,
    period: Period,
    *,
    now: datetime,
    calendar: OpenDays | None = None,
    but_loan_id: int | None = None,
) -> int:
    """How many boxes may still be asked for on a period: those free on all of it, and on none of its half-days more than
    are left when waiting requests have theirs.
    """
    calendar = calendar or open_days(scenario.organiser_id, period.first.date, period.last.date)
    calendars = {scenario.organiser_id: calendar}
    return counts_free([scenario], period, now=now, calendars=calendars, but_loan_id=but_loan_id)[scenario.id]


def counts_free(
    scenarios: Sequence[Pool],
    period: Period,
    *,
    now: datetime,
    calendars: Mapping[int, OpenDays],
    but_loan_id: int | None = None,
) -> dict[int, int]:
    """`count_free` of several scenarios, by their ids, in three statements. `calendars` by organiser."""
    wanted = {
        s.id: calendars[s.organiser_id].with_buffers(period, s.before_halves, s.after_halves) for s in scenarios
    }  # fmt: skip
    if not wanted:
        return {}
    span = Period(min(w.first for w in wanted.values()), max(w.last for w in wanted.values()))
    boxes = pools(wanted, now=now)
    uses = _uses(wanted, span, lending_zone(), but_loan_id)
    asked = _asked(scenarios, calendars, span.first.date, span.last.date, now, but_loan_id=but_loan_id)
    return {i: _count_free(wanted[i], boxes.get(i, []), uses, asked.get(i, [])) for i in wanted}


def _count_free(
    wanted: Period, boxes: Sequence[PoolBox], uses: Mapping[int, list[Numbers]], asked: Sequence[tuple[Numbers, int]]
) -> int:
    first, last = wanted.first.number, wanted.last.number
    changes, free = [0] * (len(wanted) + 1), 0
    for box in boxes:
        busy = [part for part in _united(uses.get(box.id, []), box.blocked) if _meet(part, (first, last))]
        free += not busy
        for start, end in busy:
            _add(changes, start - first, end - first)
    for (start, end), count in asked:
        if start <= last and end >= first:
            _add(changes, start - first, end - first, count)
    return max(0, min(free, len(boxes) - max(accumulate(changes))))


def _add(changes: list[int], start: int, end: int, count: int = 1) -> None:
    """Count something from one index to another, both included, as far as they lie inside."""
    start, end = max(start, 0), min(end, len(changes) - 2)
    if start <= end:
        changes[start] += count
        changes[end + 1] -= count


def _meet(one: Numbers, other: Numbers) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _united(*parts: Sequence[Numbers]) -> list[Numbers]:
    """The same half-days, each in one interval alone."""
    found: list[Numbers] = []
    for start, end in sorted(numbers for part in parts for numbers in part):
        if found and start <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def _boxes(scenario_id: int, now: datetime) -> list[PoolBox]:
    return pools([scenario_id], now=now).get(scenario_id, [])


def pools(scenario_ids: Collection[int], *, now: datetime) -> dict[int, list[PoolBox]]:
    """The boxes of these scenarios' inventory, by scenario, in one statement.

    Overdue ones are with a borrower whose last half-day is over.
    """
    zone = lending_zone()
    pending = (
        select(LoanBox.box_id, func.count().label("pending"))
        .where(LoanBox.released_at.is_(None), LoanBox.handed_over_at.is_(None))
        .group_by(LoanBox.box_id)
        .subquery()
    )
    at_events = (
        select(Use.resource_id, func.count().label("uses"), func.max(Use.to_at).label("last_at"))
        .where(Use.purpose == Purpose.EVENT, Use.resource_kind == ResourceKind.BOX)
        .group_by(Use.resource_id)
        .subquery()
    )
    away = and_(LoanBox.box_id == Box.id, LoanBox.handed_over_at.is_not(None), LoanBox.returned_at.is_(None))
    rows = db.session.execute(
        select(
            Box.id, Box.code, Box.condition, Box.wear, Box.uses_count, Box.last_used_on, Box.out_from, Box.out_until,
            Box.scenario_id, pending.c.pending, Loan.to_date, Loan.to_half, at_events.c.uses.label("events"), at_events.c.last_at,
        )
        .outerjoin(LoanBox, away)
        .outerjoin(Loan, Loan.id == LoanBox.loan_id)
        .outerjoin(pending, pending.c.box_id == Box.id)
        .outerjoin(at_events, at_events.c.resource_id == Box.id)
        .where(Box.scenario_id.in_(scenario_ids), Box.archived_at.is_(None))
        .order_by(Box.id)
    )  # fmt: skip
    found: dict[int, dict[int, PoolBox]] = {}
    for row in rows:
        pool = found.setdefault(row.scenario_id, {})
        blocked = list(pool[row.id].blocked) if row.id in pool else _out(row.condition, row.out_from, row.out_until)
        if row.to_date is not None and (last := HalfDay(row.to_date, row.to_half)).ends_at(zone) <= now:
            blocked.append((last.number, FOREVER))
        uses = row.uses_count + (row.pending or 0) + (row.events or 0)
        days = [row.last_used_on, row.last_at and half_day_at(row.last_at - INSTANT, zone).date]
        last_on = max((day for day in days if day is not None), default=None)
        pool[row.id] = PoolBox(row.id, row.code, row.condition, row.wear, uses, last_on, tuple(blocked))
    return {scenario_id: list(pool.values()) for scenario_id, pool in found.items()}


def _out(condition: BoxCondition, since: date | None, until: date | None) -> list[Numbers]:
    if condition is not BoxCondition.OUT_OF_SERVICE or since is None:
        return []
    return [(since.toordinal() * 2, FOREVER if until is None else until.toordinal() * 2 - 1)]


def _uses(
    scenario_ids: Collection[int], span: Period, zone: ZoneInfo, but_loan_id: int | None = None
) -> dict[int, list[Numbers]]:
    """Half-days in use, by box. A use of a part of a half-day takes it whole."""
    begins = [half_day.starts_at(zone) for half_day in span]
    until = span.ends_at(zone)
    statement = (
        select(Use.resource_id, Use.starts_at, Use.ends_at)
        .join(Box, Box.id == Use.resource_id)
        .where(
            Use.resource_kind == ResourceKind.BOX,
            Box.scenario_id.in_(scenario_ids),
            Use.starts_at < until,
            Use.ends_at > begins[0],
        )
    )
    if but_loan_id is not None:
        statement = statement.where(~and_(Use.purpose == Purpose.LOAN, Use.purpose_id == but_loan_id))
    first, found = span.first.number, defaultdict[int, list[Numbers]](list)
    for box_id, starts_at, ends_at in db.session.execute(statement):
        start = max(bisect_right(begins, starts_at) - 1, 0)
        found[box_id].append((first + start, first + bisect_left(begins, ends_at) - 1))
    return found


def _taken(scenario_id: int, wanted: Period, zone: ZoneInfo, but: Mapping[Purpose, Collection[int]]) -> frozenset[int]:
    """Boxes that something uses within a period, but these."""
    statement = (
        select(Use.resource_id)
        .join(Box, Box.id == Use.resource_id)
        .where(
            Use.resource_kind == ResourceKind.BOX,
            Box.scenario_id == scenario_id,
            Use.starts_at < wanted.ends_at(zone),
            Use.ends_at > wanted.starts_at(zone),
        )
    )
    for purpose, ids in but.items():
        if ids:
            statement = statement.where(~and_(Use.purpose == purpose, Use.purpose_id.in_(ids)))
    return frozenset(db.session.execute(statement).scalars())


def _asked(
    scenarios: Sequence[Pool],
    calendars: Mapping[int, OpenDays],
    first_day: date,
    last_day: date,
    now: datetime,
    *,
    but_loan_id: int | None = None,
) -> dict[int, list[tuple[Numbers, int]]]:
    """Half-days (buffers included) and boxes of the requests that wait, by scenario, but those whose days are over."""
    known, zone = {scenario.id: scenario for scenario in scenarios}, lending_zone()
    columns = Loan.scenario_id, Loan.boxes, Loan.from_date, Loan.from_half, Loan.to_date, Loan.to_half
    statement = select(*columns).where(
        Loan.scenario_id.in_(known),
        Loan.state == LoanState.ASKED,
        Loan.to_date >= max(first_day, date.min + REACH) - REACH,
        Loan.from_date <= min(last_day, date.max - REACH) + REACH,
    )
    if but_loan_id is not None:
        statement = statement.where(Loan.id != but_loan_id)
    found = defaultdict[int, list[tuple[Numbers, int]]](list)
    for row in db.session.execute(statement):
        scenario = known[row.scenario_id]
        asked = Period(HalfDay(row.from_date, row.from_half), HalfDay(row.to_date, row.to_half))
        if asked.ends_at(zone) <= now:
            continue
        calendar = calendars[scenario.organiser_id]
        taken = calendar.with_buffers(asked, scenario.before_halves, scenario.after_halves)
        found[scenario.id].append(((taken.first.number, taken.last.number), row.boxes))
    return found

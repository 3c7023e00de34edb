"""Which boxes of others may be exchanged for one: each would be free for the other's days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.boxes.rows import ScenarioRow
from app.loans.availability import pools
from app.loans.queries import LoanBoxRow, LoanFilter, LoanRow, list_loans
from app.loans.queries_events import EventBox, EventBoxesRow, list_event_uses
from app.loans.rules import HOLDS_BOXES
from app.resources.calendars import lending_zone, open_days
from app.resources.enums import Purpose, ResourceKind
from app.resources.halfdays import Period
from app.resources.queries import UseRow, list_uses


@dataclass(frozen=True)
class Exchange:
    """The other loan, and its box that this one would get."""

    loan: LoanRow
    box: LoanBoxRow


@dataclass(frozen=True)
class EventExchange:
    """The box that an event would get, and the loan or the other event's boxes (one of them is None) that it is of."""

    box_id: int
    loan: LoanRow | None = None
    event: EventBoxesRow | None = None


@dataclass(frozen=True)
class _Side:
    """A box that a loan or an event has on a period, and may give away."""

    purpose: Purpose
    id: int
    period: Period
    box_id: int

    @property
    def whose(self) -> tuple[Purpose, int]:
        return self.purpose, self.id


def list_exchanges(loan: LoanRow, held: LoanBoxRow, scenario: ScenarioRow, *, now: datetime) -> Sequence[Exchange]:
    """The other loans whose box this one could have for its own, by their first day, the first fifty. Seven statements."""
    others = [(other, box) for other, box in _of_loans(scenario, now) if other.id != loan.id]
    sides = [_Side(Purpose.LOAN, other.id, other.period, box.box_id) for other, box in others]
    fit = _fitting(_Side(Purpose.LOAN, loan.id, loan.period, held.box_id), sides, scenario, now)
    return [Exchange(*other) for other, side in zip(others, sides, strict=True) if side in fit]


def list_event_exchanges(
    row: EventBoxesRow, held: EventBox, scenario: ScenarioRow, *, now: datetime
) -> Sequence[EventExchange]:
    """The boxes of loans (the first fifty), then of other events, that an event could have for its own, before both begin.

    Ten statements.
    """
    if row.has_begun(now):
        return ()
    others = [EventExchange(box.box_id, loan) for loan, box in _of_loans(scenario, now)]
    sides = [_Side(Purpose.LOAN, loan.id, loan.period, one.box_id) for one in others if (loan := one.loan)]
    for other in list_event_uses(scenario.organiser_id, since=_today(now), scenario_id=scenario.id):
        if other.id != row.id and other.is_current and not other.has_begun(now):
            others += [EventExchange(box.box_id, None, other) for box in other.held]
            sides += [_Side(Purpose.EVENT, other.id, other.period, box.box_id) for box in other.held]
    fit = _fitting(_Side(Purpose.EVENT, row.id, row.period, held.box_id), sides, scenario, now)
    return [other for other, side in zip(others, sides, strict=True) if side in fit]


def _of_loans(scenario: ScenarioRow, now: datetime) -> list[tuple[LoanRow, LoanBoxRow]]:
    """Boxes that were not handed over, of loans that are not over."""
    wanted = LoanFilter(HOLDS_BOXES, scenario_id=scenario.id, from_day=_today(now))
    return [
        (loan, box)
        for loan in list_loans(scenario.organiser_id, wanted).loans
        for box in loan.loan_boxes
        if box.handed_over_at is None
    ]


def _fitting(one: _Side, others: Sequence[_Side], scenario: ScenarioRow, now: datetime) -> Sequence[_Side]:
    """Those with which `one` may exchange. Three statements."""
    if not others:
        return ()
    every, zone = [one, *others], lending_zone()
    days = open_days(
        scenario.organiser_id,
        min(side.period.first.date for side in every),
        max(side.period.last.date for side in every),
    )
    spans = {
        side.whose: days.with_buffers(side.period, scenario.before_halves, scenario.after_halves) for side in every
    }
    first, last = (
        min(span.starts_at(zone) for span in spans.values()),
        max(span.ends_at(zone) for span in spans.values()),
    )
    uses = list_uses(ResourceKind.BOX, {side.box_id for side in every}, first, last)
    blocked = {box.id: box.blocked for box in pools([scenario.id], now=now).get(scenario.id, [])}

    def held_by(box_id: int, span: Period) -> set[tuple[Purpose, int]]:
        return {_whose(use, now) for use in uses if use.resource_id == box_id and _meets(use, span)}

    def is_lent(box_id: int, span: Period) -> bool:
        reach = (span.first.number, span.last.number)
        return not any(start <= reach[1] and reach[0] <= end for start, end in blocked.get(box_id, ()))

    return [
        other
        for other in others
        if held_by(other.box_id, spans[one.whose]) == {other.whose}
        and held_by(one.box_id, spans[other.whose]) <= {one.whose}
        and is_lent(other.box_id, spans[one.whose])
        and is_lent(one.box_id, spans[other.whose])
    ]


def _today(now: datetime) -> date:
    return now.astimezone(lending_zone()).date()


def _whose(use: UseRow, now: datetime) -> tuple[Purpose, int]:
    """What began at an event stays in the ledger whatever the event gives away: nobody gives that."""
    is_past = use.purpose is Purpose.EVENT and use.from_at <= now
    return use.purpose, -1 if is_past else use.purpose_id


def _meets(use: UseRow, span: Period) -> bool:
    zone = lending_zone()
    return use.starts_at < span.ends_at(zone) and use.ends_at > span.starts_at(zone)

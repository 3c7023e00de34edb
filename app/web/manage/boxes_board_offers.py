"""A loan in hand: which boxes it may get, by whom they are held, and what stands in the way. Looked at, never promised."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from app.boxes.queries import get_scenario_by_id
from app.boxes.rows import ScenarioRow
from app.core import clock
from app.loans.enums import LoanState
from app.loans.errors import LoanNotFound
from app.loans.queries import LoanBoxRow, LoanRow, get_loan_by_reference
from app.loans.rules import HOLDS_BOXES
from app.reports.queries.box_board import BoardBox, BoardUse, box_board
from app.resources.calendars import OpenDays, open_days
from app.resources.halfdays import Period

AROUND = timedelta(days=60)
"""How far around a loan is looked: who exchanges a box may need it for longer than the other."""
FREE, EXCHANGE, TAKEN, OWN = "free", "exchange", "taken", "own"


@dataclass(frozen=True)
class Hand:
    """A loan, the box of it that is to be another one, and how its scenario's boxes stand. `first`, `last`: buffers included."""

    loan: LoanRow
    held: LoanBoxRow
    scenario: ScenarioRow
    calendar: OpenDays
    board: Mapping[int, BoardBox]
    first: int
    last: int

    @property
    def own(self) -> BoardBox | None:
        return self.board.get(self.held.box_id)

    @property
    def datable(self) -> bool:
        """Whether its dates may change from the board: until the first of its boxes is handed over."""
        return self.loan.state in {LoanState.APPROVED, LoanState.AGREED}


@dataclass(frozen=True)
class Offer:
    """Whether a box may be given. `other`: the use of the loan that it is exchanged with; `why`: what stands in the way."""

    kind: str
    other: BoardUse | None = None
    why: tuple[BoardUse, ...] = ()


def find_hand(reference: str, code: str, organiser_id: int) -> Hand | None:
    """None when there is no such loan, or it can no longer get another box for the one of that code."""
    try:
        loan = get_loan_by_reference(reference.replace("\x00", "")[:40], organiser_id=organiser_id)
    except LoanNotFound:
        return None
    held = next((b for b in loan.loan_boxes if b.code == code and b.handed_over_at is None), None)
    if held is None or loan.state not in HOLDS_BOXES:
        return None
    scenario, calendar = get_scenario_by_id(loan.scenario_id), open_days(organiser_id, loan.from_date, loan.to_date)
    first, last = numbers_of(loan.period, scenario, calendar)
    begin, end = around(loan.from_date, loan.to_date)
    board = box_board(organiser_id, begin, end, now=clock.now(), scenario_id=scenario.id)
    return Hand(loan, held, scenario, calendar, {b.box.id: b for b in board}, first, last)


def around(first: date, last: date) -> tuple[date, date]:
    """Days that hold whatever could stand in the way of a loan."""
    return max(first, date.min + AROUND) - AROUND, min(last, date.max - AROUND) + AROUND


def numbers_of(period: Period, scenario: ScenarioRow, calendar: OpenDays) -> tuple[int, int]:
    """The half-days that a loan takes, buffers included."""
    wanted = calendar.with_buffers(period, scenario.before_halves, scenario.after_halves)
    return wanted.first.number, wanted.last.number


def offer_of(hand: Hand, target: BoardBox) -> Offer:
    """Whether the loan in hand may have that box: as it is, or in exchange for its own."""
    mine = hand.loan.reference
    if any(box.box_id == target.box.id for box in hand.loan.loan_boxes):
        return Offer(OWN)
    ways = tuple(target.in_the_way(hand.first, hand.last, but=mine))
    if not target.is_usable(hand.first, hand.last):
        return Offer(TAKEN, why=ways)
    if not ways:
        return Offer(FREE)
    own, other = hand.own, ways[0]
    if len(ways) > 1 or not other.movable or own is None:
        return Offer(TAKEN, why=ways)
    if not own.is_free(other.first, other.last, but=mine):
        return Offer(TAKEN, other, (other, *own.in_the_way(other.first, other.last, but=mine)))
    return Offer(EXCHANGE, other)


def offers_of(hand: Hand) -> dict[int, Offer]:
    """Of each box of the loan's scenario, by its id."""
    return {box_id: offer_of(hand, target) for box_id, target in hand.board.items()}

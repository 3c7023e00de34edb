"""Another box, or other dates: until hand-over, and a later return while the boxes are out."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.boxes.models import Box
from app.boxes.rows import ScenarioRow
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.loans.availability import count_free, free_boxes
from app.loans.drafts import OtherLoan
from app.loans.enums import LoanCancel, LoanState
from app.loans.errors import BoxAway, BoxNotFree, LoanChanged, NoBoxFree
from app.loans.happenings import Happening
from app.loans.operations.storing import (
    assign_boxes,
    begin_use,
    calendar_of,
    lock_loan,
    require_accredited,
    say,
    take_box,
    take_boxes,
    to_be_agreed_again,
    today,
    write,
    write_box,
)
from app.loans.queries import LoanBoxRow, LoanRow, get_loan
from app.loans.rules import HOLDS_BOXES, WAITING_OR_HELD, Borrowing, Party, party_of, period_problems
from app.resources.calendars import lending_zone, open_days
from app.resources.enums import Purpose, ResourceKind
from app.resources.errors import UsesOverlap
from app.resources.halfdays import Period
from app.resources.operations import release
from app.resources.queries import find_clashes


def swap_box(
    loan_id: int,
    box_id: int,
    new_box_id: int,
    *,
    by: Actor,
    now: datetime,
    revision: int | None = None,
    why: LoanCancel | None = None,
    even_away: bool = False,
    other: OtherLoan | None = None,
) -> None:
    """Give a loan another box of its scenario: a free one, or the one of the `other` loan, which gets this one's in exchange.

    Without `other` the box must be free: what somebody got meanwhile is never exchanged unasked. Neither box may be handed over
    yet. What was agreed is to be agreed again. `why` is told to the borrower. `even_away`: boxes may be out of service or late:
    when a swap is taken back (`undoing`). Raises LoanNotFound, LoanChanged (also when the other loan is not as it was read, or no
    longer has the box), MoveNotAllowed, BoxAway, BoxNotFree, NoAccreditedFacilitator.
    """
    loan, scenario = lock_loan(loan_id, revision=revision, by=by)
    held = swappable(loan, box_id, by)
    new_code = db.session.execute(
        select(Box.code).where(Box.id == new_box_id, Box.scenario_id == scenario.id, Box.archived_at.is_(None))
    ).scalar_one_or_none()
    if new_code is None or new_box_id == box_id:
        raise BoxNotFree(str(new_box_id))
    holder = _holder(loan, scenario, new_box_id)
    if other is None and holder is not None:
        raise BoxNotFree(new_code)
    if other is not None:
        _require_same(other, holder)
    if holder is None:
        if not even_away and new_box_id not in {
            box.id for box in free_boxes(scenario, loan.period, now=now, but_loan_id=loan.id)
        }:
            raise BoxNotFree(new_code)
        _replace(loan, scenario, held, new_box_id, now)
    else:
        _exchange((loan, held), (holder, swappable(holder, new_box_id, by)), scenario, now, even_away=even_away)
        tell_swapped(holder, new_code, held.code, by, now, why)
    tell_swapped(loan, held.code, new_code, by, now, why)


def change_dates(
    loan_id: int,
    period: Period,
    *,
    by: Actor,
    now: datetime,
    revision: int | None = None,
    why: LoanCancel | None = None,
    back: Sequence[int] = (),
) -> None:
    """Other dates: before hand-over any that are free, keeping boxes where that is possible; afterwards another return.

    What was agreed is to be agreed again before hand-over. `why` is told to the borrower. `back`: ids of the boxes that the loan
    had on these dates, all of them, and gets again even away: when a change of dates is taken back (`undoing`). Raises
    LoanNotFound, LoanChanged, MoveNotAllowed, FieldError (from, to), NoBoxFree, BoxNotFree (`back`), NoAccreditedFacilitator.
    """
    loan, scenario = lock_loan(loan_id, revision=revision, by=by)
    away = loan.state is LoanState.HANDED_OVER
    if not (away or loan.state in WAITING_OR_HELD) or party_of(by) is Party.BORROWER:
        raise MoveNotAllowed("change_dates", loan.state.value)
    _judge(loan, scenario, period, by, now)
    if period == loan.period:
        return
    if loan.state is not LoanState.ASKED:
        require_accredited(scenario, [person.id for person in loan.facilitators], period)
    columns = {
        "from_date": period.first.date, "from_half": period.first.half,
        "to_date": period.last.date, "to_half": period.last.half, "promised_on": None,
    }  # fmt: skip
    if loan.state is LoanState.ASKED:
        if count_free(scenario, period, now=now, but_loan_id=loan.id) < loan.boxes:
            raise NoBoxFree(loan.reference)
        write(loan.id, **columns)
    else:
        write(loan.id, **columns, **to_be_agreed_again(loan))
        _take_anew(loan, scenario, period, now, back)
    details = {"before": _said(loan.period), "after": _said(period)}
    again = loan.state in {LoanState.APPROVED, LoanState.AGREED}
    say(Happening.DATES_CHANGED, get_loan(loan.id), by=by, now=now, details=details, new_agreement=again, why=why)


def _judge(loan: LoanRow, scenario: ScenarioRow, period: Period, by: Actor, now: datetime) -> None:
    """Raises FieldError. Of boxes that are out, only the return changes."""
    days = open_days(loan.organiser_id, period.first.date, period.last.date)
    problems = period_problems(period, scenario, days, Borrowing(party_of(by), today(now)))
    if period.first == loan.period.first:
        problems.pop("from", None)
    elif loan.state is LoanState.HANDED_OVER:
        problems["from"] = "handed_over"
    if period.last.date < today(now):
        problems["to"] = "past"
    if problems:
        raise FieldError(problems)


def _take_anew(loan: LoanRow, scenario: ScenarioRow, period: Period, now: datetime, back: Sequence[int]) -> None:
    """Give back all that is not returned and take it for the new dates. Boxes that are not free then are replaced.

    With `back` it is these boxes that are taken, as long as nobody else has them.
    """
    held = [box for box in loan.loan_boxes if box.returned_at is None]
    release(Purpose.LOAN, loan.id, [box.box_id for box in held], kind=ResourceKind.BOX)
    days = open_days(loan.organiser_id, period.first.date, period.last.date)
    for box in (box for box in held if box.is_away):
        try:
            take_box(loan, scenario, box.box_id, period, days, now)
        except UsesOverlap as error:
            raise NoBoxFree(box.code) from error
        begin_use(loan.id, box.box_id, box.code, box.handed_over_at or now)
    waiting = [box for box in held if not box.is_away]
    if not waiting:
        return
    free = _in_inventory(scenario, back) or [box.id for box in free_boxes(scenario, period, now=now, calendar=days)]
    kept, gone = _sorted_out(waiting, set(free))
    spare = [box_id for box_id in free if box_id not in {k.box_id for k in kept}]
    if len(spare) < len(gone):
        raise NoBoxFree(loan.reference)
    write_box([box.id for box in gone], released_at=now)
    new = spare[: len(gone)]
    try:
        take_boxes(loan, scenario, [*(box.box_id for box in kept), *new], period, days, now)
    except UsesOverlap as error:  # of what is free nobody else has anything: only of what is given back
        raise BoxNotFree(loan.reference) from error
    assign_boxes(loan.id, new, now)


def _in_inventory(scenario: ScenarioRow, box_ids: Sequence[int]) -> list[int]:
    """The same boxes, all still in the inventory of their scenario. Raises BoxNotFree."""
    statement = select(Box.id).where(Box.id.in_(box_ids), Box.scenario_id == scenario.id, Box.archived_at.is_(None))
    found = set(db.session.execute(statement).scalars()) if box_ids else set()
    if gone := [box_id for box_id in box_ids if box_id not in found]:
        raise BoxNotFree(str(gone[0]))
    return list(box_ids)


def _sorted_out(boxes: Sequence[LoanBoxRow], free: set[int]) -> tuple[list[LoanBoxRow], list[LoanBoxRow]]:
    return [b for b in boxes if b.box_id in free], [b for b in boxes if b.box_id not in free]


def swappable(loan: LoanRow, box_id: int, by: Actor) -> LoanBoxRow:
    """The box that a loan has and that may still be swapped. Raises MoveNotAllowed, BoxAway."""
    if loan.state not in HOLDS_BOXES or party_of(by) is Party.BORROWER:
        raise MoveNotAllowed("swap", loan.state.value)
    held = next((box for box in loan.loan_boxes if box.box_id == box_id), None)
    if held is None or held.handed_over_at is not None:
        raise BoxAway(str(box_id))
    return held


def _holder(loan: LoanRow, scenario: ScenarioRow, box_id: int) -> LoanRow | None:
    """The one other loan that has a box when this one needs it; None when nothing stands in the way. Raises BoxNotFree."""
    zone = lending_zone()
    wanted = calendar_of(loan).with_buffers(loan.period, scenario.before_halves, scenario.after_halves)
    clashes = find_clashes(ResourceKind.BOX, box_id, wanted.starts_at(zone), wanted.ends_at(zone))
    others = [use for use in clashes if (use.purpose, use.purpose_id) != (Purpose.LOAN, loan.id)]
    if len(others) < len(clashes) or len(others) > 1 or any(use.purpose is not Purpose.LOAN for use in others):
        raise BoxNotFree(str(box_id))
    if not others:
        return None
    other = get_loan(others[0].purpose_id)
    if other.state not in HOLDS_BOXES:  # it is back, and waits for its check
        raise BoxNotFree(str(box_id))
    return other


def _require_same(other: OtherLoan, holder: LoanRow | None) -> None:
    """Raises LoanChanged."""
    if holder is None or holder.id != other.id or other.revision not in (None, holder.revision):
        raise LoanChanged(str(other.id))


def _replace(loan: LoanRow, scenario: ScenarioRow, held: LoanBoxRow, new_box_id: int, now: datetime) -> None:
    release(Purpose.LOAN, loan.id, [held.box_id], kind=ResourceKind.BOX)
    assign(loan, scenario, held, new_box_id, now)


def _exchange(
    one: tuple[LoanRow, LoanBoxRow],
    other: tuple[LoanRow, LoanBoxRow],
    scenario: ScenarioRow,
    now: datetime,
    *,
    even_away: bool,
) -> None:
    """Both give back their box, then each takes the other's: it must be free on all of their own dates."""
    for loan, held in (one, other):
        release(Purpose.LOAN, loan.id, [held.box_id], kind=ResourceKind.BOX)
    for (loan, held), (_, wanted) in ((one, other), (other, one)):
        free = {box.id for box in free_boxes(scenario, loan.period, now=now)}
        if wanted.box_id not in free and not even_away:
            raise BoxNotFree(wanted.code)
        assign(loan, scenario, held, wanted.box_id, now)


def assign(loan: LoanRow, scenario: ScenarioRow, held: LoanBoxRow, new_box_id: int, now: datetime) -> None:
    """Write another box for one that was given back. Raises NoAccreditedFacilitator, BoxNotFree."""
    require_accredited(scenario, [person.id for person in loan.facilitators], loan.period)
    write_box([held.id], released_at=now)
    try:
        take_box(loan, scenario, new_box_id, loan.period, calendar_of(loan), now)
    except UsesOverlap as error:
        raise BoxNotFree(str(new_box_id)) from error
    assign_boxes(loan.id, [new_box_id], now)
    write(loan.id, **to_be_agreed_again(loan))


def tell_swapped(
    loan: LoanRow, from_box: str, to_box: str, by: Actor, now: datetime, why: LoanCancel | None = None
) -> None:
    """History, a new agreement, and the borrower’s mail; `loan` is as it was before."""
    say(
        Happening.BOX_SWAPPED,
        get_loan(loan.id),
        by=by,
        now=now,
        details={"from": from_box, "to": to_box},
        from_box=from_box,
        to_box=to_box,
        new_agreement=loan.state is not LoanState.HANDED_OVER,
        why=why,
    )


def _said(period: Period) -> str:
    first, last = period.first, period.last
    return f"{first.date.isoformat()} {first.half.value} – {last.date.isoformat()} {last.half.value}"

"""Approval: boxes are chosen so that wear is even, and their uses written."""

from collections.abc import Sequence
from datetime import datetime

from app.boxes.rows import ScenarioRow
from app.core.actor import Actor
from app.loans.availability import PoolBox, free_boxes
from app.loans.enums import LoanMove, LoanState
from app.loans.errors import BoxNotFree, DaysOver, NoBoxFree
from app.loans.happenings import Happening
from app.loans.operations.storing import (
    assign_boxes,
    calendar_of,
    lock_loan,
    require_accredited,
    say,
    take_boxes,
    write,
)
from app.loans.queries import LoanRow, get_loan
from app.loans.rules import require_move
from app.resources.calendars import lending_zone


def approve(
    loan_id: int, *, by: Actor, now: datetime, box_ids: Sequence[int] = (), revision: int | None = None
) -> LoanState:
    """Choose boxes and take them; `box_ids` are those that somebody chose, the rest is chosen here.

    Raises LoanNotFound, LoanChanged, MoveNotAllowed, DaysOver, NoAccreditedFacilitator, NoBoxFree, BoxNotFree.
    """
    loan, scenario = lock_loan(loan_id, revision=revision, by=by)
    state = require_move(loan.state, LoanMove.APPROVE, by)
    if loan.period.ends_at(lending_zone()) <= now:
        raise DaysOver(LoanMove.APPROVE.value, loan.state.value)
    require_accredited(scenario, [person.id for person in loan.facilitators], loan.period)
    chosen = _choose(loan, scenario, box_ids, now)
    write(loan.id, state=state, approved_at=now, waits_for_event_id=None)
    box_ids = [box.id for box in chosen]
    take_boxes(loan, scenario, box_ids, loan.period, calendar_of(loan), now)
    assign_boxes(loan.id, box_ids, now)
    details = {"boxes": [box.code for box in chosen]}
    say(Happening.APPROVED, get_loan(loan.id), by=by, now=now, details=details, new_agreement=True)
    return state


def _choose(loan: LoanRow, scenario: ScenarioRow, box_ids: Sequence[int], now: datetime) -> list[PoolBox]:
    free = free_boxes(scenario, loan.period, now=now)
    if len(free) < loan.boxes:
        raise NoBoxFree(f"{len(free)} of {loan.boxes} boxes are free")
    wanted = list(dict.fromkeys(box_ids))[: loan.boxes]
    by_id = {box.id: box for box in free}
    if any(box_id not in by_id for box_id in wanted):
        raise BoxNotFree("a chosen box is not free")
    rest = [box for box in free if box.id not in wanted]
    return [*(by_id[box_id] for box_id in wanted), *rest][: loan.boxes]

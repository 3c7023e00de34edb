"""The last move on the board, kept in the browser's session: what the loan had before, good while nothing else changed it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import session

from app.core.actor import Actor
from app.loans.drafts import OtherLoan
from app.loans.operations import put_back as restore
from app.loans.queries import LoanRow
from app.resources.halfdays import HalfDay, Period
from app.web.manage.boxes_board_days import BACK_LENGTH

KEY = "board_undo"


@dataclass(frozen=True)
class Undo:
    """`revision` is what the move made of the loan; boxes (their ids) and half-days are as they were before. `back`: the board.

    `other` is the loan that exchanged boxes with it, as the move made it; without it only a box that nobody else got comes back.
    """

    loan_id: int
    revision: int
    boxes: tuple[int, ...]
    first: int
    last: int
    back: str
    other: OtherLoan | None = None


def keep_undo(before: LoanRow, revision: int, back: str, other: OtherLoan | None = None) -> None:
    """`back` is kept up to the length that is ever read: browsers drop a cookie that grows too long."""
    period = before.period
    boxes = [box.box_id for box in before.loan_boxes]
    pair = [other.id, other.revision] if other is not None else None
    session[KEY] = [before.id, revision, boxes, period.first.number, period.last.number, back[:BACK_LENGTH], pair]


def take_undo() -> Undo | None:
    """The last move; it can be taken back once."""
    kept: Any = session.pop(KEY, None)
    if not isinstance(kept, list) or len(kept) != 7:
        return None
    other = OtherLoan(*kept[6]) if kept[6] else None
    return Undo(kept[0], kept[1], tuple(kept[2]), kept[3], kept[4], kept[5], other)


def put_back(undo: Undo, *, by: Actor, now: datetime) -> None:
    """Dates and boxes as they were. Raises what `app.loans.operations.put_back` raises."""
    period = Period(HalfDay.of_number(undo.first), HalfDay.of_number(undo.last))
    restore(undo.loan_id, period, undo.boxes, by=by, now=now, revision=undo.revision, other=undo.other)

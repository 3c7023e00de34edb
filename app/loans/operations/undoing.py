"""What a change of boxes or dates did is taken back. One rule, wherever somebody presses "undo":

the loan gets the very boxes that it had before, wherever they are, as long as nobody else got them. One that is out of service or
late by now comes back all the same: it was so when its loan was moved away from it, or what was planned holds again, and Trouble
has it. A box that somebody else got, or that left the inventory, is refused; then all stays as it is.
"""

from collections.abc import Sequence
from datetime import datetime

from app.core.actor import Actor
from app.loans.drafts import OtherLoan
from app.loans.operations.changing import change_dates, swap_box
from app.loans.queries import get_loan
from app.resources.halfdays import Period


def give_back_box(
    loan_id: int,
    has: int,
    had: int,
    *,
    by: Actor,
    now: datetime,
    revision: int | None = None,
    other: OtherLoan | None = None,
) -> None:
    """Give a loan the box that it had before the one that it has (their ids), though it may be away.

    `other`: the loan that exchanged boxes with it, which gets its own back too. Raises what `swap_box` raises.
    """
    swap_box(loan_id, has, had, by=by, now=now, revision=revision, even_away=True, other=other)


def put_back(
    loan_id: int,
    period: Period,
    box_ids: Sequence[int],
    *,
    by: Actor,
    now: datetime,
    revision: int | None = None,
    other: OtherLoan | None = None,
) -> None:
    """Give a loan its former dates and boxes again, all of them, though they may be away. `revision`: what the change made of it.

    Raises what `change_dates` and `swap_box` raise.
    """
    loan = get_loan(loan_id)
    if loan.period != period:
        change_dates(loan_id, period, by=by, now=now, revision=revision, back=box_ids)
        return
    held = [box.box_id for box in loan.loan_boxes]
    gone = [box_id for box_id in box_ids if box_id not in held]
    for has, had in zip([box_id for box_id in held if box_id not in box_ids], gone, strict=False):
        give_back_box(loan_id, has, had, by=by, now=now, revision=revision, other=other)
        revision = None  # the scenario is held: nobody else changes it meanwhile

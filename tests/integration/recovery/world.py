"""Boxes that break or stay away, and what somebody chooses for their promises."""

from datetime import date, datetime
from typing import Any

from app.boxes.enums import OutReason
from app.boxes.operations.boxes import put_out_of_service
from app.core.transaction import transaction
from app.loans.enums import AcceptedHow
from app.loans.operations import agree_loan, hand_over
from app.loans.queries import get_loan
from app.recovery.drafts import Choice
from app.recovery.enums import Way
from app.recovery.operations import settle
from app.recovery.queries import list_trouble
from app.recovery.rows import Trouble, TroubleRow
from tests.factories import NOW, PARIS
from tests.integration.loans.world import STAFF, LoanWorld

FEBRUARY = datetime(2027, 2, 8, 10, tzinfo=PARIS)
"""A Monday, after the loan of the late box."""


def break_box(
    world: LoanWorld, box_id: int, *, until: date | None = None, now: datetime = NOW, note: str = "Lampe cassée"
) -> None:
    with transaction():
        put_out_of_service(
            box_id, OutReason.BROKEN, until=until, note=note, organiser_id=world.organiser_id,
            today=now.astimezone(PARIS).date(), by=STAFF, now=now,
        )  # fmt: skip


def box_of(loan_id: int, number: int = 0) -> int:
    return get_loan(loan_id).loan_boxes[number].box_id


def lend(world: LoanWorld, *dates: str, at: datetime, **changes: Any) -> int:
    """A loan whose box is with the borrower; its id."""
    loan_id = world.enter(*dates, **changes).id
    with transaction():
        agree_loan(loan_id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
        hand_over(loan_id, box_of(loan_id), given_by="Inès Roux", given_to="Manon Lambert", by=STAFF, now=at)
    return loan_id


def trouble(world: LoanWorld, now: datetime = NOW) -> Trouble:
    return list_trouble(world.organiser_id, now=now)


def row_of(found: Trouble, loan_id: int) -> TroubleRow:
    return next(row for row in found.rows if row.loan is not None and row.loan.id == loan_id)


def chosen(row: TroubleRow, way: Way = Way.BOX, **changes: Any) -> Choice:
    """What the page proposes, or another way."""
    values: dict[str, Any] = {}
    if way is Way.BOX and row.proposed is not None:
        values["box_id"] = row.proposed.id
    if way is Way.DATES and row.dates:
        values["period"] = row.dates[0]
    return Choice(row.promise.key, row.promise.seen, way, **{**values, **changes})


def settled(world: LoanWorld, *choices: Choice, now: datetime = NOW, note: str = "") -> str:
    with transaction():
        return settle(world.organiser_id, choices, note=note, by=STAFF, now=now)

"""What a move did is taken back by one rule, on the board and in Trouble: the former boxes, even away, if nobody else has them."""

import pytest
from flask import Flask

from app.boxes.operations.boxes import archive_box
from app.core.checks import run_checks
from app.core.transaction import transaction
from app.loans.drafts import OtherLoan
from app.loans.errors import BoxNotFree, LoanChanged
from app.loans.operations import change_dates, put_back, swap_box
from app.loans.queries import LoanRow, get_loan
from app.recovery.operations import take_back
from app.recovery.queries import count_trouble
from tests.factories import NOW
from tests.integration.loans.world import STAFF, LoanWorld, make_world, period
from tests.integration.recovery.world import box_of, break_box, chosen, settled, trouble

LATER = period("2027-02-08 am", "2027-02-09 pm")


def moved(world: LoanWorld, loan_id: int, box_id: int, other: OtherLoan | None = None) -> LoanRow:
    """The loan as it was before it got another box."""
    before = get_loan(loan_id)
    with transaction():
        swap_box(loan_id, box_of(loan_id), box_id, by=STAFF, now=NOW, other=other)
    return before


def undo(before: LoanRow, other: OtherLoan | None = None) -> None:
    with transaction():
        held = [box.box_id for box in before.loan_boxes]
        now_is = get_loan(before.id).revision
        put_back(before.id, before.period, held, by=STAFF, now=NOW, revision=now_is, other=other)


def is_as_before(world: LoanWorld, before: LoanRow, *, in_trouble: bool) -> None:
    loan = get_loan(before.id)
    assert (loan.period, loan.box_codes) == (before.period, before.box_codes)
    assert bool(count_trouble(world.organiser_id, now=NOW).of_loan(before.id)) is in_trouble
    assert [(r.name, r.problems) for r in run_checks(NOW) if not r.ok] == []


def test_a_loan_moved_off_a_broken_box_gets_it_again_wherever_undo_is_pressed(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    loan_id = world.enter().id
    box, spare = box_of(loan_id), next(box for box in world.box_ids if box != box_of(loan_id))
    break_box(world, box)
    before = moved(world, loan_id, spare)
    undo(before)  # on the board
    is_as_before(world, before, in_trouble=True)
    (row,) = trouble(world).rows
    token = settled(world, chosen(row))
    with transaction():
        take_back(world.organiser_id, token, row.promise.key, by=STAFF, now=NOW)
    is_as_before(world, before, in_trouble=True)


def test_a_box_that_broke_meanwhile_comes_back_with_the_former_dates(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    loan_id = world.enter().id
    before = get_loan(loan_id)
    with transaction():
        change_dates(loan_id, LATER, by=STAFF, now=NOW)
    break_box(world, box_of(loan_id))
    undo(before)  # the other box is free, but it is not what the loan had
    is_as_before(world, before, in_trouble=True)


def test_an_exchange_is_taken_back_though_a_box_broke(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    one, other = world.enter().id, world.enter("2027-02-02 pm", "2027-02-04 am").id
    theirs = get_loan(other)
    before = moved(world, one, box_of(other), OtherLoan(other))
    break_box(world, box_of(one))
    undo(before, OtherLoan(other, get_loan(other).revision))
    is_as_before(world, before, in_trouble=False)
    is_as_before(world, theirs, in_trouble=True)


@pytest.mark.parametrize("dates", [False, True])
def test_what_somebody_else_got_meanwhile_does_not_come_back(whole_app: Flask, dates: bool) -> None:
    world = make_world(boxes=3)
    loan_id = world.enter().id
    box, spare = box_of(loan_id), next(box for box in world.box_ids if box != box_of(loan_id))
    before = get_loan(loan_id)
    if dates:
        with transaction():
            change_dates(loan_id, LATER, by=STAFF, now=NOW)
    else:
        moved(world, loan_id, spare)
    third = world.enter().id
    if box_of(third) != box:
        moved(world, third, box)
    moment = get_loan(loan_id)
    with pytest.raises(BoxNotFree):
        undo(before)
    assert get_loan(loan_id) == moment
    with pytest.raises(LoanChanged), transaction():
        put_back(loan_id, before.period, [box], by=STAFF, now=NOW, revision=before.revision)


def test_a_box_that_left_the_inventory_does_not_come_back(sqlite_app: Flask) -> None:
    world = make_world(boxes=2)
    loan_id = world.enter().id
    before, spare = get_loan(loan_id), next(box for box in world.box_ids if box != box_of(loan_id))
    moved(world, loan_id, spare)
    with transaction():
        change_dates(loan_id, LATER, by=STAFF, now=NOW)
        archive_box(before.loan_boxes[0].box_id, organiser_id=world.organiser_id, by=STAFF, now=NOW)
    with pytest.raises(BoxNotFree):
        undo(before)
    assert (get_loan(loan_id).period, box_of(loan_id)) == (LATER, spare)

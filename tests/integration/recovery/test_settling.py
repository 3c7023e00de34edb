"""A box breaks or stays away: its promises get other boxes, other dates, or are called off; all at once or not at all."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.boxes.operations.boxes import set_in_service
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.loans.enums import LoanCancel, LoanMove, LoanState
from app.loans.errors import BoxNotFree
from app.loans.operations import move_loan, swap_box
from app.loans.operations.reminding import answer_reminder
from app.loans.queries import get_loan
from app.messages.models import Message
from app.recovery.enums import Way
from app.recovery.errors import SettlingNotFound, TroubleChanged
from app.recovery.operations import take_back
from app.recovery.queries import count_trouble, get_settled
from tests.factories import NOW
from tests.integration.loans.world import BORROWER, STAFF, LoanWorld, make_world, period
from tests.integration.recovery.world import (
    FEBRUARY,
    box_of,
    break_box,
    chosen,
    lend,
    row_of,
    settled,
    trouble,
)

LATER = ("2027-02-08 am", "2027-02-09 pm")
SPRING = ("2027-03-08 am", "2027-03-09 pm")


def codes(error: TroubleChanged) -> dict[str, str]:
    return {row.name: row.code for row in error.rows}


def told(loan_id: int) -> list[str]:
    rows = db.session.execute(
        select(Message.template, Message.params).where(Message.subject == f"loan:{loan_id}").order_by(Message.id)
    )
    return [f"{row.template} {row.params.get('why', '')}".strip() for row in rows]


def doctor_is_content(now: datetime = NOW) -> None:
    assert [(r.name, r.problems) for r in run_checks(now) if not r.ok] == []


def in_one_box(world: LoanWorld, *dates: tuple[str, str]) -> tuple[int, list[int]]:
    """Loans that are all promised the same box; its id and theirs."""
    loans = [world.enter(*when).id for when in dates]
    box = world.box_ids[0]
    for loan_id in loans:
        if box_of(loan_id) != box:
            with transaction():
                swap_box(loan_id, box_of(loan_id), box, by=STAFF, now=NOW)
    return box, loans


def test_the_loans_of_a_broken_box_get_other_boxes_and_are_told_why(whole_app: Flask) -> None:
    world = make_world(boxes=3)
    box, loans = in_one_box(world, ("2027-02-01 am", "2027-02-03 pm"), LATER)
    break_box(world, box)
    found = trouble(world)
    assert [row.loan.id for row in found.rows if row.loan] == loans
    assert all(row.proposed is not None and box not in {b.id for b in row.boxes} for row in found.rows)
    token = settled(world, *(chosen(row) for row in found.rows))
    assert [box_of(loan_id) for loan_id in loans] == [row.proposed.id for row in found.rows if row.proposed]
    assert [told(loan_id)[-1] for loan_id in loans] == ["loans.changed box_broken"] * 2
    assert trouble(world).rows == ()
    lines = get_settled(world.organiser_id, token).lines
    assert [(line["way"], line["box"]) for line in lines] == [("box", world.code(box))] * 2
    doctor_is_content()


def test_a_free_box_is_never_proposed_twice_at_once(whole_app: Flask) -> None:
    world = make_world(boxes=3, before_halves=0, after_halves=0)
    one = world.enter("2027-02-01 am", "2027-02-03 pm").id
    other = world.enter("2027-02-03 pm", "2027-02-04 pm").id
    assert box_of(one) != box_of(other)
    for loan_id in (one, other):
        break_box(world, box_of(loan_id))
    found = trouble(world)
    assert row_of(found, one).proposed is not None
    assert row_of(found, other).proposed is None
    assert row_of(found, other).elsewhere == {row_of(found, one).boxes[0].id}
    assert row_of(found, other).dates[0] == period("2027-02-04 pm", "2027-02-05 pm")


def test_only_promises_that_meet_the_time_it_is_away(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    box, (soon, spring) = in_one_box(world, ("2027-02-01 am", "2027-02-03 pm"), SPRING)
    break_box(world, box, until=date(2027, 2, 20))
    assert [row.loan.id for row in trouble(world).rows if row.loan] == [soon]
    break_box(world, box, until=date(2027, 3, 8))  # it is back on the first day, but not to be prepared
    assert [row.loan.id for row in trouble(world).rows if row.loan] == [soon, spring]


def test_a_late_box_is_away_until_it_is_back(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    late = lend(world, at=datetime.fromisoformat("2027-02-01T08:00+00:00"))
    box = box_of(late)
    waiting = world.enter("2027-02-08 pm", "2027-02-09 pm").id
    if box_of(waiting) != box:
        with transaction():
            swap_box(waiting, box_of(waiting), box, by=STAFF, now=NOW)
    assert trouble(world, NOW).boxes == ()
    (found,) = trouble(world, FEBRUARY).boxes
    assert found.box.late is not None
    assert (found.box.late.loan_id, found.box.late.last) == (late, get_loan(late).period.last)
    (row,) = found.rows
    assert row.promise.urgent
    settled(world, chosen(row), now=FEBRUARY)
    assert told(waiting)[-1] == "loans.changed box_late"
    assert get_loan(waiting).state is LoanState.APPROVED


def test_what_a_late_box_is_promised_to_later_can_wait(sqlite_app: Flask) -> None:
    world = make_world(boxes=2, before_halves=0, after_halves=0)
    late = lend(world, at=datetime.fromisoformat("2027-02-01T08:00+00:00"))
    box, other = box_of(late), next(b for b in world.box_ids if b != box_of(late))
    soon, later, far = (
        world.enter(*when).id
        for when in (("2027-02-09 am", "2027-02-10 am"), ("2027-02-10 pm", "2027-02-11 pm"), SPRING)
    )
    for loan_id in (soon, later, far):
        if box_of(loan_id) != box:
            with transaction():
                swap_box(loan_id, box_of(loan_id), box, by=STAFF, now=NOW, even_away=True)
    with transaction():
        answer_reminder(late, date(2027, 2, 9), by=BORROWER, now=FEBRUARY)
    found = trouble(world, FEBRUARY)
    assert [(row.promise.can_wait, row.promise.urgent) for row in found.rows] == [
        (False, False),  # it begins on the day on which the box may come back
        (True, False),
        (True, False),
    ]
    assert count_trouble(world.organiser_id, now=FEBRUARY).total == 1
    assert [row.proposed and row.proposed.id for row in found.rows] == [other, other, other]
    with transaction():
        db.session.execute(text("UPDATE loans SET promised_on = NULL"))
    assert [row.promise.can_wait for row in trouble(world, FEBRUARY).rows] == [False, False, False]
    ago = datetime.fromisoformat("2027-02-04T09:00+00:00")
    assert [row.promise.can_wait for row in trouble(world, ago).rows] == [False, False, True]


def test_other_dates_and_calling_off(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    box, (one, other) = in_one_box(world, ("2027-02-01 am", "2027-02-03 pm"), LATER)
    break_box(world, box, until=date(2027, 2, 15))
    found = trouble(world)
    assert [row.proposed for row in found.rows] == [None, None]
    first, second = found.rows
    assert first.dates[0] == period("2027-02-16 am", "2027-02-18 pm")  # a Monday is needed to prepare it
    settled(world, chosen(first, Way.DATES), chosen(second, Way.OFF), note="Pardon.")
    assert get_loan(one).period == first.dates[0]
    assert told(one)[-1] == "loans.changed box_broken"
    loan = get_loan(other)
    assert (loan.state, loan.cancel_reason, loan.reason_note) == (LoanState.CANCELLED, LoanCancel.BOX_BROKEN, "Pardon.")
    assert told(other)[-1] == "loans.cancelled"
    doctor_is_content()


def test_other_dates_of_two_boxes_are_told_of_both(whole_app: Flask) -> None:
    world = make_world(boxes=5)
    loan_id = world.enter(boxes=2).id
    for number in (0, 1):
        break_box(world, box_of(loan_id, number))
    rows = trouble(world).rows
    token = settled(world, *[chosen(row, Way.DATES) for row in rows])
    lines = get_settled(world.organiser_id, token).lines
    assert {line["box"] for line in lines} == {world.code(row.promise.box_id) for row in rows}
    assert {line["key"] for line in lines} == {row.promise.key for row in rows}
    assert told(loan_id).count("loans.changed box_broken") == 1


def test_a_proposed_box_that_somebody_got_meanwhile_is_not_exchanged(whole_app: Flask) -> None:
    """The broken box is expected back by then, so that the two could be exchanged: nobody asked for that."""
    world = make_world(boxes=2, before_halves=1, after_halves=2)
    one = world.enter("2027-02-01 am", "2027-02-03 pm").id
    break_box(world, box_of(one), until=date(2027, 2, 3))
    (row,) = trouble(world).rows
    other = world.enter("2027-02-04 am", "2027-02-05 pm").id
    before = get_loan(other)
    with pytest.raises(TroubleChanged) as refused:
        settled(world, chosen(row))
    assert codes(refused.value) == {get_loan(one).reference: "box_not_free"}
    assert get_loan(other) == before


def test_what_changed_meanwhile_is_named_and_nothing_is_written(whole_app: Flask) -> None:
    world = make_world(boxes=4)
    box, (one, other) = in_one_box(world, ("2027-02-01 am", "2027-02-03 pm"), LATER)
    break_box(world, box)
    first, second = trouble(world).rows
    with transaction():  # somebody else calls the second one off
        move_loan(other, LoanMove.CANCEL, reason=LoanCancel.BORROWER_CHANGED, by=STAFF, now=NOW)
    with pytest.raises(TroubleChanged) as refused:
        settled(world, chosen(first), chosen(second))
    assert codes(refused.value) == {get_loan(other).reference: "gone"}
    stale = replace(chosen(first), seen="99")
    with pytest.raises(TroubleChanged) as changed:
        settled(world, stale)
    assert codes(changed.value) == {get_loan(one).reference: "changed"}
    assert first.proposed is not None
    taken = world.enter("2027-02-01 am", "2027-02-03 pm").id
    if box_of(taken) != first.proposed.id:
        with transaction():
            swap_box(taken, box_of(taken), first.proposed.id, by=STAFF, now=NOW)
    with pytest.raises(TroubleChanged) as lost:
        settled(world, chosen(first))
    assert codes(lost.value) == {get_loan(one).reference: "box_not_free"}
    assert box_of(one) == box


def test_a_box_that_is_back_needs_nothing(sqlite_app: Flask) -> None:
    world = make_world(boxes=2)
    box, (loan_id,) = in_one_box(world, LATER)
    break_box(world, box)
    (row,) = trouble(world).rows
    with transaction():
        set_in_service(box, organiser_id=world.organiser_id, by=STAFF, now=NOW)
    with pytest.raises(TroubleChanged) as refused:
        settled(world, chosen(row))
    assert codes(refused.value) == {get_loan(loan_id).reference: "gone"}


def test_what_is_chosen_for_one_loan_goes_together(sqlite_app: Flask) -> None:
    world = make_world(boxes=3)
    loan_id = world.enter(boxes=2).id
    for box_id in (box_of(loan_id), box_of(loan_id, 1)):
        break_box(world, box_id)
    first, second = trouble(world).rows
    assert (first.proposed is None) != (second.proposed is None)  # one box is free, for one of them
    with pytest.raises(TroubleChanged) as refused:
        settled(world, chosen(first), chosen(second, Way.OFF))
    assert {row.code for row in refused.value.rows} == {"differs"}
    with pytest.raises(FieldError):
        settled(world, chosen(first, Way.OFF), chosen(second, Way.OFF), note="x" * 301)
    settled(world, chosen(first, Way.OFF), chosen(second, Way.OFF))
    assert get_loan(loan_id).state is LoanState.CANCELLED


def test_another_organisers_promises_are_nobodys(sqlite_app: Flask) -> None:
    ours, theirs = make_world(boxes=2), make_world(boxes=2)
    box, (loan_id,) = in_one_box(theirs, LATER)
    break_box(theirs, box)
    (row,) = trouble(theirs).rows
    with pytest.raises(TroubleChanged) as refused:
        settled(ours, chosen(row))
    assert [(r.name, r.box_code) for r in refused.value.rows] == [("", "")]
    assert box_of(loan_id) == box
    token = settled(theirs, chosen(row))
    with pytest.raises(SettlingNotFound):
        get_settled(ours.organiser_id, token)


def test_a_swap_is_taken_back_as_long_as_nobody_else_has_the_box(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    box, (loan_id,) = in_one_box(world, LATER)
    break_box(world, box)
    (row,) = trouble(world).rows
    token = settled(world, chosen(row))
    with transaction():
        take_back(world.organiser_id, token, row.promise.key, by=STAFF, now=NOW)
    assert box_of(loan_id) == box
    assert [r.loan.id for r in trouble(world).rows if r.loan] == [loan_id]
    again = settled(world, chosen(row_of(trouble(world), loan_id)))
    with transaction():
        set_in_service(box, organiser_id=world.organiser_id, by=STAFF, now=NOW)
    other = world.enter(*LATER).id
    assert box_of(other) == box
    with pytest.raises(SettlingNotFound), transaction():
        take_back(world.organiser_id, again, "loan-999-1", by=STAFF, now=NOW)
    with pytest.raises(BoxNotFree), transaction():  # it is another loan's by now
        take_back(world.organiser_id, again, row.promise.key, by=STAFF, now=NOW)
    assert box_of(other) == box


def test_nobody_accredited_any_more_is_told(sqlite_app: Flask) -> None:
    world = make_world(boxes=2)
    box, (loan_id,) = in_one_box(world, LATER)
    break_box(world, box)
    with transaction():
        db.session.execute(text("UPDATE accreditations SET withdrawn_at = granted_on"))
    (row,) = trouble(world).rows
    assert (row.accredited, row.boxes, row.dates) == (False, (), ())
    with pytest.raises(TroubleChanged) as refused:
        settled(world, chosen(row, box_id=next(b for b in world.box_ids if b != box)))
    assert codes(refused.value) == {get_loan(loan_id).reference: "no_accredited_facilitator"}

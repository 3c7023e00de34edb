"""What is free, half-day by half-day: the ledger, requests that wait, boxes that are away or broken."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.boxes.enums import OutReason
from app.boxes.models import Box
from app.boxes.operations.boxes import put_out_of_service
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.loans.availability import availability, count_free, free_boxes
from app.loans.enums import AcceptedHow
from app.loans.errors import NoBoxFree
from app.loans.operations import agree_loan, approve, hand_over, take_back
from app.loans.queries import get_loan
from app.resources.models import Closure
from tests.conftest import counted_statements
from tests.factories import NOW, PARIS
from tests.integration.loans.world import STAFF, LoanWorld, half, make_world, period

FIRST, LAST = date(2027, 1, 25), date(2027, 2, 14)


def free(world: LoanWorld, *, now: datetime = NOW) -> dict[str, int]:
    """Half-days on which not all boxes are free, and how many are."""
    found = availability(world.scenario, FIRST, LAST, now=now)
    return {f"{h.date.isoformat()} {h.half}": h.free for h in found.halves if h.free != found.total}


def between(first: str, last: str, count: int) -> dict[str, int]:
    return {f"{h.date.isoformat()} {h.half}": count for h in period(first, last)}


def out_and_back(world: LoanWorld, first: str, last: str) -> int:
    """A loan whose box is with the borrower."""
    made = world.enter(first, last)
    with transaction():
        agree_loan(made.id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
    box = get_loan(made.id).loan_boxes[0].box_id
    with transaction():
        hand_over(made.id, box, given_by="Inès", given_to="Manon", by=STAFF, now=half(first).starts_at(PARIS))
    return made.id


def come_back(loan_id: int, at: datetime) -> None:
    box = get_loan(loan_id).loan_boxes[0].box_id
    with transaction():
        take_back(loan_id, box, given_by="Manon", given_to="Inès", by=STAFF, now=at)


def test_a_loan_takes_its_buffers_and_the_weekend_in_them(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    world.enter("2027-02-01 am", "2027-02-05 pm")  # Monday to Friday
    assert free(world) == between("2027-01-29 pm", "2027-02-08 am", 1)


def test_a_request_that_waits_counts_with_its_buffers_until_it_ends(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    made = world.ask("2027-02-02 am", "2027-02-03 pm", boxes=2)
    assert free(world) == between("2027-02-01 pm", "2027-02-04 am", 0)
    with pytest.raises(NoBoxFree):
        world.ask("2027-02-04 am", "2027-02-04 pm")
    with transaction():
        approve(made.id, by=STAFF, now=NOW)
    assert free(world) == between("2027-02-01 pm", "2027-02-04 am", 0)


def test_several_loans_of_several_boxes(whole_app: Flask) -> None:
    world = make_world(boxes=3)
    world.enter("2027-02-02 am", "2027-02-03 pm", boxes=2)
    world.enter("2027-02-03 pm", "2027-02-04 am")
    assert free(world) == {
        **between("2027-02-01 pm", "2027-02-02 pm", 1),
        **between("2027-02-03 am", "2027-02-04 am", 0),
        **between("2027-02-04 pm", "2027-02-04 pm", 2),
    }


def test_no_buffers_and_longer_ones(whole_app: Flask) -> None:
    world = make_world(boxes=1, before_halves=0, after_halves=0)
    world.enter("2027-02-02 am", "2027-02-02 am")
    world.enter("2027-02-02 pm", "2027-02-03 am")
    assert free(world) == between("2027-02-02 am", "2027-02-03 am", 0)
    longer = make_world(boxes=1, before_halves=4, after_halves=2)
    longer.enter("2027-02-02 am", "2027-02-02 am")
    assert free(longer) == between("2027-01-29 am", "2027-02-03 am", 0)


def test_a_closure_lies_within_a_buffer(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    with transaction():
        closure = Closure(
            organiser_id=world.organiser_id, starts_on=date(2027, 2, 4), ends_on=date(2027, 2, 9), label="", created_at=NOW
        )  # fmt: skip
        db.session.add(closure)
        db.session.flush()
    world.enter("2027-02-02 am", "2027-02-03 pm")
    assert free(world) == between("2027-02-01 pm", "2027-02-10 am", 0)


def test_a_broken_box_is_away_until_its_expected_date(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    for box_id, until in zip(world.box_ids, (date(2027, 2, 3), None), strict=True):
        with transaction():
            put_out_of_service(
                box_id, OutReason.BROKEN, until=until, organiser_id=world.organiser_id, today=NOW.date(), by=SYSTEM, now=NOW
            )  # fmt: skip
    assert free(world) == {
        **between("2027-01-25 am", "2027-02-02 pm", 0),
        **between("2027-02-03 am", "2027-02-14 pm", 1),
    }
    assert [box.id for box in free_boxes(world.scenario, period("2027-02-03 pm", "2027-02-03 pm"), now=NOW)] == [
        world.box_ids[0]
    ]
    assert (
        free_boxes(world.scenario, period("2027-02-03 am", "2027-02-03 pm"), now=NOW) == []
    )  # prepared the day before


def test_an_overdue_box_is_out_until_it_is_back(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = out_and_back(world, "2027-01-26 am", "2027-01-27 am")
    assert free(world) == between("2027-01-25 pm", "2027-01-27 pm", 0)
    late = datetime(2027, 1, 29, 9, tzinfo=PARIS)
    assert free(world, now=late) == between("2027-01-25 pm", "2027-02-14 pm", 0)
    come_back(loan_id, late)
    assert free(world, now=late) == between("2027-01-25 pm", "2027-01-29 pm", 0)


def test_a_return_before_its_date_frees_the_rest_after_the_check(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = out_and_back(world, "2027-01-26 am", "2027-02-05 pm")
    at = datetime(2027, 1, 28, 15, tzinfo=PARIS)
    come_back(loan_id, at)
    assert free(world, now=at) == between("2027-01-25 pm", "2027-01-29 am", 0)


def test_a_late_return_takes_what_is_free_of_it(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = out_and_back(world, "2027-01-26 am", "2027-01-27 am")
    world.enter("2027-01-29 am", "2027-01-29 pm")  # prepared from the afternoon before
    come_back(loan_id, datetime(2027, 1, 28, 15, tzinfo=PARIS))
    assert free(world, now=NOW + timedelta(days=18)) == between("2027-01-25 pm", "2027-02-01 am", 0)


def test_a_loan_over_a_clock_change(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    world.enter("2027-03-25 am", "2027-03-30 pm")
    found = availability(world.scenario, date(2027, 3, 20), date(2027, 4, 4), now=NOW)
    taken = [half_day for half_day in found.halves if half_day.free == 0]
    assert [(h.date, h.half) for h in taken] == [
        (h.date, h.half) for h in period("2027-03-24 pm", "2027-03-31 am")
    ]  # fmt: skip


def test_wear_is_even(whole_app: Flask) -> None:
    world = make_world(boxes=3)
    first, second, third = world.box_ids
    with transaction():
        db.session.execute(update(Box).where(Box.id == first).values(uses_count=4))
        db.session.execute(update(Box).where(Box.id == second).values(uses_count=2, last_used_on=date(2026, 12, 1)))
        db.session.execute(update(Box).where(Box.id == third).values(uses_count=2, last_used_on=date(2026, 11, 1)))
    chosen = [get_loan(world.enter(f"2027-02-0{n} am", f"2027-02-0{n} am").id).box_codes[0] for n in (1, 2, 3)]
    wanted = [world.code(box) for box in (third, second, third)]
    assert chosen == wanted


def test_worn_and_incomplete_boxes_come_last(whole_app: Flask) -> None:
    world = make_world(boxes=3)
    first, second, third = world.box_ids
    with transaction():
        db.session.execute(update(Box).where(Box.id == first).values(condition="incomplete"))
        db.session.execute(update(Box).where(Box.id == second).values(wear="worn"))
        db.session.execute(update(Box).where(Box.id == third).values(uses_count=90))
    found = free_boxes(world.scenario, period("2027-02-01 am", "2027-02-01 pm"), now=NOW)
    assert [box.id for box in found] == [third, second, first]


def test_requests_that_follow_each_other_need_as_many_boxes_as_they_may_get(whole_app: Flask) -> None:
    world = make_world(boxes=2, before_halves=0, after_halves=0)
    world.ask("2027-02-01 am", "2027-02-01 pm")
    world.ask("2027-02-02 am", "2027-02-02 pm")
    assert count_free(world.scenario, period("2027-02-01 am", "2027-02-02 pm"), now=NOW) == 1


def test_it_takes_four_statements(whole_app: Flask) -> None:
    world = make_world(boxes=3)
    world.enter(boxes=2)
    world.ask()
    scenario = replace(world.scenario)
    with counted_statements() as counted:
        availability(scenario, FIRST, LAST, now=NOW)
    assert int(counted) <= 4

"""Several people settle the same page at once, while others lend and events book: one wins, and nothing ever overlaps."""

from functools import partial
from typing import Any

from flask import Flask

from app.loans.operations import LoanMade, enter_loan
from app.loans.operations.at_events import book_event_boxes
from app.loans.queries import get_loan
from app.recovery.enums import Way
from app.recovery.errors import TroubleChanged
from app.recovery.operations import settle
from tests.factories import NOW
from tests.integration.loans.event_world import DAY, assert_whole, book, forum_of, wanted
from tests.integration.loans.world import STAFF, make_world
from tests.integration.recovery.world import box_of, break_box, chosen, trouble
from tests.races.together import together


def test_two_settle_the_same_page(whole_app: Flask) -> None:
    world = make_world(boxes=6)
    loans = [world.enter(f"{DAY} am", f"{DAY} pm").id for _ in range(3)]
    broken = [box_of(loan_id) for loan_id in loans]
    for box_id in broken:
        break_box(world, box_id)
    rows = trouble(world).rows
    first = [chosen(row) for row in rows]
    shifted = [chosen(row, box_id=rows[n - 1].proposed.id) for n, row in enumerate(rows) if rows[n - 1].proposed]  # type: ignore[union-attr]
    works: list[Any] = [
        *(partial(settle, world.organiser_id, page, by=STAFF, now=NOW) for page in (first, shifted, first[::-1])),
        *(partial(enter_loan, world.draft("2027-02-03 am", "2027-02-05 pm"), by=STAFF, now=NOW) for _ in range(2)),
    ]
    answers = together(whole_app, works)
    won = [answer for answer in answers[:3] if isinstance(answer, str)]
    lent = [answer for answer in answers[3:] if isinstance(answer, LoanMade)]
    assert all(isinstance(answer, str | TroubleChanged) for answer in answers[:3])
    assert len(won) == (0 if lent else 1)
    held = [box_of(loan_id) for loan_id in loans]
    assert set(held).isdisjoint(broken) if won else held == broken
    assert_whole()


def test_events_and_loans_are_settled_while_others_book(whole_app: Flask) -> None:
    world = make_world(boxes=4)
    event, other = forum_of(world), forum_of(world)
    row = book(world, event)
    loan = world.enter(f"{DAY} am", f"{DAY} pm").id
    for box_id in (row.held[0].box_id, box_of(loan)):
        break_box(world, box_id)
    choices = [chosen(found, Way.BOX) for found in trouble(world).rows]
    draft = wanted(world, other, boxes=2, facilitator_ids=(), over_requests=True)
    works: list[Any] = [
        *(partial(settle, world.organiser_id, page, by=STAFF, now=NOW) for page in (choices, choices[::-1])),
        partial(book_event_boxes, draft, by=STAFF, now=NOW),
    ]
    answers = together(whole_app, works)
    assert sum(isinstance(answer, str) for answer in answers[:2]) <= 1
    assert get_loan(loan).boxes == 1
    assert_whole()

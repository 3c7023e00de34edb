"""An event and others at once for the last box, and an event that moves meanwhile: the ledger stays whole."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask

from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.flows.date_mapping import Shift
from app.flows.postponing import Postponed, postpone_event
from app.loans.enums import LoanMove, LoanState
from app.loans.errors import FacilitatorBusy, NoBoxFree
from app.loans.operations import move_loan
from app.loans.operations.at_events import book_event_boxes, change_event_boxes
from app.loans.queries import get_loan
from app.loans.queries_events import get_event_boxes
from tests.factories import DAY_ONE, NOW, forum
from tests.integration.loans.event_world import DAY, assert_whole, book, forum_of, wanted
from tests.integration.loans.world import STAFF, grant, make_facilitator, make_world, period
from tests.races.together import count, together


def test_bookings_and_approvals_want_the_last_box(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    event = forum_of(world)
    with transaction():
        people = [make_facilitator(world.organiser_id) for _ in range(8)]
        for person in people:
            grant(world.organiser_id, person, world.scenario_id)
    loan = world.ask(f"{DAY} am", f"{DAY} pm").id
    draft = replace(wanted(world, event), over_requests=True)
    works: list[Any] = [
        partial(book_event_boxes, replace(draft, facilitator_ids=(p,)), by=STAFF, now=NOW) for p in people
    ]
    answers = together(whole_app, [*works, partial(move_loan, loan, LoanMove.APPROVE, by=STAFF, now=NOW)])
    assert Counter(isinstance(answer, NoBoxFree) for answer in answers) == {True: 8, False: 1}
    assert count("loan_boxes") + count("event_boxes") == 1
    assert (get_loan(loan).state is LoanState.APPROVED) == (count("event_boxes") == 0)
    assert_whole()


def test_one_person_is_wanted_by_four_events(whole_app: Flask) -> None:
    world = make_world(boxes=4)
    events = [forum_of(world) for _ in range(4)]
    answers = together(whole_app, [partial(book_event_boxes, wanted(world, e), by=STAFF, now=NOW) for e in events])
    assert Counter(type(answer) for answer in answers) == {int: 1, FacilitatorBusy: 3}
    assert_whole()


def test_an_event_moves_while_others_book_and_change(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    begins = DAY_ONE + timedelta(days=7)
    ends = begins + timedelta(hours=8)
    event = forum_of(world)
    other = forum_of(world, forum(starts_at=begins, ends_at=ends, waves=(WaveDraft(begins, ends, 60),)))
    with transaction():
        person = make_facilitator(world.organiser_id)
        grant(world.organiser_id, person, world.scenario_id)
    row = book(world, event, boxes=1)
    on_new_days = period("2027-02-11 am", "2027-02-11 pm")
    theirs = replace(wanted(world, other), period=on_new_days, facilitator_ids=(person,))
    works: list[Any] = [
        partial(postpone_event, event.id, Shift(7), by=SYSTEM, now=NOW),
        *(partial(book_event_boxes, replace(theirs, boxes=2), by=STAFF, now=NOW) for _ in range(2)),
        partial(change_event_boxes, row.id, wanted(world, event, boxes=2), by=STAFF, now=NOW),
    ]
    answers = together(whole_app, works)
    assert isinstance(answers[0], Postponed)
    after = get_event_boxes(row.id)
    assert after.period == on_new_days
    assert len(after.held) + after.missing(NOW) == after.boxes
    assert_whole()

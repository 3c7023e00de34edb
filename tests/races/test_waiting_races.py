"""Accredited, approved and given an address by several at once: each request is approved once, each calendar has one address."""

from collections import Counter
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.boxes.operations.people import grant_accreditation
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.core.transaction import transaction
from app.loans.enums import LoanMove, LoanState
from app.loans.errors import NoAccreditedFacilitator
from app.loans.feeds import FeedRow
from app.loans.operations import move_loan
from app.loans.operations.feeding import make_feed
from app.loans.queries import get_loan
from tests.factories import NOW
from tests.integration.loans.world import STAFF, make_facilitator, make_world, set_structure
from tests.races.test_loan_races import assert_whole
from tests.races.together import count, together


def test_a_request_is_approved_once_however_many_are_accredited_at_once(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    set_structure(world.structure_id, trusted_borrower=True)
    with transaction():
        people = [make_facilitator(world.organiser_id, world.structure_id) for _ in range(6)]
    asked = [world.ask(facilitator_ids=tuple(people)).id for _ in range(2)]
    values: dict[str, Any] = {"organiser_id": world.organiser_id, "by": STAFF, "now": NOW, "note": "Vu jouer"}
    works: list[Any] = [
        partial(grant_accreditation, person, world.scenario_id, NOW.date(), **values) for person in people
    ]
    works += [partial(move_loan, loan_id, LoanMove.APPROVE, by=STAFF, now=NOW) for loan_id in asked]
    answers = together(whole_app, works)
    refused = [a for a in answers if isinstance(a, Exception)]
    assert all(isinstance(a, MoveNotAllowed | NoAccreditedFacilitator) for a in refused)
    assert Counter(get_loan(loan_id).state for loan_id in asked) == {LoanState.APPROVED: 2}
    assert count("uses") == count("loan_boxes") == 2
    mails = db.session.execute(text("SELECT count(*) FROM messages WHERE template = 'loans.approved'")).scalar_one()
    assert mails == 2
    assert_whole()


def test_a_calendar_has_one_address(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    work = partial(make_feed, organiser_id=world.organiser_id, by=STAFF, now=NOW)
    answers = together(whole_app, [work] * 6)
    assert len(set(answers)) == 1
    assert isinstance(answers[0], FeedRow)
    assert count("lending_feeds") == 1

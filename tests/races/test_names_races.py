"""Somebody is forgotten while a loan or an event names them: one of both is refused, and nothing goes on with nobody."""

from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.boxes.models import Facilitator
from app.core.db import db
from app.core.transaction import transaction
from app.loans.errors import FacilitatorNeeded
from app.loans.models import Loan
from app.loans.operations import ask_loan, enter_loan
from app.loans.operations.at_events import book_event_boxes
from app.loans.operations.forgetting_people import forget_facilitator, nameless
from app.structures.drafts import ContactDraft
from app.structures.errors import ContactNeeded, ContactNotFound
from app.structures.operations.contacts import add_contact
from app.structures.operations.erasing import ERASED_MAIL, erase_contact, erase_oneself
from tests.factories import NOW
from tests.integration.loans.event_world import assert_whole, forum_of, wanted
from tests.integration.loans.world import BORROWER, STAFF, make_world
from tests.races.together import count, together

MAIL = "zelda@example.org"


@pytest.mark.parametrize("at_event", [False, True])
def test_somebody_is_made_anonymous_while_boxes_name_them(whole_app: Flask, at_event: bool) -> None:
    world = make_world(boxes=2)
    person = world.facilitator_id
    forget = partial(forget_facilitator, person, organiser_id=world.organiser_id, now=NOW)
    book: Any = partial(enter_loan, world.draft(), by=STAFF, now=NOW)
    if at_event:
        book = partial(book_event_boxes, wanted(world, forum_of(world)), by=STAFF, now=NOW)
    answers = together(whole_app, [forget, book, forget, book])
    forgotten = name_of(person) == nameless(person)
    booked = count("loan_facilitators") + count("event_boxes_facilitators")
    assert forgotten == (booked == 0)
    assert any(isinstance(answer, FacilitatorNeeded) for answer in (answers[0], answers[2])) != forgotten
    assert_whole()


def test_a_contact_is_erased_while_they_ask(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    with transaction():
        draft = ContactDraft("Zelda Martin", email=MAIL)
        contact = add_contact(world.structure_id, draft, organiser_id=world.organiser_id, by=STAFF, now=NOW)
    asked = world.draft(contact_id=contact, contact_name="Zelda Martin", email=MAIL)
    erase: Any = partial(erase_contact, contact, organiser_id=world.organiser_id, by=STAFF, now=NOW)
    ask = partial(ask_loan, asked, by=BORROWER, now=NOW)
    answers = together(whole_app, [erase, ask, ask])
    loans = db.session.execute(select(Loan.contact_name)).scalars().all()
    assert (answers[0] is None) == (loans == [])
    assert isinstance(answers[0], ContactNeeded) == ("Zelda Martin" in loans)
    assert_whole()


def test_a_contact_who_presses_twice_while_staff_erase_them_goes_once(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    with transaction():
        draft = ContactDraft("Zelda Martin", email=MAIL)
        contact = add_contact(world.structure_id, draft, organiser_id=world.organiser_id, by=STAFF, now=NOW)
    oneself: Any = partial(erase_oneself, contact, organiser_id=world.organiser_id, now=NOW)
    staff: Any = partial(erase_contact, contact, organiser_id=world.organiser_id, by=STAFF, now=NOW)
    ask = partial(ask_loan, world.draft(contact_id=contact, contact_name="Zelda", email=MAIL), by=BORROWER, now=NOW)
    answers = together(whole_app, [oneself, staff, ask, oneself])
    erased = [n for n in (0, 1, 3) if answers[n] is None]
    loans = count("loans")
    assert len(erased) + loans == 1
    assert {type(answers[n]) for n in (0, 1, 3) if n not in erased} == {ContactNeeded if loans else ContactNotFound}
    assert count("messages", f"template = '{ERASED_MAIL}'") == (erased not in ([], [1]))
    assert_whole()


def name_of(facilitator_id: int) -> str:
    return db.session.execute(select(Facilitator.name).where(Facilitator.id == facilitator_id)).scalar_one()

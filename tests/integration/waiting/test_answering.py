"""Offers as programs answer them, and as people read of them."""

from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from flask import Flask, current_app

from app.core.clock import set_clock
from app.core.db import db
from app.core.urls import absolute, event_path, own_page_path, settings
from app.registrations.drafts import Contact
from app.registrations.queries import get_registration
from tests.factories import NOW, make_api_token
from tests.integration.api.conftest import Program
from tests.integration.registrations.conftest import told
from tests.integration.waiting.conftest import LAPSED, LATER, OFFERED, cancel, drain, full, offer, statuses, waits


def mails_to(address: str) -> list[Any]:
    """What arrived there, oldest first."""
    files = sorted((settings().instance / "outbox").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    found = [message_from_bytes(path.read_bytes(), policy=default) for path in files]
    return [mail for mail in found if mail["To"] == address]


@pytest.mark.parametrize("key", ["", "one"])
@pytest.mark.parametrize("move", ["accept", "decline"])
def test_a_program_answers_an_offer(move: str, key: str, whole_app: Flask) -> None:
    event, holder = full(1)
    first = waits(event)
    program = Program(whole_app, make_api_token(event.organiser_id))
    path, headers = f"/registrations/{first.reference}/moves", {"Idempotency_Key": key} if key else {}
    assert program.post(path, {"move": move}).get_json()["code"] == "move_not_allowed"  # nothing is offered yet
    cancel(holder)
    offer(event)
    answer = program.post(path, {"move": move}, **headers)
    status = {"accept": "confirmed", "decline": "cancelled"}[move]
    assert (answer.status_code, answer.get_json()["status"]) == (200, status)
    again = program.post(path, {"move": move}, **headers)
    assert again.status_code == (200 if key else 409)


@pytest.mark.parametrize("key", ["", "late"])
def test_an_answer_that_comes_too_late_lapses_the_offer_at_once(key: str, whole_app: Flask) -> None:
    event, holder = full(1)
    first, second = waits(event), waits(event)
    cancel(holder)
    offer(event)
    set_clock(whole_app.extensions, LATER)
    program = Program(whole_app, make_api_token(event.organiser_id))
    headers = {"Idempotency_Key": key} if key else {}
    for _ in range(2):
        answer = program.post(f"/registrations/{first.reference}/moves", {"move": "accept"}, **headers)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "offer_expired")
    db.session.rollback()
    assert statuses(first, second) == [LAPSED, OFFERED]


def test_what_people_read_of_an_offer(whole_app: Flask) -> None:
    event, holder = full(1)
    contact = Contact("Léa Morel", "lea.morel@example.org")
    first = waits(event, contact=contact)
    by_phone = waits(event, contact=Contact("Zoé Faivre", "", "+33639980177"))
    cancel(holder)
    drain()
    offered = mails_to(contact.email)[-1]
    text = offered.get_body(("plain",)).get_content().replace("\N{NO-BREAK SPACE}", " ")
    assert offered["Subject"].startswith("Une place pour vous")
    assert "jusqu’au mardi 12 janvier, 10 h" in text
    assert absolute(own_page_path(first.token)) in text
    assert absolute(own_page_path(first.token)) in offered.get_body(("html",)).get_content()
    drain(LATER)
    lapsed = mails_to(contact.email)[-1]
    assert lapsed["Subject"].startswith("Place plus gardée")
    assert absolute(event_path(event.slug)) in lapsed.get_body(("plain",)).get_content()
    assert len(mails_to(contact.email)) == 3
    assert (told(by_phone.id), statuses(by_phone)) == ([], [OFFERED])  # who has no mail is offered it all the same


def test_an_offer_that_is_over_when_its_mail_goes_out_is_not_sent(whole_app: Flask) -> None:
    event, holder = full(1)
    contact = Contact("Léa Morel", "lea.morel@example.org")
    first = waits(event, contact=contact)
    cancel(holder)
    offer(event)
    drain(LATER)
    assert get_registration(first.id).status is LAPSED
    assert not [mail for mail in mails_to(contact.email) if "Une place pour vous" in mail["Subject"]]
    set_clock(current_app.extensions, NOW)

"""The offer on one's own page: seen first, answered by one press, and what became of it said plainly."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import EventMove, WaitingPolicy
from app.events.operations import move_event
from app.events.queries import EventRow
from app.registrations.drafts import Contact
from app.registrations.operations import Registered
from tests.factories import NOW
from tests.integration.registrations.conftest import told
from tests.integration.waiting.conftest import (
    CANCELLED,
    CONFIRMED,
    LAPSED,
    LATER,
    OFFERED,
    WAITS,
    cancel,
    drain,
    full,
    offer,
    statuses,
    waits,
)

pytestmark = pytest.mark.usefixtures("whole_app")


@pytest.fixture
def client(whole_app: Flask) -> FlaskClient:
    found = whole_app.test_client()
    found.set_cookie("lang", "en")
    return found


def read(client: FlaskClient, made: Registered) -> str:
    return words(client.get(f"/r/{made.token}"))


def words(page: TestResponse) -> str:
    db.session.rollback()
    return page.text.partition("<main")[2].replace("\N{NO-BREAK SPACE}", " ")


def say(client: FlaskClient, made: Registered, answer: str) -> str:
    page = client.post(f"/r/{made.token}/{answer}", follow_redirects=True)
    assert page.status_code == 200
    return words(page)


def offered(**changes: Any) -> tuple[EventRow, Registered, Registered]:
    """Two who wait; the first has an offer."""
    event, holder = full(1)
    first, second = waits(event, **changes), waits(event)
    cancel(holder)
    offer(event)
    assert statuses(first, second) == [OFFERED, WAITS]
    return event, first, second


def test_the_offer_comes_first_with_its_time_and_its_end(client: FlaskClient) -> None:
    _event, first, _second = offered()
    page = read(client, first)
    card, ticket = page.index("A place has become free for you"), page.index('class="ticket"')
    assert card < page.index("It is kept for you until Tuesday 12 January at 10:00 am") < ticket
    assert card < page.index("Thursday 4 February") < ticket
    assert page.count("Yes, I come") == page.count("No thank you") == 1
    assert "Show this code" not in page
    assert f"/r/{first.token}/cancel" not in page  # « no thank you » is what cancels


def test_yes_gives_the_ticket_and_may_be_pressed_twice(client: FlaskClient) -> None:
    _event, first, second = offered()
    page = say(client, first, "accept")
    assert "It is noted: you come. Here is your ticket." in page
    assert "Show this code" in page
    assert "A place has become free" not in page
    again = say(client, first, "accept")
    assert "Show this code" in again
    assert statuses(first, second) == [CONFIRMED, WAITS]
    assert told(first.id) == ["waitlisted", "offered", "confirmed"]


def test_no_gives_the_place_to_the_next_and_says_what_to_do(client: FlaskClient) -> None:
    event, first, second = offered()
    page = say(client, first, "decline")
    assert "You said no thank you" in page
    assert f"/events/{event.slug}/register" in page
    assert "You said no thank you" in say(client, first, "decline")
    drain()
    assert statuses(first, second) == [CANCELLED, OFFERED]


def test_no_is_asked_once_more_with_what_it_means(client: FlaskClient) -> None:
    _event, first, second = offered()
    assert f'href="/r/{first.token}/decline"' in read(client, first)
    asked = client.get(f"/r/{first.token}/decline").text
    assert "Leave this place to others?" in asked
    assert "You are no longer registered." in asked
    assert "Thursday 4 February" in asked
    assert f'action="/r/{first.token}/decline"' in asked
    assert statuses(first, second) == [OFFERED, WAITS]
    for nothing_offered in (second, first):
        if nothing_offered is first:
            say(client, first, "accept")
        assert client.get(f"/r/{nothing_offered.token}/decline").headers["Location"] == f"/r/{nothing_offered.token}"


def test_too_late_says_so_and_the_next_has_the_offer(client: FlaskClient, whole_app: Flask) -> None:
    event, first, second = offered()
    set_clock(whole_app.extensions, LATER + timedelta(seconds=1))
    before = read(client, first)
    assert "The offer is over" in before
    assert "Yes, I come" not in before
    assert "kept for you" not in before
    assert "This ticket lets nobody in." in before
    assert "Place offered" not in before
    assert statuses(first, second) == [OFFERED, WAITS]  # reading changes nothing
    page = say(client, first, "accept")
    assert "Your answer came too late" in page
    assert "you are no longer registered" in page
    assert f"/events/{event.slug}/register" in page
    assert statuses(first, second) == [LAPSED, OFFERED]
    assert "Your answer came too late" in say(client, first, "accept")


def test_who_waits_reads_how_many_come_first_and_what_the_policy_does(client: FlaskClient) -> None:
    event, _holder = full(40, policy=WaitingPolicy.SKIP)
    waits(event, 11)
    waits(event)
    last = waits(event, 8)
    page = read(client, last)
    assert "12 people wait before you (2 registrations)" in page
    assert "So a large group may wait longer." in page
    alone = waits(full(1)[0])
    page = read(client, alone)
    assert "Nobody waits before you" in page
    assert "Nobody goes before their turn." in page
    assert "we write to you" in page


def test_who_has_no_mail_reads_that_they_are_called(client: FlaskClient) -> None:
    event, _holder = full(1)
    by_phone = waits(event, contact=Contact("Zoé Faivre", "", "+33639980177"))
    assert "the organiser calls you" in read(client, by_phone)


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_who_was_offered_nothing_changes_nothing(client: FlaskClient, answer: str) -> None:
    event, holder = full(1)
    first = waits(event)
    assert client.post(f"/r/{first.token}/{answer}").status_code == 409
    db.session.rollback()
    assert statuses(holder, first) == [CONFIRMED, WAITS]
    assert client.post(f"/r/nothing/{answer}").status_code == 404


def test_an_event_that_is_called_off_asks_nothing(client: FlaskClient) -> None:
    event, first, _second = offered()
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW, code="weather")
    page = read(client, first)
    assert "Yes, I come" not in page
    assert client.post(f"/r/{first.token}/accept").status_code == 409


def test_a_reminder_goes_out_before_a_long_offer_ends(whole_app: Flask) -> None:
    _event, first, _second = offered()
    drain(LATER - timedelta(hours=4))
    assert told(first.id) == ["waitlisted", "offered"]
    drain(LATER - timedelta(hours=3))
    assert told(first.id) == ["waitlisted", "offered", "offer_ends"]
    drain(LATER - timedelta(hours=2))
    assert told(first.id) == ["waitlisted", "offered", "offer_ends"]


def test_nobody_who_answered_is_reminded(client: FlaskClient) -> None:
    _event, first, _second = offered()
    say(client, first, "accept")
    drain(LATER - timedelta(hours=2))
    assert told(first.id) == ["waitlisted", "offered", "confirmed"]

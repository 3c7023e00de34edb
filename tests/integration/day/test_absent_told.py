"""A group that gave its places back is called so on every page that names it, and counts say how many did."""

import html
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.enums import Role
from app.checkin.absent import give_back_now
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.models import Event
from app.events.operations import delete_event
from app.events.queries import EventRow
from app.registrations.models import Registration
from app.registrations.operations import Registered
from tests.factories import DAY_ONE, make_event, make_organiser
from tests.integration.door.conftest import sign_in
from tests.integration.flows.conftest import add_class, led_forum

MINUTE = timedelta(minutes=1)
SAID = "Absent (places given back)"


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    """Two classes of 30 at nine; one did not come, and has no places any more. It is a quarter past nine."""
    made = make_event(make_organiser(), led_forum(absent_minutes=20))
    add_class(made, "3e B")
    set_clock(whole_app.extensions, DAY_ONE + 15 * MINUTE)
    return made


@pytest.fixture
def gone(event: EventRow) -> Registered:
    made = add_class(event, "3e A")
    with transaction():
        give_back_now(made.id, by=SYSTEM, now=DAY_ONE + MINUTE)
    return made


@pytest.fixture
def client(whole_app: Flask, event: EventRow, gone: Registered) -> FlaskClient:
    client: FlaskClient = sign_in(whole_app, event.organiser_id, Role.OWNER)
    return client


def words(client: FlaskClient, path: str) -> str:
    text = client.get(path).get_data(as_text=True)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text))).replace("\N{NO-BREAK SPACE}", " ")


def reference(gone: Registered) -> str:
    return str(db.session.execute(select(Registration.reference).where(Registration.id == gone.id)).scalar_one())


def test_the_list_says_it_in_its_row_and_in_its_count(event: EventRow, client: FlaskClient, gone: Registered) -> None:
    base = f"/manage/events/{event.slug}"
    shown = words(client, f"{base}/registrations")
    assert shown.count(SAID) == 1
    assert "2 registrations, 60 people, of which 1 absent (places given back), 30 people" in shown
    one = "1 registration, 30 people, of which 1 absent (places given back), 30 people of 2 registrations"
    for more in ("", "&arrival=nobody"):  # which ask in two ways
        assert one in words(client, f"{base}/registrations?q={reference(gone)}{more}")
    exported = client.get(f"{base}/registrations.csv").get_data(as_text=True)
    assert exported.count(SAID) == 1


def test_so_do_dashboard_registration_palette_and_day(event: EventRow, client: FlaskClient, gone: Registered) -> None:
    base = f"/manage/events/{event.slug}"
    assert "of which 30 people absent (places given back)" in words(client, base)
    assert SAID in words(client, f"{base}/registrations/{reference(gone)}")
    assert SAID in words(client, "/manage/search?q=3e+A")
    assert "Its places were given back" in words(client, f"{base}/day")


def test_so_does_the_door(event: EventRow, client: FlaskClient, gone: Registered) -> None:
    found = words(client, f"/door/{event.slug}/search?q=3e")
    assert found.count(SAID) == 1
    assert "Confirmed" in found
    assert SAID in words(client, f"/door/{event.slug}/tickets/{reference(gone)}")
    assert SAID in client.get(f"/door/{event.slug}").get_data(as_text=True)  # as scripts show it


def test_bringing_the_event_back_says_who_stays_without_places(event: EventRow, client: FlaskClient) -> None:
    with transaction():
        delete_event(event.id, by=SYSTEM, now=DAY_ONE + 16 * MINUTE)
    asked = words(client, f"/manage/bin/events/{event.id}/restore")
    assert "1 registration takes its places again." in asked
    assert "1 registration comes back without places, as it was" in asked
    client.post(f"/manage/bin/events/{event.id}/restore")
    db.session.rollback()
    assert db.session.execute(select(Event.deleted_at)).scalar_one() is None
    assert "Its places were given back at 9:01" in words(client, f"/manage/events/{event.slug}/day")

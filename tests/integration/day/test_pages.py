"""« Le jour J » from the desk: what it means first, then everybody is told; groups that are not there; who may what."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts.enums import Role
from app.core.clock import set_clock
from app.core.db import db
from app.events.queries import EventRow, get_event_by_id
from app.flows.models import Delay
from app.registrations.models import Registration
from app.registrations.queries import get_registration
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, make_event, make_organiser
from tests.integration.door.conftest import sign_in
from tests.integration.flows.conftest import add_class, led_forum, plan_now, publish
from tests.integration.mails.conftest import drain

Browser = Callable[[Role], FlaskClient]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    """Two classes at 9:00, one at 9:40, a plan in force; it is five past nine and nobody is there."""
    made = make_event(make_organiser(), led_forum(absent_minutes=20))
    for label, wave in (("3e A", 0), ("3e B", 0), ("3e C", 1)):
        add_class(made, label, wave=wave)
    publish(plan_now(made))
    drain()
    set_clock(whole_app.extensions, DAY_ONE + 5 * MINUTE)
    drain()
    return made


@pytest.fixture
def browser(whole_app: Flask, event: EventRow) -> Browser:
    def opened(role: Role) -> FlaskClient:
        client: FlaskClient = sign_in(whole_app, event.organiser_id, role)
        return client

    return opened


def page(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)).replace("\N{NO-BREAK SPACE}", " ")


def url(event: EventRow, rest: str = "") -> str:
    return f"/manage/events/{event.slug}/day{rest}"


def late(event: EventRow, minutes: int, kind: str = "wave") -> dict[str, str]:
    of = event.waves[0].id if kind == "wave" else event.spaces[0].id
    revision = get_event_by_id(event.id).revision
    return {"kind": kind, "of": str(of), "minutes": str(minutes), "revision": str(revision)}


def delays() -> list[int]:
    db.session.rollback()
    return list(db.session.execute(select(Delay.minutes).order_by(Delay.id)).scalars())


def test_what_a_delay_means_is_shown_before_anybody_is_told(event: EventRow, browser: Browser) -> None:
    client = browser(Role.MANAGER)
    shown = page(client.get(url(event)))
    for words in (
        "Nobody is here yet, 60 expected",
        "Groups that are not there",
        "Grande salle",
        "+10 min",
        "Wall board",
    ):
        assert words in shown
    seen = page(client.get(url(event, "/late"), query_string=late(event, 10)))
    assert "10 minutes late" in seen
    assert re.search(r"[23] groups move later, by up to \d+ minutes", seen)
    assert re.search(r"3e [ABC] ends at \d+:\d\d am instead of \d+:\d\d am", seen)
    assert re.search(r"Tell everybody, [23] mails", seen)
    assert delays() == []
    answer = client.post(url(event, "/late"), data=late(event, 10))
    assert (answer.status_code, answer.location) == (303, url(event))
    assert delays() == [10]
    after = page(client.get(url(event)))
    assert "Late now" in after
    assert "9:10 am instead of 9:00 am" in after
    assert re.search(r"[23] groups are told", after)
    assert len(drain()) in {2, 3}
    back = page(client.get(url(event, "/late"), query_string=late(event, 0)))
    assert "on time again" in back
    client.post(url(event, "/late"), data=late(event, 0))
    assert delays() == [10, 0]
    assert "Late now" not in page(client.get(url(event)))


def test_somebody_changed_it_meanwhile(event: EventRow, browser: Browser) -> None:
    client, old = browser(Role.MANAGER), late(event, 10)
    client.post(url(event, "/late"), data=late(event, 5, "space"))
    answer = client.post(url(event, "/late"), data=old)
    assert (answer.status_code, "late?kind=wave" in answer.location) == (303, True)
    assert delays() == [5]
    assert "Somebody changed this event meanwhile" in page(client.get(answer.location))


def test_what_nobody_can_choose_is_not_there(event: EventRow, browser: Browser) -> None:
    client = browser(Role.MANAGER)
    for wrong in ({"kind": "door"}, {"of": "999999"}, {"of": "x"}, {"minutes": "9999"}, {"minutes": "-5"}):
        assert client.get(url(event, "/late"), query_string=late(event, 5) | wrong).status_code == 404
        assert client.post(url(event, "/late"), data=late(event, 5) | wrong).status_code == 404


def test_groups_that_are_not_there(event: EventRow, browser: Browser, whole_app: Flask) -> None:
    client = browser(Role.MANAGER)
    late = get_registration(_ids()[0])
    shown = page(client.get(url(event)))
    assert "Its places are kept until 9:20 am" in shown
    client.post(url(event, f"/groups/{late.reference}/wait"))
    assert "Its places are kept until 9:30 am" in page(client.get(url(event)))
    client.post(url(event, f"/groups/{late.reference}/give-back"))
    after = page(client.get(url(event)))
    assert re.search(r"Its places were given back at 9:0\d am", after)
    assert "30 places are free again" in after
    assert get_registration(late.id).absent_at is not None
    client.post(url(event, f"/groups/{late.reference}/give-back"))
    assert "Nothing to do" in page(client.get(url(event)))
    own = page(whole_app.test_client().get(f"/r/{late.token}", headers={"Accept-Language": "en"}))
    assert "Your places were given back" in own
    assert "We expected you at 9:00 am" in own


def _ids() -> list[int]:
    return list(db.session.execute(select(Registration.id).order_by(Registration.id)).scalars())


def test_the_door_says_that_the_places_were_given_back(event: EventRow, browser: Browser) -> None:
    client, who = browser(Role.MANAGER), get_registration(_ids()[0])
    client.post(url(event, f"/groups/{who.reference}/give-back"))
    ticket = client.get(f"/door/{event.slug}/tickets/{who.reference}")
    assert "its places were given back" in page(ticket)
    sent = dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', ticket.text))
    answer = page(client.post(f"/door/{event.slug}/scan", data=sent))
    assert "its places had been given back" in answer
    assert get_registration(who.id).absent_at is None


def test_who_may_what(event: EventRow, browser: Browser) -> None:
    viewer, door = browser(Role.VIEWER), browser(Role.DOOR)
    seen = viewer.get(url(event))
    assert seen.status_code == 200
    assert "+10 min" not in page(seen)
    assert "Manon Lambert" not in page(seen)
    assert "Wait 10 more minutes" not in page(seen)
    assert viewer.get(url(event, "/late"), query_string=late(event, 10)).status_code == 403
    assert viewer.post(url(event, "/late"), data=late(event, 10)).status_code == 403
    reference = get_registration(_ids()[0]).reference
    assert viewer.post(url(event, f"/groups/{reference}/give-back")).status_code == 403
    assert door.get(url(event)).status_code == 403
    assert delays() == []


def test_the_page_asks_the_same_however_many_come(event: EventRow, browser: Browser) -> None:
    client = browser(Role.MANAGER)
    client.get(url(event))
    with counted_statements() as few:
        client.get(url(event))
    for n in range(2):
        add_class(event, f"4e {n}", participants=18)
    client.get(url(event))
    with counted_statements() as many:
        client.get(url(event))
    assert len(many.statements) == len(few.statements)

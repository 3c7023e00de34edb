"""Practising at a door: answered as at the doors, and nothing of it is ever stored."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.enums import Role
from app.checkin.models import Presence, Scan
from app.checkin.rehearsal import EXAMPLES, Example, practice_moment
from app.core.audit import AuditEntry
from app.core.clock import set_clock
from app.core.db import db
from app.events.models import Event, Wave
from app.events.queries import EventRow, get_event_by_id
from app.jobs.models import Job
from app.messages.models import Message
from app.registrations.models import Registration, Ticket
from app.registrations.queries import get_registration
from tests.factories import DAY_ONE, NOW, forum, make_event, make_organiser, make_registration
from tests.integration.door.conftest import sign_in

CODES = {ticket.example: ticket.code for ticket in EXAMPLES}
NUMBERS = {ticket.example: ticket.reference for ticket in EXAMPLES}
COUNTED: tuple[Any, ...] = (Scan, Presence, AuditEntry, Registration, Ticket, Wave, Job, Message)


class Trainee:
    """Somebody who practises at an event's door, with scripts and without."""

    def __init__(self, client: FlaskClient, event: EventRow) -> None:
        self.client, self.event = client, event
        self.base = f"/door/{event.slug}/practice"
        self.entrance = next(c for c in event.checkpoints if c.space_id is None)
        self.done: list[dict[str, object]] = []

    def item(self, code: str, **more: object) -> dict[str, object]:
        return {
            "id": str(uuid4()), "code": code, "checkpoint": str(self.entrance.id), "direction": "in",
            "scanned_at": practice_moment(self.event, NOW).isoformat(), **more,
        }  # fmt: skip

    def scan(self, code: str, **more: object) -> dict[str, Any]:
        """As the page's scripts do it: all that was done before goes with it."""
        item = self.item(code, **more)
        answer = self.client.post(f"{self.base}/scans", json={"scan": item, "earlier": self.done})
        assert answer.status_code == 200
        self.done.append(item)
        found: dict[str, Any] = answer.get_json()
        return found

    def verdict(self, code: str, **form: str) -> str:
        """As a form without scripts does it."""
        answer = self.client.post(f"{self.base}/scan", data={"code": code, "id": str(uuid4()), **form})
        assert answer.status_code == 200
        return answer.text


def state_of_the_database() -> dict[str, object]:
    """Everything that a passage at a real door would touch."""
    db.session.rollback()
    counts: dict[str, object] = {
        model.__tablename__: db.session.execute(select(func.count()).select_from(model)).scalar_one()
        for model in COUNTED
    }
    counts["events"] = [tuple(row) for row in db.session.execute(select(Event.id, Event.version, Event.taken))]
    counts["waves"] = [tuple(row) for row in db.session.execute(select(Wave.id, Wave.taken).order_by(Wave.id))]
    return counts


def make_trainee(app: Flask, *, publish: bool = True, role: Role = Role.DOOR) -> Trainee:
    organiser_id = make_organiser()
    event = make_event(organiser_id, publish=publish)
    return Trainee(sign_in(app, organiser_id, role), event)


@pytest.fixture
def trainee(whole_app: Flask) -> Trainee:
    """On both databases, three weeks before the event."""
    return make_trainee(whole_app)


def test_each_example_is_answered_as_a_ticket_of_its_kind(trainee: Trainee) -> None:
    results = {example: trainee.scan(code)["result"] for example, code in CODES.items()}
    assert {example: (found["result"], found["reason"]) for example, found in results.items()} == {
        Example.CLASS: ("accepted", None),
        Example.PERSON: ("accepted", None),
        Example.WRONG_DAY: ("refused", "wrong_wave"),
        Example.WAITING: ("refused", "waitlisted"),
        Example.CANCELLED: ("refused", "cancelled"),
        Example.UNKNOWN: ("refused", "unknown"),
    }
    assert results[Example.CLASS]["expected"] == {"participants": 24, "companions": 2}
    assert "(practice)" in results[Example.CLASS]["label"]


def test_nothing_of_a_practice_is_stored(trainee: Trainee) -> None:
    real = get_registration(make_registration(trainee.event).id)
    before = state_of_the_database()
    for code in (*CODES.values(), real.ticket.code):
        trainee.scan(code)
        trainee.verdict(code)
        trainee.client.post(f"{trainee.base}/look-up", json={"code": code})
    for page in ("", "/examples", "/place", "/search?q=exemple", f"/tickets/{NUMBERS[Example.CLASS]}"):
        assert trainee.client.get(trainee.base + page).status_code == 200, page
    assert state_of_the_database() == before
    assert trainee.client.get(f"/door/{trainee.event.slug}").text.count("0 present") == 1


def test_the_second_scan_knows_of_the_first(trainee: Trainee) -> None:
    first = trainee.scan(CODES[Example.CLASS], headcount={"participants": 20, "companions": 2})
    assert (first["result"]["present"]["participants"], first["present"]) == (20, 22)
    looked = trainee.client.post(
        f"{trainee.base}/look-up", json={"code": CODES[Example.CLASS], "earlier": trainee.done}
    ).get_json()
    assert looked["ticket"]["inside"] == {"participants": 20, "companions": 2}
    rest = trainee.scan(CODES[Example.CLASS])
    assert (rest["result"]["result"], rest["present"]) == ("accepted", 26)
    assert trainee.scan(CODES[Example.CLASS])["result"]["result"] == "duplicate"
    undone = trainee.scan(CODES[Example.CLASS], undoes=trainee.done[1]["id"])
    assert (undone["result"]["result"], undone["present"]) == ("accepted", 22)


def test_without_scripts_the_browser_remembers_until_one_starts_again(trainee: Trainee) -> None:
    assert "Come in" in trainee.verdict(CODES[Example.PERSON])
    assert "Already counted" in trainee.verdict(CODES[Example.PERSON])
    trainee.client.get(f"{trainee.base}?again=1")
    assert "Come in" in trainee.verdict(CODES[Example.PERSON])
    over = trainee.client.post(f"{trainee.base}/over")
    assert over.headers["Location"] == f"/door/{trainee.event.slug}"
    assert "Come in" in trainee.verdict(CODES[Example.PERSON])


@pytest.mark.parametrize(
    ("example", "offered", "why"),
    [
        (Example.PERSON, "Let in", ""),
        (Example.WAITING, "Check this ticket", "This registration is still waiting for a place."),
        (Example.CANCELLED, "Check this ticket", "This registration was cancelled."),
        (Example.WRONG_DAY, "Check this ticket", "This ticket is for"),
    ],
)
def test_a_ticket_is_let_in_only_where_the_door_lets_it_in(
    trainee: Trainee, example: Example, offered: str, why: str
) -> None:
    page = trainee.client.get(f"{trainee.base}/tickets/{NUMBERS[example]}").text
    assert (f"<span>{offered}</span>" in page, "Let in" in page) == (True, not why)
    assert why in page
    assert why in trainee.verdict(CODES[example])


def test_what_one_practises_at_one_event_is_not_known_at_another(whole_app: Flask) -> None:
    trainee = make_trainee(whole_app)
    second = Trainee(trainee.client, make_event(trainee.event.organiser_id))
    trainee.verdict(CODES[Example.PERSON])
    assert "Come in" in second.verdict(CODES[Example.PERSON])


def test_a_practice_is_marked_on_each_of_its_pages_and_leads_to_its_own(trainee: Trainee) -> None:
    for page in ("", "/examples", "/place", "/search?q=exemple", f"/tickets/{NUMBERS[Example.CLASS]}"):
        text = trainee.client.get(trainee.base + page).text
        assert "Practice: nothing is counted." in text, page
        assert "as if it were Thursday 4 February" in text, page
        assert "door-practising" in text, page
        assert f'href="/door/{trainee.event.slug}/search' not in text, page
    assert "Practice: nothing is counted." in trainee.verdict(CODES[Example.UNKNOWN])
    real = trainee.client.get(f"/door/{trainee.event.slug}").text
    assert f'href="{trainee.base}"' in real
    assert "Practice:" not in real


def test_the_examples_are_printed_with_a_code_and_a_number_each(trainee: Trainee) -> None:
    page = trainee.client.get(f"{trainee.base}/examples").text
    assert page.count(">PRACTICE<") == len(EXAMPLES)
    for ticket in EXAMPLES:
        assert ticket.reference in page
    found = trainee.client.get(f"{trainee.base}/search?number={NUMBERS[Example.CLASS].lower()}")
    assert found.headers["Location"] == f"{trainee.base}/tickets/{NUMBERS[Example.CLASS]}"
    assert "Unknown ticket" in trainee.client.get(f"{trainee.base}/search?number={NUMBERS[Example.UNKNOWN]}").text


def test_at_the_real_door_the_examples_are_unknown(trainee: Trainee) -> None:
    for code in CODES.values():
        answer = trainee.client.post(f"/door/{trainee.event.slug}/look-up", json={"code": code})
        assert answer.get_json() == {"ticket": None}


def test_a_real_ticket_is_answered_as_on_the_day(trainee: Trainee) -> None:
    real = get_registration(make_registration(trainee.event).id)
    found = trainee.scan(real.ticket.code)["result"]
    assert (found["result"], found["expected"]) == ("accepted", {"participants": 28, "companions": 2})
    assert trainee.scan(real.ticket.code)["result"]["result"] == "duplicate"


def test_one_practises_at_a_draft_without_a_wave(sqlite_app: Flask) -> None:
    organiser_id = make_organiser()
    event = make_event(organiser_id, forum(waves=(), audiences=(), spaces=(), stops=()), publish=False)
    trainee = Trainee(sign_in(sqlite_app, organiser_id, Role.MANAGER), event)
    assert trainee.client.get(trainee.base).status_code == 200
    assert trainee.scan(CODES[Example.CLASS])["result"]["result"] == "accepted"
    assert trainee.scan(CODES[Example.WRONG_DAY])["result"]["reason"] == "wrong_wave"


def test_on_the_day_the_present_is_the_present(sqlite_app: Flask) -> None:
    trainee = make_trainee(sqlite_app)
    now = DAY_ONE + timedelta(hours=3)
    set_clock(sqlite_app.extensions, now)
    assert "as if it were" not in trainee.client.get(trainee.base).text
    assert practice_moment(trainee.event, now) == now
    assert practice_moment(trainee.event, NOW) == trainee.event.waves[0].starts_at
    assert practice_moment(trainee.event, DAY_ONE + timedelta(days=9)) == trainee.event.waves[0].starts_at


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"scan": None},
        {"scan": {"id": "x"}},
        {"scan": {}, "earlier": "x"},
        {"scan": 1, "earlier": [1, {}]},
    ],
)
def test_what_cannot_be_read_is_refused_as_invalid(sqlite_app: Flask, body: object) -> None:
    trainee = make_trainee(sqlite_app)
    answer = trainee.client.post(f"{trainee.base}/scans", json=body)
    assert answer.status_code == 200
    assert answer.get_json()["result"]["reason"] == "invalid"


def test_a_space_that_fills_in_practice_is_free_at_the_door(sqlite_app: Flask) -> None:
    trainee = make_trainee(sqlite_app)
    small = next(s for s in trainee.event.spaces if s.capacity == 20)
    door = next(c for c in trainee.event.checkpoints if c.space_id == small.id)
    full = trainee.scan(CODES[Example.CLASS], checkpoint=str(door.id))
    assert (full["result"]["result"], full["result"]["reason"]) == ("refused", "space_full")
    assert get_event_by_id(trainee.event.id) == trainee.event


def test_a_viewer_does_not_practise(sqlite_app: Flask) -> None:
    trainee = make_trainee(sqlite_app, role=Role.VIEWER)
    assert trainee.client.get(trainee.base).status_code == 403

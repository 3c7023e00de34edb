"""Two classes and a job seeker at 9:00, a class at 9:40; who watches, and what happens at the doors."""

import html
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts.enums import Role
from app.checkin.drafts import ScanInput
from app.checkin.enums import Direction
from app.checkin.operations import record_scans
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.operations import Registered
from app.registrations.queries import get_registration
from app.web.manage.live_board import forget_boards
from tests.factories import DAY_ONE, make_event, make_organiser, make_registration, person_draft
from tests.integration.door.conftest import sign_in
from tests.integration.flows.conftest import add_class, led_forum

MINUTE = timedelta(minutes=1)


def come_in(
    event: EventRow,
    who: Registered,
    heads: Headcount | None = None,
    *,
    space: int | None = None,
    at: datetime = DAY_ONE,
    known: Headcount | None = None,
    device: str = "a phone",
) -> str:
    """Somebody passes; `known`: who was inside as far as the phone knew. The scan's UUID."""
    space_id = None if space is None else event.spaces[space].id
    door = next(c.id for c in event.checkpoints if c.space_id == space_id)
    said = ScanInput(str(uuid4()), get_registration(who.id).ticket.code, door, Direction.IN, at, known=known)
    with transaction():
        record_scans(event, device, [replace(said, headcount=heads) if heads else said], now=at)
    db.session.remove()
    return said.id


@dataclass
class Day:
    """An event's day: its registrations by a short name, the clock, and the board as somebody of a role reads it."""

    app: Flask
    event: EventRow
    people: dict[str, Registered]

    def at(self, minutes: float, *, moment: datetime = DAY_ONE) -> None:
        """So many minutes after the first wave begins."""
        set_clock(self.app.extensions, moment + minutes * MINUTE)
        forget_boards()

    def scan(self, who: str, heads: Headcount | None = None, *, space: int | None = None, at: float = 0) -> str:
        """Somebody comes in, at the entrance or at a space by its place in the list; the scan's UUID."""
        uuid = come_in(self.event, self.people[who], heads, space=space, at=DAY_ONE + at * MINUTE)
        forget_boards()
        return uuid

    def browser(self, role: Role = Role.MANAGER) -> FlaskClient:
        client: FlaskClient = sign_in(self.app, self.event.organiser_id, role)
        return client

    def read(self, client: FlaskClient, path: str = "") -> str:
        return words(client.get(f"/manage/events/{self.event.slug}/live{path}"))


def words(answer: TestResponse) -> str:
    assert answer.status_code == 200
    text = html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_event(make_organiser(), led_forum(absent_minutes=20))


@pytest.fixture
def day(whole_app: Flask, event: EventRow) -> Day:
    people = {
        "A": add_class(event, "3e A"),
        "B": add_class(event, "3e B"),
        "C": add_class(event, "3e C", wave=1),
        "Hugo": make_registration(event, person_draft(event)),
    }
    made = Day(whole_app, event, people)
    made.at(1)
    return made

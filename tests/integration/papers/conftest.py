"""A forum with three classes, and the hours of the day itself."""

import html
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Update, update
from werkzeug.test import TestResponse

from app.accounts.enums import Role
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.models import Event, Space, Wave
from app.events.operations.stands import open_stand
from app.events.queries import EventRow
from tests.factories import DAY_ONE, NOW, make_event, make_member, make_organiser
from tests.integration.flows.conftest import add_class, led_forum
from tests.integration.guards.walking import sign_in_as

TEACHER = "Manon Lambert"
"""How every teacher's name begins: it stands on no sheet and no screen."""
At = Callable[..., None]


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    """A published event with three classes of 30: two at 9:00, one at 9:40."""
    made = make_event(make_organiser(), led_forum())
    add_class(made, "3e A")
    add_class(made, "3e B")
    add_class(made, "3e C", wave=1)
    return made


@pytest.fixture
def at(whole_app: Flask) -> At:
    """Set the clock to so many minutes after the first wave of the forum's day."""

    def move(minutes: float = 0, *, moment: datetime = DAY_ONE) -> None:
        set_clock(whole_app.extensions, moment + timedelta(minutes=minutes))

    return move


@pytest.fixture
def visitor(whole_app: Flask) -> FlaskClient:
    """Somebody who reads English, without an account."""
    client = whole_app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def team(whole_app: Flask, event: EventRow) -> Callable[[Role], FlaskClient]:
    """Somebody of the organiser with that role, who reads English."""

    def enter(role: Role) -> FlaskClient:
        client = sign_in_as(whole_app, make_member(event.organiser_id, role)[0])
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return client

    return enter


def words_of(answer: TestResponse) -> str:
    """What a reader sees of a page, on one line, without the breaks that hold an hour together."""
    text = html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).replace("\xa0", " ").replace("\u202f", " ")
    return re.sub(r" ([,.])", r"\1", " ".join(text.split()))


def stand_link(event: EventRow, number: int = 0) -> str:
    """The address of a space's live page, given just now."""
    with transaction():
        return f"/stands/{open_stand(event.id, event.spaces[number].id, by=SYSTEM, now=NOW)}"


def be_late(event: EventRow, *, wave: int = 0, space: int = 0) -> None:
    """The first wave and the first space are late by so many minutes."""
    edited(
        event,
        update(Wave).where(Wave.id == event.waves[0].id).values(late_minutes=wave),
        update(Space).where(Space.id == event.spaces[0].id).values(late_minutes=space),
    )


def edited(event: EventRow, *statements: Update) -> None:
    """A change of the event without its form: revision and version rise as they do there."""
    raised = {"revision": Event.revision + 1, "version": Event.version + 1}
    with transaction():
        for statement in statements:
            db.session.execute(statement)
        db.session.execute(update(Event).where(Event.id == event.id).values(raised))

"""A visitor who reads English, so that tests name the texts of the code; a forum with two waves; forms as a browser fills them."""

import re
from collections.abc import Mapping
from contextvars import Context
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.core.db import db
from app.events.queries import EventRow
from app.messages.models import Message
from app.registrations.models import Registration
from app.registrations.queries import RegistrationRow, get_registration
from tests.factories import make_event, make_organiser

Fields = dict[str, list[str]]

SENT = "Check your mail"


class FormReader(HTMLParser):
    """What a browser would send of a page's only form, were nothing changed: hidden, typed and ticked values."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: Fields = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name, kind = found.get("name"), found.get("type", "text")
        if tag != "input" or not name or "disabled" in found:
            return
        if kind in {"radio", "checkbox"} and "checked" not in found:
            return
        self.fields.setdefault(name, []).append(found.get("value") or "")


def fields_of(page: TestResponse) -> Fields:
    reader = FormReader()
    reader.feed(page.text)
    return reader.fields


def words_of(page: TestResponse) -> str:
    """The page's text, its no-break spaces as plain ones."""
    return page.text.replace("\N{NO-BREAK SPACE}", " ")


def without_token(page: TestResponse) -> str:
    """The page without the token against forgery, which belongs to a session."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page.text)


class Visitor:
    """Somebody in front of the pages of one event."""

    def __init__(self, client: FlaskClient, event: EventRow) -> None:
        self.client, self.event = client, event

    @property
    def form_url(self) -> str:
        return f"/events/{self.event.slug}/register"

    def open(self, query: str = "") -> TestResponse:
        return self.client.get(self.form_url + query)

    def fill(self, page: TestResponse, answers: Mapping[str, str | list[str]] | None = None) -> TestResponse:
        """Send the form of a page with these answers over what it holds already."""
        sent = fields_of(page)
        sent.pop("csrf_token", None)
        for name, value in (answers or {}).items():
            sent[name] = [value] if isinstance(value, str) else value
        return self.client.post(self.form_url, data=sent)

    def send(self, answers: Mapping[str, str], *, follow: bool = False) -> TestResponse:
        """All answers at once."""
        return self.client.post(self.form_url, data=dict(answers), follow_redirects=follow)


def class_answers(event: EventRow, **changes: str) -> dict[str, str]:
    """A class of 28 + 2 for the first wave, as the form names its fields. `contact__email` stands for contact.email."""
    answers = {
        "kind": "group",
        "audience": "school",
        "organisation.class_label": "3e B",
        "organisation.name": "Collège des Trois-Rivières",
        "organisation.uai": "0219100C",
        "headcount.participants": "28",
        "headcount.companions": "2",
        "waves": str(event.waves[0].id),
        "contact.name": "Manon Lambert",
        "contact.email": "manon.lambert@example.org",
        "contact.phone": "06 39 98 01 02",
    }
    return answers | {name.replace("__", "."): value for name, value in changes.items()}


def person_answers(event: EventRow, **changes: str) -> dict[str, str]:
    answers = {
        "kind": "individual",
        "audience": "job_seeker",
        "is_15_or_older": "yes",
        "waves": str(event.waves[0].id),
        "contact.name": "Hugo Dupont",
        "contact.email": "hugo.dupont@example.org",
    }
    return answers | {name.replace("__", "."): value for name, value in changes.items()}


class OwnContextClient(FlaskClient):
    """Asks each page in a context of its own, as a server does, although the test has one open for its factories."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = Context().run(super().open, *args, **kwargs)
        if has_app_context():  # not while it follows a redirect
            db.session.rollback()  # what the test reads next is what the page wrote
        return answer


@pytest.fixture
def client(sqlite_app: Flask) -> FlaskClient:
    return reader_of_english(sqlite_app)


def reader_of_english(app: Flask) -> FlaskClient:
    made = OwnContextClient(app, app.response_class, use_cookies=True)
    made.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return made


@pytest.fixture
def organiser_id(sqlite_app: Flask) -> int:
    return make_organiser()


@pytest.fixture
def event(organiser_id: int) -> EventRow:
    """Waves of 60 and 30 people on 4 February 2027."""
    return make_event(organiser_id)


@pytest.fixture
def visitor(client: FlaskClient, event: EventRow) -> Visitor:
    return Visitor(client, event)


def all_registrations() -> list[RegistrationRow]:
    return [
        get_registration(i) for i in db.session.execute(select(Registration.id).order_by(Registration.id)).scalars()
    ]


def mails() -> list[tuple[str, str]]:
    """(template, recipient) of each mail on its way."""
    rows = db.session.execute(select(Message.template, Message.recipient).order_by(Message.id))
    return [(template, recipient) for template, recipient in rows]


def step_of(page: TestResponse) -> str:
    return fields_of(page)["step"][0]

"""A door's pages as a volunteer without scripts uses them."""

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.accounts.enums import Role
from app.accounts.queries import find_signed_in
from app.checkin.queries import get_occupancy
from app.core import clock
from app.events.drafts import WaveDraft
from app.events.queries import EventRow
from app.registrations.operations import Registered
from tests.factories import DAY_ONE, NOW, forum, make_event, make_member, make_organiser, make_registration


@dataclass
class Volunteer:
    """Somebody signed in, in one browser."""

    app: Flask
    event: EventRow
    class_: Registered
    organiser_id: int
    client: Any

    def get(self, path: str = "") -> TestResponse:
        return self._open("GET", path)

    def post(self, path: str, **sent: Any) -> TestResponse:
        return self._open("POST", path, **sent)

    def text(self, path: str = "") -> str:
        answer = self.get(path)
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    @property
    def present(self) -> int:
        with self.app.app_context():
            return get_occupancy(self.event, now=clock.now()).present

    def _open(self, method: str, path: str, **sent: Any) -> TestResponse:
        address = path if path.startswith("/door/") else f"/door/{self.event.slug}{path}"
        with self.app.app_context():
            answer: TestResponse = self.client.open(
                address, method=method, query_string=sent.pop("query", None), **sent
            )
        return answer


def sign_in(app: Flask, organiser_id: int, role: Role) -> Any:
    """A browser in which a new person of that role is signed in, reading English."""
    account_id, _ = make_member(organiser_id, role)
    account = find_signed_in(account_id, NOW)
    assert account is not None
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    with client.session_transaction() as session:
        session["account_id"], session["epoch"] = account_id, account.epoch
    return client


def make_volunteer(app: Flask, role: Role = Role.DOOR) -> Volunteer:
    organiser_id = make_organiser()
    event = make_event(organiser_id)
    return Volunteer(app, event, make_registration(event), organiser_id, sign_in(app, organiser_id, role))


@pytest.fixture
def volunteer(whole_app: Flask) -> Volunteer:
    """On both databases."""
    return make_volunteer(whole_app)


@pytest.fixture
def sqlite_volunteer(sqlite_app: Flask) -> Volunteer:
    return make_volunteer(sqlite_app)


def door_data(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="door-data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def make_event_after(volunteer: Volunteer, title: str, shift: timedelta, *, publish: bool = True) -> EventRow:
    start = DAY_ONE + shift
    wave = WaveDraft(start, start + timedelta(hours=1), 10)
    draft = forum(title_fr=title, title_en=title, starts_at=start, ends_at=start + timedelta(hours=8), waves=(wave,))
    return make_event(volunteer.organiser_id, draft, publish=publish)

"""A phone at a door, as it calls the server, and the staff who took it."""

import gzip
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts.enums import Role
from app.checkin.devices.operations import make_code
from app.checkin.enums import DeviceMode
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow
from tests.factories import DAY_ONE, make_event, make_organiser
from tests.integration.door.conftest import sign_in

SECOND = "2027-02-04T09:00:{:02d}+01:00"


@dataclass
class Phone:
    """One phone: its token, and what it asks."""

    app: Flask
    token: str = ""

    def call(self, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        sent = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **headers}
        with self.app.app_context():
            answer: TestResponse = self.app.test_client().open(
                f"/door/api/{path}", method=method, json=body, headers=sent
            )
            answer.get_data()
            answer.close()  # what waits for the answer to have left is done now
        db.session.rollback()  # what the test reads next is what there is then
        return answer

    def enrol(self, secret: str, name: str = "Phone of Yasmina") -> TestResponse:
        answer = self.call("POST", "enrol", {"code": secret, "name": name})
        if answer.status_code == 201:
            self.token = read(answer)["token"]
        return answer

    def list(self, since: str = "", **headers: str) -> TestResponse:
        return self.call("GET", f"list?since={since}" if since else "list", **headers)

    def sync(self, *scans: dict[str, Any], **body: Any) -> TestResponse:
        return self.call("POST", "sync", {"now": DAY_ONE.isoformat(), "unsent": 0, "scans": list(scans), **body})


@dataclass
class Doors:
    """An event today, and whoever scans there."""

    app: Flask
    organiser_id: int
    event: EventRow

    @property
    def entrance(self) -> int:
        return next(c.id for c in self.event.checkpoints if c.space_id is None)

    def code(self, *checkpoint_ids: int, mode: DeviceMode = DeviceMode.DOOR, now: datetime = DAY_ONE) -> str:
        with transaction():
            return make_code(self.event, checkpoint_ids, mode, by=SYSTEM, now=now)

    def phone(self, *checkpoint_ids: int, name: str = "Phone of Yasmina") -> Phone:
        phone = Phone(self.app)
        assert phone.enrol(self.code(*checkpoint_ids), name).status_code == 201
        return phone

    def staff(self, role: Role = Role.OWNER) -> FlaskClient:
        found: FlaskClient = sign_in(self.app, self.organiser_id, role)
        return found

    def scan(self, code: str, **changes: Any) -> dict[str, Any]:
        return {
            "id": str(uuid4()), "code": code, "checkpoint": str(self.entrance), "direction": "in",
            "scanned_at": DAY_ONE.isoformat(), **changes,
        }  # fmt: skip


def read(answer: TestResponse) -> Any:
    """The JSON of an answer, unpacked where it came packed."""
    data = answer.get_data()
    return json.loads(gzip.decompress(data) if answer.headers.get("Content-Encoding") == "gzip" else data)


def problem(answer: TestResponse) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json"
    return answer.status_code, read(answer)["code"]


def make_doors(app: Flask) -> Doors:
    set_clock(app.extensions, DAY_ONE)
    organiser_id = make_organiser()
    return Doors(app, organiser_id, make_event(organiser_id))


@pytest.fixture
def doors(whole_app: Flask) -> Doors:
    """On both databases."""
    return make_doors(whole_app)


@pytest.fixture
def sqlite_doors(sqlite_app: Flask) -> Doors:
    return make_doors(sqlite_app)

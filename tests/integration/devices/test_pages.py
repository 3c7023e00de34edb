"""The desk's page of phones: a code shown, phones listed, one taken off."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.checkin.devices.queries import list_devices
from app.core.clock import set_clock
from app.core.db import db
from tests.factories import DAY_ONE, make_event, make_organiser, make_registration
from tests.integration.devices.conftest import Doors, Phone, problem
from tests.integration.door.conftest import sign_in

SECRET = re.compile(r"/door#e=([\w-]{20,})")


@pytest.fixture
def desk(sqlite_doors: Doors) -> "Desk":
    return Desk(sqlite_doors, sqlite_doors.staff())


class Desk:
    """Somebody of the team at the page of phones."""

    def __init__(self, doors: Doors, client: FlaskClient) -> None:
        self.doors, self.client = doors, client
        self.here = f"/manage/events/{doors.event.slug}/devices"

    def text(self) -> str:
        with self.doors.app.app_context():
            answer = self.client.get(self.here)
        assert answer.status_code == 200
        return html.unescape(answer.get_data(as_text=True))

    def post(self, path: str = "", **form: Any) -> Any:
        with self.doors.app.app_context():
            answer = self.client.post(f"{self.here}{path}", data=form)
        db.session.rollback()
        return answer

    def show_code(self, **form: Any) -> str:
        assert self.post(**{"mode": "door", **form}).status_code == 303
        found = SECRET.search(self.text())
        assert found is not None
        return found[1]


def test_nobody_yet(desk: Desk) -> None:
    text = desk.text()
    assert "No phone yet" in text
    assert "No code is shown now" in text


def test_a_code_is_shown_and_phones_appear(desk: Desk) -> None:
    secret = desk.show_code()
    assert "<svg" in desk.text()
    assert "Works until" in desk.text()
    phone = Phone(desk.doors.app)
    assert phone.enrol(secret, "Phone of Yasmina").status_code == 201
    text = desk.text()
    assert "Phone of Yasmina" in text
    assert "Connected" in text
    assert "last heard of just now" in text
    assert "All doors and spaces" in text


def test_a_code_names_doors_and_its_mode(desk: Desk) -> None:
    space = next(c for c in desk.doors.event.checkpoints if c.space_id is not None)
    secret = desk.show_code(mode="kiosk", checkpoints=[str(space.id)])
    Phone(desk.doors.app).enrol(secret, "Tablet")
    device = list_devices(desk.doors.event.id)[0]
    assert (device.mode, device.checkpoint_ids) == ("kiosk", (space.id,))
    assert f"Visitors scan themselves · {space.name}" in " ".join(desk.text().split())
    assert desk.post(mode="other").status_code == 422
    assert desk.post(mode="door", checkpoints=["999"]).status_code == 422


def test_a_code_is_hidden_when_its_time_is_over_or_it_was_ended(desk: Desk) -> None:
    secret = desk.show_code()
    assert desk.post("/code/end").status_code == 303
    assert secret not in desk.text()
    assert problem(Phone(desk.doors.app).enrol(secret)) == (410, "code_over")
    secret = desk.show_code()
    set_clock(desk.doors.app.extensions, DAY_ONE + timedelta(minutes=16))
    assert secret not in desk.text()
    assert desk.post("/code/end").status_code == 303


def test_what_a_phone_keeps_and_its_clock_are_told(desk: Desk) -> None:
    phone = desk.doors.phone()
    wrong = (DAY_ONE - timedelta(hours=2)).isoformat()
    phone.sync(now=wrong, unsent=12, oldest_unsent=(DAY_ONE - timedelta(minutes=20)).isoformat())
    text = desk.text()
    assert "12 passages not sent yet" in text
    assert "the oldest of 8:40" in text
    assert "Its clock is 120 minutes behind" in text
    assert "it still kept 12 passages" in text
    set_clock(desk.doors.app.extensions, DAY_ONE + timedelta(minutes=12, seconds=30))
    text = desk.text()
    assert "No contact" in text
    assert "last heard of 12 min ago" in text


def test_a_phone_is_taken_off(desk: Desk) -> None:
    phone = desk.doors.phone()
    device = list_devices(desk.doors.event.id)[0]
    assert desk.post(f"/{device.id}/revocation").status_code == 303
    assert desk.post(f"/{device.id}/revocation").status_code == 303
    assert problem(phone.list()) == (401, "device_revoked")
    text = desk.text()
    assert "No longer in use" in text
    found = re.search(r"Taken off at [^·]*", text)
    assert found is not None
    assert " ".join(found[0].split()) == "Taken off at 9:00 am by Inès Roux owner"
    assert desk.post("/999/revocation").status_code == 404


def test_the_page_of_a_registration_names_the_phone(desk: Desk) -> None:
    phone, group = desk.doors.phone(), make_registration(desk.doors.event)
    phone.sync(desk.doors.scan(group.ticket_code))
    with desk.doors.app.app_context():
        answer = desk.client.get(f"/manage/events/{desk.doors.event.slug}/registrations/{group.reference}")
    page = html.unescape(answer.get_data(as_text=True))
    (device,) = list_devices(desk.doors.event.id)
    assert device.name in page
    assert device.uid not in page


def test_a_phone_of_another_event_is_not_found(desk: Desk) -> None:
    other = make_event(desk.doors.organiser_id)
    Phone(desk.doors.app).enrol(Doors(desk.doors.app, desk.doors.organiser_id, other).code())
    device = list_devices(other.id)[0]
    assert desk.post(f"/{device.id}/revocation").status_code == 404
    assert list_devices(other.id)[0].revoked_at is None


def test_who_stands_at_the_door_takes_their_own_phones_off_alone(sqlite_doors: Doors) -> None:
    temp = Desk(sqlite_doors, sqlite_doors.staff(Role.DOOR))
    sqlite_doors.phone(name="Phone of the team")
    Phone(sqlite_doors.app).enrol(temp.show_code(), "Phone of a friend")
    team, friend = (
        next(d for d in list_devices(sqlite_doors.event.id) if name in d.name) for name in ("team", "friend")
    )
    assert temp.text().count("/revocation") == 1
    assert temp.post(f"/{team.id}/revocation").status_code == 403
    assert temp.post(f"/{friend.id}/revocation").status_code == 303
    db.session.rollback()
    assert {d.name for d in list_devices(sqlite_doors.event.id) if d.revoked_at is not None} == {"Phone of a friend"}


def test_the_own_phone_in_one_press(sqlite_doors: Doors) -> None:
    temp = Desk(sqlite_doors, sqlite_doors.staff(Role.DOOR))
    answer = temp.post("/own")
    assert answer.status_code == 303
    found = SECRET.fullmatch(answer.headers["Location"])
    assert found is not None
    phone = Phone(sqlite_doors.app)
    assert phone.enrol(found[1], "My phone").status_code == 201
    assert phone.list().status_code == 200
    assert "Phone of Inès Roux door" in temp.text()
    assert temp.text().count("/revocation") == 1


def test_after_the_event_no_phone_is_taken(desk: Desk) -> None:
    set_clock(desk.doors.app.extensions, desk.doors.event.last_ends_at + timedelta(hours=12))
    assert "The event is over" in desk.text()
    assert desk.post(mode="door").headers["Location"].endswith("/devices")
    assert desk.post("/own").headers["Location"].endswith("/devices")
    assert "no phone is taken any more" in desk.text()


def test_another_organisers_staff_finds_nothing(sqlite_app: Flask, sqlite_doors: Doors) -> None:
    make_registration(sqlite_doors.event)
    stranger = Desk(sqlite_doors, sign_in(sqlite_app, make_organiser("Ailleurs"), Role.OWNER))
    with sqlite_app.app_context():
        assert stranger.client.get(stranger.here).status_code == 404
    for path in ("", "/own", "/code/end"):
        assert stranger.post(path, mode="door").status_code == 404


def test_the_page_refreshes_itself(desk: Desk) -> None:
    assert 'hx-trigger="every 5s"' in desk.text()
    assert 'hx-select-oob="#code"' in desk.text()

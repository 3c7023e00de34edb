"""Phones have names that staff know them by, are taken off together, and say what is lost when they log out."""

import html
import re

import pytest

from app.accounts.enums import Role
from app.checkin.devices.operations import rename_device
from app.checkin.devices.queries import list_devices
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from tests.factories import DAY_ONE, make_event
from tests.integration.devices.conftest import Doors, Phone, problem, read
from tests.integration.devices.test_pages import Desk

TAKE_ALL = re.compile(r"/codes/(\d+)/revocation")


@pytest.fixture
def desk(sqlite_doors: Doors) -> Desk:
    return Desk(sqlite_doors, sqlite_doors.staff())


def names(doors: Doors) -> set[str]:
    db.session.rollback()
    return {device.name for device in list_devices(doors.event.id)}


def test_staff_rename_a_phone(desk: Desk) -> None:
    phone = desk.doors.phone(name="Android phone, 9:41")
    (device,) = list_devices(desk.doors.event.id)
    assert f"/devices/{device.id}/name" in desk.text()
    with desk.doors.app.app_context():
        assert "Android phone, 9:41" in desk.client.get(f"{desk.here}/{device.id}/name").get_data(as_text=True)
    assert desk.post(f"/{device.id}/name", name="  Phone of   Léa ").status_code == 303
    assert names(desk.doors) == {"Phone of Léa"}
    assert read(phone.call("GET", "setup"))["device"]["name"] == "Phone of Léa"
    for bad in ("  ", "x" * 81):
        assert desk.post(f"/{device.id}/name", name=bad).status_code == 422
    assert desk.post("/999/name", name="x").status_code == 404
    assert names(desk.doors) == {"Phone of Léa"}


def test_two_phones_never_have_one_name(doors: Doors) -> None:
    doors.phone(name="Door A")
    doors.phone(name="Door B")
    second = next(device for device in list_devices(doors.event.id) if device.name == "Door B")
    with transaction():
        assert rename_device(second, "Door A", by=SYSTEM, now=DAY_ONE) == "Door A (2)"
    assert names(doors) == {"Door A", "Door A (2)"}
    with pytest.raises(FieldError), transaction():
        rename_device(second, " ", by=SYSTEM, now=DAY_ONE)


def test_a_phone_says_its_own_name(doors: Doors) -> None:
    phone = doors.phone(name="Android phone, 9:41")
    assert read(phone.call("POST", "name", {"name": "Phone of Léa"})) == {"name": "Phone of Léa"}
    assert names(doors) == {"Phone of Léa"}
    assert problem(phone.call("POST", "name", {"name": ""})) == (422, "invalid")
    assert problem(Phone(doors.app, "nonsense").call("POST", "name", {"name": "x"})) == (401, "device_unknown")
    phone.call("POST", "leave", {"unsent": 0})
    assert problem(phone.call("POST", "name", {"name": "x"})) == (401, "device_revoked")


def test_who_stands_at_the_door_names_their_own_phones_alone(sqlite_doors: Doors) -> None:
    sqlite_doors.phone(name="Phone of the team")
    (team,) = list_devices(sqlite_doors.event.id)
    temp = Desk(sqlite_doors, sqlite_doors.staff(Role.DOOR))
    assert temp.post(f"/{team.id}/name", name="Mine").status_code == 403
    assert names(sqlite_doors) == {"Phone of the team"}


def test_all_phones_of_one_code_are_taken_off_together(desk: Desk) -> None:
    leaked, other = desk.doors.code(), desk.doors.phone(name="Door A")
    phones = [Phone(desk.doors.app) for _ in range(3)]
    for phone in phones:
        phone.enrol(leaked)
    phones[0].sync(unsent=7)
    text = desk.text()
    (code_id,) = TAKE_ALL.findall(text)  # a code that one phone read needs no such button
    assert "3 phones" in text
    assert "Take 3 phones off? They scan nothing any more and drop their list." in text
    assert "they still kept 7 passages" in text
    assert desk.post(f"/codes/{code_id}/revocation").status_code == 303
    assert "3 phones are taken off." in desk.text()
    assert [problem(phone.list()) for phone in phones] == [(401, "device_revoked")] * 3
    assert other.list().status_code == 200
    assert TAKE_ALL.findall(desk.text()) == []
    assert desk.post("/codes/999/revocation").status_code == 404


def test_phones_of_a_code_are_taken_off_by_who_made_it_or_manages_the_event(sqlite_doors: Doors) -> None:
    secret = sqlite_doors.code()
    for _ in range(2):
        Phone(sqlite_doors.app).enrol(secret)
    code_id = list_devices(sqlite_doors.event.id)[0].code_id
    temp = Desk(sqlite_doors, sqlite_doors.staff(Role.DOOR))
    assert TAKE_ALL.findall(temp.text()) == []
    assert temp.post(f"/codes/{code_id}/revocation").status_code == 403
    own = temp.show_code()
    for _ in range(2):
        Phone(sqlite_doors.app).enrol(own)
    (mine,) = TAKE_ALL.findall(temp.text())
    assert temp.post(f"/codes/{mine}/revocation").status_code == 303
    db.session.rollback()
    assert {d.code_id for d in list_devices(sqlite_doors.event.id) if d.revoked_at is None} == {code_id}


def test_phones_of_another_event_are_not_taken_off(desk: Desk) -> None:
    other = Doors(desk.doors.app, desk.doors.organiser_id, make_event(desk.doors.organiser_id))
    secret = other.code()
    for _ in range(2):
        Phone(desk.doors.app).enrol(secret)
    code_id = list_devices(other.event.id)[0].code_id
    assert desk.post(f"/codes/{code_id}/revocation").status_code == 404
    assert {d.revoked_at for d in list_devices(other.event.id)} == {None}


def test_what_is_lost_with_a_log_out_is_told(doors: Doors) -> None:
    phone = doors.phone()
    assert problem(phone.call("POST", "leave", {"unsent": 1, "people": "13"})) == (422, "invalid")
    assert phone.call("POST", "leave", {"unsent": 1, "people": 13}).status_code == 204
    (device,) = list_devices(doors.event.id)
    assert (device.unsent, device.lost_people) == (1, 13)
    text = Desk(doors, doors.staff()).text()
    assert "1 passage lost (13 people)" in " ".join(html.unescape(text).split())
    assert "Everything it told of is sent" not in text
    assert "not sent yet" not in text

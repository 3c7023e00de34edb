"""Walk-ins as phones send them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.checkin.device_models import WalkIn
from app.checkin.devices.operations import revoke_device
from app.checkin.devices.queries import list_devices
from app.checkin.enums import DeviceMode
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.registrations.drafts import Organisation
from app.registrations.queries import get_by_reference
from tests.factories import DAY_ONE, class_draft, make_registration
from tests.integration.devices.conftest import Doors, Phone, read


def walk_in(doors: Doors, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()), "audience": "family", "participants": 2, "companions": 0, "name": "", "at": DAY_ONE.isoformat(),
        "checkpoint": str(doors.entrance), "over": False, "reason": None, "note": "", "provisional": False, **changes,
    }  # fmt: skip


def send(phone: Phone, *items: Any) -> Any:
    return read(phone.sync(walk_ins=list(items)))


def kept() -> int:
    return db.session.execute(select(func.count(WalkIn.id))).scalar_one()


def test_somebody_is_registered_once(doors: Doors) -> None:
    phone, item = doors.phone(), walk_in(doors, name="Camille Morel")
    first, again = send(phone, item), send(phone, item, item)
    assert first["walk_ins"][0]["result"] == "taken"
    assert again["walk_ins"] == first["walk_ins"] * 2
    assert (first["present"], again["present"], kept()) == (2, 2, 1)
    found = get_by_reference(first["walk_ins"][0]["reference"], organiser_id=doors.organiser_id)
    assert (found.participants, found.contact_name) == (2, "Camille Morel")
    row = db.session.execute(select(WalkIn.device_id)).scalar_one()
    assert row == list_devices(doors.event.id)[0].id


def test_without_room_staff_say_why(doors: Doors) -> None:
    phone = doors.phone()
    for label, wave in (("3e B", 0), ("3e C", 0), ("3e D", 1)):
        make_registration(
            doors.event,
            class_draft(
                doors.event, organisation=Organisation("Collège", "", label), waves=(doors.event.waves[wave].id,)
            ),
        )
    more = walk_in(doors)
    assert send(phone, more)["walk_ins"][0] == {
        "id": more["id"],
        "result": "full",
        "reference": "",
        "code": "",
        "label": "",
    }
    assert kept() == 0
    over = {**more, "over": True, "reason": "told", "note": "Mrs Roux said so"}
    assert send(phone, over)["walk_ins"][0]["result"] == "over"
    assert (kept(), send(phone)["present"]) == (1, 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "x"}, {"audience": "nobody"}, {"audience": 5}, {"participants": -1}, {"participants": True}, {"checkpoint": "9999"},
        {"at": "yesterday"}, {"over": "yes"}, {"over": True}, {"over": True, "reason": "because"}, {"name": "a\x00b"}, {"name": 3},
        {"participants": 0},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_alone(sqlite_doors: Doors, changes: dict[str, Any]) -> None:
    told = send(sqlite_doors.phone(), walk_in(sqlite_doors, **changes), walk_in(sqlite_doors), None)
    assert [answer["result"] for answer in told["walk_ins"]] == ["invalid", "taken", "invalid"]
    assert kept() == 1


def test_a_kiosk_and_a_revoked_phone_register_nobody(sqlite_doors: Doors) -> None:
    kiosk = Phone(sqlite_doors.app)
    kiosk.enrol(sqlite_doors.code(mode=DeviceMode.KIOSK))
    assert send(kiosk, walk_in(sqlite_doors))["walk_ins"][0]["result"] == "invalid"
    phone = sqlite_doors.phone(name="Late")
    device = next(d for d in list_devices(sqlite_doors.event.id) if d.name == "Late")
    with transaction():
        revoke_device(device, by=SYSTEM, now=DAY_ONE)
    before = walk_in(sqlite_doors, at=(DAY_ONE - timedelta(minutes=1)).isoformat(), provisional=True)
    told = send(phone, walk_in(sqlite_doors), before)
    assert [answer["result"] for answer in told["walk_ins"]] == ["invalid", "taken"]

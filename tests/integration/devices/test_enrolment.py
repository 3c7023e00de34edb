"""A phone becomes a device, and stops being one."""

from datetime import datetime, timedelta

from sqlalchemy import select, text

from app.accounts.operations.people import remove_member
from app.checkin.device_models import DoorCode, DoorDevice
from app.checkin.devices.operations import make_code, revoke_device
from app.checkin.devices.queries import find_device, list_devices
from app.checkin.devices.rules import MOST_OF_CODE
from app.checkin.enums import DeviceMode
from app.checkin.jobs import forget_phones
from app.core.actor import SYSTEM, Actor, ActorKind
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.operations import delete_event
from app.jobs.registry import JobContext
from tests.factories import DAY_ONE, make_member, make_registration
from tests.integration.devices.conftest import Doors, Phone, problem, read


def test_a_photo_of_a_code_gives_no_phones_without_end(sqlite_doors: Doors) -> None:
    secret = sqlite_doors.code()
    for _ in range(MOST_OF_CODE):
        assert Phone(sqlite_doors.app).enrol(secret).status_code == 201
    assert problem(Phone(sqlite_doors.app).enrol(secret)) == (410, "code_over")
    assert Phone(sqlite_doors.app).enrol(sqlite_doors.code()).status_code == 201


def test_several_phones_read_one_code_until_it_is_over(doors: Doors) -> None:
    secret = doors.code()
    first, second = Phone(doors.app), Phone(doors.app)
    told = read(first.enrol(secret, "  Phone of   Yasmina "))
    assert told["device"]["name"] == "Phone of Yasmina"
    assert told["device"]["mode"] == "door"
    assert second.enrol(secret).status_code == 201
    assert first.token != second.token
    # each has a name of its own, so that staff take off the one that they mean
    assert {d.name for d in list_devices(doors.event.id)} == {"Phone of Yasmina", "Phone of Yasmina (2)"}
    assert read(second.call("GET", "setup"))["device"]["name"] == "Phone of Yasmina (2)"
    set_clock(doors.app.extensions, DAY_ONE + timedelta(minutes=15))
    assert problem(Phone(doors.app).enrol(secret)) == (410, "code_over")
    assert first.call("GET", "setup").status_code == 200


def test_neither_secrets_nor_tokens_are_kept(sqlite_doors: Doors) -> None:
    secret = sqlite_doors.code()
    phone = Phone(sqlite_doors.app)
    phone.enrol(secret)
    rows = [str(tuple(row)) for table in ("door_codes", "door_devices", "audit_entries") for row in
            db.session.execute(text(f"SELECT * FROM {table}"))]  # fmt: skip
    assert not [row for row in rows if secret in row or phone.token in row]
    assert len(secret) >= 22
    assert len(phone.token) >= 22


def test_wrong_codes_are_refused_and_counted(sqlite_doors: Doors) -> None:
    phone = Phone(sqlite_doors.app)
    for _ in range(30):
        assert phone.enrol("nonsense").status_code == 404
    assert problem(phone.enrol("nonsense")) == (429, "too_many_attempts")
    # others in the same hall have a right code
    assert Phone(sqlite_doors.app).enrol(sqlite_doors.code()).status_code == 201
    assert problem(phone.enrol("nonsense")) == (429, "too_many_attempts")


def test_right_codes_are_not_counted(sqlite_doors: Doors) -> None:
    secret = sqlite_doors.code()
    assert {Phone(sqlite_doors.app).enrol(secret).status_code for _ in range(35)} == {201}


def test_what_is_no_name_or_no_code(sqlite_doors: Doors) -> None:
    phone = Phone(sqlite_doors.app)
    assert problem(phone.enrol("")) == (404, "code_unknown")
    assert problem(phone.enrol("x" * 300)) == (404, "code_unknown")
    assert problem(phone.enrol(sqlite_doors.code(), "  ")) == (422, "invalid")
    assert problem(phone.enrol(sqlite_doors.code(), "x" * 81)) == (422, "invalid")
    assert problem(phone.enrol(sqlite_doors.code(), "a\x00b")) == (422, "invalid")
    bodies: tuple[object, ...] = ([], {"code": 1, "name": "x"}, {"name": "x"}, None)
    for body in bodies:
        assert phone.call("POST", "enrol", body).status_code in {415, 422}
    assert list_devices(sqlite_doors.event.id) == []


def test_a_call_shows_its_token(sqlite_doors: Doors) -> None:
    for method, path in (("GET", "setup"), ("GET", "list"), ("POST", "sync"), ("POST", "leave")):
        assert problem(Phone(sqlite_doors.app).call(method, path, {})) == (401, "unauthorized")
        assert problem(Phone(sqlite_doors.app, "nonsense").call(method, path, {})) == (401, "device_unknown")


def test_the_setup_holds_what_the_phone_stands_at(doors: Doors) -> None:
    space = next(c for c in doors.event.checkpoints if c.space_id is not None)
    told = read(doors.phone(space.id).call("GET", "setup"))
    assert told["checkpoints"] == [
        {"id": str(space.id), "name": {"fr": space.name, "en": space.name}, "space": space.space_id}
    ]
    assert told["event"]["title"] == {"fr": doors.event.title_fr, "en": doors.event.title_en}
    assert datetime.fromisoformat(told["list_ends_at"]) == doors.event.last_ends_at + timedelta(hours=12)
    assert [wave["places_left"] for wave in told["waves"]] == [60, 30]
    assert {a["code"] for a in told["audiences"]} == {"school", "job_seeker", "family"}
    assert len(told["spaces"]) == 2
    every = read(doors.phone().call("GET", "setup"))
    assert next(c["name"] for c in every["checkpoints"]) == {"fr": "Entrée", "en": "Entrance"}
    assert len(every["checkpoints"]) == 3


def test_the_setup_is_told_once(sqlite_doors: Doors) -> None:
    phone = sqlite_doors.phone()
    mark = phone.call("GET", "setup").headers["ETag"]
    assert phone.call("GET", "setup", **{"If-None-Match": mark}).status_code == 304
    make_registration(sqlite_doors.event)
    changed = phone.call("GET", "setup", **{"If-None-Match": mark})
    assert changed.status_code == 200
    assert read(changed)["waves"][0]["places_left"] < 60


def test_a_revoked_phone_reads_nothing(doors: Doors) -> None:
    phone = doors.phone()
    device = list_devices(doors.event.id)[0]
    with transaction():
        revoke_device(device, by=SYSTEM, now=DAY_ONE)
    for path in ("setup", "list"):
        assert problem(phone.call("GET", path)) == (401, "device_revoked")
    assert problem(phone.sync()) == (401, "device_revoked")
    assert list_devices(doors.event.id)[0].revoked_by == "Parcours"


def test_a_phone_signs_out(doors: Doors) -> None:
    phone = doors.phone()
    assert phone.call("POST", "leave", {"unsent": 3}).status_code == 204
    assert phone.call("POST", "leave", {"unsent": 5}).status_code == 204
    assert problem(phone.list()) == (401, "device_revoked")
    device = list_devices(doors.event.id)[0]
    assert device.signed_out_at is not None
    assert device.unsent == 3
    assert problem(phone.call("POST", "leave", {"unsent": -1})) == (422, "invalid")


def test_the_list_ends_twelve_hours_after_the_event(doors: Doors) -> None:
    phone, end = doors.phone(), doors.event.last_ends_at + timedelta(hours=12)
    set_clock(doors.app.extensions, end - timedelta(seconds=1))
    assert phone.list().status_code == 200
    set_clock(doors.app.extensions, end)
    assert problem(phone.list()) == (410, "event_over")
    assert problem(phone.call("GET", "setup")) == (410, "event_over")
    assert problem(phone.sync()) == (410, "event_over")


def test_phones_of_an_event_in_the_bin(sqlite_doors: Doors) -> None:
    phone, secret = sqlite_doors.phone(), sqlite_doors.code()
    with transaction():
        delete_event(sqlite_doors.event.id, by=SYSTEM, now=DAY_ONE)
    assert problem(phone.list()) == (410, "event_over")
    assert problem(Phone(sqlite_doors.app).enrol(secret)) == (404, "code_unknown")
    assert list_devices(sqlite_doors.event.id) == []


def test_somebodys_own_phone_ends_with_what_they_may_do(doors: Doors) -> None:
    account_id, _ = make_member(doors.organiser_id)
    second, _ = make_member(doors.organiser_id)
    with transaction():
        own = make_code(
            doors.event, (), DeviceMode.DOOR, by=Actor(ActorKind.STAFF, "Inès Roux", account_id), now=DAY_ONE, own=True
        )
    phone = Phone(doors.app)
    phone.enrol(own)
    assert phone.list().status_code == 200
    assert list_devices(doors.event.id)[0].account_id == account_id
    with transaction():
        remove_member(account_id, doors.organiser_id, by=SYSTEM, now=DAY_ONE)
    assert problem(phone.list()) == (401, "device_revoked")
    assert list_devices(doors.event.id)[0].revoked_at is not None
    assert second


def test_long_after_the_event_no_digest_is_kept(doors: Doors) -> None:
    phone = doors.phone()
    for days in (29, 30):
        assert find_device(phone.token) is not None
        at = doors.event.last_ends_at + timedelta(days=days)
        forget_phones(JobContext(1, {}, None, 1, now=lambda at=at: at, progress=lambda _done, _total: None))  # type: ignore[misc]
    assert find_device(phone.token) is None
    assert set(db.session.execute(select(DoorDevice.token_hash)).scalars()) == {None}
    assert set(db.session.execute(select(DoorCode.secret_hash)).scalars()) == {None}

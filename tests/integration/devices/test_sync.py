"""Phones send what happened: each passage is kept once, whatever is sent again and whatever became of the phone."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from app.checkin.devices.operations import revoke_device
from app.checkin.devices.queries import list_devices
from app.checkin.models import Scan
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.operations import move_event
from tests.factories import DAY_ONE, make_event, make_registration, person_draft
from tests.integration.devices.conftest import Doors, problem, read


def stored() -> int:
    db.session.rollback()
    return db.session.execute(select(func.count(Scan.id))).scalar_one()


def test_a_batch_sent_again_is_kept_once(doors: Doors) -> None:
    phone, group = doors.phone(), make_registration(doors.event)
    scan = doors.scan(group.ticket_code, headcount={"participants": 27, "companions": 2})
    first, again = read(phone.sync(scan)), read(phone.sync(scan, scan))
    assert [r["result"] for r in first["results"]] == ["accepted"]
    assert again["results"] == [*first["results"], *first["results"]]
    assert (first["present"], again["present"], stored()) == (29, 29, 1)
    assert first["state"] == "enrolled"


def test_a_passage_is_kept_under_its_phone(doors: Doors) -> None:
    phone, group = doors.phone(), make_registration(doors.event)
    phone.sync(doors.scan(group.ticket_code))
    device = list_devices(doors.event.id)[0]
    row = db.session.execute(select(Scan.device, Scan.device_id)).one()
    assert (row.device, row.device_id) == (device.uid, device.id)


def test_times_are_those_of_the_passages(doors: Doors) -> None:
    """A phone that is two hours behind corrects its times; the server keeps what it showed, too."""
    phone, person = doors.phone(), make_registration(doors.event, person_draft(doors.event))
    shown = DAY_ONE - timedelta(hours=2, minutes=5)
    scan = doors.scan(
        person.ticket_code, scanned_at=(shown + timedelta(hours=2)).isoformat(), device_at=shown.isoformat(),
        offset_ms=2 * 3_600_000,
    )  # fmt: skip
    assert read(phone.sync(scan, now=(DAY_ONE - timedelta(hours=2)).isoformat()))["results"][0]["result"] == "accepted"
    row = db.session.execute(select(Scan.scanned_at, Scan.device_at, Scan.offset_ms)).one()
    assert row.scanned_at == DAY_ONE - timedelta(minutes=5)
    assert (row.device_at, row.offset_ms) == (shown, 2 * 3_600_000)
    behind = list_devices(doors.event.id)[0].behind
    assert behind is not None
    assert timedelta(hours=2) <= behind < timedelta(hours=2, minutes=1)


def test_what_a_phone_still_keeps_is_written_down(doors: Doors) -> None:
    phone = doors.phone()
    oldest = DAY_ONE - timedelta(minutes=20)
    phone.sync(unsent=12, oldest_unsent=oldest.isoformat())
    device = list_devices(doors.event.id)[0]
    assert (device.unsent, device.unsent_since) == (12, oldest)
    phone.sync()
    db.session.rollback()
    device = list_devices(doors.event.id)[0]
    assert (device.unsent, device.unsent_since) == (0, None)


def test_contacts_are_noted_now_and_then(doors: Doors) -> None:
    phone = doors.phone()
    enrolled = list_devices(doors.event.id)[0].last_contact_at
    phone.list()
    assert list_devices(doors.event.id)[0].last_contact_at == enrolled
    set_clock(doors.app.extensions, DAY_ONE + timedelta(minutes=3))
    phone.list()
    db.session.rollback()
    assert list_devices(doors.event.id)[0].last_contact_at >= DAY_ONE + timedelta(minutes=3)


def test_bad_items_are_refused_alone(doors: Doors) -> None:
    phone, group = doors.phone(), make_registration(doors.event)
    good = doors.scan(group.ticket_code)
    told = read(phone.sync(doors.scan(group.ticket_code, direction="up"), good, None, {"id": "x"}))  # type: ignore[arg-type]
    assert [(r["result"], r["reason"]) for r in told["results"]] == [
        ("refused", "invalid"), ("accepted", None), ("refused", "invalid"), ("refused", "invalid"),
    ]  # fmt: skip
    assert stored() == 1


def test_a_phone_tells_of_its_own_checkpoints_alone(doors: Doors) -> None:
    space = next(c for c in doors.event.checkpoints if c.space_id is not None)
    phone, group = doors.phone(space.id), make_registration(doors.event)
    told = read(phone.sync(doors.scan(group.ticket_code), doors.scan(group.ticket_code, checkpoint=str(space.id))))
    assert [r["result"] for r in told["results"]] == ["refused", "accepted"]


def test_a_batch_has_500_passages_and_50_walk_ins_at_most(sqlite_doors: Doors) -> None:
    phone = sqlite_doors.phone()
    many = [sqlite_doors.scan("0" * 26, id=str(UUID(int=n))) for n in range(501)]
    assert problem(phone.sync(*many)) == (413, "too_large")
    assert problem(phone.sync(walk_ins=[{}] * 51)) == (413, "too_large")
    assert len(read(phone.sync(*many[:500]))["results"]) == 500


@pytest.mark.parametrize(
    "body", [[], {"scans": {}}, {"walk_ins": 1}, {"unsent": -1}, {"unsent": True}, {"scans": None}, "nonsense"]
)
def test_what_is_no_batch(sqlite_doors: Doors, body: object) -> None:
    assert problem(sqlite_doors.phone().call("POST", "sync", body)) == (422, "invalid")


def test_a_revoked_phone_sends_for_a_day_what_it_made_before(doors: Doors) -> None:
    phone, group = doors.phone(), make_registration(doors.event)
    end = DAY_ONE + timedelta(minutes=30)
    with transaction():
        revoke_device(list_devices(doors.event.id)[0], by=SYSTEM, now=end)
    set_clock(doors.app.extensions, end + timedelta(hours=23))
    before = doors.scan(group.ticket_code, scanned_at=(end - timedelta(seconds=1)).isoformat())
    after = doors.scan(group.ticket_code, scanned_at=end.isoformat(), direction="out")
    told = read(phone.sync(before, after))
    assert [r["result"] for r in told["results"]] == ["accepted", "refused"]
    assert told["state"] == "revoked"
    assert stored() == 2
    assert problem(phone.sync()) == (401, "device_revoked")
    set_clock(doors.app.extensions, end + timedelta(hours=24))
    assert problem(phone.sync(before)) == (401, "device_revoked")


def test_after_the_event_what_was_made_before_is_taken(doors: Doors) -> None:
    phone, group = doors.phone(), make_registration(doors.event)
    set_clock(doors.app.extensions, doors.event.last_ends_at + timedelta(days=5))
    late = doors.scan(group.ticket_code, scanned_at=(doors.event.last_ends_at + timedelta(hours=12)).isoformat())
    told = read(phone.sync(doors.scan(group.ticket_code), late))
    assert [r["result"] for r in told["results"]] == ["accepted", "refused"]
    assert told["state"] == "over"


def test_an_archived_event_takes_nothing(sqlite_doors: Doors) -> None:
    phone, group = sqlite_doors.phone(), make_registration(sqlite_doors.event)
    end = sqlite_doors.event.last_ends_at + timedelta(days=1)
    set_clock(sqlite_doors.app.extensions, end)
    with transaction():
        for move in (EventMove.CLOSE, EventMove.ARCHIVE):
            move_event(sqlite_doors.event.id, move, by=SYSTEM, now=end)
    assert problem(phone.sync(sqlite_doors.scan(group.ticket_code))) == (409, "event_read_only")


def test_a_ticket_of_another_event_is_told_as_such(doors: Doors) -> None:
    other = make_registration(make_event(doors.organiser_id))
    told = read(doors.phone().sync(doors.scan(other.ticket_code)))
    assert [(r["result"], r["reason"]) for r in told["results"]] == [("refused", "wrong_event")]


def test_a_phone_works_without_cookies_and_form_tokens(sqlite_doors: Doors) -> None:
    answer = sqlite_doors.phone().list()
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert {"Accept-Encoding", "Authorization"} <= set(answer.headers["Vary"].split(", "))


def test_the_clock_of_a_phone_may_be_absurd(doors: Doors) -> None:
    phone = doors.phone()
    for now in ("1970-01-01T00:00:00Z", "2100-01-01T00:00:00+01:00", "nonsense", 5, None):
        assert phone.sync(now=now, unsent=1, oldest_unsent=now).status_code == 200
    assert db.session.execute(text("SELECT count(*) FROM door_devices")).scalar_one() == 1

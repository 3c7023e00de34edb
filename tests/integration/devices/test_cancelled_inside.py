"""A registration that staff cancel while its people are inside."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.audit import AuditEntry
from app.core.clock import set_clock
from app.core.db import db
from app.registrations.operations import Registered
from tests.factories import DAY_ONE, make_registration, person_draft
from tests.integration.devices.conftest import Doors, Phone, read


@pytest.fixture
def inside(doors: Doors) -> tuple[Phone, Registered]:
    """A class of 30, of which 29 came in."""
    made, phone = make_registration(doors.event), doors.phone()
    scan = doors.scan(made.ticket_code, headcount={"participants": 27, "companions": 2})
    assert read(phone.sync(scan))["present"] == 29
    set_clock(doors.app.extensions, DAY_ONE + timedelta(minutes=5))
    return phone, made


def page_of(doors: Doors, made: Registered) -> str:
    return f"/manage/events/{doors.event.slug}/registrations/{made.reference}/cancel"


def test_the_page_says_so_and_counts_them_out(doors: Doors, inside: tuple[Phone, Registered]) -> None:
    phone, made = inside
    staff = doors.staff()
    shown = staff.get(page_of(doors, made)).get_data(as_text=True)
    assert "29 people of this registration are inside now." in shown
    assert 'name="count_out"' in shown
    assert staff.post(page_of(doors, made), data={"code": "twice", "count_out": "y"}).status_code == 302
    assert read(phone.sync())["present"] == 0
    verbs = db.session.execute(
        select(AuditEntry.verb, AuditEntry.details).order_by(AuditEntry.id.desc()).limit(2)
    ).all()
    assert [verb for verb, _details in verbs] == ["registration.cancelled", "door.counted_out"]
    assert verbs[1].details == {"people": 29}


def test_who_stays_inside_leaves_by_a_door_later(doors: Doors, inside: tuple[Phone, Registered]) -> None:
    phone, made = inside
    assert doors.staff().post(page_of(doors, made), data={"code": "twice"}).status_code == 302
    assert read(phone.sync())["present"] == 29
    later = (DAY_ONE + timedelta(minutes=6)).isoformat()
    told = read(phone.sync(doors.scan(made.ticket_code, direction="out", scanned_at=later)))
    assert (told["results"][0]["result"], told["present"]) == ("accepted", 0)
    again = read(phone.sync(doors.scan(made.ticket_code, scanned_at=(DAY_ONE + timedelta(minutes=7)).isoformat())))
    assert (again["results"][0]["reason"], again["present"]) == ("cancelled", 0)


def test_of_who_is_not_inside_nothing_is_asked(sqlite_doors: Doors) -> None:
    made = make_registration(sqlite_doors.event, person_draft(sqlite_doors.event))
    staff = sqlite_doors.staff()
    assert 'name="count_out"' not in staff.get(page_of(sqlite_doors, made)).get_data(as_text=True)
    assert staff.post(page_of(sqlite_doors, made), data={"code": "twice", "count_out": "y"}).status_code == 302
    assert read(sqlite_doors.phone().sync())["present"] == 0

"""Passages that a phone made after it was taken off: kept, not counted, and asked of staff."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.checkin.conflict_queries import list_conflicts
from app.checkin.conflict_words import conflict_words
from app.checkin.devices.operations import revoke_device
from app.checkin.devices.queries import list_devices
from app.checkin.enums import ConflictKind
from app.checkin.models import Scan
from app.checkin.operations import settle_conflict
from app.checkin.operations.writing import MOST_LATE
from app.checkin.queries import get_occupancy, get_whereabouts
from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.clock import set_clock
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.registrations.drafts import Headcount
from tests.factories import DAY_ONE, make_registration
from tests.integration.devices.conftest import Doors, Phone, read

END = DAY_ONE + timedelta(minutes=30)
NOBODY = {"participants": 0, "companions": 0}
ALL = {"participants": 28, "companions": 2}


@pytest.fixture
def taken_off(doors: Doors) -> Phone:
    """A phone without network that does not know yet."""
    phone = doors.phone(name="Phone of Karim")
    with transaction():
        revoke_device(list_devices(doors.event.id)[0], by=SYSTEM, now=END)
    set_clock(doors.app.extensions, END + timedelta(minutes=30))
    return phone


def another(doors: Doors) -> Phone:
    """It was there from the beginning."""
    set_clock(doors.app.extensions, DAY_ONE)
    phone = doors.phone(name="Phone of Inès")
    set_clock(doors.app.extensions, END + timedelta(minutes=30))
    return phone


def after(minutes: int) -> str:
    return (END + timedelta(minutes=minutes)).isoformat()


def present(doors: Doors, now: datetime = END + timedelta(minutes=30)) -> int:
    db.session.rollback()
    assert [r for r in run_checks(now) if not r.ok] == []
    db.session.rollback()
    return get_occupancy(doors.event, now=now).present


def settle(doors: Doors, outcome: Headcount | None) -> None:
    (row, *_) = list_conflicts(doors.event, open_only=True)
    with transaction():
        settle_conflict(row.id, outcome, by=SYSTEM, now=END + timedelta(minutes=30))


def test_it_changes_nothing_until_staff_count_it(doors: Doors, taken_off: Phone) -> None:
    made = make_registration(doors.event)
    sent = doors.scan(made.ticket_code, scanned_at=after(1), headcount=ALL, known=NOBODY)
    for _ in range(2):
        (told,) = read(taken_off.sync(sent))["results"]
        assert (told["result"], told["reason"]) == ("refused", "invalid")
    assert present(doors) == 0
    (row,) = list_conflicts(doors.event)
    assert (row.kind, row.second.people, row.out) == (ConflictKind.LATE, Headcount(28, 2), False)
    assert "after the phone was taken off: to confirm" in conflict_words(row, doors.event, "en")
    settle(doors, None)
    assert present(doors) == 30
    assert list_conflicts(doors.event, open_only=True) == []


def test_staff_may_leave_it_uncounted(doors: Doors, taken_off: Phone) -> None:
    made = make_registration(doors.event)
    read(taken_off.sync(doors.scan(made.ticket_code, scanned_at=after(1), headcount=ALL, known=NOBODY)))
    with pytest.raises(FieldError):
        settle(doors, Headcount(3, 0))
    settle(doors, Headcount(0, 0))
    assert present(doors) == 0


def test_parts_and_who_left_again_are_counted_each_at_its_place(doors: Doors, taken_off: Phone) -> None:
    made = make_registration(doors.event)
    ten, rest = {"participants": 10, "companions": 0}, {"participants": 18, "companions": 2}
    code = made.ticket_code
    read(
        taken_off.sync(
            doors.scan(code, scanned_at=after(1), headcount=ten, known=NOBODY),
            doors.scan(code, scanned_at=after(2), headcount=rest, known=ten),
            doors.scan(code, scanned_at=after(3), headcount=ten, known=ALL, direction="out"),
        )
    )
    for _ in range(3):  # in whatever order staff answer
        settle(doors, None)
    assert present(doors) == 20
    assert get_whereabouts(doors.event, made.id, now=END + timedelta(minutes=30))[1] == Headcount(28, 2)


def test_who_was_counted_by_another_phone_meanwhile_counts_once(doors: Doors, taken_off: Phone) -> None:
    made, other = make_registration(doors.event), another(doors)
    read(taken_off.sync(doors.scan(made.ticket_code, scanned_at=after(1), headcount=ALL, known=NOBODY)))
    read(other.sync(doors.scan(made.ticket_code, scanned_at=after(4), headcount=ALL, known=NOBODY)))
    settle(doors, None)
    assert present(doors) == 30


def test_what_changes_nothing_is_not_asked(doors: Doors, taken_off: Phone) -> None:
    made, other = make_registration(doors.event), another(doors)
    read(other.sync(doors.scan(made.ticket_code, scanned_at=after(0), headcount=ALL, known=NOBODY)))
    read(taken_off.sync(doors.scan(made.ticket_code, scanned_at=after(1), known=ALL), doors.scan("Z" * 26)))
    assert list_conflicts(doors.event) == []


@pytest.mark.parametrize("together", [True, False])
def test_one_that_the_phone_took_back_is_asked_no_more(doors: Doors, taken_off: Phone, together: bool) -> None:
    made = make_registration(doors.event)
    sent = doors.scan(made.ticket_code, scanned_at=after(1), headcount=ALL, known=NOBODY)
    back = doors.scan(made.ticket_code, scanned_at=after(2), undoes=sent["id"])
    for batch in [(sent, back)] if together else [(sent,), (back,)]:
        read(taken_off.sync(*batch))
    assert list_conflicts(doors.event, open_only=True) == []
    assert present(doors) == 0


def test_it_takes_nothing_back_that_counts(doors: Doors, taken_off: Phone) -> None:
    made, other = make_registration(doors.event), another(doors)
    sent = doors.scan(made.ticket_code, scanned_at=after(0), headcount=ALL, known=NOBODY)
    read(other.sync(sent))
    read(taken_off.sync(doors.scan(made.ticket_code, scanned_at=after(1), undoes=sent["id"])))
    assert present(doors) == 30


def test_a_thief_cannot_bury_the_staff(doors: Doors, taken_off: Phone) -> None:
    made = make_registration(doors.event)
    one = {"participants": 1, "companions": 0}
    scans = [
        doors.scan(made.ticket_code, scanned_at=after(1), headcount=one, known=NOBODY) for _ in range(MOST_LATE + 5)
    ]
    read(taken_off.sync(*scans))
    assert len(list_conflicts(doors.event)) == MOST_LATE
    assert len(db.session.execute(select(Scan.id)).all()) == MOST_LATE + 5


def test_staff_see_it_beside_the_phones_and_on_the_board(doors: Doors, taken_off: Phone) -> None:
    made, staff, slug = make_registration(doors.event), doors.staff(), doors.event.slug
    read(taken_off.sync(doors.scan(made.ticket_code, scanned_at=after(1), headcount=ALL, known=NOBODY)))
    (row,) = list_conflicts(doors.event)
    for page in ("devices", "live"):
        shown = staff.get(f"/manage/events/{slug}/{page}").get_data(as_text=True)
        assert "30 people coming in" in shown
        assert "Phone of Karim" in shown
        assert f'value="{row.id}:both"' in shown
    counts = f"/manage/events/{slug}/live/counts"
    assert staff.get(f"{counts}/{row.id}").status_code == 404
    assert staff.post(counts, data={"settled": f"{row.id}:second"}).status_code == 404
    staff.post(counts, data={"settled": f"{row.id}:both"})
    assert present(doors) == 30

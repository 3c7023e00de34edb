"""People whom a phone without network let in, with a ticket that opened nothing any more: they are inside, and staff are asked."""

from datetime import timedelta
from typing import Any

import pytest

from app.checkin.conflict_queries import list_conflicts
from app.checkin.conflict_words import conflict_words
from app.checkin.enums import ConflictKind, LateReason
from app.checkin.operations import settle_conflict
from app.checkin.queries import get_occupancy
from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.registrations.drafts import Headcount
from app.registrations.operations import cancel_registration
from tests.factories import DAY_ONE, make_registration
from tests.integration.devices.conftest import Doors, read

NOW = DAY_ONE + timedelta(minutes=30)
NOBODY = {"participants": 0, "companions": 0}
ALL = {"participants": 28, "companions": 2}


def cancelled(doors: Doors) -> str:
    """The code of a class that was cancelled while phones had no network."""
    made = make_registration(doors.event)
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=DAY_ONE)
    set_clock(doors.app.extensions, NOW)
    return made.ticket_code


def passed(doors: Doors, code: str, minutes: int = 1, **changes: Any) -> dict[str, Any]:
    at = (DAY_ONE + timedelta(minutes=minutes)).isoformat()
    return doors.scan(code, **{"scanned_at": at, "headcount": ALL, "known": NOBODY, "let_in": True, **changes})


def present(doors: Doors) -> int:
    db.session.rollback()
    assert [r for r in run_checks(NOW) if not r.ok] == []
    db.session.rollback()
    return get_occupancy(doors.event, now=NOW).present


def settle(doors: Doors, outcome: Headcount | None) -> None:
    (row, *_) = list_conflicts(doors.event, open_only=True)
    with transaction():
        settle_conflict(row.id, outcome, by=SYSTEM, now=NOW)


def test_staff_are_asked_and_count_them_once(doors: Doors) -> None:
    phone, other = doors.phone(), doors.phone(name="Phone of Karim")
    code = cancelled(doors)
    sent = passed(doors, code)
    for _ in range(2):
        (told,) = read(phone.sync(sent))["results"]
        assert (told["result"], told["reason"]) == ("refused", "cancelled")
    read(other.sync(passed(doors, code, 4)))
    assert present(doors) == 0
    rows = list_conflicts(doors.event)
    assert [(r.kind, r.why, r.second.people) for r in rows] == [
        (ConflictKind.LATE, LateReason.CANCELLED, Headcount(28, 2))
    ] * 2
    assert "with a cancelled ticket" in conflict_words(rows[0], doors.event, "en")
    for _ in rows:
        settle(doors, None)
        assert present(doors) == 30
    assert list_conflicts(doors.event, open_only=True) == []


def test_staff_may_leave_them_uncounted(doors: Doors) -> None:
    phone = doors.phone()
    read(phone.sync(passed(doors, cancelled(doors))))
    settle(doors, Headcount(0, 0))
    assert present(doors) == 0


@pytest.mark.parametrize("changes", [{"let_in": False}, {"let_in": None}, {"scanned_at": NOW.isoformat()}])
def test_of_nobody_who_went_in_nothing_is_asked(doors: Doors, changes: dict[str, Any]) -> None:
    """The phone itself said no; an old phone does not say; or it has network, and the answer is there while they wait."""
    phone = doors.phone()
    (told,) = read(phone.sync(passed(doors, cancelled(doors), **changes)))["results"]
    assert (told["result"], told["reason"]) == ("refused", "cancelled")
    assert list_conflicts(doors.event) == []


def test_what_is_neither_yes_nor_no_is_no_passage(doors: Doors) -> None:
    phone = doors.phone()
    (told,) = read(phone.sync(passed(doors, cancelled(doors), let_in="yes")))["results"]
    assert told["reason"] == "invalid"
    assert list_conflicts(doors.event) == []


@pytest.mark.parametrize("together", [True, False])
def test_what_the_phone_took_back_is_asked_no_more(doors: Doors, together: bool) -> None:
    phone, code = doors.phone(), cancelled(doors)
    sent = passed(doors, code)
    back = passed(doors, code, 2, undoes=sent["id"], let_in=None)
    for batch in [(sent, back)] if together else [(sent,), (back,)]:
        read(phone.sync(*batch))
    assert list_conflicts(doors.event, open_only=True) == []
    assert present(doors) == 0


def test_who_was_counted_leaves_as_anybody_else(doors: Doors) -> None:
    phone, code = doors.phone(), cancelled(doors)
    read(phone.sync(passed(doors, code)))
    settle(doors, None)
    out = doors.scan(code, scanned_at=(DAY_ONE + timedelta(minutes=20)).isoformat(), direction="out", known=ALL)
    (told,) = read(phone.sync(out))["results"]
    assert told["result"] == "accepted"
    assert present(doors) == 0


def test_the_board_and_the_page_of_phones_ask(doors: Doors) -> None:
    phone = doors.phone(name="Phone of Karim")
    read(phone.sync(passed(doors, cancelled(doors))))
    (row,) = list_conflicts(doors.event)
    staff, slug = doors.staff(), doors.event.slug
    for page in ("devices", "live"):
        shown = staff.get(f"/manage/events/{slug}/{page}", headers={"Accept-Language": "fr"}).get_data(as_text=True)
        assert "Ce billet était annulé" in shown or "with a cancelled ticket: this phone had no network" in shown
        assert "Phone of Karim" in shown
        assert f'value="{row.id}:both"' in shown
    staff.post(f"/manage/events/{slug}/live/counts", data={"settled": f"{row.id}:both"})
    assert present(doors) == 30
    history = staff.get("/manage/history").get_data(as_text=True)
    assert "Passage with a cancelled ticket counted" in history or "Passage avec un billet annulé compté" in history

"""Who was registered by a phone after it was taken off: kept, not counted, and asked of staff."""

from typing import Any

import pytest

from app.checkin.conflict_queries import list_conflicts
from app.checkin.enums import ConflictKind
from app.core.audit import list_history
from app.core.db import db
from app.registrations.drafts import Headcount
from app.registrations.enums import RegistrationStatus
from app.registrations.queries import list_registrations_by_id
from app.reports.queries.live_door import WalkIns, get_door_news
from app.web.manage.history_words_doors import settled_words
from tests.integration.devices.conftest import Doors, Phone
from tests.integration.devices.test_ended import END, NOBODY, after, another, present, settle, taken_off
from tests.integration.devices.test_walk_ins import kept, send, walk_in

__all__ = ["taken_off"]


def status(doors: Doors) -> tuple[RegistrationStatus, bool]:
    db.session.rollback()
    (row,) = list_conflicts(doors.event)
    (made,) = list_registrations_by_id([row.registration_id])
    return made.status, made.beyond


def noted(doors: Doors, **changes: Any) -> dict[str, Any]:
    return walk_in(doors, **{"at": after(1), "participants": 20, "companions": 2, "provisional": True, **changes})


def test_staff_are_asked_and_may_count_them(doors: Doors, taken_off: Phone) -> None:
    item = noted(doors)
    for _ in range(2):
        assert send(taken_off, item)["walk_ins"][0]["result"] == "invalid"
    assert (present(doors), kept()) == (0, 1)
    assert get_door_news(doors.event, now=END).walk_ins == WalkIns()
    (row,) = list_conflicts(doors.event)
    assert (row.kind, row.second.people) == (ConflictKind.LATE, Headcount(20, 2))
    settle(doors, None)
    assert present(doors) == 22
    assert status(doors) == (RegistrationStatus.CONFIRMED, True)
    assert get_door_news(doors.event, now=END).walk_ins == WalkIns(1, 22, 22)
    assert send(taken_off, item)["walk_ins"][0]["result"] == "invalid"


def test_who_did_not_come_is_registered_no_more(doors: Doors, taken_off: Phone) -> None:
    send(taken_off, noted(doors))
    settle(doors, Headcount(0, 0))
    assert present(doors) == 0
    assert status(doors)[0] is RegistrationStatus.CANCELLED
    (row,) = list_conflicts(doors.event)
    (line,) = [h for h in list_history(f"registration:{row.registration_id}") if h.verb == "door.conflict_settled"]
    with doors.app.test_request_context():
        said = settled_words(line.details)
    assert "22" not in said
    assert "20 + 2 (Phone of Karim)" in said


def test_the_phone_may_take_back_what_is_asked(doors: Doors, taken_off: Phone) -> None:
    item = noted(doors)
    undo = {"id": noted(doors)["id"], "undoes": item["id"], "at": after(2), "checkpoint": str(doors.entrance)}
    send(taken_off, item)
    assert send(taken_off, undo)["walk_ins"][0]["result"] == "undone"
    assert list_conflicts(doors.event, open_only=True) == []
    assert status(doors)[0] is RegistrationStatus.CANCELLED
    assert present(doors) == 0


@pytest.mark.parametrize("settled", [True, False])
def test_it_takes_back_nobody_who_counts(doors: Doors, taken_off: Phone, settled: bool) -> None:
    item = noted(doors)
    send(taken_off if settled else another(doors), item)
    if settled:
        settle(doors, None)
    undo = {"id": noted(doors)["id"], "undoes": item["id"], "at": after(2), "checkpoint": str(doors.entrance)}
    assert send(taken_off, undo)["walk_ins"][0]["result"] == "invalid"
    assert present(doors) == 22


def test_who_passed_another_door_meanwhile_stays_registered(doors: Doors, taken_off: Phone) -> None:
    send(taken_off, noted(doors))
    (row,) = list_conflicts(doors.event)
    scan = doors.scan("", reference=row.reference, scanned_at=after(4), known=NOBODY)
    del scan["code"]
    assert another(doors).sync(scan).status_code == 200
    assert present(doors) == 22
    settle(doors, Headcount(0, 0))
    assert present(doors) == 22
    assert status(doors)[0] is RegistrationStatus.CONFIRMED

"""What phones are believed, and how many of them may send much at once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.checkin.devices.operations import revoke_device
from app.checkin.devices.queries import list_devices
from app.checkin.enums import DeviceMode
from app.checkin.models import Scan
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.operations import move_event
from app.registrations.operations import cancel_registration
from app.web.door import sync
from tests.factories import DAY_ONE, NOW, forum, make_event, make_registration, person_draft
from tests.integration.devices.conftest import Doors, Phone, problem, read
from tests.integration.devices.test_walk_ins import kept, send, walk_in


def stored() -> int:
    return db.session.execute(select(func.count(Scan.id))).scalar_one()


def results(phone: Phone, *scans: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(r["result"], r["reason"]) for r in read(phone.sync(*scans))["results"]]


def test_another_reason_is_told_in_words(doors: Doors) -> None:
    phone, person = doors.phone(), make_registration(doors.event, person_draft(doors.event))
    with transaction():
        cancel_registration(person.id, by=SYSTEM, now=NOW)
    silent = doors.scan(person.ticket_code, override={"reason": "other", "note": "  "})
    said = doors.scan(person.ticket_code, override={"reason": "other", "note": "Brings the projector"})
    assert results(phone, silent, said) == [("refused", "invalid"), ("accepted", None)]
    assert stored() == 1
    item = walk_in(doors, over=True, reason="other", note="")
    assert send(phone, item)["walk_ins"][0]["result"] == "invalid"
    assert kept() == 0


def test_at_a_kiosk_nobody_is_let_in_after_a_no(sqlite_doors: Doors) -> None:
    kiosk, person = Phone(sqlite_doors.app), make_registration(sqlite_doors.event, person_draft(sqlite_doors.event))
    kiosk.enrol(sqlite_doors.code(mode=DeviceMode.KIOSK))
    with transaction():
        cancel_registration(person.id, by=SYSTEM, now=NOW)
    told = sqlite_doors.scan(person.ticket_code, override={"reason": "told", "note": ""})
    assert results(kiosk, told, sqlite_doors.scan(person.ticket_code)) == [
        ("refused", "invalid"),
        ("refused", "cancelled"),
    ]


def test_at_a_kiosk_no_more_come_in_than_the_ticket_still_awaits(doors: Doors) -> None:
    kiosk, group = Phone(doors.app), make_registration(doors.event)
    kiosk.enrol(doors.code(mode=DeviceMode.KIOSK))

    def count(phone: Phone, participants: int, companions: int = 0, **more: Any) -> list[tuple[str, str | None]]:
        people = {"participants": participants, "companions": companions}
        return results(phone, doors.scan(group.ticket_code, headcount=people, **more))

    expected = read(kiosk.sync(doors.scan(group.ticket_code, direction="out")))["results"][0]["expected"]
    most = expected["participants"]
    assert count(kiosk, most + 1) == [("refused", "invalid")]
    assert count(kiosk, most - 2) == [("accepted", None)]
    assert count(kiosk, 3) == [("refused", "invalid")]
    assert count(kiosk, 2, expected["companions"] + 1) == [("refused", "invalid")]
    assert count(kiosk, 2, expected["companions"]) == [("accepted", None)]
    assert count(kiosk, 500, known={"participants": 0, "companions": 0}) == [("refused", "invalid")]
    assert read(kiosk.sync())["present"] == most + expected["companions"]
    assert count(doors.phone(), 1, direction="out") == [("accepted", None)]
    assert count(doors.phone(), 3) == [("accepted", None)]  # the team of the door may


def test_a_phone_that_was_taken_off_tells_of_the_time_that_it_was_enrolled(sqlite_doors: Doors) -> None:
    phone, group = sqlite_doors.phone(), make_registration(sqlite_doors.event)
    at = [DAY_ONE - timedelta(minutes=11), DAY_ONE - timedelta(minutes=9), DAY_ONE + timedelta(minutes=29)]
    end = DAY_ONE + timedelta(minutes=30)
    with transaction():
        revoke_device(list_devices(sqlite_doors.event.id)[0], by=SYSTEM, now=end)
    set_clock(sqlite_doors.app.extensions, end + timedelta(hours=1))
    scans = [
        sqlite_doors.scan(group.ticket_code, scanned_at=moment.isoformat(), headcount={"participants": 3})
        for moment in [*at, end + timedelta(seconds=1)]
    ]
    assert [result for result, _ in results(phone, *scans)] == ["refused", "accepted", "accepted", "refused"]
    assert stored() == 3


def test_no_phone_tells_of_the_time_before_it_was_enrolled(doors: Doors) -> None:
    phone, group = doors.phone(), make_registration(doors.event)
    at = [DAY_ONE - timedelta(days=2), DAY_ONE - timedelta(minutes=11), DAY_ONE - timedelta(minutes=9)]
    three = {"participants": 3}
    scans = [doors.scan(group.ticket_code, scanned_at=moment.isoformat(), headcount=three) for moment in at]
    assert [result for result, _ in results(phone, *scans)] == ["refused", "refused", "accepted"]
    assert stored() == 1


def test_a_clock_that_is_days_ahead_is_not_told_as_a_phone_that_was_taken_off(sqlite_doors: Doors) -> None:
    phone, group = sqlite_doors.phone(), make_registration(sqlite_doors.event)
    ahead = (DAY_ONE + timedelta(days=3)).isoformat()
    assert results(phone, sqlite_doors.scan(group.ticket_code, scanned_at=ahead, headcount={"participants": 3})) == [
        ("refused", "invalid")
    ]
    staff, slug = sqlite_doors.staff(), sqlite_doors.event.slug
    for page in ("devices", "live"):
        shown = staff.get(f"/manage/events/{slug}/{page}").get_data(as_text=True)
        assert "taken off. It" not in shown
        assert "après le retrait de ce téléphone" not in shown
        assert "jeudi 4 février" in shown or "Thursday 4 February" in shown
        assert "horloge de ce téléphone se trompe" in shown or "this phone’s clock is wrong" in shown


def test_the_history_says_which_phone_was_renamed_and_where(sqlite_doors: Doors) -> None:
    phone = sqlite_doors.phone(name="Phone of Yasmina")
    assert phone.call("POST", "name", {"name": "Exit"}).status_code == 200
    shown = sqlite_doors.staff().get("/manage/history").get_data(as_text=True)
    assert "Phone of Yasmina" in shown
    assert "Exit" in shown
    assert "on the phone itself" in shown or "sur le téléphone" in shown


def test_a_walk_in_s_id_is_of_one_event(sqlite_doors: Doors) -> None:
    first, item = sqlite_doors.phone(), walk_in(sqlite_doors, name="Camille Morel")
    assert send(first, item)["walk_ins"][0]["result"] == "taken"
    other = Doors(
        sqlite_doors.app, sqlite_doors.organiser_id, make_event(sqlite_doors.organiser_id, forum(title_fr="B"))
    )
    told = send(other.phone(), {**item, "checkpoint": str(other.entrance)})["walk_ins"][0]
    assert (told["result"], told["reference"], told["code"], told["label"]) == ("invalid", "", "", "")
    assert kept() == 1


@pytest.mark.parametrize(("move", "result"), [(EventMove.CLOSE, "taken"), (EventMove.CANCEL, "invalid")])
def test_walk_ins_when_registration_is_closed_or_the_event_called_off(
    sqlite_doors: Doors, move: EventMove, result: str
) -> None:
    phone = sqlite_doors.phone()
    with transaction():
        move_event(sqlite_doors.event.id, move, by=SYSTEM, now=DAY_ONE)
    told = send(phone, walk_in(sqlite_doors, provisional=True), walk_in(sqlite_doors))
    assert [answer["result"] for answer in told["walk_ins"]] == [result] * 2
    assert (kept(), told["present"]) == ((2, 4) if result == "taken" else (0, 0))


def test_when_many_phones_send_much_the_others_come_again_and_single_passages_go_on(sqlite_doors: Doors) -> None:
    phone, group = sqlite_doors.phone(), make_registration(sqlite_doors.event)
    much = [sqlite_doors.scan(group.ticket_code, headcount={"participants": 1}) for _ in range(60)]
    with sync.hand_for(None), sync.hand_for(None), sync.hand_for(None):
        answer = phone.sync(*much)
        assert problem(answer) == (503, "busy")
        assert int(answer.headers["Retry-After"]) >= 1
        assert stored() == 0
        assert results(phone, much[0]) == [("accepted", None)]
    assert len(results(phone, *much)) == 60
    assert stored() == 60

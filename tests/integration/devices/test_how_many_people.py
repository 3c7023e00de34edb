"""Staff read of how many people a phone keeps passages, or lost them; and the history says which count was confirmed."""

import html
from datetime import timedelta

from app.checkin.conflict_queries import list_conflicts
from app.checkin.devices.queries import list_devices
from app.checkin.operations import settle_conflict
from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.registrations.drafts import Headcount
from app.web.manage.live_board import forget_boards
from tests.factories import DAY_ONE, make_registration
from tests.integration.devices.conftest import Doors, problem, read

NOBODY = {"participants": 0, "companions": 0}


def shown(doors: Doors, page: str) -> str:
    with doors.app.app_context():
        forget_boards()
    answer = doors.staff().get(f"/manage/events/{doors.event.slug}/{page}")
    assert answer.status_code == 200
    return " ".join(html.unescape(answer.get_data(as_text=True)).split())


def test_what_a_phone_keeps_is_told_with_its_people(doors: Doors) -> None:
    phone, made = doors.phone(), make_registration(doors.event)
    assert phone.sync(unsent=3, unsent_people=27).status_code == 200
    for page in ("devices", "live"):
        assert "3 passages not sent yet (27 people)" in shown(doors, page)
    assert "still kept 3 passages (27 people)" in shown(doors, "devices")
    assert phone.sync(doors.scan(made.ticket_code, headcount={"participants": 28, "companions": 2})).status_code == 200
    (device,) = list_devices(doors.event.id)
    assert (device.unsent, device.lost_people) == (0, 0)
    assert problem(phone.sync(unsent=1, unsent_people=-1)) == (422, "invalid")


def test_the_board_leads_to_the_phone_that_took_people_with_it(doors: Doors) -> None:
    phone = doors.phone(name="Phone of Karim")
    assert phone.call("POST", "leave", {"unsent": 3, "people": 27}).status_code == 204
    (device,) = list_devices(doors.event.id)
    board = shown(doors, "live")
    assert "3 passages lost (27 people): it signed out before it had sent them" in board
    address = f"/manage/events/{doors.event.slug}/devices#phone-{device.id}"
    assert f'<a href="{address}">Phone of Karim</a>' in board
    assert f'id="phone-{device.id}"' in shown(doors, "devices")


def test_the_history_says_which_count_was_confirmed_and_of_which_phone(doors: Doors) -> None:
    made = make_registration(doors.event)
    told = ((27, 2, "Phone of Karim"), (24, 2, "Phone of Inès"))
    for minute, (participants, companions, name) in enumerate(told):
        count = {"participants": participants, "companions": companions}
        sent = doors.scan(
            made.ticket_code,
            headcount=count,
            known=NOBODY,
            scanned_at=(DAY_ONE + timedelta(minutes=minute)).isoformat(),
        )
        assert read(doors.phone(name=name).sync(sent))["results"][0]["result"] == "accepted"
    (row,) = list_conflicts(doors.event, open_only=True)
    with transaction():
        settle_conflict(row.id, Headcount(24, 2), by=SYSTEM, now=DAY_ONE + timedelta(minutes=5))
    first, second = (f"{row.first.people.participants} + 2", f"{row.second.people.participants} + 2")
    assert {first, second} == {"27 + 2", "24 + 2"}
    said = "Count confirmed: 24 + 2 (Phone of Inès), rather than 27 + 2 (Phone of Karim)"
    for page in (f"registrations/{made.reference}", "history"):
        text = shown(doors, page)
        assert said in text
        assert list_devices(doors.event.id)[0].uid not in text

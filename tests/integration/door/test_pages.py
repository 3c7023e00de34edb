"""The door's pages without scripts, and what its scripts ask."""

import re
from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from flask import Flask

from app.accounts.enums import Role
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.enums import Enrolment, EventMove
from app.events.operations import move_event
from app.registrations.operations import cancel_registration, issue_route_cards
from app.registrations.queries import get_registration
from tests.factories import (
    DAY_ONE,
    NOW,
    class_draft,
    forum,
    make_event,
    make_organiser,
    make_registration,
    person_draft,
)
from tests.integration.door.conftest import Volunteer, door_data, make_event_after, make_volunteer, sign_in


def test_who_may_stand_at_a_door(sqlite_app: Flask, sqlite_volunteer: Volunteer) -> None:
    for role, status in ((Role.OWNER, 200), (Role.MANAGER, 200), (Role.DOOR, 200), (Role.VIEWER, 403)):
        client = sign_in(sqlite_app, sqlite_volunteer.organiser_id, role)
        with sqlite_app.app_context():
            assert client.get("/door/events").status_code == status
        with sqlite_app.app_context():
            assert client.get(f"/door/{sqlite_volunteer.event.slug}").status_code == status
    foreign = sign_in(sqlite_app, make_organiser("Ailleurs"), Role.OWNER)
    for path in ("", "/place", "/search", f"/tickets/{sqlite_volunteer.class_.reference}"):
        with sqlite_app.app_context():
            assert foreign.get(f"/door/{sqlite_volunteer.event.slug}{path}").status_code == 404
    with sqlite_app.app_context():
        assert foreign.get("/door/%00").status_code == 404
    with sqlite_app.app_context():
        answer = sqlite_app.test_client().get(f"/door/{sqlite_volunteer.event.slug}")
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/login")


def test_events_of_today_come_first_and_those_over_are_behind_a_link(
    sqlite_app: Flask, sqlite_volunteer: Volunteer
) -> None:
    for title, days in (("Later", 30), ("Soon", 2), ("Before", -30)):
        make_event_after(sqlite_volunteer, title, timedelta(days=days))
    closed = make_event_after(sqlite_volunteer, "Closed", timedelta(hours=1))
    archived = make_event(sqlite_volunteer.organiser_id, forum(title_fr="Archived", title_en="Archived"))
    make_event_after(sqlite_volunteer, "Draft", timedelta(0), publish=False)
    with transaction():
        for event in (closed, archived):
            move_event(event.id, EventMove.CLOSE, by=SYSTEM, now=NOW)
        move_event(archived.id, EventMove.ARCHIVE, by=SYSTEM, now=NOW)
    set_clock(sqlite_app.extensions, DAY_ONE)
    page = sqlite_volunteer.text("/door/events")
    assert re.findall("<strong>(.*?)</strong>", page) == ["The Path of Talents", "Closed", "Soon", "Later"]
    link = re.search(r'href="(/door/events\?over=1[^"]*)"', page)
    assert link
    assert "Events that are over" in page
    titles = re.findall("<strong>(.*?)</strong>", sqlite_volunteer.text(link[1]))
    assert titles == ["The Path of Talents", "Closed", "Soon", "Later", "Before"]


def test_without_an_event_to_come_the_list_says_so(sqlite_app: Flask, sqlite_volunteer: Volunteer) -> None:
    make_event_after(sqlite_volunteer, "Draft", timedelta(days=90), publish=False)
    set_clock(sqlite_app.extensions, DAY_ONE + timedelta(days=60))
    page = sqlite_volunteer.text("/door/events")
    assert "No event to come" in page
    assert "Events that are over" in page
    assert re.findall("<strong>(.*?)</strong>", page) == []


def test_a_place_is_chosen_and_remembered(sqlite_volunteer: Volunteer) -> None:
    space = sqlite_volunteer.event.checkpoints[1]
    chosen = sqlite_volunteer.post("/place", data={"checkpoint": space.id, "direction": "out"})
    assert chosen.status_code == 302
    data = door_data(sqlite_volunteer.text())
    assert (data["checkpoint"], data["direction"]) == (str(space.id), "out")
    assert data["space"] == {"name": "Grande salle", "capacity": 70}
    for wrong in ({"checkpoint": "999", "direction": "in"}, {"checkpoint": space.id, "direction": "up"}, {}):
        sqlite_volunteer.post("/place", data=wrong)
    assert door_data(sqlite_volunteer.text())["checkpoint"] == str(space.id)


def scan(volunteer: Volunteer, **form: object) -> str:
    sent = {"id": str(uuid4()), "code": volunteer.class_.ticket_code, **form}
    answer = volunteer.post("/scan", data=sent)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_class_comes_in_in_two_parts_and_is_in(volunteer: Volunteer) -> None:
    first = scan(volunteer, participants="27", companions="2")
    assert "verdict-accepted" in first
    assert "Expected 28 pupils + 2 adults, Thursday 4 February, 9:00" in first
    assert "Missing: 1 pupil." in first
    assert volunteer.present == 29
    page = volunteer.text(f"/tickets/{volunteer.class_.reference}")
    assert 'name="participants" id="participants" value="1"' in page
    scan(volunteer)
    again = scan(volunteer)
    assert "verdict-already" in again
    assert "Already in" in again
    assert "Came in at 10:00" in again
    assert volunteer.present == 30


def test_who_comes_late_is_told_how_many_of_the_class_are_in(volunteer: Volunteer) -> None:
    scan(volunteer, participants="27", companions="2")
    asked = volunteer.text(f"/tickets/{volunteer.class_.reference}")
    assert "29 of 30 present. Expected 28 pupils + 2 adults" in asked
    assert ">more pupil</label>" in asked
    late = scan(volunteer, participants="1", companions="0")
    assert "30 of 30 present, +1 now" in late
    assert "1 of 1" not in asked + late
    volunteer.post("/place", data={"checkpoint": volunteer.event.checkpoints[0].id, "direction": "out"})
    assert "22 of 30 present, −8 now" in scan(volunteer, participants="8", companions="0")
    whole = scan(volunteer)
    assert "verdict-accepted" in whole
    assert "present, " not in whole


def test_taking_back_is_offered_only_for_a_passage_that_counted(volunteer: Volunteer) -> None:
    undo = "Take this passage back"
    assert undo not in volunteer.text(f"/tickets/{volunteer.class_.reference}")
    one = str(uuid4())
    assert undo in scan(volunteer, id=one, participants="10", companions="1")
    assert undo not in scan(volunteer, undoes=one)
    assert undo not in scan(volunteer, undoes=one)
    assert undo not in scan(volunteer, participants="0", companions="0")
    assert undo not in scan(volunteer, code="0" * 26)
    assert undo in scan(volunteer)
    assert undo not in scan(volunteer)


def test_sending_a_form_again_changes_nothing_and_undoing_does(volunteer: Volunteer) -> None:
    one = str(uuid4())
    for _ in range(2):
        assert "verdict-accepted" in scan(volunteer, id=one, participants="10", companions="1")
    assert volunteer.present == 11
    assert "Taken back" in scan(volunteer, undoes=one)
    assert volunteer.present == 0
    assert "Not counted" in scan(volunteer, undoes=one)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"code": "0" * 26}, "Unknown ticket"),
        ({"code": "\x00"}, "Unknown ticket"),
        ({"code": "x" * 5000}, "Unknown ticket"),
        ({"participants": "0", "companions": "0"}, "Not counted"),
        ({"participants": "-1", "companions": "x"}, "Not counted"),
        ({"participants": "9" * 40, "companions": "1"}, "verdict-accepted"),
        ({"id": "no uuid", "participants": "²", "companions": "1"}, "verdict-accepted"),
    ],
)
def test_what_is_typed_wrongly(volunteer: Volunteer, form: dict[str, str], words: str) -> None:
    assert words in scan(volunteer, **form)


def test_refusals_say_why_and_what_next(sqlite_app: Flask, sqlite_volunteer: Volunteer) -> None:
    volunteer, event = sqlite_volunteer, sqlite_volunteer.event
    gone = make_registration(event, person_draft(event))
    with transaction():
        cancel_registration(gone.id, by=SYSTEM, now=NOW)
    waiting = make_registration(event, class_draft(event, participants=40, waitlist=True))
    elsewhere = make_registration(make_event(volunteer.organiser_id))
    assert "This registration was cancelled." in scan(volunteer, code=gone.ticket_code)
    assert "Ask the organiser whether there is room." in scan(volunteer, code=waiting.ticket_code)
    assert "This ticket is for another event" in scan(volunteer, code=elsewhere.ticket_code)
    volunteer.post("/place", data={"checkpoint": event.checkpoints[2].id, "direction": "in"})
    full = scan(volunteer)
    assert "Space full" in full
    assert "Orientation holds 20 people" in full
    volunteer.post("/place", data={"checkpoint": event.checkpoints[0].id, "direction": "out"})
    assert "Nobody is counted inside with this ticket." in scan(volunteer)


def test_a_ticket_that_is_refused_is_not_offered_to_be_let_in(volunteer: Volunteer) -> None:
    event = volunteer.event
    gone = make_registration(event, person_draft(event))
    with transaction():
        cancel_registration(gone.id, by=SYSTEM, now=NOW)
    page = volunteer.text(f"/tickets/{gone.reference}")
    assert "Let in" not in page
    assert "Check this ticket" in page
    assert "This registration was cancelled." in page
    assert "If there is room, they can register again." in page
    assert f'/door/{event.slug}/search"' in page
    assert "Let in" in volunteer.text(f"/tickets/{volunteer.class_.reference}")


def test_a_ticket_of_another_day(sqlite_app: Flask, sqlite_volunteer: Volunteer) -> None:
    next_day = DAY_ONE + timedelta(days=1)
    waves = (
        WaveDraft(DAY_ONE, DAY_ONE + timedelta(hours=1), 60),
        WaveDraft(next_day, next_day + timedelta(hours=1), 60),
    )
    event = make_event(sqlite_volunteer.organiser_id, forum(waves=waves, ends_at=next_day + timedelta(hours=8)))
    friday = make_registration(event, class_draft(event, waves=(event.waves[1].id,)))
    set_clock(sqlite_app.extensions, DAY_ONE)
    found = sqlite_volunteer.post(f"/door/{event.slug}/look-up", json={"code": friday.ticket_code}).get_json()["ticket"]
    assert (found["wrong_day"], found["days"]) == (True, "Friday 5 February")
    page = sqlite_volunteer.post(f"/door/{event.slug}/scan", data={"id": str(uuid4()), "code": friday.ticket_code})
    assert "This ticket is for Friday 5 February. Today is Thursday 4 February." in page.get_data(as_text=True)


def test_search_finds_by_number_name_and_school(sqlite_volunteer: Volunteer) -> None:
    reference = sqlite_volunteer.class_.reference
    spoken = reference.lower().replace("-", "")
    straight = sqlite_volunteer.get(f"/search?q={spoken}")
    assert (straight.status_code, straight.headers["Location"]) == (
        302,
        f"/door/{sqlite_volunteer.event.slug}/tickets/{reference}",
    )
    for text in ("trois rivieres", "LAMBERT manon", "3e b"):
        assert reference in sqlite_volunteer.text(f"/search?q={text}")
    assert "Nobody matches “&lt;b&gt;”." in sqlite_volunteer.text("/search?q=<b>")
    assert "Nobody matches" not in sqlite_volunteer.text("/search")
    assert sqlite_volunteer.get("/tickets/VT-0000-00").status_code == 404


@pytest.mark.parametrize("typed", ["VT-2222-22", "vt 2222 22", "0" * 26, "https://example.org/t/" + "z" * 26, "Nobody"])
def test_a_typed_number_that_nobody_has_is_an_unknown_ticket(sqlite_volunteer: Volunteer, typed: str) -> None:
    page = sqlite_volunteer.get(f"/search?number={quote(typed)}").get_data(as_text=True)
    assert "verdict-refused" in page
    assert "Unknown ticket" in page
    assert "is not a ticket of this event" in page
    assert f'name="number" value="{typed}"' in page
    assert f'/search?q={quote(typed, safe="/")}"' in page
    assert "Search by name or by school" in page
    by_name = sqlite_volunteer.text(f"/search?q={quote(typed)}")
    assert "verdict" not in by_name
    assert f'name="q" type="search" value="{typed}"' in by_name


def test_a_typed_number_that_somebody_has_leads_to_the_ticket(sqlite_volunteer: Volunteer) -> None:
    reference = sqlite_volunteer.class_.reference
    straight = sqlite_volunteer.get(f"/search?number={reference.lower()}")
    assert (straight.status_code, straight.headers["Location"]) == (
        302, f"/door/{sqlite_volunteer.event.slug}/tickets/{reference}",
    )  # fmt: skip
    for part in (reference[:6], "trois rivieres"):  # half a number, and a name in the wrong field, find what there is
        assert reference in sqlite_volunteer.text(f"/search?number={part}")
    assert "Look for a ticket" in sqlite_volunteer.text("/search?number=")
    long = sqlite_volunteer.text(f"/search?number={'9' * 300}")
    assert f"“{'9' * 39}…” is not a ticket" in long


def test_the_search_says_the_day_unless_it_is_today(sqlite_app: Flask, sqlite_volunteer: Volunteer) -> None:
    event = sqlite_volunteer.event
    both = make_event(sqlite_volunteer.organiser_id, forum(enrolment=Enrolment.SEVERAL))
    waves = tuple(wave.id for wave in both.waves)
    make_registration(both, class_draft(both, waves=waves))
    assert "28 pupils + 2 adults · Thursday 4 February, 9:00\xa0am" in sqlite_volunteer.text("/search?q=rivieres")
    assert "28 pupils + 2 adults · Thursday 4 February<" in sqlite_volunteer.text(
        f"/door/{both.slug}/search?q=rivieres"
    )
    set_clock(sqlite_app.extensions, DAY_ONE)
    assert "28 pupils + 2 adults · 9:00\xa0am<" in sqlite_volunteer.text(f"/door/{event.slug}/search?q=rivieres")


def test_one_person_of_another_day_is_expected_in_words_that_go_with_a_day(sqlite_volunteer: Volunteer) -> None:
    event = sqlite_volunteer.event
    person = make_registration(event, person_draft(event))
    sqlite_volunteer.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "fr"
    for page in (
        sqlite_volunteer.text(f"/tickets/{person.reference}"),
        scan(sqlite_volunteer, code=person.ticket_code),
    ):
        assert "Arrivée prévue : jeudi 4 février, 9 h 00" in page.replace("\xa0", " ")
    words = door_data(sqlite_volunteer.text())["words"]["people"]  # the scripts fill in the same ones
    assert words["expected_one"].replace("\xa0", " ") == "Arrivée prévue : {time}"


def test_who_came_in_yesterday_comes_in_again_today(sqlite_app: Flask, sqlite_volunteer: Volunteer) -> None:
    set_clock(sqlite_app.extensions, DAY_ONE)
    scan(sqlite_volunteer)
    assert "Came in at 9:00\xa0am" in scan(sqlite_volunteer)
    set_clock(sqlite_app.extensions, DAY_ONE + timedelta(days=1))
    assert sqlite_volunteer.present == 0
    again = scan(sqlite_volunteer)
    assert ("Come in" in again, "Already" in again) == (True, False)
    assert "Came in at 9:00\xa0am, Entrance" in scan(sqlite_volunteer)
    assert sqlite_volunteer.present == 30


def test_scripts_look_tickets_up(volunteer: Volunteer) -> None:
    code = volunteer.class_.ticket_code

    def ask(body: object) -> object:
        return volunteer.post("/look-up", json=body).get_json(silent=True)

    expected = {"participants": 28, "companions": 2}
    ticket = {
        "code": code, "reference": volunteer.class_.reference, "label": "3e B · Collège des Trois-Rivières",
        "group": True, "school": True, "status": "confirmed", "expected": expected,
        "inside": {"participants": 0, "companions": 0}, "time": "Thursday 4 February, 9:00\xa0am", "days": "Thursday 4 February",
        "wrong_day": False, "came_at": "", "came_day": "", "came_door": "", "absent": False,
    }  # fmt: skip
    assert ask({"code": f"http://127.0.0.1:8000/t/{code.lower()}"}) == {"ticket": ticket}
    assert ask({"text": "rivieres"}) == {"tickets": [ticket]}
    assert ask({"code": "0" * 26}) == ask({"code": "\x00"}) == {"ticket": None}
    assert ask({"text": "\x00"}) == {"tickets": []}
    bodies: list[object] = [{}, [], None, {"code": 3}, {"text": None}]
    for wrong in bodies:
        assert volunteer.post("/look-up", json=wrong).status_code == 422


def test_a_route_card_passes_as_one_person(sqlite_volunteer: Volunteer) -> None:
    with transaction():
        issue_route_cards(sqlite_volunteer.class_.id, by=SYSTEM, now=NOW)
    card = get_registration(sqlite_volunteer.class_.id).cards[6]
    found = sqlite_volunteer.post("/look-up", json={"code": card.code}).get_json()["ticket"]
    assert (found["group"], found["expected"]) == (False, {"participants": 1, "companions": 0})
    alone = scan(sqlite_volunteer, code=card.code)
    assert "3B-07" in alone
    assert "1 of 30 present, +1 now" in alone
    assert sqlite_volunteer.present == 1


def test_who_manages_may_register_on_the_spot(sqlite_app: Flask, sqlite_volunteer: Volunteer) -> None:
    assert "Register on the spot" not in sqlite_volunteer.text()
    assert "Register on the spot" in make_volunteer(sqlite_app, Role.MANAGER).text()


def test_forms_need_their_token(sqlite_app: Flask, sqlite_volunteer: Volunteer) -> None:
    sqlite_app.config["WTF_CSRF_ENABLED"] = True
    form = {"id": str(uuid4()), "code": sqlite_volunteer.class_.ticket_code}
    assert sqlite_volunteer.post("/scan", data=form).status_code == 400
    assert sqlite_volunteer.post("/look-up", json={"code": form["code"]}).status_code == 400
    token = str(door_data(sqlite_volunteer.text())["csrf"])
    assert sqlite_volunteer.post("/scan", data=form | {"csrf_token": token}).status_code == 200
    answer = sqlite_volunteer.post("/look-up", json={"code": form["code"]}, headers={"X-CSRFToken": token})
    assert answer.status_code == 200

"""The door's pages without scripts, and what its scripts ask."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask

from app.accounts.enums import Role, Scope
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.enums import EventMove
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
from tests.integration.door.conftest import Volunteer, make_volunteer, sign_in


def door_data(page: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="door-data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, object] = json.loads(found[1])
    return data


def test_who_may_stand_at_a_door(sqlite_app: Flask, sqlite_volunteer: Volunteer) -> None:
    for role, status in ((Role.OWNER, 200), (Role.MANAGER, 200), (Role.DOOR, 200), (Role.VIEWER, 403)):
        client = sign_in(sqlite_app, sqlite_volunteer.organiser_id, role)
        with sqlite_app.app_context():
            assert client.get("/door/").status_code == status
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


def test_events_of_today_come_first(sqlite_app: Flask, sqlite_volunteer: Volunteer) -> None:
    later, over = timedelta(days=30), timedelta(days=-30)
    for title, shift in (("Later", later), ("Before", over)):
        start = DAY_ONE + shift
        wave = WaveDraft(start, start + timedelta(hours=1), 10)
        draft = forum(
            title_fr=title, title_en=title, starts_at=start, ends_at=start + timedelta(hours=8), waves=(wave,)
        )
        make_event(sqlite_volunteer.organiser_id, draft)
    archived = make_event(sqlite_volunteer.organiser_id, forum(title_fr="Archived", title_en="Archived"))
    with transaction():
        move_event(archived.id, EventMove.CLOSE, by=SYSTEM, now=NOW)
        move_event(archived.id, EventMove.ARCHIVE, by=SYSTEM, now=NOW)
    set_clock(sqlite_app.extensions, DAY_ONE)
    page = sqlite_volunteer.text("/door/")
    titles = [page.find(f"<strong>{title}</strong>") for title in ("The Path of Talents", "Later", "Before")]
    assert -1 not in titles
    assert titles == sorted(titles)
    assert "Archived" not in page


def test_the_page_gets_a_key_for_its_event_alone(sqlite_app: Flask, sqlite_volunteer: Volunteer) -> None:
    data = door_data(sqlite_volunteer.text())
    assert data["checkpoint"] == str(sqlite_volunteer.event.checkpoints[0].id)
    other = make_event(sqlite_volunteer.organiser_id)
    headers = {"Authorization": f"Bearer {data['key']}"}
    for slug, status in ((sqlite_volunteer.event.slug, 200), (other.slug, 404)):
        with sqlite_app.app_context():
            answer = sqlite_app.test_client().get(f"/api/v1/events/{slug}/occupancy", headers=headers)
        assert answer.status_code == status
    assert Scope.SCANS_WRITE in Scope
    assert sqlite_volunteer.get().headers["Cache-Control"] == "no-store"


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


def test_scripts_look_tickets_up(volunteer: Volunteer) -> None:
    code = volunteer.class_.ticket_code

    def ask(body: object) -> object:
        return volunteer.post("/look-up", json=body).get_json(silent=True)

    expected = {"participants": 28, "companions": 2}
    ticket = {
        "code": code, "reference": volunteer.class_.reference, "label": "3e B · Collège des Trois-Rivières",
        "group": True, "school": True, "status": "confirmed", "expected": expected,
        "inside": {"participants": 0, "companions": 0}, "time": "Thursday 4 February, 9:00\xa0am", "days": "Thursday 4 February",
        "wrong_day": False, "came_at": "", "came_door": "",
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
    assert "3B-07" in scan(sqlite_volunteer, code=card.code)
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

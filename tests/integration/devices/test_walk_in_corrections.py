"""Walk-ins in the wave that is on, and those that were a slip of the finger."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.checkin.models import Scan
from app.core.clock import set_clock
from app.core.db import db
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.queries import get_places
from app.registrations.enums import RegistrationStatus
from app.registrations.models import Registration
from tests.factories import DAY_ONE, forum, make_event, make_organiser
from tests.integration.devices.conftest import Doors, Phone, read
from tests.integration.devices.test_walk_ins import send, walk_in


def doors_of(app: Flask, *waves: WaveDraft, **changes: Any) -> Doors:
    set_clock(app.extensions, DAY_ONE)
    organiser_id = make_organiser()
    return Doors(app, organiser_id, make_event(organiser_id, forum(waves=waves, **changes)))


def wave(begins: int, lasts: int, capacity: int, *allotments: AllotmentDraft) -> WaveDraft:
    start = DAY_ONE + timedelta(minutes=begins)
    return WaveDraft(start, start + timedelta(minutes=lasts), capacity, allotments=allotments)


def come(doors: Doors, phone: Phone, people: int, **changes: Any) -> str:
    item = walk_in(doors, participants=people, at=(DAY_ONE + timedelta(minutes=20)).isoformat(), **changes)
    return str(send(phone, item)["walk_ins"][0]["result"])


def taken(doors: Doors) -> list[int]:
    db.session.rollback()
    found = get_places(doors.event)
    return [found.waves[one.id] for one in doors.event.waves]


def test_the_wave_that_is_on_takes_them_then_the_next_within_the_hour(whole_app: Flask) -> None:
    doors = doors_of(whole_app, wave(0, 30, 20), wave(30, 30, 12), wave(100, 30, 50))
    phone = doors.phone()
    assert come(doors, phone, 20) == "taken"
    assert taken(doors) == [20, 0, 0]
    assert come(doors, phone, 10) == "taken"
    assert taken(doors) == [20, 10, 0]
    assert come(doors, phone, 3) == "full"  # the third one begins in more than an hour
    assert come(doors, phone, 3, provisional=True) == "over"
    assert taken(doors) == [20, 10, 0]


def test_of_two_that_are_on_the_one_that_ends_last(sqlite_app: Flask) -> None:
    doors = doors_of(sqlite_app, wave(0, 60, 20), wave(10, 30, 20))
    assert come(doors, doors.phone(), 5) == "taken"
    assert taken(doors) == [5, 0]


def test_a_wave_that_has_no_room_for_their_audience_is_passed_over(sqlite_app: Flask) -> None:
    doors = doors_of(sqlite_app, wave(0, 60, 40, AllotmentDraft("family", 2)), wave(30, 30, 40))
    assert come(doors, doors.phone(), 5) == "taken"
    assert taken(doors) == [0, 5]


def test_the_limit_of_the_event_holds(sqlite_app: Flask) -> None:
    doors = doors_of(sqlite_app, wave(0, 60, 40), wave(30, 30, 40), capacity=10)
    phone = doors.phone()
    assert (come(doors, phone, 10), come(doors, phone, 1)) == ("taken", "full")
    assert taken(doors) == [10, 0]


def back(doors: Doors, item: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()), "undoes": item["id"], "at": (DAY_ONE + timedelta(minutes=1)).isoformat(),
        "checkpoint": str(doors.entrance), **changes,
    }  # fmt: skip


def status_of(reference: str) -> tuple[RegistrationStatus, str]:
    found = db.session.execute(
        select(Registration.status, Registration.cancel_code).where(Registration.reference == reference)
    ).one()
    return found.status, found.cancel_code


def scans() -> int:
    return db.session.execute(select(func.count(Scan.id))).scalar_one()


def test_a_walk_in_is_taken_back_once(doors: Doors) -> None:
    phone, item = doors.phone(), walk_in(doors, participants=33)
    first = send(phone, item)
    assert (first["present"], taken(doors)[0]) == (33, 33)
    undo = back(doors, item)
    told = send(phone, undo)
    assert (told["walk_ins"][0]["id"], told["walk_ins"][0]["result"], told["present"]) == (undo["id"], "undone", 0)
    assert taken(doors) == [0, 0]
    assert status_of(first["walk_ins"][0]["reference"]) == (RegistrationStatus.CANCELLED, "mistake")
    before = scans()
    again = send(phone, undo, back(doors, item))
    assert [answer["result"] for answer in again["walk_ins"]] == ["undone", "undone"]
    assert (again["present"], scans()) == (0, before)


def test_one_noted_without_network_is_taken_back_in_the_same_call(doors: Doors) -> None:
    phone, item = doors.phone(), walk_in(doors, provisional=True)
    told = send(phone, item, back(doors, item))
    assert [answer["result"] for answer in told["walk_ins"]] == ["taken", "undone"]
    assert (told["present"], taken(doors)) == (0, [0, 0])


def test_who_went_on_into_a_space_is_in_none_any_more(doors: Doors) -> None:
    phone, item = doors.phone(), walk_in(doors)
    made = send(phone, item)["walk_ins"][0]
    place = next(c for c in doors.event.checkpoints if c.space_id is not None)
    scan = doors.scan(made["code"], checkpoint=str(place.id), scanned_at=(DAY_ONE + timedelta(seconds=9)).isoformat())
    assert read(phone.sync(scan))["results"][0]["result"] == "accepted"
    told = send(phone, back(doors, item))
    assert told["present"] == 0
    assert all(people == 0 for _space, people in told["spaces"])


@pytest.mark.parametrize("changes", [{"undoes": str(uuid4())}, {"undoes": "x"}, {"at": None}, {"checkpoint": "9999"}])
def test_what_is_no_walk_in_is_not_taken_back(sqlite_doors: Doors, changes: dict[str, Any]) -> None:
    phone, item = sqlite_doors.phone(), walk_in(sqlite_doors)
    told = send(phone, item, back(sqlite_doors, item, **changes))
    assert [answer["result"] for answer in told["walk_ins"]] == ["taken", "invalid"]
    assert told["present"] == 2


def test_a_walk_in_of_another_event_stays(sqlite_doors: Doors) -> None:
    phone, item = sqlite_doors.phone(), walk_in(sqlite_doors)
    send(phone, item)
    other = Doors(sqlite_doors.app, sqlite_doors.organiser_id, make_event(sqlite_doors.organiser_id))
    assert send(other.phone(), back(other, item))["walk_ins"][0]["result"] == "invalid"
    assert send(phone)["present"] == 2


def test_more_than_five_hundred_are_a_slip_of_the_finger(sqlite_doors: Doors) -> None:
    many = [walk_in(sqlite_doors, participants=n, companions=1, provisional=True) for n in (500, 499)]
    told = send(sqlite_doors.phone(), *many)
    assert [answer["result"] for answer in told["walk_ins"]] == ["invalid", "over"]


def test_who_gave_no_name_is_not_turned_round_in_lists(sqlite_doors: Doors) -> None:
    made = send(sqlite_doors.phone(), walk_in(sqlite_doors))["walk_ins"][0]
    assert made["label"] == "Visiteur sans nom"
    page = sqlite_doors.staff().get(f"/manage/events/{sqlite_doors.event.slug}/registrations").get_data(as_text=True)
    assert "Visiteur sans nom" in page
    assert "nom, Visiteur" not in page

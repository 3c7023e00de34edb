"""New dates by a program."""

from datetime import timedelta
from typing import Any

from app.core.db import db
from app.events.queries import get_event
from app.events.queries.postponed import find_postponed
from app.registrations.queries import get_registration
from tests.factories import NOW, make_registration, person_draft
from tests.integration.api.conftest import World, errors_of, problem_of


def move(world: World, **more: Any) -> Any:
    return world.program.post(f"/events/{world.event.slug}/moves", {"move": "postpone", **more})


def test_a_program_shifts_an_event_by_days(world: World) -> None:
    made = make_registration(world.event)
    answer = move(world, shift_days=7, reason="weather")
    assert answer.status_code == 200, answer.get_json(force=True)
    body = answer.get_json()
    assert (body["state"], body["date_to_come"]) == ("published", False)
    assert body["starts_at"] == "2027-02-11T09:00:00+01:00"
    assert [w["starts_at"] for w in body["waves"]] == ["2027-02-11T09:00:00+01:00", "2027-02-11T09:40:00+01:00"]
    db.session.rollback()
    event = get_event(world.event.slug)
    assert event.postponed_at is not None
    assert body["postponed_at"] == event.postponed_at.astimezone(NOW.tzinfo).isoformat()
    told = find_postponed(event)
    assert told is not None
    assert (told.code, told.reason) == ("weather", "")
    assert get_registration(made.id).asked_at == event.postponed_at


def test_hours_are_said_wave_by_wave(world: World) -> None:
    first, second = world.event.waves
    waves = [
        {"id": str(first.id), "starts_at": "2027-05-03T14:00:00+02:00", "ends_at": "2027-05-03T14:40:00+02:00"},
        {"id": str(second.id), "starts_at": "2027-05-04T12:00:00Z", "ends_at": "2027-05-04T12:30:00Z"},
    ]
    body = move(world, waves=waves).get_json()
    assert [w["starts_at"] for w in body["waves"]] == ["2027-05-03T14:00:00+02:00", "2027-05-04T14:00:00+02:00"]


def test_registration_rests_while_the_date_is_to_come(world: World) -> None:
    assert move(world, date_to_come=True).get_json()["date_to_come"] is True
    draft = person_draft(world.event)
    sent = {
        "kind": "individual", "audience": draft.audience, "waves": [str(world.event.waves[0].id)],
        "contact": {"name": "Hugo Dupont", "email": "hugo@example.org"},
    }  # fmt: skip
    path = f"/events/{world.event.slug}/registrations"
    assert problem_of(world.program.post(path, sent)) == (409, "registration_closed")
    assert errors_of(move(world, date_to_come=True)) == {"/date_to_come": "same_dates"}
    assert move(world, shift_days=30).get_json()["date_to_come"] is False
    assert world.program.post(path, sent).status_code == 201


def test_every_fault_is_said_where_it_stands(sqlite_world: World) -> None:
    world = sqlite_world
    first, second = world.event.waves
    good = {"starts_at": "2027-05-03T14:00:00+02:00", "ends_at": "2027-05-03T14:40:00+02:00"}
    assert errors_of(move(world)) == {"/shift_days": "one_of_dates"}
    assert errors_of(move(world, shift_days=3, date_to_come=True)) == {"/shift_days": "one_of_dates"}
    assert errors_of(move(world, shift_days=99_999)) == {"/shift_days": "out_of_range"}
    assert errors_of(move(world, waves=[{"id": str(first.id), **good}])) == {"/waves": "waves_missing"}
    twice = [{"id": str(first.id), **good}, {"id": str(first.id), **good}]
    assert errors_of(move(world, waves=twice)) == {"/waves/1/id": "repeated"}
    wrong = [
        {"id": str(first.id), "starts_at": good["ends_at"], "ends_at": good["starts_at"]},
        {"id": "99999", **good},
        {"id": str(second.id), **good},
    ]
    assert errors_of(move(world, waves=wrong)) == {
        "/waves/0/ends_at": "ends_before_start",
        "/waves/1/id": "unknown_wave",
    }
    db.session.rollback()
    assert get_event(world.event.slug) == world.event


def test_what_is_called_off_is_not_postponed_and_a_coded_reason_calls_it_off(sqlite_world: World) -> None:
    path = f"/events/{sqlite_world.event.slug}/moves"
    off = sqlite_world.program.post(path, {"move": "cancel", "reason": "weather"}).get_json()
    assert (off["state"], off["cancel_code"]) == ("cancelled", "weather")
    assert problem_of(move(sqlite_world, shift_days=7)) == (409, "move_not_allowed")
    assert problem_of(move(sqlite_world)) == (409, "move_not_allowed")


def test_the_same_key_postpones_once(world: World) -> None:
    path, body = f"/events/{world.event.slug}/moves", {"move": "postpone", "shift_days": 7}
    answers = [world.program.post(path, body, Idempotency_Key="report-1") for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 200]
    db.session.rollback()
    assert get_event(world.event.slug).starts_at == world.event.starts_at + timedelta(days=7)


def test_no_days_at_all_bring_a_resting_event_back_to_its_dates(world: World) -> None:
    move(world, date_to_come=True)
    body = move(world, shift_days=0).get_json()
    assert (body["date_to_come"], body["starts_at"]) == (False, "2027-02-04T09:00:00+01:00")
    assert errors_of(move(world, shift_days=0)) == {"/shift_days": "same_dates"}
    assert errors_of(move(world, shift_days=0, date_to_come=True)) == {"/shift_days": "one_of_dates"}


def test_the_second_half_past_two_of_an_october_night_is_a_moment(world: World) -> None:
    hours = ("2027-10-31T02:30:00+01:00", "2027-10-31T02:50:00+01:00")
    waves = [{"id": str(wave.id), "starts_at": hours[0], "ends_at": hours[1]} for wave in world.event.waves]
    body = move(world, waves=waves).get_json()
    assert [(w["starts_at"], w["ends_at"]) for w in body["waves"]] == [hours, hours]


def test_hours_are_not_put_while_the_date_is_to_come(world: World) -> None:
    move(world, date_to_come=True)
    path = f"/events/{world.event.slug}"
    shown = world.program.get(path).get_json()
    sent = {name: shown[name] for name in ("title", "kind", "starts_at", "ends_at", "audiences")}
    sent["venue"] = {"name": "Le Consortium", "commune": "Dijon"}
    sent["waves"] = [{name: w[name] for name in ("id", "starts_at", "ends_at", "capacity")} for w in shown["waves"]]
    assert world.program.put(path, sent).status_code == 200
    assert errors_of(world.program.put(path, {**sent, "ends_at": "2027-02-04T19:00:00+01:00"})) == {
        "/ends_at": "date_to_come"
    }
    late = [sent["waves"][0], {**sent["waves"][1], "ends_at": "2027-02-04T11:00:00+01:00"}]
    assert errors_of(world.program.put(path, {**sent, "waves": late})) == {"/waves/1/starts_at": "date_to_come"}

"""Registering through the pages: step by step, all at once, and when something is in the way."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.enums import Enrolment, EventMove
from app.events.operations import add_audience, move_event
from app.registrations.enums import RegistrationStatus
from app.registrations.models import DeclaredStatistics
from tests.factories import DAY_ONE, NOW, class_draft, forum, make_event, make_registration, one_wave
from tests.integration.public.conftest import (
    SENT,
    Visitor,
    all_registrations,
    class_answers,
    fields_of,
    mails,
    person_answers,
    step_of,
    words_of,
)


def test_class_registers_step_by_step(visitor: Visitor) -> None:
    event = visitor.event
    page = visitor.open()
    assert step_of(page) == "1"
    page = visitor.fill(page, {"kind": "group", "audience": "school"})
    assert (page.status_code, step_of(page)) == (200, "2")
    assert "Which class are you bringing?" in page.text
    page = visitor.fill(
        page,
        {
            "organisation.class_label": "3e B",
            "headcount.participants": "28",
            "headcount.companions": "2",
            "organisation.name": "Collège des Trois-Rivières",
        },
    )
    assert step_of(page) == "3"
    assert "3e B, 30 people" in words_of(page)
    page = visitor.fill(page, {"waves": str(event.waves[1].id)})
    assert step_of(page) == "4"
    page = visitor.fill(page, {"contact.name": "Manon Lambert", "contact.email": "Manon.Lambert@example.org"})
    assert step_of(page) == "confirm"
    assert "Register for 9:40 am" in words_of(page)
    assert "28 pupils and 2 adults" in page.text
    answer = visitor.fill(page)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/events/{event.slug}/registered")

    (made,) = all_registrations()
    assert (made.status, made.class_label, made.participants, made.companions) == (
        RegistrationStatus.CONFIRMED,
        "3e B",
        28,
        2,
    )
    assert (made.waves, made.contact_email, made.locale) == ((event.waves[1].id,), "manon.lambert@example.org", "en")
    assert mails() == [("registrations.confirmed", "manon.lambert@example.org")]


def test_page_after_registering_shows_the_address_and_no_way_in(visitor: Visitor) -> None:
    page = visitor.send(class_answers(visitor.event), follow=True)
    (made,) = all_registrations()
    assert page.request.path == f"/events/{visitor.event.slug}/registered"
    assert SENT in page.text
    assert "manon.lambert@example.org" in page.text
    assert "3e B, 30 people, Thursday 4 February at 9:00 am" in words_of(page)
    for secret in (made.token, made.ticket.code, made.reference):
        assert secret not in page.text
        assert secret not in page.request.url
    assert page.headers["Cache-Control"] == "no-store"


def test_address_is_shown_once(visitor: Visitor) -> None:
    visitor.send(class_answers(visitor.event), follow=True)
    again = visitor.client.get(f"/events/{visitor.event.slug}/registered")
    assert SENT in again.text
    assert "example.org" not in again.text


def test_person_says_their_age_and_their_statistics(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, forum(asks_statistics=True))
    visitor = Visitor(client, event)
    page = visitor.fill(visitor.open("?audience=job_seeker"), {"kind": "individual"})
    assert "kept apart from your name" in page.text
    refused = visitor.fill(page)
    assert (refused.status_code, step_of(refused)) == (422, "2")
    page = visitor.fill(page, {"is_15_or_older": "yes", "statistics.gender": "woman", "oriented_by": "Mission locale"})
    page = visitor.fill(page, {"waves": str(event.waves[0].id)})
    page = visitor.fill(page, {"contact.name": "Zoé Martin", "contact.email": "zoe@example.org"})
    assert "woman" not in re.sub(r"<input[^>]*>", "", page.text)
    visitor.fill(page)
    (made,) = all_registrations()
    assert (made.is_15_or_older, made.oriented_by, made.people) == (True, "Mission locale", 1)
    declared = db.session.get(DeclaredStatistics, made.statistics_key)
    assert declared is not None
    assert (declared.gender, declared.age_band) == ("woman", None)


def test_under_15_another_person_is_reached(visitor: Visitor) -> None:
    page = visitor.fill(visitor.open("?audience=family"), {"kind": "individual"})
    page = visitor.fill(page, {"is_15_or_older": "no"})
    page = visitor.fill(page, {"waves": str(visitor.event.waves[0].id)})
    assert "Who can we reach for you?" in page.text
    assert "a parent or a teacher" in page.text


def test_going_back_keeps_every_answer(visitor: Visitor) -> None:
    sent = class_answers(visitor.event, contact__email="manon.lambert@example") | {"step": "4"}
    back = visitor.client.post(visitor.form_url, data=sent | {"go": "back"})
    assert (back.status_code, step_of(back)) == (200, "3")
    kept = fields_of(back)
    assert kept["contact.email"] == ["manon.lambert@example"]
    assert kept["organisation.class_label"] == ["3e B"]
    assert kept["waves"] == [str(visitor.event.waves[0].id)]
    first = visitor.client.post(visitor.form_url, data={n: v[0] for n, v in kept.items()} | {"step": "2", "go": "back"})
    assert fields_of(first)["kind"] == ["group"]
    assert fields_of(first)["headcount.participants"] == ["28"]


def test_one_change_leads_back_to_the_summary(visitor: Visitor) -> None:
    summary = visitor.client.post(visitor.form_url, data=class_answers(visitor.event) | {"step": "4"})
    assert step_of(summary) == "confirm"
    page = visitor.fill(summary, {"go": "2"})
    assert step_of(page) == "2"
    page = visitor.fill(page, {"headcount.participants": "25"})
    assert step_of(page) == "confirm"
    assert "25 pupils and 2 adults" in page.text


@pytest.mark.parametrize(
    ("step", "wrong", "message"),
    [
        ("1", {"audience": "nobody"}, "Choose one of the answers shown."),
        ("2", {"organisation.class_label": ""}, "This answer is missing."),
        ("2", {"headcount.participants": "many"}, "Write a whole number, for example 28."),
        ("2", {"headcount.participants": "0"}, "Write 1 or more."),
        ("2", {"headcount.participants": "99999999999999999999"}, "This number is too large."),
        ("2", {"organisation.uai": "0210001Z"}, "The letter does not go with the figures."),
        ("3", {"waves": "99999999999999999999"}, "Choose one of the times shown."),
        ("3", {"waves": ""}, "Choose one of the times shown."),
        ("4", {"contact.name": ""}, "This answer is missing."),
        ("4", {"contact.email": "manon.lambert@example"}, "The end of the address is missing"),
        ("4", {"contact.phone": "06 39 98 44 1"}, "There are 9 figures, 10 are needed."),
        ("4", {"contact.email": "", "contact.phone": ""}, "Give an e-mail address or a telephone number"),
    ],
)
def test_error_stands_at_its_field_and_nothing_is_lost(
    visitor: Visitor, step: str, wrong: dict[str, str], message: str
) -> None:
    answers = class_answers(visitor.event) | wrong
    page = visitor.client.post(visitor.form_url, data=answers | {"step": step})
    assert (page.status_code, step_of(page)) == (422, step)
    assert message in page.text
    kept = fields_of(page)
    for name, value in answers.items():
        if name not in wrong and name != "waves":
            assert kept[name] == [value], name
    assert all_registrations() == []


def test_all_answers_at_once_are_checked_alike(visitor: Visitor) -> None:
    page = visitor.send(class_answers(visitor.event, contact__email="manon@", headcount__participants="0"))
    assert (page.status_code, step_of(page)) == (422, "2")
    assert fields_of(page)["contact.email"] == ["manon@"]


def test_hostile_characters_do_no_harm(visitor: Visitor) -> None:
    answers = class_answers(
        visitor.event, contact__name="Manon\x07<script>alert(1)</script>", organisation__commune="'; --"
    )
    answers["organisation.name"] = "x" * 161
    page = visitor.send(answers)
    assert page.status_code == 422
    assert "<script>alert" not in page.text
    answers["organisation.name"] = "Collège"
    assert visitor.send(answers).status_code == 303
    assert all_registrations()[0].contact_name == "Manon<script>alert(1)</script>"


def test_wave_that_filled_meanwhile_keeps_the_answers(visitor: Visitor) -> None:
    event = visitor.event
    summary = visitor.client.post(
        visitor.form_url, data=class_answers(event, waves=str(event.waves[1].id)) | {"step": "4"}
    )
    make_registration(event, class_draft(event, waves=(event.waves[1].id,)))
    page = visitor.fill(summary)
    assert (page.status_code, step_of(page)) == (409, "3")
    text = words_of(page)
    assert "9:40 am has just filled up" in text
    assert "Your answers are kept." in text
    assert "I want 9:40 am: waiting list" in text
    kept = fields_of(page)
    assert (kept["contact.name"], kept["organisation.class_label"]) == (["Manon Lambert"], ["3e B"])
    assert "waves" not in kept
    page = visitor.fill(page, {"waves": str(event.waves[0].id)})
    assert step_of(page) == "confirm"
    assert visitor.fill(page).status_code == 303
    assert [r.waves for r in all_registrations()] == [(event.waves[1].id,), (event.waves[0].id,)]


def test_wave_that_filled_before_going_on_is_told_at_once(visitor: Visitor) -> None:
    event = visitor.event
    make_registration(event, class_draft(event, waves=(event.waves[1].id,)))
    page = visitor.client.post(
        visitor.form_url, data=class_answers(event, waves=str(event.waves[1].id)) | {"step": "3"}
    )
    assert (page.status_code, step_of(page)) == (409, "3")
    assert "9:40 am has just filled up" in words_of(page)


def test_wave_without_classes_says_so_and_is_not_called_full(client: FlaskClient, organiser_id: int) -> None:
    calm, other = (
        WaveDraft(
            DAY_ONE + timedelta(hours=n), DAY_ONE + timedelta(hours=n, minutes=40), 60,
            allotments=(AllotmentDraft("school", 0 if n == 0 else 60, None),),
        )
        for n in range(2)
    )  # fmt: skip
    event = make_event(organiser_id, forum(waves=(calm, other)))
    page = client.post(f"/events/{event.slug}/register", data=class_answers(event) | {"step": "3"})
    assert page.status_code == 409
    text = words_of(page)
    assert "9:00 am is without classes" in text
    assert "No classes" in text
    assert "just filled up" not in text
    assert ">Full<" not in text
    assert "I want 9:00 am" not in text
    person = client.post(f"/events/{event.slug}/register", data=person_answers(event) | {"step": "3"})
    assert step_of(person) == "4"


def test_wave_with_too_few_places_is_not_called_full(visitor: Visitor) -> None:
    event = visitor.event
    make_registration(event, class_draft(event, participants=8, waves=(event.waves[1].id,)))
    page = visitor.client.post(
        visitor.form_url, data=class_answers(event, waves=str(event.waves[1].id)) | {"step": "3"}
    )
    assert page.status_code == 409
    assert "Not enough places on 9:40 am" in words_of(page)
    assert "There is no room there for 30 people." in words_of(page)


def test_audience_that_filled_is_told_alike(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, one_wave(90, AllotmentDraft("school", 60, 1)))
    make_registration(event, class_draft(event))
    page = Visitor(client, event).send(class_answers(event))
    assert page.status_code == 409
    assert "9:00 am has just filled up" in words_of(page)


def test_waiting_list_is_chosen_and_told_truthfully(visitor: Visitor) -> None:
    event = visitor.event
    wave = event.waves[1]
    make_registration(event, class_draft(event, waves=(wave.id,)))
    page = visitor.client.post(visitor.form_url, data=class_answers(event, waves=f"wait:{wave.id}") | {"step": "3"})
    assert step_of(page) == "4"
    page = visitor.fill(page)
    assert "Ask for the waiting list" in page.text
    visitor.fill(page)
    told = visitor.client.get(f"/events/{event.slug}/registered")
    assert "you do not have one yet" in told.text
    assert all_registrations()[1].status is RegistrationStatus.WAITLISTED
    assert mails()[-1] == ("registrations.waitlisted", "manon.lambert@example.org")


def test_address_of_the_page_proposes_wave_and_audience(visitor: Visitor) -> None:
    event = visitor.event
    page = visitor.open(f"?wave={event.waves[1].id}&audience=school")
    kept = fields_of(page)
    assert (kept["kind"], kept["audience"], kept["waves"]) == (["group"], ["school"], [str(event.waves[1].id)])
    assert "waves" not in fields_of(visitor.open("?wave=12345&audience=nobody"))


def test_button_names_the_time_that_is_chosen_and_the_way_back_keeps_it(visitor: Visitor) -> None:
    wave = visitor.event.waves[1]
    back = f"/events/{visitor.event.slug}?wave={wave.id}&amp;audience=school"
    assert back in visitor.open(f"?wave={wave.id}&audience=school").text
    sent = class_answers(visitor.event, waves=str(wave.id)) | {"step": "2"}
    assert "Continue with 9:40 am" in words_of(visitor.client.post(visitor.form_url, data=sent))
    del sent["waves"]
    main = words_of(visitor.client.post(visitor.form_url, data=sent)).partition("<main")[2]
    assert 'class="btn-text">Continue<' in main


def test_only_time_there_is_needs_no_choosing(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, one_wave(30))
    page = client.post(f"/events/{event.slug}/register", data=person_answers(event, waves="") | {"step": "2"})
    assert fields_of(page)["waves"] == [str(event.waves[0].id)]
    assert "Continue with 9:00 am" in words_of(page)


def test_online_people_connect_and_nobody_arrives(client: FlaskClient, organiser_id: int) -> None:
    draft = forum(venue_name="", venue_commune="", stops=(), join_url="https://visio.example.org/room")
    event = make_event(organiser_id, draft)
    page = client.post(f"/events/{event.slug}/register", data=person_answers(event) | {"step": "2"}).text
    assert "At what time do you connect?" in page
    assert "Start time" in page
    missing = client.post(f"/events/{event.slug}/register", data=person_answers(event, waves="") | {"step": "3"}).text
    for text in (page, missing):
        assert "arrive" not in text.partition("<main")[2].lower()


def test_registration_that_closed_meanwhile_says_so(visitor: Visitor) -> None:
    with transaction():
        move_event(visitor.event.id, EventMove.CLOSE, by=SYSTEM, now=visitor.event.created_at)
    page = visitor.send(class_answers(visitor.event))
    assert page.status_code == 409
    assert "Registration is closed" in page.text
    assert all_registrations() == []
    assert "Registration is closed" in visitor.open().text


def test_event_that_is_over_takes_nobody(sqlite_app: Flask, visitor: Visitor) -> None:
    set_clock(sqlite_app.extensions, visitor.event.ends_at)
    assert "This event is over" in visitor.open().text
    assert visitor.send(class_answers(visitor.event)).status_code == 409


def test_several_times_are_ticked(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, forum(enrolment=Enrolment.SEVERAL))
    visitor = Visitor(client, event)
    sent: dict[str, str | list[str]] = {**person_answers(event), "waves": [str(w.id) for w in event.waves], "step": "4"}
    page = client.post(visitor.form_url, data=sent)
    assert "Register for 2 times" in page.text
    assert fields_of(page)["waves"] == [str(w.id) for w in event.waves]
    visitor.fill(page)
    assert all_registrations()[0].waves == tuple(w.id for w in event.waves)


def test_training_is_taken_as_a_whole(client: FlaskClient, organiser_id: int) -> None:
    days = tuple(WaveDraft(DAY_ONE + timedelta(days=d), DAY_ONE + timedelta(days=d, hours=7), 16) for d in (0, 5))
    event = make_event(
        organiser_id, forum(enrolment=Enrolment.ALL, waves=days, ends_at=DAY_ONE + timedelta(days=6), stops=())
    )
    answers = person_answers(event)
    del answers["waves"]
    page = client.post(f"/events/{event.slug}/register", data=answers | {"step": "2"})
    assert "They go together" in page.text
    page = Visitor(client, event).fill(page)
    assert step_of(page) == "4"
    assert Visitor(client, event).fill(Visitor(client, event).fill(page)).status_code == 303
    assert all_registrations()[0].waves == tuple(w.id for w in event.waves)


def test_busy_database_loses_nothing(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_args: object, **_values: object) -> None:
        raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

    monkeypatch.setattr("app.web.public.registration.register", locked)
    page = visitor.send(class_answers(visitor.event))
    assert (page.status_code, step_of(page)) == (503, "confirm")
    assert page.headers["Retry-After"]
    assert fields_of(page)["contact.name"] == ["Manon Lambert"]
    monkeypatch.undo()
    assert visitor.fill(page).status_code == 303


def test_group_of_an_audience_that_comes_one_by_one_is_refused(client: FlaskClient, organiser_id: int) -> None:
    with transaction():
        code = add_audience(
            organiser_id=organiser_id, label_fr="Parents d’élèves", label_en="Parents", groups=False, by=SYSTEM, now=NOW
        )
    event = make_event(organiser_id, forum(audiences=("school", code)))
    page = Visitor(client, event).send(class_answers(event, audience=code))
    assert (page.status_code, step_of(page)) == (422, "1")
    assert "This audience comes one by one" in page.text

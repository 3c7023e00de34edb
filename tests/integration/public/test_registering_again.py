"""Registering twice, and without a mail address: nothing is told of who is registered, and no answer is lost."""

from flask import Flask

from app.events.queries import EventRow, get_places
from app.registrations.drafts import Contact
from app.registrations.enums import RegistrationStatus
from tests.factories import class_draft, make_registration, person_draft
from tests.integration.public.conftest import (
    Visitor,
    all_registrations,
    class_answers,
    mails,
    person_answers,
    reader_of_english,
    without_token,
)


def test_second_registration_looks_like_the_first(sqlite_app: Flask, event: EventRow) -> None:
    answers = class_answers(event)
    first = Visitor(reader_of_english(sqlite_app), event).send(answers, follow=True)
    second = Visitor(reader_of_english(sqlite_app), event).send(answers | {"contact.name": "M. Lambert"}, follow=True)
    assert (first.status_code, first.data, first.request.url) == (second.status_code, second.data, second.request.url)
    assert dict(first.headers) == dict(second.headers)
    assert len(all_registrations()) == 1
    assert [template for template, _ in mails()] == ["registrations.confirmed", "registrations.already"]


def test_waiting_list_does_not_tell_who_is_registered(sqlite_app: Flask, event: EventRow) -> None:
    answers = class_answers(event, waves=str(event.waves[1].id), waitlist="y")
    make_registration(event, class_draft(event, waves=(event.waves[1].id,)))
    stranger = Visitor(reader_of_english(sqlite_app), event).send(answers, follow=True)
    known = Visitor(reader_of_english(sqlite_app), event).send(answers | {"contact.name": "M. Lambert"}, follow=True)
    assert stranger.data == known.data
    assert [r.status for r in all_registrations()] == [RegistrationStatus.CONFIRMED, RegistrationStatus.WAITLISTED]


def test_full_wave_does_not_tell_who_is_registered(sqlite_app: Flask, event: EventRow) -> None:
    contact = Contact("Hugo Dupont", "hugo.dupont@example.org")
    make_registration(event, person_draft(event, contact=contact))
    make_registration(event, class_draft(event, waves=(event.waves[1].id,)))
    answers = person_answers(event, waves=str(event.waves[1].id))
    known = Visitor(reader_of_english(sqlite_app), event).send(answers)
    unknown = Visitor(reader_of_english(sqlite_app), event).send(
        answers | {"contact.email": "nobody.known@example.org"}
    )
    assert known.status_code == unknown.status_code == 409
    assert without_token(known).replace("hugo.dupont@", "nobody.known@") == without_token(unknown)


def test_same_answers_sent_twice_are_a_success_even_when_they_took_the_last_places(visitor: Visitor) -> None:
    answers = class_answers(visitor.event, waves=str(visitor.event.waves[1].id))
    assert get_places(visitor.event).left(visitor.event, visitor.event.waves[1]) == 30
    assert [visitor.send(answers).status_code for _ in range(2)] == [303, 303]
    assert len(all_registrations()) == 1


def test_without_a_mail_address_ones_own_page_shows_itself_with_its_address(visitor: Visitor) -> None:
    answer = visitor.send(person_answers(visitor.event, contact__email="", contact__phone="06 39 98 44 10"))
    (made,) = all_registrations()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/r/{made.token}")
    assert made.contact_phone == "+33639984410"
    page = visitor.client.get(answer.headers["Location"]).text
    assert "It is noted." in page
    assert page.index("It is noted.") < page.index("QR code of the ticket")
    assert f"http://127.0.0.1:8000/r/{made.token}" in page
    assert made.token not in visitor.client.get(f"/t/{made.ticket.code}").text
    assert mails() == []


def test_without_a_mail_address_who_waits_is_told_to_keep_the_address_too(visitor: Visitor) -> None:
    make_registration(visitor.event, class_draft(visitor.event, waves=(visitor.event.waves[1].id,)))
    answers = person_answers(visitor.event, contact__email="", contact__phone="06 39 98 44 10", waitlist="y")
    page = visitor.send(answers | {"waves": str(visitor.event.waves[1].id)}, follow=True)
    made = all_registrations()[1]
    assert made.status is RegistrationStatus.WAITLISTED
    assert "You are on the waiting list. Keep the address of this page" in page.text
    assert f"http://127.0.0.1:8000/r/{made.token}" in page.text


def test_without_a_mail_address_nobody_is_led_to_the_page_of_another(sqlite_app: Flask, event: EventRow) -> None:
    answers = person_answers(event, contact__email="", contact__phone="06 39 98 44 10")
    first = Visitor(reader_of_english(sqlite_app), event)
    first.send(answers)
    (made,) = all_registrations()
    stranger = Visitor(reader_of_english(sqlite_app), event).send(answers, follow=True)
    assert "It is noted." in stranger.text
    for secret in (made.token, made.ticket.code, made.reference):
        assert secret not in stranger.text
        assert secret not in stranger.request.url
    assert len(all_registrations()) == 2
    assert mails() == []


def test_same_answers_sent_twice_from_one_browser_are_one_registration(visitor: Visitor) -> None:
    answers = person_answers(visitor.event, contact__email="", contact__phone="06 39 98 44 10")
    places = [visitor.send(answers).headers["Location"] for _ in range(2)]
    (made,) = all_registrations()
    assert places == [f"/r/{made.token}"] * 2
    visitor.send(answers | {"contact.name": "Ana Petit"})
    assert [r.contact_name for r in all_registrations()] == ["Hugo Dupont", "Ana Petit"]


def test_page_for_somebody_registered_already_never_shows_a_link(sqlite_app: Flask, event: EventRow) -> None:
    answers = person_answers(event, contact__phone="06 39 98 44 10")
    Visitor(reader_of_english(sqlite_app), event).send(answers)
    again = Visitor(reader_of_english(sqlite_app), event).send(answers, follow=True)
    (made,) = all_registrations()
    for secret in (made.token, made.ticket.code, made.reference, "/r/", "/t/"):
        assert secret not in again.text
        assert secret not in again.request.url

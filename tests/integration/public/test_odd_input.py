"""What no keyboard sends and no database holds: the message stands at its field, and nothing that was typed is lost."""

import pytest
from flask import Flask

from app.core.db import db
from app.registrations.models import Registration
from app.web.wording import message_for
from tests.factories import make_event, make_organiser
from tests.integration.public.conftest import Visitor, class_answers, fields_of, reader_of_english, words_of

TAKEN_OUT = "A character that cannot be read was taken out."


@pytest.fixture
def visitor(whole_app: Flask) -> Visitor:
    return Visitor(reader_of_english(whole_app), make_event(make_organiser()))


@pytest.mark.parametrize("name", ["contact.name", "organisation.class_label", "kind"])
def test_a_nul_is_told_at_its_field_and_the_rest_is_kept(visitor: Visitor, name: str) -> None:
    answers = class_answers(visitor.event)
    page = visitor.send({**answers, name: answers[name][:1] + "\x00" + answers[name][1:]})
    assert page.status_code == 422
    assert TAKEN_OUT in words_of(page)
    kept = fields_of(page)
    assert kept[name] == [answers[name]], "what was typed, without the NUL"
    assert all(kept[other] == [value] for other, value in answers.items() if other != name)
    assert "\x00" not in page.text
    assert not db.session.query(Registration.id).all()
    assert visitor.fill(page).status_code == 200, "sent once more as it stands, it goes on"


def test_a_nul_in_a_password_or_a_mail_address_is_told(visitor: Visitor) -> None:
    page = visitor.client.post("/login", data={"email": "ana@example.org", "password": "trois\x00mots"})
    assert (page.status_code, TAKEN_OUT in words_of(page)) == (422, True)
    assert 'value="ana@example.org"' in page.text
    page = visitor.client.post("/login", data={"email": "ana\x00@example.org", "password": "trois mots"})
    assert (page.status_code, TAKEN_OUT in words_of(page)) == (422, True)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("9" * 20, "This number is too large."),
        ("1 000 000 000 000", "This number is too large."),
        ("-" + "9" * 20, "This number is too small."),
        ("0" * 5_000 + "9999999999", "This number is too large."),
        ("twelve", "Write a whole number, for example 28."),
        ("999999999", "Write 5000 or less."),
    ],
)
def test_a_number_that_is_too_large_is_called_so(visitor: Visitor, typed: str, words: str) -> None:
    page = visitor.send(class_answers(visitor.event, headcount__participants=typed))
    assert page.status_code == 422
    assert words in words_of(page)
    others = {"This number is too large.", message_for("number")} - {words}
    assert not any(other in words_of(page) for other in others), "one message"

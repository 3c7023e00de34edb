from datetime import UTC, datetime

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import IntegerField, StringField

from app.core.errors import FieldError
from app.core.i18n import Locale
from app.core.text import shown_phone as phone
from app.web.filters import day, hour, number, phone_link, short_day, span
from app.web.forms.base import (
    UAI,
    Between,
    ChoiceOf,
    EmailAddress,
    Length,
    Maybe,
    Nested,
    PageForm,
    Part,
    PhoneNumber,
    Required,
)

FIRST, LAST = datetime(2027, 2, 4, 8, 40, tzinfo=UTC), datetime(2027, 2, 5, 16, 0, tzinfo=UTC)
THIN, SPACE = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


class ContactPart(Part):
    name = StringField("Name", [Required(), Length(10)])
    email = StringField("Mail", [EmailAddress()])
    phone = StringField("Phone", [PhoneNumber()])


class VisitForm(PageForm):
    contact = Nested(ContactPart)
    uai = StringField("UAI", [Maybe(), UAI()])
    people = IntegerField("People", [Between(1, 40)])
    audience = StringField("Audience", [ChoiceOf({"school"})])


GOOD = {
    "contact.name": "  Camille\x00 ",
    "contact.email": " Camille@Example.org",
    "contact.phone": "06.39.98.15.76",
    "uai": " ",
    "people": "28",
    "audience": "school",
}


def test_names_are_those_of_the_api_and_values_normalised(app: Flask) -> None:
    with app.test_request_context("/", method="POST", data=GOOD):
        form = VisitForm()
        assert form.validate_on_submit(), form.errors
        assert form.contact.form.data == {
            "name": "Camille",
            "email": "camille@example.org",
            "phone": "+33639981576",
        }
        assert 'name="contact.email"' in form.contact.form["email"]()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("contact.name", "", "This answer is missing."),
        ("contact.name", "x" * 11, "This text is too long: 10 characters at most."),
        ("contact.email", "camille@example", "The end of the address is missing, for example “.fr”."),
        ("contact.phone", "06 39 98 44 1", "There are 9 figures, 10 are needed."),
        ("uai", "0210001A", "The letter does not go with the figures. Read the UAI again."),
        ("people", "", "Write a whole number, for example 28."),
        ("people", "0", "Write 1 or more."),
        ("people", "41", "Write 40 or less."),
        ("audience", "x", "Choose one of the answers shown."),
    ],
)
def test_wrong_value_gets_our_words_and_stays(app: Flask, name: str, value: str, message: str) -> None:
    data = MultiDict({**GOOD, name: value})
    with app.test_request_context("/?lang=en", method="POST", data=data):
        form = VisitForm()
        assert not form.validate_on_submit()
        errors = form.errors
        for part in name.split("."):
            errors = errors[part]
        assert errors[-1:] == [message]
        assert form.contact.form["name"].data == (value if name == "contact.name" else "Camille")


def test_refusal_of_an_operation_is_put_at_its_field(app: Flask) -> None:
    with app.test_request_context("/?lang=en", method="POST", data=GOOD):
        form = VisitForm()
        form.show_refusal(FieldError({"contact/email": "email_at", "people": "range", "elsewhere": "invalid"}))
        assert form.contact.form["email"].errors == ["The @ sign is missing, as in camille@example.org."]
        assert form.people.errors == ["This number is out of range."]
        assert form.form_errors == ["This value does not fit here."]


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        (
            "fr",
            [
                f"9{SPACE}h{SPACE}40",
                "jeudi 4 février",
                "jeudi 4 février 2027",
                "jeu. 4",
                "4 et 5 février 2027",
                f"12{THIN}400",
                "2,5",
            ],
        ),
        (
            "en",
            [
                f"9:40{SPACE}am",
                "Thursday 4 February",
                "Thursday 4 February 2027",
                "Thu 4",
                "4 and 5 February 2027",
                "12,400",
                "2.5",
            ],
        ),
    ],
)
def test_times_and_numbers_are_written_as_people_do(app: Flask, locale: Locale, expected: list[str]) -> None:
    with app.test_request_context(f"/?lang={locale}"):
        written = [
            hour(FIRST),
            day(FIRST),
            day(FIRST, year=True),
            short_day(FIRST),
            span(FIRST, LAST),
            number(12_400),
            number(2.46, 1),
        ]
        assert written == expected
        assert hour(FIRST, "America/Guadeloupe").startswith("4")


def test_phones_are_grouped(app: Flask) -> None:
    assert phone("+33639984410").replace(SPACE, " ") == "06 39 98 44 10"
    assert phone("+4930123456").replace(SPACE, " ") == "+49 30 123456"
    assert phone("accueil") == "accueil"
    assert phone_link("+33639984410") == phone_link("06 39 98 44 10") == "tel:+33639984410"
    assert phone_link("3949 x") == "tel:3949"

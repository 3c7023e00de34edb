"""Answers at the desk: asked when the team registers somebody, completed later, read by those who see people."""

import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.enums import EventFunction, Role
from app.accounts.operations.partners import entrust
from app.accounts.operations.people import create_account
from app.accounts.passwords import choose_password
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import QuestionKind
from app.events.operations.questions import retire_question, save_question
from app.events.queries import EventRow, get_event
from app.events.questions import QuestionRow, with_codes
from app.registrations.drafts import RegistrationDraft
from app.registrations.models import AnswerFile, Registration
from app.registrations.operations import Registered
from tests.factories import PASSWORD
from tests.integration.guards.walking import sign_in_as
from tests.integration.manage.conftest import NOW, class_draft, person_draft

Enrol = Callable[[EventRow, RegistrationDraft], Registered]
LogIn = Callable[[int, Role], FlaskClient]
PDF = b"%PDF-1.7 a paper"
MEAL = QuestionRow("", QuestionKind.CHOICE, "Repas", choices=with_codes([("Oui", "Yes"), ("Non", "No")]), required=True)
COACH = QuestionRow("", QuestionKind.TEXT, "Car", audiences=("school",))
PAPER = QuestionRow("", QuestionKind.FILE, "Convention")


@pytest.fixture
def asking(forum: EventRow) -> EventRow:
    with transaction():
        for question in (MEAL, COACH, PAPER):
            save_question(forum.id, question, by=SYSTEM, now=NOW)
    return get_event(forum.slug)


def sent(event: EventRow, **more: object) -> dict[str, object]:
    values = {
        "kind": "individual", "audience": "job_seeker", "waves": str(event.waves[0].id), "contact.name": "Hugo Dupont",
        "contact.phone": "06 39 98 07 45", "locale": "fr", "is_15_or_older": "", "headcount.participants": "1",
    }  # fmt: skip
    return {**values, **{name.replace("__", "."): value for name, value in more.items()}}


def upload() -> tuple[io.BytesIO, str]:
    return io.BytesIO(PDF), "convention.pdf"


def stored() -> Registration:
    return db.session.execute(select(Registration)).scalar_one()


def test_the_team_may_leave_answers_for_later(client: FlaskClient, asking: EventRow) -> None:
    base = f"/manage/events/{asking.slug}/registrations"
    page = client.get(f"{base}/new").text
    assert "needed; may be completed later" in page
    done = client.post(f"{base}/new", data=sent(asking))
    assert done.status_code == 302, done.text
    made = stored()
    assert made.answers == {}
    assert "To be completed" in client.get(f"{base}/{made.reference}/ticket").text
    shown = client.get(f"{base}/{made.reference}").text
    assert "To be completed" in shown
    assert f"{base}/{made.reference}/change#questions" in shown
    changed = client.post(
        f"{base}/{made.reference}/change",
        data={"waves": str(asking.waves[0].id), "answers.repas": "non", "answers.convention": upload()},
        content_type="multipart/form-data",
    )
    assert changed.status_code == 302, changed.text
    db.session.rollback()
    assert stored().answers["repas"] == "non"
    shown = client.get(f"{base}/{made.reference}").text
    assert "To be completed" not in shown
    assert "convention.pdf" in shown
    assert client.get(f"{base}/{made.reference}/files/convention").data == PDF


def test_answers_and_files_are_kept_when_something_else_is_wrong(client: FlaskClient, asking: EventRow) -> None:
    page = client.post(
        f"/manage/events/{asking.slug}/registrations/new",
        data=sent(asking, contact__name="", answers__repas="oui", answers__convention=upload()),
        content_type="multipart/form-data",
    )
    assert page.status_code == 422
    assert "convention.pdf" in page.text
    assert re.search(r'value="oui" id="answer-repas-oui" checked', page.text)
    wrong = client.post(
        f"/manage/events/{asking.slug}/registrations/new", data=sent(asking, answers__repas="peut-être")
    )
    assert wrong.status_code == 422
    assert 'href="#answer-repas"' in wrong.text
    assert db.session.execute(select(Registration.id)).first() is None


def test_another_audience_is_asked_other_questions(client: FlaskClient, asking: EventRow) -> None:
    new = f"/manage/events/{asking.slug}/registrations/new"
    page = client.post(new, data=sent(asking, audience="school", refresh="1", answers__repas="oui"))
    assert page.status_code == 200
    assert 'name="answers.car"' in page.text
    assert re.search(r'value="oui" id="answer-repas-oui" checked', page.text)
    assert 'name="answers.car"' not in client.post(new, data=sent(asking, refresh="1")).text


def test_a_refused_answer_changes_nothing_else(client: FlaskClient, asking: EventRow, enrol: Enrol) -> None:
    made = enrol(asking, class_draft(asking, 0, "Manon Lambert"))
    page = client.post(
        f"/manage/events/{asking.slug}/registrations/{made.reference}/change",
        data={
            "waves": str(asking.waves[1].id),
            "headcount.participants": "20",
            "headcount.companions": "2",
            "answers.repas": "demain",
        },
    )
    assert page.status_code == 422
    assert stored().participants == 28


def test_what_is_no_longer_asked_is_read_in_its_own_words(client: FlaskClient, asking: EventRow, enrol: Enrol) -> None:
    made = enrol(asking, class_draft(asking, 0, "Manon Lambert", answers={"repas": "non", "car": "un petit car"}))
    with transaction():
        retire_question(asking.id, "car", is_answered=True, by=SYSTEM, now=NOW)
    shown = client.get(f"/manage/events/{asking.slug}/registrations/{made.reference}").text
    assert "un petit car" in shown
    assert re.search(r"Car <span class=\"muted\">\(no longer asked\)", shown)
    assert "<dd>No</dd>" in shown


def test_answers_and_files_are_for_those_who_see_people(
    app: Flask, client: FlaskClient, log_in: LogIn, organiser_id: int, asking: EventRow, enrol: Enrol
) -> None:
    base = f"/manage/events/{asking.slug}/registrations"
    data = sent(asking, answers__repas="oui", answers__convention=upload())
    client.post(f"{base}/new", data=data, content_type="multipart/form-data")
    made = stored()
    viewer = log_in(organiser_id, Role.VIEWER)
    page = viewer.get(f"{base}/{made.reference}")
    assert page.status_code == 200
    assert "convention.pdf" not in page.text
    assert "Answers to the questions" not in page.text
    assert viewer.get(f"{base}/{made.reference}/files/convention").status_code == 403
    assert log_in(organiser_id, Role.DOOR).get(f"{base}/{made.reference}/files/convention").status_code == 403
    assert app.test_client().get(f"{base}/{made.reference}/files/convention").status_code == 302
    schools = partner(app, asking, EventFunction.SCHOOLS)
    assert schools.get(f"{base}/{made.reference}/files/convention").status_code == 404, "one person is none of its rows"
    assert (
        partner(app, asking, EventFunction.REGISTRATIONS).get(f"{base}/{made.reference}/files/convention").data == PDF
    )
    class_ = enrol(asking, class_draft(asking, 0, "Manon Lambert", answers={"repas": "oui"}))
    assert schools.get(f"{base}/{class_.reference}").status_code == 200
    assert schools.get(f"{base}/{class_.reference}/files/convention").status_code == 404


def partner(app: Flask, event: EventRow, function: EventFunction) -> FlaskClient:
    """A browser of somebody who holds one function of that event."""
    with transaction():
        mail = f"{function.value}@example.org"
        account_id = create_account(mail, "Paul Duval", choose_password(PASSWORD), by=SYSTEM, now=NOW)
        entrust(
            event.id, event.organiser_id, account_id, [function], organisation="CCI", ends_at=None, by=SYSTEM, now=NOW
        )  # fmt: skip
    partner = sign_in_as(app, account_id)
    partner.set_cookie("lang", "en")
    return partner


def test_a_file_of_another_registration_or_event_is_not_found(
    client: FlaskClient, asking: EventRow, make_event: Callable[..., EventRow], enrol: Enrol
) -> None:
    base = f"/manage/events/{asking.slug}/registrations"
    data = sent(asking, answers__convention=upload())
    client.post(f"{base}/new", data=data, content_type="multipart/form-data")
    made = stored()
    other = enrol(asking, person_draft(asking, 0, "Léo Martin"))
    assert client.get(f"{base}/{other.reference}/files/convention").status_code == 404
    elsewhere = make_event()
    wrong = f"/manage/events/{elsewhere.slug}/registrations/{made.reference}/files/convention"
    assert client.get(wrong).status_code == 404
    assert db.session.execute(select(AnswerFile.registration_id)).scalar_one() == made.id

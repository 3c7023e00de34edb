"""Files as answers on the public registration, and one's own page: answers seen and changed."""

import io
import json
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import QuestionKind
from app.events.operations.questions import save_question
from app.events.queries import EventRow, get_event
from app.events.questions import QuestionRow, with_codes
from app.registrations.enums import Source
from app.registrations.models import AnswerFile, Registration
from app.registrations.queries import get_registration
from app.web import answer_uploads
from tests.factories import NOW, class_draft, make_registration, person_draft
from tests.integration.public.conftest import class_answers, fields_of, person_answers, words_of

PDF = b"%PDF-1.7 a paper"
PNG = b"\x89PNG\r\n\x1a\na photo"
PAPER = QuestionRow("", QuestionKind.FILE, "Convention", required=True, maximum=1, audiences=("job_seeker",))
MEAL = QuestionRow("", QuestionKind.CHOICE, "Repas", choices=with_codes([("Oui", "Yes"), ("Non", "No")]))
NAME = "answers.convention"


@pytest.fixture
def asking(event: EventRow) -> EventRow:
    with transaction():
        save_question(event.id, PAPER, by=SYSTEM, now=NOW)
        save_question(event.id, MEAL, by=SYSTEM, now=NOW)
    return get_event(event.slug)


def step(client: FlaskClient, event: EventRow, **more: object) -> TestResponse:
    """The fourth step, sent as a browser sends a form with a file."""
    sent = {**person_answers(event), "step": "4", **{name.replace("__", "."): value for name, value in more.items()}}
    return client.post(f"/events/{event.slug}/register", data=sent, content_type="multipart/form-data")


def upload(content: bytes = PDF, name: str = "convention.pdf") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def token_in(page: TestResponse) -> str:
    [token] = fields_of(page)[NAME][:1]
    return token


def waiting() -> list[tuple[str, int | None]]:
    rows = db.session.execute(select(AnswerFile.name, AnswerFile.registration_id))
    return [(row.name, row.registration_id) for row in rows]


def test_a_file_travels_with_the_form_and_is_the_registrations_own(client: FlaskClient, asking: EventRow) -> None:
    summary = step(client, asking, answers__convention=upload())
    assert summary.status_code == 200
    assert "convention.pdf" in summary.text
    token = token_in(summary)
    assert waiting() == [("convention.pdf", None)]
    done = client.post(f"/events/{asking.slug}/register", data={**person_answers(asking), NAME: token})
    assert done.status_code == 303, done.text
    [made] = db.session.execute(select(Registration.id, Registration.answers)).all()
    assert made.answers == {"convention": token}
    assert waiting() == [("convention.pdf", made.id)]


def test_a_file_is_kept_when_another_field_fails(client: FlaskClient, asking: EventRow) -> None:
    page = step(client, asking, contact__name="", answers__convention=upload())
    assert page.status_code == 422
    assert 'href="#contact.name"' in page.text or "This answer is missing." in page.text
    assert 'enctype="multipart/form-data"' in page.text
    assert re.search(r"convention\.pdf</strong> \(1\WKB\)", words_of(page))
    again = step(client, asking, answers__convention=token_in(page))
    assert again.status_code == 200
    assert len(waiting()) == 1


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"MZ program", "convention.pdf", "Choose a PDF file, or a photo"),
        (b"", "convention.pdf", "This file is empty."),
        (PDF + b"x" * 1000, "convention.pdf", "This file is too heavy: 1 KB at most."),
    ],
)
def test_a_file_that_does_not_fit_is_said_at_its_field(
    client: FlaskClient, asking: EventRow, content: bytes, name: str, message: str
) -> None:
    page = step(client, asking, contact__name="Lina Perrin", answers__convention=upload(content, name))
    assert page.status_code == 422
    assert message in words_of(page)
    assert 'href="#answer-convention"' in page.text
    assert 'value="Lina Perrin"' in page.text, "what was typed is kept"
    assert waiting() == []


def test_a_wrong_file_does_not_lose_the_one_before(client: FlaskClient, asking: EventRow) -> None:
    token = token_in(step(client, asking, contact__name="", answers__convention=upload()))
    page = client.post(
        f"/events/{asking.slug}/register",
        data={**person_answers(asking), "step": "4", NAME: [token, upload(b"MZ", "x.pdf")]},
        content_type="multipart/form-data",
    )
    assert page.status_code == 422
    assert token_in(page) == token


def test_a_file_is_replaced_or_removed_before_the_form_is_sent(client: FlaskClient, asking: EventRow) -> None:
    token = token_in(step(client, asking, contact__name="", answers__convention=upload()))
    url, sent = f"/events/{asking.slug}/register", {**person_answers(asking), "step": "4"}
    other = client.post(url, data={**sent, NAME: [token, upload(PNG, "photo.png")]}, content_type="multipart/form-data")
    assert other.status_code == 200
    assert waiting() == [("photo.png", None)]
    page = client.post(url, data={**sent, NAME: token_in(other), "remove": "convention"})
    assert page.status_code == 200
    assert "photo.png" not in page.text
    assert waiting() == []
    assert client.post(url, data=sent).status_code == 422, "it is needed"


def test_a_file_that_is_gone_is_asked_for_once_more(client: FlaskClient, asking: EventRow) -> None:
    page = client.post(f"/events/{asking.slug}/register", data={**person_answers(asking), NAME: "x" * 24})
    assert page.status_code == 422
    assert "This file is no longer here. Choose it once more." in page.text
    assert db.session.execute(select(func.count(Registration.id))).scalar_one() == 0


def test_no_address_fills_the_disk(client: FlaskClient, asking: EventRow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_uploads, "FROM_ONE_ADDRESS", 2)
    for _number in range(2):
        assert step(client, asking, answers__convention=upload()).status_code == 200
    page = step(client, asking, answers__convention=upload())
    assert page.status_code == 422
    assert "Many files came from your network." in page.text
    assert len(waiting()) == 2


def test_who_is_not_asked_for_a_file_sends_none(client: FlaskClient, asking: EventRow) -> None:
    page = step(client, asking, audience="family", answers__convention=upload())
    assert page.status_code == 200
    assert waiting() == []


def test_a_class_answers_once(client: FlaskClient, asking: EventRow) -> None:
    sent = {**class_answers(asking), "answers.repas": "oui"}
    page = client.post(f"/events/{asking.slug}/register", data={**sent, "step": "3"})
    assert "Answer once, for the whole class." in page.text
    assert page.text.count("<legend>Repas") == 1
    assert client.post(f"/events/{asking.slug}/register", data=sent).status_code == 303
    [made] = db.session.execute(select(Registration.participants, Registration.answers)).all()
    assert (made.participants, made.answers) == (28, {"repas": "oui"})


def registered(client: FlaskClient, event: EventRow) -> str:
    """A person with a file and no mail; the address of their own page."""
    token = token_in(step(client, event, answers__convention=upload()))
    sent = {**person_answers(event), NAME: token, "contact.email": "", "contact.phone": "06 39 98 07 45"}
    return str(client.post(f"/events/{event.slug}/register", data=sent).headers["Location"])


def test_the_file_comes_back_as_something_to_keep(client: FlaskClient, asking: EventRow) -> None:
    own = registered(client, asking)
    assert "convention.pdf" in client.get(own).text
    answer = client.get(f"{own}/files/convention")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PDF, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="convention.pdf"')
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"
    other = make_registration(asking, person_draft(asking, audience="family"))
    assert client.get(f"/r/{other.token}/files/convention").status_code == 404
    assert client.get(f"{own}/files/repas").status_code == 404


def test_what_is_held_names_answers_and_files(client: FlaskClient, asking: EventRow) -> None:
    own = registered(client, asking)
    assert "convention.pdf" in client.get(f"{own}/data").text
    held = json.loads(client.get(f"{own}/data.json").text)["answers"]["convention"]
    assert (held["file"], held["bytes"]) == ("convention.pdf", len(PDF))
    assert client.get(held["url"].removeprefix("http://127.0.0.1:8000")).data == PDF
    client.post(f"{own}/erase")
    assert waiting() == []
    assert client.get(f"{own}/files/convention").status_code == 404


def test_answers_change_from_ones_own_page(client: FlaskClient, asking: EventRow) -> None:
    own = registered(client, asking)
    page = client.get(f"{own}/answers")
    token = token_in(page)
    assert "convention.pdf" in page.text
    sent = {NAME: [token, upload(PNG, "photo.png")], "answers.repas": "non"}
    done = client.post(f"{own}/answers", data=sent, content_type="multipart/form-data", follow_redirects=True)
    assert "Your answers are noted." in done.text
    assert "photo.png" in done.text
    [row] = db.session.execute(select(Registration.id, Registration.answers)).all()
    assert row.answers["repas"] == "non"
    assert waiting() == [("photo.png", row.id)]
    removed = client.post(f"{own}/answers", data={NAME: row.answers["convention"], "remove": "convention"})
    assert "photo.png" not in removed.text
    missing = client.post(f"{own}/answers", data={"answers.repas": "oui"})
    assert missing.status_code == 422
    assert "This answer is missing." in missing.text
    assert waiting() == [("photo.png", row.id)], "nothing is lost by what was refused"


def test_what_the_team_left_empty_is_asked_on_ones_own_page(client: FlaskClient, asking: EventRow) -> None:
    made = make_registration(asking, person_draft(asking, source=Source.STAFF))
    page = client.get(f"/r/{made.token}").text
    assert "To be completed" in page
    assert "Answer now" in page


def test_a_choice_is_taken_back(client: FlaskClient, asking: EventRow) -> None:
    made = make_registration(asking, class_draft(asking, answers={"repas": "oui"}))
    assert "No answer" in client.get(f"/r/{made.token}/answers").text
    assert client.post(f"/r/{made.token}/answers", data={"answers.repas": ""}).status_code == 303
    assert get_registration(made.id).answers == {}
    assert "No answer" not in client.get(f"/r/{made.token}/answers").text


def test_answers_no_longer_change_once_registration_is_closed(
    sqlite_app: Flask, client: FlaskClient, asking: EventRow
) -> None:
    made = make_registration(asking, class_draft(asking, answers={"repas": "oui"}))
    own = f"/r/{made.token}"
    assert f"{own}/answers" in client.get(own).text
    set_clock(sqlite_app.extensions, asking.ends_at + timedelta(hours=1))
    page = client.get(own)
    assert "Registration is closed: answers no longer change." in page.text
    assert f"{own}/answers" not in page.text
    assert client.get(f"{own}/answers").status_code == 409
    assert client.post(f"{own}/answers", data={"answers.repas": "non"}).status_code == 409
    assert get_registration(made.id).answers == {"repas": "oui"}


def test_an_event_without_questions_shows_nothing_of_answers(client: FlaskClient, event: EventRow) -> None:
    made = make_registration(event)
    assert "Your answers" not in client.get(f"/r/{made.token}").text
    assert client.get(f"/r/{made.token}/answers").status_code == 409

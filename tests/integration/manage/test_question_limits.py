"""The bounds that an organiser sets are said before somebody answers, and again when an answer is outside them."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from app.events.queries import EventRow
from app.registrations.drafts import Organisation
from app.web.forms.answers import answer_fields
from tests.integration.manage.conftest import class_draft
from tests.integration.manage.test_questions import Enrol, ask


def preview(client: FlaskClient, event: EventRow) -> str:
    return client.get(f"/manage/events/{event.slug}/questions?audience=school&lang=en").text


@pytest.mark.parametrize(
    ("values", "said", "answer", "refused"),
    [
        ({"kind": "number", "minimum": "16", "maximum": "29"}, "A number from 16 to 29.", "12", "A number from 16 to 29."),
        ({"kind": "number", "minimum": "16"}, "A number from 16 on.", "12", "A number from 16 on."),
        ({"kind": "number", "maximum": "29"}, "A number up to 29.", "30", "A number up to 29."),
        ({"kind": "number"}, "", "much", "This answer has not the right form."),
        ({"kind": "several", "maximum": "1"}, "Choose at most 1 answer.", ["oui", "non"], "Choose at most 1 answer."),
        ({"kind": "several", "minimum": "2"}, "Choose at least 2 answers.", ["oui"], "Choose at least 2 answers."),
        ({"kind": "consent", "required": "y"}, "", "", "Tick this box to go on."),
    ],
)  # fmt: skip
def test_bounds_are_said(
    app: Flask, client: FlaskClient, forum: EventRow, values: dict[str, str], said: str, answer: object, refused: str
) -> None:
    event = ask(client, forum, **values)
    assert said in preview(client, event)
    with app.test_request_context("/?lang=en"):
        sent: MultiDict[str, Any] = MultiDict({f"answers.{event.questions[0].key}": answer})
        field = answer_fields(event.questions, "school", sent)[0]
        assert not field.validate()
        assert field.errors == [refused]


def test_the_preview_says_how_heavy_a_file_may_be(client: FlaskClient, forum: EventRow) -> None:
    assert "900\u00a0KB at most" in preview(client, ask(client, forum, kind="file", maximum="900"))


def test_choices_are_not_taken_for_answers(client: FlaskClient, forum: EventRow) -> None:
    ask(client, forum)
    assert "2 answers to choose from" in client.get(f"/manage/events/{forum.slug}/questions").text


def test_an_average_is_a_number_like_the_others(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    event = ask(client, forum, kind="number", audiences=[])
    key, page = event.questions[0].key, f"/manage/events/{forum.slug}/answers"
    enrol(event, class_draft(event, 0, "Manon Lambert", answers={key: 22}))
    assert "on average" not in client.get(page).text
    other = Organisation("CFA de la Plaine", class_label="4e A")
    enrol(event, class_draft(event, 0, "Lise Aubry", organisation=other, answers={key: 24}))
    assert "From 22 to 24, 23 on average." in client.get(page).text

"""Questions of an event: asked, changed, retired, answered, read."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.core.actor import SYSTEM
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.operations import move_event
from app.events.queries import EventRow, get_event
from app.registrations.drafts import RegistrationDraft
from app.registrations.enums import Source
from app.registrations.operations import Registered
from tests.integration.manage.conftest import NOW, class_draft, person_draft

Enrol = Callable[[EventRow, RegistrationDraft], Registered]
LogIn = Callable[[int, Role], FlaskClient]

MEAL = {
    "kind": "choice",
    "label_fr": "Prenez-vous le repas ?",
    "label_en": "Will you have the meal?",
    "choices_text": "Oui | Yes\nNon | No",
    "audiences": ["school"],
    "required": "y",
}


def ask(client: FlaskClient, event: EventRow, **values: object) -> EventRow:
    answer = client.post(f"/manage/events/{event.slug}/questions/new", data={**MEAL, **values})
    assert answer.status_code == 302, answer.text
    return get_event(event.slug)


def test_a_question_is_asked_of_its_audience(client: FlaskClient, forum: EventRow) -> None:
    assert "No question of its own" in client.get(f"/manage/events/{forum.slug}/questions").text
    event = ask(client, forum)
    assert [(q.key, q.required, q.audiences) for q in event.questions] == [("prenez_vous_le_repas", True, ("school",))]
    assert [c.code for c in event.questions[0].choices] == ["oui", "non"]
    shown = client.get(f"/manage/events/{forum.slug}/questions?audience=school").text
    assert 'name="preview.prenez_vous_le_repas"' in shown
    assert "Will you have the meal?" in shown
    other = client.get(f"/manage/events/{forum.slug}/questions?audience=family").text
    assert "Nothing more is asked of this audience." in other


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"label_fr": " "}, "This answer is missing."),
        ({"choices_text": "Oui"}, "at least two"),
        ({"choices_text": "Oui\noui"}, "The same answer stands there twice."),
        ({"audiences": ["martian"]}, "This event does not accept this audience."),
        ({"kind": "number", "minimum": "9", "maximum": "3"}, "The largest is below the smallest."),
        ({"kind": "poem"}, "Not a valid choice"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(
    client: FlaskClient, forum: EventRow, values: dict[str, object], message: str
) -> None:
    answer = client.post(f"/manage/events/{forum.slug}/questions/new", data={**MEAL, **values})
    assert answer.status_code == 422
    assert message in answer.text or "Choose one of the answers" in answer.text
    assert "Will you have the meal?" in answer.text, "what was typed is kept"
    assert get_event(forum.slug).questions == ()


def test_answers_stay_readable_after_changes(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    event = ask(client, forum)
    key = event.questions[0].key
    enrol(event, class_draft(event, 0, "Manon Lambert", answers={key: "non"}))
    base = f"/manage/events/{forum.slug}/questions"
    changed = client.post(
        f"{base}/{key}", data={**MEAL, "kind": "text", "choices_text": "Oui | Yes\nPeut-être | Maybe"}
    )
    assert changed.status_code == 302
    question = get_event(forum.slug).questions[0]
    assert question.kind.value == "choice", "people answered a list: it stays one"
    assert [(c.code, c.retired) for c in question.choices] == [("oui", False), ("peut_etre", False), ("non", True)]
    assert question.shown("non", "en") == "No"
    assert client.post(f"{base}/{key}/retire").status_code == 302
    assert [q.retired for q in get_event(forum.slug).questions] == [True]
    totals = client.get(f"/manage/events/{forum.slug}/answers").text
    assert "1 registration answered" in totals
    assert "no longer offered" in totals
    assert client.post(f"{base}/{key}/ask-again").status_code == 302
    assert [q.retired for q in get_event(forum.slug).questions] == [False]


def test_an_answer_put_right_stays_the_one_that_people_gave(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    event = ask(client, forum, choices_text="En fauteuil | In a wheelchair\nSans repas | No meal")
    key = event.questions[0].key
    enrol(event, class_draft(event, 0, "Manon Lambert", answers={key: "en_fauteuil"}))
    address = f"/manage/events/{forum.slug}/questions/{key}"
    assert "an answer stays the one that people gave" in client.get(address).text
    reworded = "En fauteuil roulant | Uses a wheelchair\nSans repas | No meal"
    assert client.post(address, data={**MEAL, "choices_text": reworded}).status_code == 302
    question = get_event(forum.slug).questions[0]
    assert [(c.code, c.retired) for c in question.choices] == [("en_fauteuil", False), ("sans_repas", False)]
    assert question.shown("en_fauteuil", "fr") == "En fauteuil roulant"
    totals = client.get(f"/manage/events/{forum.slug}/answers").text
    assert "Uses a wheelchair" in totals
    assert "no longer offered" not in totals


def test_an_unanswered_question_vanishes(client: FlaskClient, forum: EventRow) -> None:
    event = ask(client, forum)
    client.post(f"/manage/events/{forum.slug}/questions/{event.questions[0].key}/retire")
    assert get_event(forum.slug).questions == ()


def test_questions_change_places(client: FlaskClient, forum: EventRow) -> None:
    for label in ("Un", "Deux", "Trois"):
        ask(client, forum, kind="text", label_fr=label)
    base = f"/manage/events/{forum.slug}/questions"
    assert client.post(f"{base}/trois/move", data={"to": "up"}).status_code == 302
    assert client.post(f"{base}/un/move", data={"to": "up"}).status_code == 302
    assert [q.key for q in get_event(forum.slug).questions] == ["un", "trois", "deux"]


def test_required_answers_bind_the_public_and_programs_but_not_staff(
    client: FlaskClient, forum: EventRow, enrol: Enrol
) -> None:
    event = ask(client, forum)
    key = event.questions[0].key
    draft = class_draft(event, 0, "Manon Lambert")
    enrol(event, draft)
    other = replace(draft, organisation=replace(draft.organisation, class_label="4e A"))
    with pytest.raises(FieldError) as refused:
        enrol(event, replace(other, source=Source.API))
    assert refused.value.problems == {f"answers/{key}": "answer_required"}
    with pytest.raises(FieldError) as refused:
        enrol(event, person_draft(event, 1, "Léo Martin", answers={key: "oui", "hat": "red"}))
    assert refused.value.problems == {f"answers/{key}": "question_not_asked", "answers/hat": "question_unknown"}


def test_texts_are_read_by_those_who_see_people(
    client: FlaskClient, log_in: LogIn, organiser_id: int, forum: EventRow, enrol: Enrol
) -> None:
    event = ask(client, forum, kind="text", label_fr="Besoin", audiences=[], required="")
    enrol(event, class_draft(event, 0, "Manon Lambert", answers={"besoin": "un fauteuil"}))
    page = f"/manage/events/{forum.slug}/answers?question=besoin"
    assert "un fauteuil" in client.get(page).text
    viewer = log_in(organiser_id, Role.VIEWER).get(page)
    assert viewer.status_code == 200
    assert "1 registration answered" in viewer.text
    assert "un fauteuil" not in viewer.text
    assert (
        log_in(organiser_id, Role.VIEWER).post(f"/manage/events/{forum.slug}/questions/new", data=MEAL).status_code
        == 403
    )


def test_an_event_that_is_called_off_keeps_its_questions_as_they_are(client: FlaskClient, forum: EventRow) -> None:
    event = ask(client, forum)
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW)
    assert client.post(f"/manage/events/{forum.slug}/questions/new", data=MEAL).status_code == 409

"""The event's own questions on the public registration."""

from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import QuestionKind
from app.events.operations.questions import save_question
from app.events.queries import EventRow, get_event
from app.events.questions import QuestionRow, with_codes
from app.registrations.models import Registration
from tests.factories import NOW

MEAL = QuestionRow(
    "",
    QuestionKind.CHOICE,
    "Prenez-vous le repas ?",
    required=True,
    audiences=("job_seeker",),
    choices=with_codes([("Oui", "Yes"), ("Non", "No")]),
)
NEEDS = QuestionRow(
    "", QuestionKind.SEVERAL, "Besoins", choices=with_codes([("Fauteuil", ""), ("Langue des signes", "")])
)
KEY = "prenez_vous_le_repas"


def asking(event: EventRow) -> EventRow:
    with transaction():
        save_question(event.id, MEAL, by=SYSTEM, now=NOW)
        save_question(event.id, NEEDS, by=SYSTEM, now=NOW)
    return get_event(event.slug)


def answers(event: EventRow, **more: object) -> dict[str, object]:
    return {
        "kind": "individual",
        "audience": "job_seeker",
        "is_15_or_older": "yes",
        "waves": str(event.waves[0].id),
        "contact.name": "Lina Perrin",
        "contact.email": "lina.perrin@example.org",
        "lang": "fr",
    } | more


def test_the_question_is_asked_checked_and_kept(client: FlaskClient, event: EventRow) -> None:
    event = asking(event)
    page = f"/events/{event.slug}/register"
    shown = client.post(page, data=answers(event, step="3"))
    assert "Prenez-vous le repas" in shown.text
    missing = client.post(page, data=answers(event, step="4"))
    assert missing.status_code == 422
    assert f'href="#answer-{KEY}"' in missing.text
    kept = answers(event, **{f"answers.{KEY}": "oui", "answers.besoins": ["langue_des_signes", "fauteuil"]})
    summary = client.post(page, data={**kept, "step": "4"})
    assert summary.status_code == 200
    assert "Langue des signes" in summary.text
    assert f'name="answers.{KEY}" value="oui"' in summary.text, "the answers travel to the last page"
    done = client.post(page, data={**kept, "step": "confirm"})
    assert done.status_code in {200, 302, 303}, done.text
    assert db.session.execute(select(Registration.answers)).scalar_one() == {
        KEY: "oui",
        "besoins": ["fauteuil", "langue_des_signes"],
    }


def test_who_is_not_asked_registers_as_before(client: FlaskClient, event: EventRow) -> None:
    event = asking(event)
    sent = answers(event, audience="family", step="confirm")
    assert client.post(f"/events/{event.slug}/register", data=sent).status_code in {200, 302, 303}
    assert db.session.execute(select(Registration.answers)).scalar_one() == {}


def test_a_forged_answer_is_refused_and_nothing_is_written(client: FlaskClient, event: EventRow) -> None:
    event = asking(event)
    sent = answers(event, **{f"answers.{KEY}": "<script>", "step": "confirm"})
    refused = client.post(f"/events/{event.slug}/register", data=sent)
    assert refused.status_code == 422
    assert "<script>alert" not in refused.text
    assert db.session.execute(select(Registration.id)).first() is None

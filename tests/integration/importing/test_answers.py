"""Columns that answer an event's own questions: recognised, read by label or code, wrong ones named by line."""

import io
import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.enums import Role
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import QuestionKind
from app.events.operations.questions import save_question
from app.events.queries import EventRow, get_event
from app.events.questions import QuestionRow, with_codes
from app.jobs.worker import run_worker
from app.registrations.importing.answers import importable, propose_answers, read_answer
from app.registrations.importing.mapping import ColumnMapping, Field, propose
from app.registrations.importing.plan import Plan
from app.registrations.importing.planning import plan_file
from app.registrations.importing.report import ImportReport, report_of
from app.registrations.importing.wording import say_problem
from app.registrations.models import Registration
from tests.factories import NOW, make_organiser, make_registration
from tests.integration.importing.files import CLASS, GOOD, HEADER, csv_of, make_talents
from tests.integration.importing.test_pages import base, log_in, words_of

MEAL = QuestionRow(
    "meal",
    QuestionKind.CHOICE,
    "Prenez-vous le repas ?",
    "Will you have the meal?",
    choices=with_codes([("Oui", "Yes"), ("Non, merci", "No, thanks")]),
)
NEEDS = QuestionRow(
    "needs", QuestionKind.SEVERAL, "Besoins", choices=with_codes([("Fauteuil", ""), ("Signes, oral", "")]), maximum=2
)
COACHES = QuestionRow("cars", QuestionKind.NUMBER, "Nombre de cars", audiences=("school",), maximum=3)
SINCE = QuestionRow("since", QuestionKind.DATE, "Depuis quand ?")
AGREED = QuestionRow("photo", QuestionKind.CONSENT, "Accord photo")
WISH = QuestionRow("wish", QuestionKind.TEXT, "Votre souhait", maximum=20)
PAPER = QuestionRow("paper", QuestionKind.FILE, "Convention")
ALL = (MEAL, NEEDS, COACHES, SINCE, AGREED, WISH, PAPER)
COLUMNS = ("Prenez vous le repas", "besoins", "Nombre de cars", "Depuis quand ?", "Accord photo", "Votre souhait")


@pytest.fixture
def event(sqlite_app: Flask) -> EventRow:
    made = make_talents(organiser_id=make_organiser())
    with transaction():
        for question in ALL:
            save_question(made.id, question, by=SYSTEM, now=NOW)
    return get_event(made.slug)


def planned(event: EventRow, *lines: dict[str, str]) -> Plan:
    return plan_file(event, csv_of(*lines, header=(*HEADER, *COLUMNS)))


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        (MEAL, "oui", "oui"),
        (MEAL, "Yes", "oui"),
        (MEAL, "NON MERCI", "non_merci"),
        (MEAL, "non_merci", "non_merci"),
        (MEAL, "  ", None),
        (NEEDS, "Signes, oral", ["signes_oral"]),
        (NEEDS, "fauteuil; signes, oral", ["fauteuil", "signes_oral"]),
        (NEEDS, "Fauteuil, Vélo", ["fauteuil", "Vélo"]),
        (COACHES, "2,0", 2),
        (COACHES, "deux", "deux"),
        (SINCE, "04/02/2026", "2026-02-04"),
        (SINCE, "hier", "hier"),
        (AGREED, "Oui", True),
        (AGREED, "x", True),
        (AGREED, "non", None),
        (AGREED, "peut-être", "peut-être"),
        (WISH, " du bois ", "du bois"),
    ],
)
def test_cells_are_read_as_offices_write_them(question: QuestionRow, text: str, answer: object) -> None:
    assert read_answer(question, text) == answer


def test_columns_are_recognised_by_the_wording_in_either_language() -> None:
    assert propose_answers(["Will you have the meal ?", "BESOINS", "nombre de cars"], ALL) == {
        "meal": 0, "needs": 1, "cars": 2,
    }  # fmt: skip
    found = propose([*HEADER, *COLUMNS], ALL)
    assert sorted(found.answers.values()) == list(range(len(HEADER), len(HEADER) + len(COLUMNS)))
    assert found.columns == propose(HEADER).columns
    assert ColumnMapping.from_json(found.to_json()) == found


def test_a_fields_own_name_stays_the_fields() -> None:
    town = QuestionRow("commune", QuestionKind.TEXT, "Commune")
    hour = QuestionRow("heure", QuestionKind.TEXT, "À quelle heure part votre car ?")
    found = propose(["Commune", "Créneau", "À quelle heure part votre car ?"], [town, hour])
    assert found.columns == {Field.TIME: 1, Field.COMMUNE: 0}
    assert found.answers == {"heure": 2}


def test_answers_are_registered_with_the_line(event: EventRow) -> None:
    line = CLASS | {"Prenez vous le repas": "Yes", "Nombre de cars": "1", "Accord photo": "oui", "besoins": "fauteuil"}
    plan = planned(event, line, GOOD)
    assert plan.problems == ()
    keys = {q.label_fr: q.key for q in event.questions}
    assert [entry.draft.answers for entry in plan.new] == [
        {keys["Prenez-vous le repas ?"]: "oui", "besoins": ["fauteuil"], "nombre_de_cars": 1, "accord_photo": True},
        {},
    ]


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"Prenez vous le repas": "demain"}, "Prenez vous le repas", "answer_no_choice"),
        ({"besoins": "Fauteuil, Vélo"}, "besoins", "answer_no_choice"),
        ({"Nombre de cars": "4"}, "Nombre de cars", "answer_too_high"),
        ({"Nombre de cars": "deux"}, "Nombre de cars", "answer_wrong_kind"),
        ({"Depuis quand ?": "hier"}, "Depuis quand ?", "answer_wrong_kind"),
        ({"Accord photo": "peut-être"}, "Accord photo", "answer_wrong_kind"),
        ({"Votre souhait": "x" * 21}, "Votre souhait", "answer_too_long"),
        ({"Votre souhait": "=1+1"}, "Votre souhait", "formula"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_column(
    event: EventRow, changes: dict[str, str], column: str, code: str
) -> None:
    plan = planned(event, GOOD, CLASS | changes)
    [problem] = plan.problems
    assert (problem.line, problem.column, problem.code, problem.warning) == (3, column, code, False)
    assert problem.value == changes[column]
    assert "%(" not in say_problem(problem, "fr")
    assert plan.bad_lines == [3]
    if code == "answer_no_choice":
        assert "Fauteuil" in say_problem(problem, "en") or "Oui" in say_problem(problem, "en")


def test_an_answer_to_what_is_not_asked_is_left_out_and_told(event: EventRow) -> None:
    plan = planned(event, GOOD | {"Nombre de cars": "1"})
    assert [(p.column, p.code, p.warning) for p in plan.problems] == [("Nombre de cars", "question_not_asked", True)]
    assert [entry.draft.answers for entry in plan.new] == [{}]


def test_the_dry_run_counts_answers_and_names_no_text(event: EventRow) -> None:
    lines = [
        CLASS | {"Prenez vous le repas": "oui", "Votre souhait": "du bois"},
        GOOD | {"Prenez vous le repas": "non merci"},
        GOOD | {"Courriel": "a@example.org", "Téléphone": "", "Prenez vous le repas": "oui"},
    ]
    checked = report_of(planned(event, *lines))
    meal = event.questions[0].key
    assert [(a.key, a.answered, dict(a.choices)) for a in checked.answers] == [
        (meal, 3, {"oui": 2, "non_merci": 1}), ("votre_souhait", 1, {}),
    ]  # fmt: skip
    stored = ImportReport(checked).to_json()
    assert ImportReport.from_json(stored) == ImportReport(checked)
    stored["checked"].pop("answers")
    assert ImportReport.from_json(stored).checked is not None, "reports of before"


def test_a_registration_that_answered_otherwise_is_left_and_told(event: EventRow) -> None:
    meal = event.questions[0].key
    first = planned(event, GOOD | {"Prenez vous le repas": "oui"}).new[0].draft
    make_registration(event, first)
    assert [e.differs for e in planned(event, GOOD | {"Prenez vous le repas": "oui"}).there] == [()]
    assert [e.differs for e in planned(event, GOOD | {"Prenez vous le repas": "Non, merci"}).there] == [("answers",)]
    assert db.session.execute(select(Registration.answers)).scalar_one() == {meal: "oui"}


def test_files_and_retired_questions_are_no_columns(event: EventRow) -> None:
    assert {q.kind for q in importable(event)} == set(QuestionKind) - {QuestionKind.FILE}


def test_in_the_browser_from_columns_to_the_list(sqlite_app: Flask, event: EventRow) -> None:
    client = log_in(sqlite_app, event.organiser_id, Role.MANAGER)
    content = csv_of(CLASS | {"Prenez vous le repas": "oui", "Votre souhait": "du bois"}, header=(*HEADER, *COLUMNS))
    sent = client.post(f"{base(event)}?lang=en", data={"file": (io.BytesIO(content), "a.csv")})
    page = client.get(sent.location).text
    meal = event.questions[0].key
    assert f'<option selected value="answer:{meal}">Question: Will you have the meal?</option>' in page
    columns: dict[str, Any] = dict(ColumnMapping(propose(HEADER).columns).to_json())
    data = {f"column-{n}": name for name, n in columns.items()} | {
        f"column-{len(HEADER)}": f"answer:{meal}",
        f"column-{len(HEADER) + 1}": f"answer:{meal}",
        f"column-{len(HEADER) + 5}": "answer:votre_souhait",
    }
    twice = client.post(sent.location, data=data)
    assert twice.status_code == 422
    assert "Another column is “Question: Will you have the meal?” already." in words_of(twice.text)
    data[f"column-{len(HEADER) + 1}"] = ""
    report = client.post(sent.location, data=data, follow_redirects=True)
    assert "Will you have the meal? 1 answer 1 × Yes" in words_of(report.text).replace("\N{NO-BREAK SPACE}", " ")
    assert "du bois" not in report.text
    client.post(f"{sent.location}/writing", data={})
    run_worker(sqlite_app, drain=True, stop=threading.Event(), concurrency=1)
    db.session.rollback()
    assert db.session.execute(select(Registration.answers)).scalar_one() == {meal: "oui", "votre_souhait": "du bois"}

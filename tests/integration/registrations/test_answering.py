"""Answers and their files, on both databases: kept, given once, changed, purged, forgotten."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.core.actor import SYSTEM, VISITOR
from app.core.checks import run_checks
from app.core.clock import set_clock
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.enums import QuestionKind
from app.events.operations.questions import ask_again, retire_question, save_question
from app.events.queries import EventRow, get_event
from app.events.questions import QuestionRow, with_codes
from app.jobs.registry import JobContext
from app.registrations.answer_files import find_files, get_file, list_files
from app.registrations.drafts import RegistrationDraft
from app.registrations.enums import Source
from app.registrations.errors import ChangeClosed
from app.registrations.jobs import purge_answer_files
from app.registrations.models import AnswerFile, Registration
from app.registrations.operations import (
    Registered,
    cancel_registration,
    change_answers,
    erase_registration,
    register,
)
from app.registrations.operations import answer_files as operations
from app.registrations.operations.answer_files import drop_waiting, keep_file
from app.registrations.operations.retention import forget_names
from app.registrations.queries import get_registration
from tests.conftest import counted_statements
from tests.factories import NOW, make_event, make_organiser, make_registration, person_draft
from tests.integration.registrations.conftest import STAFF, history

PDF = b"%PDF-1.7 a paper"
PAPER = QuestionRow("", QuestionKind.FILE, "Convention")
MEAL = QuestionRow("", QuestionKind.CHOICE, "Repas", choices=with_codes([("Oui", ""), ("Non", "")]), required=True)


def ask(event: EventRow, *questions: QuestionRow) -> EventRow:
    with transaction():
        for question in questions:
            save_question(event.id, question, by=SYSTEM, now=NOW)
    return get_event(event.slug)


def keep(event: EventRow, content: bytes = PDF, name: str = "convention.pdf", *, now: datetime = NOW) -> str:
    question = next(q for q in event.questions if q.kind is QuestionKind.FILE)
    with transaction():
        return keep_file(event, question, name, content, now=now)


def answer(made: Registered, answers: dict[str, Any], **options: Any) -> bool:
    with transaction():
        return change_answers(made.id, answers, **{"by": VISITOR, "now": NOW, **options})


def tokens() -> set[str]:
    return set(db.session.execute(select(AnswerFile.token)).scalars())


def refused(event: EventRow, draft: RegistrationDraft) -> dict[str, str]:
    with pytest.raises(FieldError) as caught, transaction():
        register(event, draft, by=VISITOR, now=NOW)
    return dict(caught.value.problems)


def test_a_file_becomes_the_registrations_own_and_nobody_elses(event: EventRow) -> None:
    event = ask(event, PAPER)
    token = keep(event)
    assert find_files(event.id, [token])[token].name == "convention.pdf"
    made = make_registration(event, person_draft(event, answers={"convention": token}))
    row, content = get_file(made.id, token)
    assert (row.key, row.media_type, row.size, content) == ("convention", "application/pdf", len(PDF), PDF)
    assert get_registration(made.id).answers == {"convention": token}
    assert find_files(event.id, [token]) == {}, "it no longer waits"
    assert refused(event, person_draft(event, answers={"convention": token})) == {"answers/convention": "file_gone"}
    other = make_registration(event, person_draft(event))
    with pytest.raises(FieldError):
        answer(other, {"convention": token})
    assert list_files(other.id) == {}


def test_a_file_answers_its_own_question_at_its_own_event(event: EventRow, whole_app: Flask) -> None:
    event = ask(event, PAPER, QuestionRow("", QuestionKind.FILE, "Photo"))
    token = keep(event)
    assert refused(event, person_draft(event, answers={"photo": token})) == {"answers/photo": "file_gone"}
    elsewhere = ask(make_event(make_organiser("Cap")), PAPER)
    wrong = person_draft(elsewhere, answers={"convention": token})
    assert refused(elsewhere, wrong) == {"answers/convention": "file_gone"}
    assert refused(event, person_draft(event, answers={"convention": "x" * 24})) == {"answers/convention": "file_gone"}


def test_programs_send_no_files(event: EventRow) -> None:
    event = ask(event, PAPER)
    by_program = person_draft(event, source=Source.API)
    make_registration(event, by_program)
    given = person_draft(event, source=Source.API, answers={"convention": keep(event)})
    assert refused(event, given) == {"answers/convention": "answer_file_by_form"}
    needed = ask(make_event(make_organiser("Cap")), QuestionRow("", QuestionKind.FILE, "Photo", required=True))
    assert refused(needed, person_draft(needed, source=Source.API)) == {"answers/photo": "answer_file_by_form"}


def test_two_files_at_most_and_none_too_many_wait(event: EventRow, monkeypatch: pytest.MonkeyPatch) -> None:
    event = ask(event, PAPER, QuestionRow("", QuestionKind.FILE, "Photo"))
    with pytest.raises(FieldError) as caught:
        ask(event, QuestionRow("", QuestionKind.FILE, "Encore"))
    assert caught.value.problems == {"kind": "too_many_files"}
    with transaction():
        retire_question(event.id, "photo", is_answered=True, by=SYSTEM, now=NOW)
    ask(event, QuestionRow("", QuestionKind.FILE, "Encore"))
    with pytest.raises(FieldError), transaction():
        ask_again(event.id, "photo", by=SYSTEM, now=NOW)
    old = keep(event, now=NOW - timedelta(hours=2))
    monkeypatch.setattr(operations, "MOST_WAITING_BYTES", 2 * len(PDF) - 1)
    fresh = keep(event)
    assert tokens() == {fresh}, "what waited long makes room"
    with pytest.raises(FieldError) as full:
        keep(event)
    assert full.value.problems == {"answers/convention": "too_many_waiting"}
    assert tokens() == {fresh}
    assert old != fresh


def test_a_file_is_replaced_and_removed(event: EventRow) -> None:
    event = ask(event, PAPER)
    first = keep(event)
    made = make_registration(event, person_draft(event, answers={"convention": first}))
    second = keep(event, PDF + b"2")
    assert answer(made, {"convention": second})
    assert tokens() == {second}
    assert not answer(made, {"convention": second}), "the same again changes nothing"
    assert answer(made, {})
    assert tokens() == set()
    assert get_registration(made.id).answers == {}
    assert [d for verb, d in history(made.id) if verb == "registration.answered"] == [{"changed": ["convention"]}] * 2


def test_what_is_no_longer_asked_keeps_its_answer(event: EventRow) -> None:
    event = ask(event, PAPER, MEAL, QuestionRow("", QuestionKind.TEXT, "Besoin"))
    token = keep(event)
    made = make_registration(event, person_draft(event, answers={"convention": token, "repas": "non", "besoin": "x"}))
    with transaction():
        retire_question(event.id, "convention", is_answered=True, by=SYSTEM, now=NOW)
        choices = with_codes([("Oui", ""), ("Peut-être", "")], MEAL.choices)
        changed = QuestionRow("repas", QuestionKind.CHOICE, "Repas", choices=choices, required=True)
        save_question(event.id, changed, key="repas", is_answered=True, by=SYSTEM, now=NOW)
    assert answer(made, {"repas": "non", "besoin": "y"}), "the choice made before may stay"
    assert get_registration(made.id).answers == {"convention": token, "repas": "non", "besoin": "y"}
    assert tokens() == {token}


def test_visitors_answer_what_is_needed_until_registration_closes_and_staff_later_too(event: EventRow) -> None:
    event = ask(event, MEAL)
    made = make_registration(event, person_draft(event, source=Source.STAFF))
    with pytest.raises(FieldError) as caught:
        answer(made, {})
    assert caught.value.problems == {"answers/repas": "answer_required"}
    assert answer(made, {"repas": "oui"})
    late = event.ends_at + timedelta(minutes=1)
    with pytest.raises(ChangeClosed):
        answer(made, {"repas": "non"}, now=late)
    assert answer(made, {}, by=STAFF, now=late)
    with transaction():
        cancel_registration(made.id, by=VISITOR, now=NOW)
    with pytest.raises(ChangeClosed):
        answer(made, {"repas": "non"}, by=STAFF)


def test_files_of_forms_never_sent_go_after_a_day(event: EventRow, whole_app: Flask) -> None:
    event = ask(event, PAPER)
    sent, old, fresh = (keep(event, now=NOW - timedelta(hours=hours)) for hours in (30, 25, 23))
    make_registration(event, person_draft(event, answers={"convention": sent}))
    set_clock(whole_app.extensions, NOW)
    purge_answer_files(JobContext(1, {}, None, 1, lambda: NOW, lambda done, total: None))
    assert tokens() == {sent, fresh}
    with transaction():
        drop_waiting(event.id, sent)
        drop_waiting(event.id, fresh)
    assert tokens() == {sent}
    assert old not in tokens()


def test_who_is_forgotten_leaves_no_file(event: EventRow) -> None:
    event = ask(event, PAPER)
    erased, kept = (
        make_registration(event, person_draft(event, answers={"convention": keep(event)})) for _number in range(2)
    )
    with transaction():
        erase_registration(erased.id, by=VISITOR, now=NOW)
    assert db.session.execute(select(AnswerFile.registration_id)).scalars().all() == [kept.id]
    with transaction():
        forget_names(get_event(event.slug), now=NOW)
    assert db.session.execute(select(func.count(AnswerFile.id))).scalar_one() == 0


def test_doctor_finds_a_file_that_no_answer_leads_to(event: EventRow) -> None:
    event = ask(event, PAPER)
    made = make_registration(event, person_draft(event, answers={"convention": keep(event)}))
    assert [r for r in run_checks(NOW) if not r.ok] == []
    with transaction():
        db.session.execute(update(Registration).values(answers={}))
    [found] = [r for r in run_checks(NOW) if not r.ok]
    assert list(found.problems) == [f"{made.reference} has a file for “convention” that no answer leads to"]


def test_questions_cost_registering_no_statement(event: EventRow) -> None:
    def statements(found: EventRow, draft: RegistrationDraft) -> int:
        with counted_statements() as count:
            make_registration(found, draft)
        return int(count)

    plain = statements(event, person_draft(event))
    asking = ask(event, MEAL, PAPER)
    assert statements(asking, person_draft(asking, answers={"repas": "oui"})) == plain

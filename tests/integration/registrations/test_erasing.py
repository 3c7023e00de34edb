"""Forgetting a person leaves a headcount, and their name nowhere."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.actor import SYSTEM, VISITOR
from app.core.checks import run_checks
from app.core.db import Model, db
from app.core.transaction import transaction
from app.events.enums import EventMove, QuestionKind
from app.events.operations import move_event
from app.events.operations.questions import save_question
from app.events.queries import EventRow, get_event, get_places
from app.events.questions import QuestionRow
from app.jobs.models import Job
from app.messages.models import Message
from app.registrations.drafts import Contact, Headcount, Organisation, Statistics
from app.registrations.enums import Gender, RegistrationStatus
from app.registrations.importing.files import purge_files
from app.registrations.importing.queries import list_imports
from app.registrations.importing.report import Checked, ImportReport, Written
from app.registrations.models import DeclaredStatistics, ImportFile
from app.registrations.operations import (
    Registered,
    cancel_registration,
    change_registration,
    erase_registration,
    issue_route_cards,
)
from app.registrations.queries import get_registration
from app.sheets.problems import Problem
from app.structures.models import Structure
from tests.factories import NOW, class_draft, forum, make_event, make_organiser, make_registration, person_draft

CONTACT = Contact("Zélie Quenouille", "zelie.quenouille@example.org", "+33639980177", "Quenouille")
TRACES = ("quenouille", "zélie", "zelie", "639980177", "39980177")


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_event(make_organiser(), forum(asks_statistics=True))


def erase(made: Registered, *, now: Any = NOW) -> None:
    with transaction():
        erase_registration(made.id, by=VISITOR, now=now)


def traces() -> list[str]:
    """Each column of each table in which something of the person is still to be read."""
    found = []
    for table in Model.metadata.sorted_tables:
        for row in db.session.execute(select(table)).mappings():
            for column, value in row.items():
                text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                if any(trace in text.lower() for trace in TRACES):
                    found.append(f"{table.name}.{column}")
    db.session.rollback()
    return sorted(set(found))


def leave_every_trace(event: EventRow, made: Registered) -> None:
    """Mails, one of them refused by a server that quotes the address, a change, and a reason in one's own words."""
    with transaction():
        change_registration(made.id, waves=(event.waves[1].id,), by=VISITOR, now=NOW)
        refusal = f"550 5.1.1 <{CONTACT.email}>: no such user"
        db.session.execute(update(Message).where(Message.id == 1).values(error=refusal))
        db.session.execute(update(Job).where(Job.subject == "message:1").values(last_error=refusal))


def test_a_person_is_found_nowhere_afterwards(event: EventRow) -> None:
    with transaction():
        save_question(event.id, QuestionRow("", QuestionKind.TEXT, "Allergies"), by=VISITOR, now=NOW)
    event = get_event(event.slug)
    draft = person_draft(
        event,
        contact=CONTACT,
        organisation=Organisation(class_label="Atelier de Zélie"),
        statistics=Statistics(Gender.WOMAN),
        oriented_by="M. Quenouille",
        answers={"allergies": "Zélie ne mange pas de noix"},
        is_15_or_older=True,
        import_key="zelie",
    )
    made = make_registration(event, draft)
    leave_every_trace(event, made)
    with transaction():
        cancel_registration(made.id, by=VISITOR, now=NOW, reason="Zélie est malade")
    assert {"registrations.contact_name", "messages.recipient", "audit_entries.details", "jobs.last_error"} <= set(
        traces()
    )
    erase(made)
    assert traces() == []
    assert db.session.execute(select(DeclaredStatistics.key)).all() == []
    row = get_registration(made.id)
    assert (row.contact_name, row.contact_email, row.contact_phone, row.is_15_or_older) == ("—", "", "", None)
    assert (row.status, row.people, row.audience) == (RegistrationStatus.CANCELLED, 1, "job_seeker")
    assert row.oriented_by == "—"  # counted as sent by somebody, no longer by whom
    assert [r for r in run_checks(NOW) if not r.ok] == []


def test_a_visit_to_come_is_cancelled_without_a_mail(event: EventRow) -> None:
    made = make_registration(event, class_draft(event, contact=CONTACT))
    with transaction():
        issue_route_cards(made.id, by=VISITOR, now=NOW)
    leave_every_trace(event, made)
    before = db.session.execute(select(Message.id).order_by(Message.id)).all()
    erase(made)
    assert traces() == []
    assert db.session.execute(select(Message.id).order_by(Message.id)).all() == before
    assert get_places(event).taken == 0
    row = get_registration(made.id)
    assert (row.status, row.class_label, row.uai) == (RegistrationStatus.CANCELLED, "3e B", "0219100C")
    again = make_registration(event, class_draft(event, contact=CONTACT))
    assert again.status is RegistrationStatus.CONFIRMED


def test_a_family_leaves_no_name_behind(event: EventRow) -> None:
    family = class_draft(event, contact=CONTACT, audience="family", organisation=Organisation("Famille Quenouille"))
    made = make_registration(event, family)
    assert "structures.name" in traces()
    erase(made)
    assert traces() == []
    assert get_registration(made.id).participants == 28


def test_a_body_that_others_name_stays(event: EventRow) -> None:
    body = Organisation("Mission locale")
    made, other = (
        make_registration(event, class_draft(event, participants=9, audience="job_seeker", organisation=body))
        for _ in range(2)
    )
    alone = make_registration(event, person_draft(event, organisation=body))
    for registration in (alone, made):
        erase(registration)
    names = db.session.execute(select(Structure.name)).scalars().all()
    assert names == ["Mission locale"]
    assert (
        get_registration(made.id).organisation_name == get_registration(other.id).organisation_name == "Mission locale"
    )
    assert get_registration(alone.id).organisation_name == ""


def test_what_an_import_could_not_read_goes_too(event: EventRow) -> None:
    problem = Problem(2, "Courriel", "email_at", CONTACT.email)
    checked = Checked(1, 1, 1, 0, (), (problem,), 1, 0, (2,), ())
    report = ImportReport(checked, Written(1, 1, 0, 0)).to_json()
    with transaction():
        db.session.add(
            ImportFile(event_id=event.id, name="a.csv", content=b"", report=report, created_at=NOW, written_at=NOW)
        )
    erase(make_registration(event, person_draft(event, contact=CONTACT)))
    assert traces() == []
    (kept,) = list_imports(event.id)
    assert kept.report.checked is not None
    assert [(p.line, p.code, p.value) for p in kept.report.checked.problems] == [(2, "email_at", "")]


def test_files_sent_for_import_go_after_seven_days(event: EventRow) -> None:
    with transaction():
        db.session.add(ImportFile(event_id=event.id, name="a.csv", content=CONTACT.email.encode(), created_at=NOW))
    for days, left in ((7, 1), (8, 0)):
        with transaction():
            purge_files(now=NOW + timedelta(days=days))
        assert len(list_imports(event.id)) == left
    assert traces() == []


def test_who_came_stays_counted(event: EventRow) -> None:
    made = make_registration(event, class_draft(event, contact=CONTACT))
    item = ScanInput(str(UUID(int=1)), made.ticket_code, event.checkpoints[0].id, Direction.IN, event.starts_at)
    with transaction():
        record_scans(event, "door", [item], now=event.starts_at)
    erase(made, now=event.ends_at + timedelta(days=3))
    assert traces() == []
    row = get_registration(made.id)
    assert (row.status, row.participants, row.companions) == (RegistrationStatus.CONFIRMED, 28, 2)
    assert get_places(event).taken == 30
    assert [r for r in run_checks(NOW) if not r.ok] == []


@pytest.mark.parametrize("moves", [(EventMove.CANCEL,), (EventMove.CLOSE, EventMove.ARCHIVE)])
def test_an_event_that_is_off_or_archived_keeps_nobodys_name(event: EventRow, moves: tuple[EventMove, ...]) -> None:
    made = make_registration(event, person_draft(event, contact=CONTACT))
    with transaction():
        for move in moves:
            move_event(event.id, move, by=SYSTEM, now=event.ends_at)
    erase(made)
    assert traces() == []
    assert get_registration(made.id).status is RegistrationStatus.CONFIRMED


def test_others_keep_theirs(event: EventRow) -> None:
    other = make_registration(event, person_draft(event, contact=Contact("Ana Petit", "ana@example.org")))
    with transaction():
        cancel_registration(other.id, by=VISITOR, now=NOW, reason="Malade")
    made = make_registration(event, person_draft(event, contact=CONTACT))
    erase(made)
    row = get_registration(other.id)
    assert (row.contact_name, row.contact_email, row.cancel_reason) == ("Ana Petit", "ana@example.org", "Malade")
    recipients = db.session.execute(select(Message.recipient).order_by(Message.id)).scalars().all()
    assert recipients == ["ana@example.org", "ana@example.org", ""]


def test_erasing_twice_changes_nothing_more(event: EventRow) -> None:
    made = make_registration(event, person_draft(event, contact=CONTACT))
    erase(made)
    first = get_registration(made.id)
    erase(made)
    assert get_registration(made.id) == first
    assert Headcount(first.participants, first.companions) == Headcount(1, 0)

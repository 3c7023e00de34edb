"""Writing: what was checked, some lines at a time, and nobody twice."""

import time
from collections import Counter
from collections.abc import Collection
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow, get_places
from app.jobs.models import Job
from app.messages.models import Message
from app.registrations.importing.plan import Plan
from app.registrations.importing.planning import plan_file
from app.registrations.importing.report import Tally, Unwritten, report_of
from app.registrations.importing.writing import lines_of, write_lines
from app.registrations.models import Registration
from app.registrations.operations import cancel_registration
from tests.factories import NOW, make_registration, person_draft
from tests.integration.importing.files import CLASS, GOOD, REAL, csv_of, make_talents

AT = datetime(2021, 10, 4, tzinfo=NOW.tzinfo)


def write(event: EventRow, content: bytes, *, send_mails: bool = False) -> Tally:
    """All good lines of a file, in one go."""
    plan = plan_file(event, content)
    return write_all(event, plan, send_mails=send_mails)


def write_all(
    event: EventRow, plan: Plan, *, leave_out: Collection[int] | None = None, send_mails: bool = False
) -> Tally:
    lines = lines_of(plan, plan.bad_lines if leave_out is None else leave_out)
    with transaction():
        return write_lines(event, lines, send_mails=send_mails, by=SYSTEM, now=AT)


def count_rows(model: type[Registration] | type[Message] | type[Job]) -> int:
    return db.session.execute(select(func.count()).select_from(model)).scalar_one()


def test_the_real_file_gives_912_people_of_286_lines(whole_app: Flask) -> None:
    event = make_talents()
    began = time.perf_counter()
    assert write(event, REAL.read_bytes()) == Tally(286, 912)
    assert time.perf_counter() - began < 8
    rows = db.session.execute(
        select(Registration.audience, Registration.participants, Registration.companions, Registration.contact_email)
    ).all()
    people: Counter[str] = Counter()
    for audience, participants, companions, _ in rows:
        people[audience] += participants + companions
    assert people == {
        "school": 652, "job_seeker": 143, "employment_prescriber": 31, "guidance_prescriber": 23, "family": 27,
        "student": 21, "professional": 15,
    }  # fmt: skip
    school = [r for r in rows if r.audience == "school"]
    assert (len(school), sum(r.participants for r in school), sum(r.companions for r in school)) == (26, 620, 32)
    assert sum(not r.contact_email for r in rows) == 37
    assert get_places(event).taken == 912
    assert count_rows(Message) == 0
    assert [r.name for r in run_checks(AT) if not r.ok] == []


def test_a_second_import_changes_nothing(whole_app: Flask) -> None:
    event = make_talents()
    write(event, REAL.read_bytes())
    version = get_places(event).version
    plan = plan_file(event, REAL.read_bytes())
    checked = report_of(plan)
    assert (checked.registrations, checked.people, checked.there, checked.differences) == (0, 0, 286, ())
    assert write(event, REAL.read_bytes()) == Tally(there=286)
    assert count_rows(Registration) == 286
    assert get_places(event).taken == 912
    assert get_places(event).version <= version + 1


def test_lines_in_another_order_are_the_same_lines(sqlite_app: Flask) -> None:
    event = make_talents()
    write(event, csv_of(GOOD, CLASS))
    assert write(event, csv_of(CLASS, GOOD)) == Tally(there=2)


def test_the_dry_run_writes_nothing(sqlite_app: Flask) -> None:
    event = make_talents()
    before = {table.name: db.session.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES}
    plan_file(event, REAL.read_bytes())
    after = {table.name: db.session.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES}
    assert after == before


TABLES = db.metadata.sorted_tables


def test_a_bad_line_is_left_out_and_no_other(sqlite_app: Flask) -> None:
    event = make_talents()
    assert write(event, csv_of(GOOD, CLASS | {"Créneau": "7h"})) == Tally(1, 1)


def test_a_wave_that_filled_meanwhile_keeps_only_its_lines_out(whole_app: Flask) -> None:
    event = make_talents(capacity=31)
    other = GOOD | {"Courriel": "noel@example.org", "Créneau": "10h20"}
    plan = plan_file(event, csv_of(GOOD | {"Créneau": "10h20"}, CLASS, other))
    make_registration(event, person_draft(event), now=AT)
    make_registration(event, person_draft(event), now=AT)
    assert write_all(event, plan) == Tally(2, 2, 0, (Unwritten(3, "wave_full"),), 1)
    assert count_rows(Registration) == 4
    assert get_places(event).taken == 4
    assert [r.name for r in run_checks(AT) if not r.ok] == []


def test_a_line_that_got_a_problem_since_is_too_late(sqlite_app: Flask) -> None:
    event = make_talents(capacity=31)
    make_registration(event, person_draft(event), now=AT)
    make_registration(event, person_draft(event), now=AT)
    plan = plan_file(event, csv_of(CLASS, GOOD | {"Créneau": "10h20"}))
    assert write_all(event, plan, leave_out=()) == Tally(1, 1, 0, (Unwritten(2, "wave_full"),), 1)


def test_somebody_who_registered_meanwhile_counts_as_there(sqlite_app: Flask) -> None:
    event = make_talents()
    plan = plan_file(event, csv_of(GOOD, CLASS))
    write(event, csv_of(GOOD))
    assert write_all(event, plan) == Tally(1, 30, 1)


@pytest.mark.parametrize(
    "line",
    [GOOD, GOOD | {"Courriel": ""}, CLASS, CLASS | {"Courriel": ""}],
    ids=["mail", "telephone", "class", "class without mail"],
)
def test_a_line_is_recognised_by_what_it_says(whole_app: Flask, line: dict[str, str]) -> None:
    event = make_talents()
    plan = plan_file(event, csv_of(line, CLASS | {"Courriel": "autre@example.org"}))
    assert write_all(event, plan).registrations == 2
    assert write_all(event, plan) == Tally(there=2)


def test_people_who_registered_themselves_are_left_as_they_are(sqlite_app: Flask) -> None:
    event = make_talents()
    mine = person_draft(event)
    made = make_registration(event, mine, now=AT)
    plan = plan_file(event, csv_of(GOOD | {"Courriel": mine.contact.email.upper(), "Créneau": "10h20"}))
    differences = report_of(plan).differences
    assert [(d.line, d.reference, d.names) for d in differences] == [(2, made.reference, ("waves", "audience"))]
    assert plan.new == []


def test_a_corrected_file_adds_what_is_new_and_tells_what_differs(sqlite_app: Flask) -> None:
    event = make_talents()
    no_mail = GOOD | {"Courriel": "", "Nom": "Roux"}
    write(event, csv_of(GOOD, CLASS, no_mail))
    corrected = csv_of(
        GOOD | {"Commune": "Beaune"},
        CLASS | {"Effectif élèves": "25"},
        no_mail | {"Créneau": "10h20"},
        GOOD | {"Courriel": "nouveau@example.org"},
    )
    checked = report_of(plan_file(event, corrected))
    assert (checked.registrations, checked.there) == (1, 3)
    assert [(d.line, d.names) for d in checked.differences] == [(3, ("headcount",)), (4, ("waves",))]
    assert write(event, corrected) == Tally(1, 1, 3)


def test_somebody_who_cancelled_is_not_registered_again(sqlite_app: Flask) -> None:
    event = make_talents()
    write(event, csv_of(GOOD))
    registration_id = db.session.execute(select(Registration.id)).scalar_one()
    with transaction():
        cancel_registration(registration_id, by=SYSTEM, now=AT, quiet=True)
    plan = plan_file(event, csv_of(GOOD))
    assert [d.names for d in report_of(plan).differences] == [("cancelled",)]
    assert write(event, csv_of(GOOD)) == Tally(there=1)


def test_tickets_are_mailed_only_when_asked(sqlite_app: Flask) -> None:
    event = make_talents()
    write(event, csv_of(GOOD))
    assert count_rows(Message) == 0
    write(event, csv_of(CLASS, GOOD | {"Courriel": "", "Nom": "Roux"}), send_mails=True)
    assert db.session.execute(select(Message.recipient)).scalars().all() == ["classe@example.org"]

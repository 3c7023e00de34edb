"""How a registration is written: in few statements, whole, and by what is true of the event then."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from app.core.actor import SYSTEM, VISITOR
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import FieldError, WriteConflict
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.enums import EventMove
from app.events.errors import EventNotFound, WaveFull
from app.events.models import Allotment
from app.events.operations import delete_event, edit_event, move_event
from app.events.queries import EventRow, get_event
from app.jobs.models import Job
from app.registrations.drafts import Contact, Statistics
from app.registrations.enums import Gender, RegistrationStatus, Source
from app.registrations.errors import AlreadyRegistered
from app.registrations.models import DeclaredStatistics, Registration
from app.registrations.operations import Registered, register, storing
from tests.conftest import counted_statements
from tests.factories import (
    DAY_ONE,
    NOW,
    class_draft,
    forum,
    make_event,
    make_organiser,
    make_registration,
    one_wave,
    person_draft,
)
from tests.integration.registrations.conftest import CONTACT, refuse, taken, told

pytestmark = pytest.mark.usefixtures("whole_app")


def count(model: Any) -> int:
    return db.session.execute(select(func.count()).select_from(model)).scalar_one()


def test_others_wait_for_few_statements(whole_app: Flask, event: EventRow) -> None:
    """PostgreSQL writes everything in one; SQLite needs no network between its nine."""
    make_registration(event)
    most = 1 if db.engine.dialect.name == "postgresql" else 9
    for changes in ({}, {"contact": Contact("Ana Petit", phone="+33639980102")}):
        with transaction(), counted_statements() as counted:
            register(event, person_draft(event, **changes), by=VISITOR, now=NOW)
        assert int(counted) <= most, counted.statements


def test_a_reference_that_somebody_has_is_drawn_again(event: EventRow, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make_registration(event)
    free = ("VT-2222-22", "VT-3333-33")
    drawn = iter([first.reference, first.reference, free[0], first.reference, free[1]])
    monkeypatch.setattr(storing, "new_reference", lambda _prefix: next(drawn))
    drafts = (person_draft(event), person_draft(event, waves=(event.waves[1].id,), waitlist=True))
    made = [make_registration(event, draft) for draft in drafts]
    assert tuple(m.reference for m in made) == free
    assert [told(m.id) for m in made] == [["confirmed"]] * 2
    assert taken(event) == (32, [31, 1])
    assert [r.name for r in run_checks(NOW) if not r.ok] == []


def test_when_no_reference_is_free_nothing_is_written(event: EventRow, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make_registration(event)
    monkeypatch.setattr(storing, "new_reference", lambda _prefix: first.reference)
    with pytest.raises(WriteConflict), transaction():
        register(event, person_draft(event), by=SYSTEM, now=NOW)
    assert taken(event) == (30, [30, 0])
    assert (count(Registration), count(Job)) == (1, 1)


def test_an_audience_that_nothing_counts_is_counted_from_then_on(event: EventRow) -> None:
    here = Allotment.wave_id == event.waves[0].id, Allotment.audience == "job_seeker"
    with transaction():
        db.session.execute(delete(Allotment).where(*here))
    for number in (1, 2):
        made = make_registration(event, person_draft(event))
        assert (made.status, told(made.id)) == (RegistrationStatus.CONFIRMED, ["confirmed"])
        assert db.session.execute(select(Allotment.people).where(*here)).scalar_one() == number
    assert [r.name for r in run_checks(NOW) if not r.ok] == []


def edited(event: EventRow, **changes: Any) -> EventRow:
    """The event after somebody edited it; `event` stays what its reader saw."""
    draft = forum(waves=tuple(WaveDraft(w.starts_at, w.ends_at, w.capacity, id=w.id) for w in event.waves))
    with transaction():
        edit_event(event.id, replace(draft, **changes), by=SYSTEM, now=NOW)
    return get_event(event.slug)


def test_an_event_edited_meanwhile_is_taken_as_it_is(event: EventRow) -> None:
    now_is = edited(event, capacity=1, asks_statistics=True)
    said = Statistics(Gender.WOMAN)
    assert make_registration(event, person_draft(event, statistics=said)).status is RegistrationStatus.CONFIRMED
    assert count(DeclaredStatistics) == 1
    assert isinstance(refuse(event, person_draft(event)), WaveFull)
    assert taken(now_is) == (1, [1, 0])


def test_what_the_reader_did_not_see_yet_is_admitted(event: EventRow) -> None:
    starts = event.waves[1].ends_at
    now_is = edited(
        event,
        audiences=("school", "job_seeker", "student"),
        waves=(*(WaveDraft(w.starts_at, w.ends_at, w.capacity, id=w.id) for w in event.waves),
               WaveDraft(starts, starts.replace(minute=59), 3)),
    )  # fmt: skip
    draft = person_draft(event, audience="student", waves=(now_is.waves[2].id,))
    assert make_registration(event, draft).status is RegistrationStatus.CONFIRMED
    refusal = refuse(event, person_draft(event, audience="family"))
    assert isinstance(refusal, FieldError)
    assert refusal.problems == {"audience": "unknown_audience"}


def test_an_event_that_is_gone_takes_nobody() -> None:
    event = make_event(make_organiser(), publish=False)
    with transaction():
        delete_event(event.id, by=SYSTEM, now=NOW)
    for draft in (person_draft(event, source=Source.STAFF), class_draft(event)):
        with pytest.raises(EventNotFound), transaction():
            register(event, draft, by=SYSTEM, now=NOW)


def test_who_is_registered_is_told_that_and_not_that_it_is_full() -> None:
    event = make_event(make_organiser(), one_wave(1))
    made = make_registration(event, person_draft(event, contact=CONTACT))
    for waitlist in (False, True):
        refusal = refuse(event, person_draft(event, contact=CONTACT, waitlist=waitlist))
        assert (type(refusal), refusal.registration_id) == (AlreadyRegistered, made.id)


def test_a_closed_event_refuses_whom_its_reader_would_admit(event: EventRow) -> None:
    with transaction():
        move_event(event.id, EventMove.CLOSE, by=SYSTEM, now=NOW)
    assert refuse(event, person_draft(event)).code == "registration_closed"
    assert isinstance(make_registration(event, person_draft(event, source=Source.STAFF)), Registered)


def test_several_waves_are_taken_in_one_go() -> None:
    waves = tuple(WaveDraft(DAY_ONE, DAY_ONE.replace(minute=40), places) for places in (5, 40, 40))
    event = make_event(make_organiser(), forum(waves=waves, enrolment="all"))
    assert refuse(event, class_draft(event, waves=())).wave_id == min(w.id for w in event.waves if w.capacity == 5)
    made = make_registration(event, class_draft(event, participants=4, companions=1, waves=()))
    assert taken(event) == (5, [5, 5, 5])
    assert told(made.id) == ["confirmed"]

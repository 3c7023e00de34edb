"""New dates while people register, cancel and answer, while somebody else moves the event too, and while the worker that
tells everybody is killed; on both databases.
"""

import multiprocessing
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.actor import SYSTEM, VISITOR
from app.core.db import db
from app.core.errors import DomainError
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.models import Wave
from app.events.queries import EventRow, get_event_by_id
from app.flows.date_mapping import DATE_TO_COME, Shift
from app.flows.postponing import EventChanged, Postponed, postpone_event
from app.messages.models import Message
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import RegistrationClosed
from app.registrations.models import Registration
from app.registrations.operations import cancel_registration, register
from app.registrations.operations.asking import stay
from tests.factories import DAY_ONE, NOW, forum, make_event, make_organiser, make_registration, person_draft
from tests.integration.dbs import wait_until
from tests.races.telling_child import tell
from tests.races.together import assert_whole, count, together

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    waves = (WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), 12),)
    return make_event(make_organiser(), forum(waves=waves))


def move(event: EventRow, dates: Any, **more: Any) -> Callable[[], Postponed]:
    return lambda: postpone_event(event.id, dates, by=SYSTEM, now=NOW, **more)


def come(event: EventRow) -> Callable[[], Any]:
    draft = person_draft(event)
    return lambda: register(event, draft, by=VISITOR, now=LATER)


def rows(event: EventRow) -> list[Any]:
    columns = (Registration.id, Registration.status, Registration.asked_at, Registration.stays_at)
    found = db.session.execute(select(*columns).where(Registration.event_id == event.id)).all()
    db.session.rollback()
    return list(found)


def test_registering_and_cancelling_go_on_while_the_dates_move(whole_app: Flask, event: EventRow) -> None:
    people = [make_registration(event, person_draft(event)) for _ in range(4)]
    cancels = [lambda one=one: cancel_registration(one.id, by=VISITOR, now=LATER) for one in people[:2]]
    answers = together(whole_app, [move(event, Shift(7)), *(come(event) for _ in range(5)), *cancels])
    done = answers[0]
    assert isinstance(done, Postponed)
    assert not any(isinstance(answer, DomainError) for answer in answers)
    found = {row.id: row for row in rows(event)}
    assert len(found) == 9
    assert [found[one.id].status for one in people[:2]] == [RegistrationStatus.CANCELLED] * 2
    assert [found[one.id].asked_at for one in people[2:]] == [done.at] * 2
    assert {row.asked_at for row in found.values()} <= {None, done.at}
    assert get_event_by_id(event.id).starts_at == event.starts_at + timedelta(days=7)
    assert_whole(event.id)


def test_nobody_registers_for_a_date_to_come(whole_app: Flask, event: EventRow) -> None:
    answers = together(whole_app, [move(event, DATE_TO_COME), *(come(event) for _ in range(7))])
    done = answers[0]
    assert isinstance(done, Postponed)
    refused = [answer for answer in answers[1:] if isinstance(answer, DomainError)]
    assert all(isinstance(refusal, RegistrationClosed) for refusal in refused)
    found = rows(event)
    assert len(found) == 7 - len(refused)
    assert all(row.asked_at == done.at for row in found)  # whoever came in was there before
    assert_whole(event.id)


def test_of_two_who_postpone_what_they_both_read_one_does(whole_app: Flask, event: EventRow) -> None:
    moves = [move(event, Shift(days), revision=event.revision) for days in (7, 14, 21)]
    answers = together(whole_app, moves)
    assert sum(isinstance(answer, EventChanged) for answer in answers) == 2
    won = next(number for number, answer in enumerate(answers) if isinstance(answer, Postponed))
    db.session.rollback()
    starts = db.session.execute(select(Wave.starts_at).where(Wave.event_id == event.id)).scalar_one()
    db.session.rollback()
    assert starts == event.waves[0].starts_at + timedelta(days=(7, 14, 21)[won])


def test_an_answer_belongs_to_the_dates_that_it_was_given_to_or_is_asked_again(
    whole_app: Flask, event: EventRow
) -> None:
    people = [make_registration(event, person_draft(event)) for _ in range(6)]
    with transaction():
        first = postpone_event(event.id, Shift(7), by=SYSTEM, now=NOW)
    says = [partial(stay, one.id, by=VISITOR, now=LATER) for one in people]
    answers: list[Any] = together(whole_app, [move(event, Shift(7)), *says])
    done = answers[0]
    assert isinstance(done, Postponed)
    assert done.at > first.at
    assert answers[1:] == [True] * 6
    found = rows(event)
    assert all(row.asked_at == done.at and row.stays_at in {None, LATER} for row in found)
    assert_whole(event.id)


def queued() -> int:
    return count("messages", "template = 'registrations.postponed'")


def start_telling(url: str, instance: Path, done: Postponed, event: EventRow) -> BaseProcess:
    payload = {"event_id": event.id, "at": done.at.isoformat()}
    arguments = (url, str(instance), payload, LATER)
    worker = multiprocessing.get_context("spawn").Process(target=tell, args=arguments, daemon=True)
    worker.start()
    return worker


def test_work_that_is_killed_tells_everybody_once(whole_app: Flask, whole_url: str, tmp_path: Path) -> None:
    waves = (WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), 400),)
    event = make_event(make_organiser(), forum(waves=waves))
    for _ in range(220):
        make_registration(event, person_draft(event))
    with transaction():
        done = postpone_event(event.id, Shift(7), by=SYSTEM, now=NOW)
    for least in (50, 150):
        worker = start_telling(whole_url, tmp_path, done, event)
        wait_until(lambda least=least: queued() >= least)  # type: ignore[misc]
        worker.kill()
        worker.join(30)
    worker = start_telling(whole_url, tmp_path, done, event)
    worker.join(60)
    assert worker.exitcode == 0
    assert queued() == 220
    subjects = select(Message.subject).where(Message.template == "registrations.postponed").distinct()
    assert len(db.session.execute(subjects).all()) == 220
    assert count("jobs", "name = 'messages.send'") == 440  # of the registrations too

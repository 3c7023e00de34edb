"""An event goes into the bin with its registrations and comes back as it was, or says who could not."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.checks import run_checks
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.errors import EventNotFound, PeopleCame, WaveFull
from app.events.models import Event, Wave
from app.events.operations import move_event
from app.events.parts import Moved, NotBack
from app.events.queries import EventRow, find_event, get_event, get_places, list_events, list_public_events
from app.messages.models import Message
from app.registrations import bin_jobs
from app.registrations.models import Registration
from app.registrations.operations import cancel_registration, register
from app.registrations.queries import get_registration
from tests.factories import (
    DAY_ONE,
    NOW,
    class_draft,
    forum,
    make_event,
    make_organiser,
    make_registration,
    person_draft,
)
from tests.integration.bin.conftest import delete, delete_whole, restore_whole
from tests.integration.bin.dump import whole_rows


def mails() -> list[tuple[str, str]]:
    db.session.rollback()  # looks again, not at what it read before the worker wrote
    rows = db.session.execute(select(Message.template, Message.state).order_by(Message.id)).all()
    return [(name.partition(".")[2], state.value) for name, state in rows]


def test_it_is_found_nowhere_and_comes_back_whole(event: EventRow) -> None:
    make_registration(event)
    make_registration(event, class_draft(event, waves=(event.waves[1].id,), participants=20))
    waits = make_registration(event, person_draft(event, waves=(event.waves[1].id,)))
    called_off, deleted = make_registration(event, person_draft(event)), make_registration(event, person_draft(event))
    with transaction():
        cancel_registration(called_off.id, by=SYSTEM, now=NOW)
    delete(deleted.id)
    before, places = whole_rows(), get_places(event)
    assert delete_whole(event.id) == Moved(3, 53)
    assert find_event(event.slug) is None
    assert list_events(event.organiser_id) == list_public_events(NOW) == []
    with pytest.raises(EventNotFound):
        get_event(event.slug)
    assert db.session.execute(select(Event.taken)).scalar_one() == 0
    with pytest.raises(EventNotFound):
        delete_whole(event.id)
    assert restore_whole(event.id) == Moved(3, 53)
    assert whole_rows() == before
    assert replace(get_places(event), version=0) == replace(places, version=0)
    assert get_registration(waits.id).alive
    with pytest.raises(EventNotFound):
        restore_whole(event.id)


def test_people_are_told_by_a_job_and_told_again(event: EventRow, drain: Callable[[], None]) -> None:
    with transaction():
        for number in range(3):
            contact = replace(
                person_draft(event).contact, email=f"p{number}@example.org" if number else "", phone="+33639980102"
            )
            register(event, person_draft(event, contact=contact), by=SYSTEM, now=NOW, quiet=True)
    delete_whole(event.id, reason="Salle fermée")
    assert mails() == []
    drain()
    assert mails() == [("event_deleted", "sent")] * 2
    restore_whole(event.id)
    drain()
    assert mails() == [("event_deleted", "sent")] * 2 + [("confirmed", "sent")] * 2
    delete_whole(event.id)
    drain()
    assert mails()[4:] == [("event_deleted", "sent")] * 2


def test_brought_back_at_once_nobody_hears_of_it(event: EventRow, drain: Callable[[], None]) -> None:
    with transaction():
        register(event, person_draft(event), by=SYSTEM, now=NOW, quiet=True)
    delete_whole(event.id)
    restore_whole(event.id)
    drain()
    assert mails() == []


@pytest.mark.parametrize("why", ["draft", "over", "off"])
def test_nobody_is_told_of_what_they_do_not_wait_for(why: str, whole_app: Flask, drain: Callable[[], None]) -> None:
    past = NOW - timedelta(days=9)
    draft = forum(starts_at=past, ends_at=past + timedelta(hours=8), waves=()) if why == "over" else forum()
    event = make_event(make_organiser(), draft, publish=why == "off")
    if why == "off":
        with transaction():
            register(event, person_draft(event), by=SYSTEM, now=NOW, quiet=True)
            move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW)
    delete_whole(event.id)
    drain()
    assert mails() == []
    restore_whole(event.id)
    drain()
    assert mails() == []


def scan(event: EventRow, code: str) -> str:
    item = ScanInput(str(uuid4()), code, event.checkpoints[0].id, Direction.IN, DAY_ONE)
    with transaction():
        return record_scans(event, "door", [item], now=DAY_ONE)[0].result.value


def test_an_event_where_people_came_stays(event: EventRow) -> None:
    made = make_registration(event)
    assert scan(event, "Z" * 26) == "refused"
    delete_whole(event.id)  # somebody who was sent away is nobody who came
    restore_whole(event.id)
    assert scan(event, made.ticket_code) == "accepted"
    before = whole_rows()
    with pytest.raises(PeopleCame):
        delete_whole(event.id)
    assert whole_rows() == before
    assert get_event(event.slug)


def test_who_does_not_fit_any_more_stays_in_the_bin_and_the_others_come_back(event: EventRow) -> None:
    first = make_registration(event, class_draft(event, participants=25, companions=0))
    second = make_registration(event, class_draft(event, participants=20, companions=0))
    delete_whole(event.id)
    with transaction():  # nobody can do this by a page: an event in the bin is not edited
        db.session.execute(update(Wave).where(Wave.id == event.waves[0].id).values(capacity=30))
    assert restore_whole(event.id) == Moved(1, 25, (NotBack(second.id, WaveFull.code, event.waves[0].id),))
    assert get_registration(first.id).alive
    assert get_places(get_event(event.slug)).taken == 25
    left = db.session.execute(select(Registration.id).where(Registration.deleted_at.is_not(None))).scalars().all()
    assert left == [second.id]
    (line, *_) = list_history(f"event:{event.id}")
    assert (line.verb, line.details["not_back"][0]["registration_id"]) == ("event.restored", second.id)


def test_doctor_sees_what_stands_in_an_event_that_was_deleted(whole_app: Flask) -> None:
    event = make_event(make_organiser())
    made = make_registration(event)
    with transaction():
        db.session.execute(update(Event).values(deleted_at=NOW))
    (broken,) = [found for found in run_checks(NOW) if not found.ok]
    assert broken.name == "registrations.bin"
    assert made.reference in broken.problems[0]


def is_free(event_id: int) -> bool:
    """Whether somebody else could change the event at this moment."""
    if db.engine.dialect.name == "sqlite":
        with sqlite3.connect(str(db.engine.url.database), timeout=0) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
        return True
    with db.engine.connect() as connection:
        try:
            connection.execute(
                select(Event.id).where(Event.id == event_id).with_for_update(key_share=True, nowait=True)
            )
        except OperationalError:
            return False
    return True


@pytest.mark.parametrize("back", [False, True])
def test_nobody_brings_it_back_while_they_are_told(
    back: bool, event: EventRow, drain: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_registration(event)
    delete_whole(event.id)
    if back:
        drain()
        restore_whole(event.id)
    seen: list[bool] = []
    monkeypatch.setattr(bin_jobs, "_tell", lambda *_args, **_rest: seen.append(is_free(event.id)))
    assert is_free(event.id)
    drain()
    assert seen == [False]

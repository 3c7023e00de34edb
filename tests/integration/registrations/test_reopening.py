"""An event called off by mistake takes place after all: on both databases, with the mails that tell it."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.checks import run_checks
from app.core.clock import set_clock
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.core.transaction import transaction
from app.events.enums import EventMove, EventState
from app.events.errors import EventNotFound
from app.events.operations import delete_event, move_event
from app.events.queries import EventRow, get_event_by_id, get_places
from app.events.queries.called_off import find_called_off
from app.jobs.queries import list_jobs
from app.jobs.registry import JobContext, find_handler
from app.registrations.calendars import registration_calendar
from app.registrations.drafts import Contact
from app.registrations.enums import RegistrationStatus
from app.registrations.operations import (
    Registered,
    cancel_event_registrations,
    cancel_registration,
    reopen_event_registrations,
)
from app.registrations.operations.reopening import telling_mark
from app.registrations.queries import get_registration
from tests.factories import NOW, class_draft, forum, make_event, make_organiser, make_registration, person_draft
from tests.integration.mails.conftest import Received, drain
from tests.integration.registrations.conftest import told

DAY = timedelta(hours=24)


def call_off(event: EventRow, **more: Any) -> None:
    with transaction():
        why: dict[str, Any] = {"code": "venue_lost", "reason": "La salle est prise.", "by": SYSTEM, "now": NOW}
        cancel_event_registrations(event.id, **(why | more))


def reopen(event: EventRow, **more: Any) -> EventState:
    with transaction():
        return reopen_event_registrations(event.id, **{"by": SYSTEM, "now": NOW, **more})


def entry(made: Registered) -> tuple[str, int]:
    """STATUS and SEQUENCE of what stands in the person's calendar."""
    row = get_registration(made.id)
    text = registration_calendar(row, get_event_by_id(row.event_id)).content.decode()
    said = dict(line.split(":", 1) for line in text.split("\r\n") if line.startswith(("STATUS:", "SEQUENCE:")))
    return said["STATUS"], int(said["SEQUENCE"])


def addresses(mails: list[Received]) -> list[str]:
    return sorted(mail.to for mail in mails)


def test_all_is_as_before_and_everyone_who_was_told_is_told_again(event: EventRow) -> None:
    made = make_registration(event, person_draft(event))
    group = make_registration(event)
    gone = make_registration(event, person_draft(event))
    make_registration(event, person_draft(event, contact=Contact("Ana Petit", phone="06 39 98 01 02")))
    with transaction():
        cancel_registration(gone.id, by=SYSTEM, now=NOW, quiet=True)
    drain()
    places, before = get_places(event), entry(made)
    call_off(event)
    off = entry(made)
    assert addresses(drain()) == addresses_of(made, group)
    assert reopen(event) is EventState.PUBLISHED
    after = get_event_by_id(event.id)
    assert (after.state, after.cancel_code, after.cancel_reason) == (EventState.PUBLISHED, "", "")
    assert after.revision > event.revision
    again = get_places(after)
    assert (again.taken, again.waves, again.allotments) == (places.taken, places.waves, places.allotments)
    assert [before[0], off[0], entry(made)[0]] == ["CONFIRMED", "CANCELLED", "CONFIRMED"]
    assert before[1] < off[1] < entry(made)[1]
    mails = drain()
    assert addresses(mails) == addresses_of(made, group)
    for mail in mails:
        assert mail.title.startswith("L’événement a bien lieu")
        (one,) = mail.entries()
        assert (str(one["STATUS"]), any(name.endswith(".pdf") for name in mail.files)) == ("CONFIRMED", True)
    line = list_history(f"event:{event.id}")[0]
    assert (line.verb, line.details) == ("event.reopen", {"state": ["cancelled", "published"]})
    assert [check for check in run_checks(NOW) if check.problems] == []


def addresses_of(*people: Registered) -> list[str]:
    return sorted(get_registration(one.id).contact_email for one in people)


def test_it_becomes_what_it_was(whole_app: Flask) -> None:
    organiser_id = make_organiser()
    closed, draft = make_event(organiser_id), make_event(organiser_id, forum(title_fr="Essai"), publish=False)
    with transaction():
        move_event(closed.id, EventMove.CLOSE, by=SYSTEM, now=NOW)
    for event in (closed, draft):
        call_off(event)
    assert (reopen(closed), reopen(draft)) == (EventState.CLOSED, EventState.DRAFT)
    names = [job.name for job in list_jobs(organiser_id)]
    assert names.count("registrations.tell_event_reopened") == 1, "nobody was told of a draft"


def test_only_for_a_day_and_only_while_it_is_off(event: EventRow) -> None:
    with pytest.raises(MoveNotAllowed):
        reopen(event)
    call_off(event)
    with pytest.raises(MoveNotAllowed):
        reopen(event, now=NOW + DAY)
    assert get_event_by_id(event.id).state is EventState.CANCELLED
    assert reopen(event, now=NOW + DAY - timedelta(seconds=1)) is EventState.PUBLISHED
    with pytest.raises(MoveNotAllowed):
        reopen(event)
    call_off(event)
    with transaction():
        move_event(event.id, EventMove.ARCHIVE, by=SYSTEM, now=NOW)
    with pytest.raises(MoveNotAllowed):
        reopen(event)


def test_who_was_not_told_yet_is_told_neither(event: EventRow) -> None:
    made = make_registration(event, person_draft(event))
    drain()
    call_off(event)
    reopen(event)
    assert drain() == []
    assert told(made.id) == ["confirmed"], "the work that tells stops"
    call_off(event)
    run("registrations.tell_event_cancelled", event)
    reopen(event)
    assert drain() == [], "what was queued is no longer true when it leaves"


def run(name: str, event: EventRow) -> None:
    """Do the newest work of that name here, and leave its mails queued."""
    job = next(job for job in list_jobs(event.organiser_id) if job.name == name)
    db.session.rollback()
    payload = {"event_id": event.id, "at": mark_of(event)}
    find_handler(name).work(JobContext(job.id, payload, event.organiser_id, 1, lambda: NOW, lambda _done, _total: None))


def mark_of(event: EventRow) -> str:
    found = find_called_off(event.id)
    assert found is not None
    return telling_mark(found.at)


def test_called_off_once_more_everybody_is_told_once_more(whole_app: Flask, event: EventRow) -> None:
    made = make_registration(event, person_draft(event))
    drain()
    heard = []
    for hours in range(0, 6, 2):
        later = NOW + timedelta(hours=hours)
        set_clock(whole_app.extensions, later)
        call_off(event, now=later)
        heard += [mail.title.split(" :")[0] for mail in drain()]
        reopen(event, now=later + timedelta(hours=1))
        set_clock(whole_app.extensions, later + timedelta(hours=1))
        heard += [mail.title.split(" :")[0] for mail in drain()]
    assert len(heard) == 6
    assert len(set(heard)) == 2
    assert told(made.id) == ["confirmed", *["event_cancelled", "event_reopened"] * 3]


class Killed(Exception):
    """A worker that stops between two transactions."""


def test_work_that_died_halfway_tells_nobody_twice(event: EventRow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.registrations.called_off_jobs.CHUNK", 2)
    people = [make_registration(event, person_draft(event)) for _ in range(5)]
    drain()
    call_off(event)
    drain()
    mark = mark_of(event)
    reopen(event)

    def stop(done: int, _total: int) -> None:
        if done == 4:
            raise Killed

    name = "registrations.tell_event_reopened"
    payload = {"event_id": event.id, "at": mark}
    db.session.rollback()
    with pytest.raises(Killed):
        find_handler(name).work(JobContext(1, payload, event.organiser_id, 1, lambda: NOW, stop))
    assert sum("event_reopened" in told(one.id) for one in people) == 4
    db.session.rollback()
    assert addresses(drain()) == addresses_of(*people)


def test_those_who_waited_go_on_waiting_in_their_turn(event: EventRow) -> None:
    make_registration(event, class_draft(event, participants=58))
    waiting = make_registration(event, class_draft(event, participants=10, waitlist=True))
    drain()
    call_off(event)
    drain()
    reopen(event)
    assert get_registration(waiting.id).status is RegistrationStatus.WAITLISTED
    (mail,) = [mail for mail in drain() if mail.to == get_registration(waiting.id).contact_email]
    assert mail.files == {}, "who waits has no ticket yet"
    assert [check for check in run_checks(NOW) if check.problems] == []


def test_what_is_over_is_put_right_in_silence(event: EventRow) -> None:
    make_registration(event, person_draft(event))
    drain()
    call_off(event, now=event.ends_at - timedelta(hours=1))
    drain()
    assert reopen(event, now=event.ends_at + timedelta(hours=1)) is EventState.PUBLISHED
    assert drain() == []


def test_what_lies_in_the_bin_is_not_there(event: EventRow) -> None:
    call_off(event)
    with transaction():
        delete_event(event.id, by=SYSTEM, now=NOW)
    with pytest.raises(EventNotFound):
        reopen(event)

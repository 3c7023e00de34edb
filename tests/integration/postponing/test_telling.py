"""The mail about new dates, and the work that queues it; mails are taken apart as readers' programs do."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.core.urls import own_page_path
from app.events.enums import EventMove
from app.events.operations import move_event
from app.events.queries import EventRow, get_event_by_id
from app.flows.date_mapping import DATE_TO_COME, NewDates, Shift
from app.flows.postponing import TELL, postpone_event
from app.jobs.operations import enqueue
from app.jobs.registry import JobContext, find_handler
from app.messages.models import Message, MessageState
from app.registrations.drafts import Contact
from app.registrations.operations import Registered, cancel_registration
from app.registrations.operations.asking import stay
from app.registrations.queries import get_registration
from tests.factories import NOW, class_draft, make_event, make_organiser, make_registration, person_draft
from tests.integration.mails.conftest import Received, drain


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_event(make_organiser())


def postpone(event: EventRow, dates: NewDates, **more: Any) -> Any:
    with transaction():
        return postpone_event(event.id, dates, by=SYSTEM, now=NOW, **more)


def told_about(mails: list[Received], made: Registered) -> Received:
    address = get_registration(made.id).contact_email
    (found,) = [mail for mail in mails if mail.to == address]
    return found


def test_the_mail_says_old_and_new_dates_why_and_what_to_answer(event: EventRow) -> None:
    made = make_registration(event)
    before = told_about(drain(), made).entries()[0]
    postpone(event, Shift(7), code="weather", reason="La route est fermée.\nMerci de votre patience.")
    mail = told_about(drain(), made)
    assert mail.title.startswith("Nouvelle date")
    assert "La Voie des Talents" in mail.title
    url = own_page_path(made.token)
    for text in (mail.text, mail.html):
        assert "jeudi 4 février 2027" in text
        assert "jeudi 11 février 2027" in text
        assert "Météo" in text
        assert "La route est fermée." in text
        assert f"{url}#moved" in text
        assert f"{url}/cancel" in text
    after = mail.entries()[0]
    assert after["UID"] == before["UID"]
    assert int(str(after["SEQUENCE"])) == int(str(before["SEQUENCE"])) + 1
    assert (str(after["STATUS"]), after["DTSTART"].dt) == ("CONFIRMED", before["DTSTART"].dt + timedelta(days=7))
    assert any(name.endswith(".pdf") for name in mail.files)


def test_while_the_date_is_to_come_the_mail_holds_no_hour_and_cancels_the_entry(event: EventRow) -> None:
    made = make_registration(event)
    waiting = make_registration(event, class_draft(event, participants=40, waitlist=True))
    before = told_about(drain(), made).entries()[0]
    postpone(event, DATE_TO_COME)
    mails = drain()
    mail = told_about(mails, made)
    assert "date à venir" in mail.title
    entry = mail.entries()[0]
    assert (str(entry["STATUS"]), entry["UID"]) == ("CANCELLED", before["UID"])
    assert int(str(entry["SEQUENCE"])) > int(str(before["SEQUENCE"]))
    assert not any(name.endswith(".pdf") for name in mail.files)
    assert told_about(mails, waiting).files == {}
    postpone(event, Shift(30))
    again = told_about(drain(), made).entries()[0]
    assert str(again["STATUS"]) == "CONFIRMED"
    assert int(str(again["SEQUENCE"])) > int(str(entry["SEQUENCE"]))


def test_each_is_told_in_their_language(event: EventRow) -> None:
    made = make_registration(event, person_draft(event, locale="en"))
    drain()
    postpone(event, Shift(7), code="weather")
    mail = told_about(drain(), made)
    assert mail.title.startswith("New date: The Path of Talents")
    assert "Reason: Weather" in mail.text


def test_everybody_is_told_once_and_who_has_no_mail_is_left_to_the_telephone(event: EventRow) -> None:
    people = [make_registration(event, person_draft(event)) for _ in range(4)]
    gone = make_registration(event, person_draft(event))
    make_registration(event, person_draft(event, contact=Contact("Ana Petit", phone="06 39 98 01 02")))
    with transaction():
        cancel_registration(gone.id, by=SYSTEM, now=NOW)
    drain()
    done = postpone(event, Shift(7))
    assert sorted(m.to for m in drain()) == sorted(get_registration(p.id).contact_email for p in people)
    with transaction():
        enqueue(TELL, {"event_id": event.id, "at": done.at.isoformat()}, now=NOW)
    assert drain() == []


class Killed(Exception):
    """A worker that stops between two transactions."""


def test_work_that_died_halfway_goes_on_with_those_not_told_yet(
    event: EventRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.registrations.postponed_jobs.CHUNK", 2)
    people = [make_registration(event, person_draft(event)) for _ in range(5)]
    drain()
    done = postpone(event, Shift(7))
    steps: list[tuple[int, int]] = []

    def stop(at: int, total: int) -> None:
        steps.append((at, total))
        if at == 4:
            raise Killed

    payload = {"event_id": event.id, "at": done.at.isoformat()}
    db.session.rollback()
    with pytest.raises(Killed):
        find_handler(TELL).work(JobContext(done.job_id, payload, event.organiser_id, 1, lambda: NOW, stop))
    assert steps == [(2, 5), (4, 5)]
    assert count_queued() == 4
    assert sorted(m.to for m in drain()) == sorted(get_registration(p.id).contact_email for p in people)


def count_queued() -> int:
    found = db.session.execute(
        select(func.count()).where(
            Message.template == "registrations.postponed", Message.state == MessageState.QUEUED
        )
    ).scalar_one()  # fmt: skip
    db.session.rollback()
    return int(found)


def test_moved_twice_before_the_mails_go_out_it_is_told_once_with_the_last_dates(event: EventRow) -> None:
    made = make_registration(event)
    drain()
    postpone(event, Shift(7))
    postpone(event, Shift(7))
    (mail,) = drain()
    assert mail.to == get_registration(made.id).contact_email
    assert "jeudi 18 février 2027" in mail.text


def test_who_registers_after_it_moved_is_not_asked(event: EventRow) -> None:
    postpone(event, Shift(7))
    make_registration(get_event_by_id(event.id), person_draft(event))
    assert ["Nouvelle date" in mail.title for mail in drain()] == [False]


def test_what_is_called_off_meanwhile_is_told_by_its_own_mail_alone(event: EventRow) -> None:
    make_registration(event)
    drain()
    postpone(event, Shift(7))
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW, reason="Neige")
    assert drain() == []


def test_an_answer_given_meanwhile_does_not_silence_the_mail(event: EventRow) -> None:
    made = make_registration(event)
    drain()
    postpone(event, Shift(7))
    with transaction():
        stay(made.id, by=SYSTEM, now=NOW)
    assert len(drain()) == 1

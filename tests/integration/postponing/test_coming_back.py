"""Who was gone while the event got new dates, and an event that was called off while it had none; on both databases."""

from datetime import timedelta

import pytest
from flask import Flask

from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.enums import EventMove, EventState
from app.events.operations import move_event
from app.events.queries import EventRow, get_event_by_id, get_places, list_public_events
from app.flows.date_mapping import DATE_TO_COME, NewDates, Shift
from app.flows.postponing import postpone_event
from app.jobs.registry import JobContext
from app.registrations.enums import RegistrationStatus
from app.registrations.jobs import forget_old_names
from app.registrations.operations import cancel_event_registrations, cancel_registration
from app.registrations.operations.absence import give_back_places
from app.registrations.operations.deleting import delete_registration, restore_registration
from app.registrations.operations.reinstating import reinstate
from app.registrations.operations.reopening import reopen_event_registrations
from app.registrations.queries import FORGOTTEN, get_registration
from app.web.public.own_stay import moved_card
from tests.factories import DAY_ONE, NOW, class_draft, forum, make_event, make_organiser, make_registration
from tests.integration.mails.conftest import drain


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_event(make_organiser())


def postpone(event: EventRow, dates: NewDates) -> EventRow:
    with transaction():
        postpone_event(event.id, dates, by=SYSTEM, now=NOW)
    return get_event_by_id(event.id)


def test_who_was_deleted_meanwhile_hears_of_the_new_date_on_coming_back(event: EventRow) -> None:
    made = make_registration(event)
    with transaction():
        delete_registration(made.id, by=SYSTEM, now=NOW)
    moved = postpone(event, Shift(7))
    drain()
    with transaction():
        restore_registration(made.id, by=SYSTEM, now=NOW)
    back = get_registration(made.id)
    assert (back.is_asked(moved.postponed_at), back.stays_at) == (True, None)
    (mail,) = drain()
    assert (mail.to, "jeudi 11 février 2027" in mail.text) == (back.contact_email, True)


def test_who_was_asked_cancelled_and_taken_up_again_after_another_move_is_asked_anew(event: EventRow) -> None:
    made = make_registration(event)
    first = postpone(event, Shift(7))
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW, quiet=True)
    second = postpone(event, Shift(14))
    drain()
    assert get_registration(made.id).asked_at == first.postponed_at
    with transaction():
        reinstate(made.id, by=SYSTEM, now=NOW, notify=False)
    back = get_registration(made.id)
    assert (back.asked_at, back.status) == (second.postponed_at, RegistrationStatus.CONFIRMED)
    card = moved_card(second, back)
    assert card is not None
    assert not card.stays
    assert [mail.title.startswith("Nouvelle date") for mail in drain()] == [True]


def test_who_came_back_before_it_moved_is_told_once(event: EventRow) -> None:
    made = make_registration(event)
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW, quiet=True)
    with transaction():
        reinstate(made.id, by=SYSTEM, now=NOW, notify=False)
    drain()
    moved = postpone(event, Shift(7))
    assert len(drain()) == 1
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW, quiet=True)
    with transaction():
        reinstate(made.id, by=SYSTEM, now=NOW, notify=False)
    assert (get_registration(made.id).asked_at, drain()) == (moved.postponed_at, [])


def test_a_missing_group_that_was_deleted_gets_its_places_on_the_new_date(whole_app: Flask) -> None:
    event = make_event(make_organiser(), forum(waves=(WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), 90),)))
    made = make_registration(event, class_draft(event, participants=20))
    with transaction():
        give_back_places(made.id, by=SYSTEM, now=NOW)
    with transaction():
        delete_registration(made.id, by=SYSTEM, now=NOW)
    moved = postpone(event, Shift(30))
    with transaction():
        restore_registration(made.id, by=SYSTEM, now=NOW)
    back = get_registration(made.id)
    assert (back.absent_at, get_places(moved).taken) == (None, back.people)
    assert [check.name for check in run_checks(NOW) if not check.ok] == []


def test_an_event_called_off_without_a_date_ends_as_of_its_last_one(event: EventRow) -> None:
    made = make_registration(event)
    postpone(event, DATE_TO_COME)
    with transaction():
        cancel_event_registrations(event.id, reason="Neige", by=SYSTEM, now=NOW)
    late = event.ends_at + timedelta(days=3000)
    assert not get_event_by_id(event.id).date_to_come
    assert list_public_events(late) == []
    forget_old_names(JobContext(1, {}, None, 1, lambda: late, lambda _done, _total: None))
    assert get_registration(made.id).contact_name == FORGOTTEN


def test_taken_back_it_waits_for_its_date_again(event: EventRow) -> None:
    make_registration(event)
    postpone(event, DATE_TO_COME)
    with transaction():
        cancel_event_registrations(event.id, reason="Neige", by=SYSTEM, now=event.ends_at + timedelta(days=2))
    with transaction():
        reopen_event_registrations(event.id, by=SYSTEM, now=event.ends_at + timedelta(days=2, hours=1))
    back = get_event_by_id(event.id)
    assert (back.state, back.date_to_come) == (EventState.PUBLISHED, True)


def test_archived_it_rests_no_more(event: EventRow) -> None:
    postpone(event, DATE_TO_COME)
    with transaction():
        move_event(event.id, EventMove.CLOSE, by=SYSTEM, now=NOW)
    with transaction():
        move_event(event.id, EventMove.ARCHIVE, by=SYSTEM, now=NOW)
    assert not get_event_by_id(event.id).date_to_come

"""Whom new dates concern, and what goes with them: waves one by one, missing groups, free places; on both databases."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from app.core.actor import SYSTEM, VISITOR
from app.core.audit import list_history
from app.core.checks import run_checks
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.events.drafts import ApartDraft, WaveDraft
from app.events.enums import Span
from app.events.operations import restore_event
from app.events.operations.deleting import delete_event
from app.events.operations.lateness import write_lateness
from app.events.queries import EventRow, get_event_by_id, get_places
from app.flows.date_mapping import DATE_TO_COME, ByWave, NewDates, Shift, to_local
from app.flows.postponing import postpone_event
from app.jobs.queries import list_jobs
from app.registrations.drafts import Contact
from app.registrations.enums import RegistrationStatus
from app.registrations.operations import cancel_registration
from app.registrations.operations.absence import give_back_places
from app.registrations.operations.asking import stay
from app.registrations.queries import get_registration
from app.reports.queries.unanswered import count_to_ask
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
from tests.integration.mails.conftest import drain

PARIS = ZoneInfo("Europe/Paris")
FORTY = timedelta(minutes=40)


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    """Two waves, at 9:00 and 9:40."""
    return make_event(make_organiser())


def postpone(event: EventRow, dates: NewDates, now: datetime = NOW) -> EventRow:
    with transaction():
        postpone_event(event.id, dates, by=SYSTEM, now=now)
    return get_event_by_id(event.id)


def moved_by(event: EventRow, days: Mapping[int, int]) -> ByWave:
    """Each wave later by that many days; the others stay."""
    hours = {}
    for number, wave in enumerate(event.waves):
        later = timedelta(days=days.get(number, 0))
        hours[wave.id] = (to_local(wave.starts_at, PARIS) + later, to_local(wave.ends_at, PARIS) + later)
    return ByWave(hours)


def sound() -> list[tuple[str, list[str]]]:
    return [(check.name, list(check.problems)) for check in run_checks(NOW) if not check.ok]


def test_only_those_whose_wave_moves_are_asked_and_told(event: EventRow) -> None:
    stays = make_registration(event, person_draft(event, waves=(event.waves[0].id,)))
    moves = make_registration(event, person_draft(event, waves=(event.waves[1].id,)))
    drain()
    moved = postpone(event, moved_by(event, {1: 7}))
    assert get_registration(stays.id).asked_at is None
    assert get_registration(moves.id).asked_at == moved.postponed_at
    assert [mail.to for mail in drain()] == [get_registration(moves.id).contact_email]


def test_who_was_asked_before_stays_asked_when_another_wave_moves(event: EventRow) -> None:
    first = make_registration(event, person_draft(event, waves=(event.waves[0].id,)))
    said = make_registration(event, person_draft(event, waves=(event.waves[0].id,)))
    postpone(event, Shift(7))
    with transaction():
        stay(said.id, by=VISITOR, now=NOW)
    drain()
    again = postpone(get_event_by_id(event.id), moved_by(get_event_by_id(event.id), {1: 1}))
    assert get_registration(first.id).is_asked(again.postponed_at)
    assert (get_registration(said.id).is_asked(again.postponed_at), get_registration(said.id).stays_at) == (True, NOW)
    assert drain() == []


def test_the_preview_counts_whom_it_asks(event: EventRow) -> None:
    make_registration(event, person_draft(event, waves=(event.waves[0].id,)))
    make_registration(event, person_draft(event, waves=(event.waves[1].id,)))
    phone = Contact("Ana Petit", phone="06 39 98 01 02")
    make_registration(event, person_draft(event, waves=(event.waves[1].id,), contact=phone))
    found = count_to_ask(event, {event.waves[1].id})
    assert (found.registrations, found.without_mail, found.mails) == (2, 1, 1)
    assert count_to_ask(event, {wave.id for wave in event.waves}).registrations == 3


def test_a_wave_that_stays_keeps_its_delay(event: EventRow) -> None:
    with transaction():
        late = {wave.id: 15 for wave in event.waves}
        write_lateness(event.id, waves=late, spaces={event.spaces[0].id: 10}, now=NOW)
    part = postpone(event, moved_by(event, {1: 7}))
    assert [wave.late_minutes for wave in part.waves] == [15, 0]
    assert part.spaces[0].late_minutes == 10
    whole = postpone(part, Shift(7))
    assert [wave.late_minutes for wave in whole.waves] == [0, 0]
    assert whole.spaces[0].late_minutes == 0


def give_back(registration_id: int) -> None:
    with transaction():
        give_back_places(registration_id, by=SYSTEM, now=DAY_ONE + timedelta(minutes=30))


def test_a_group_that_was_missing_is_expected_again_with_its_places(event: EventRow) -> None:
    made = make_registration(event, class_draft(event, participants=20))
    give_back(made.id)
    moved = postpone(event, Shift(30), now=event.ends_at + timedelta(hours=1))
    back = get_registration(made.id)
    assert (back.status, back.absent_at, back.no_show_code) == (RegistrationStatus.CONFIRMED, None, "")
    assert get_places(moved).taken == back.people
    assert list_history(f"registration:{made.id}")[0].verb == "registration.expected_again"
    assert sound() == []


def test_where_its_places_went_to_others_it_waits_in_its_old_turn_and_reads_so(whole_app: Flask) -> None:
    event = make_event(make_organiser(), forum(waves=(WaveDraft(DAY_ONE, DAY_ONE + FORTY, 30),)))
    made = make_registration(event, class_draft(event, participants=20))
    give_back(made.id)
    make_registration(event, class_draft(event, participants=20, contact=Contact("Ana Petit", "ana@example.org")))
    drain()
    moved = postpone(event, Shift(30))
    waits = get_registration(made.id)
    assert (waits.status, waits.absent_at) == (RegistrationStatus.WAITLISTED, None)
    assert waits.is_asked(moved.postponed_at)
    assert get_places(moved).waiting[event.waves[0].id] == 1
    assert sound() == []
    (mail,) = [mail for mail in drain() if mail.to == waits.contact_email]
    for text in (mail.text, mail.html):
        assert "ses places ont été données à d’autres" in text.replace("\n", " ")


def test_a_group_missing_from_a_wave_that_stays_is_missing_still(event: EventRow) -> None:
    made = make_registration(event, class_draft(event, participants=20, waves=(event.waves[0].id,)))
    give_back(made.id)
    postpone(event, moved_by(event, {1: 7}))
    assert get_registration(made.id).absent_at is not None


def test_places_that_became_free_without_a_date_are_offered_once_there_is_one(whole_app: Flask) -> None:
    event = make_event(make_organiser(), forum(waves=(WaveDraft(DAY_ONE, DAY_ONE + FORTY, 1),)))
    first = make_registration(event, person_draft(event))
    waits = make_registration(event, person_draft(event, waitlist=True, contact=Contact("Zoé Blin", "zoe@example.org")))
    postpone(event, DATE_TO_COME)
    with transaction():
        cancel_registration(first.id, by=VISITOR, now=NOW)
    drain()
    with transaction():
        delete_event(event.id, by=SYSTEM, now=NOW)
    with transaction():
        restore_event(event.id, by=SYSTEM, now=NOW)
    drain()
    assert get_registration(waits.id).status is RegistrationStatus.WAITLISTED
    postpone(event, Shift(30))
    drain()
    assert get_registration(waits.id).status is RegistrationStatus.OFFERED


def test_audiences_kept_apart_are_not_put_together(whole_app: Flask) -> None:
    days = (DAY_ONE, DAY_ONE + timedelta(days=1))
    event = make_event(
        make_organiser(),
        forum(
            audiences=("school", "job_seeker"),
            apart=(ApartDraft("school", "job_seeker", Span.DAY),),
            waves=tuple(WaveDraft(day, day + FORTY, 100) for day in days),
            ends_at=days[1] + timedelta(hours=8),
        ),
    )
    make_registration(event, class_draft(event, waves=(event.waves[0].id,)))
    make_registration(event, person_draft(event, audience="job_seeker", waves=(event.waves[1].id,)))
    with pytest.raises(FieldError) as refused:
        postpone(event, moved_by(event, {0: 30, 1: 29}))
    assert refused.value.problems == {"waves": "not_apart"}
    assert get_event_by_id(event.id).waves == event.waves
    assert postpone(event, Shift(30)).postponed_at is not None


def test_an_event_that_rests_may_come_back_to_its_old_dates(event: EventRow) -> None:
    postpone(event, DATE_TO_COME)
    back = postpone(get_event_by_id(event.id), Shift(0))
    assert (back.date_to_come, back.starts_at) == (False, event.starts_at)


def test_people_are_told_when_what_rests_is_deleted_after_its_old_date(event: EventRow) -> None:
    make_registration(event)
    postpone(event, DATE_TO_COME)
    drain()
    with transaction():
        delete_event(event.id, by=SYSTEM, now=event.ends_at + timedelta(days=3))
    assert "registrations.tell_event_deleted" in {job.name for job in list_jobs(event.organiser_id)}


def test_an_old_question_is_no_longer_answered(event: EventRow) -> None:
    made = make_registration(event)
    postpone(event, Shift(7))
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW)
    postpone(event, Shift(7))
    with pytest.raises(MoveNotAllowed), transaction():
        stay(made.id, by=VISITOR, now=NOW)


def test_who_is_not_told_yet_is_told_although_another_wave_moved_since(event: EventRow) -> None:
    first = make_registration(event, person_draft(event, waves=(event.waves[0].id,)))
    second = make_registration(event, person_draft(event, waves=(event.waves[1].id,)))
    drain()
    postpone(event, Shift(7))
    moved = get_event_by_id(event.id)
    postpone(moved, moved_by(moved, {1: 1}))
    mails = {mail.to: mail.text for mail in drain()}
    one, two = (mails[get_registration(made.id).contact_email] for made in (first, second))
    assert len(mails) == 2
    assert ("jeudi 4 février 2027" in one, "jeudi 11 février 2027" in one) == (True, True)
    assert ("jeudi 11 février 2027" in two, "vendredi 12 février 2027" in two) == (True, True)

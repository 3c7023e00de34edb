"""New dates: what moves, what stays, who is asked; on both databases."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.core.actor import SYSTEM, VISITOR, Actor, ActorKind
from app.core.audit import list_history
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.events.enums import EventMove, EventState, Measure
from app.events.models import Target
from app.events.operations import move_event
from app.events.operations.targets import set_targets
from app.events.queries import EventRow, get_event_by_id, get_places, list_public_events
from app.events.queries.postponed import find_postponed
from app.events.targets import TargetKey, event_scope
from app.flows.date_mapping import DATE_TO_COME, NewDates, Shift
from app.flows.postponing import EventChanged, Postponed, postpone_event
from app.jobs.queries import list_jobs
from app.jobs.registry import JobContext
from app.messages.queries import get_sequences
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import NotOver, RegistrationClosed
from app.registrations.jobs import forget_old_names
from app.registrations.models import Registration
from app.registrations.operations import cancel_registration, register
from app.registrations.operations.asking import stay
from app.registrations.operations.no_shows import tell_no_shows
from app.registrations.queries import get_registration
from app.reports.queries.dashboard import get_dashboard
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

INES = Actor(ActorKind.STAFF, "Inès Roux", id=7)


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    closes = DAY_ONE - timedelta(days=2)
    return make_event(make_organiser(), forum(registration_closes_at=closes))


def postpone(event: EventRow, dates: NewDates, *, now: datetime = NOW, **more: Any) -> Postponed:
    with transaction():
        return postpone_event(event.id, dates, by=INES, now=now, **more)


def sequence(event: EventRow) -> int:
    subject = f"event:{event.id}"
    return get_sequences([subject]).get(subject, (0, NOW))[0]


def test_everything_that_hangs_on_the_dates_moves_and_places_stay(event: EventRow) -> None:
    school, person = make_registration(event), make_registration(event, person_draft(event))
    places, before = get_places(event), sequence(event)
    done = postpone(event, Shift(120), code="weather", reason="Neige annoncée.")
    moved = get_event_by_id(event.id)
    by = timedelta(days=120, hours=-1)  # from winter to summer: the same hour on the wall
    assert [(w.starts_at, w.ends_at) for w in moved.waves] == [
        (w.starts_at + by, w.ends_at + by) for w in event.waves
    ]  # fmt: skip
    assert (moved.starts_at, moved.ends_at) == (event.starts_at + by, event.ends_at + by)
    assert event.registration_closes_at is not None
    assert moved.registration_closes_at == event.registration_closes_at + by
    assert (moved.state, moved.revision) == (EventState.PUBLISHED, event.revision + 1)
    assert moved.postponed_at == done.at == NOW
    assert not moved.date_to_come
    after = get_places(moved)
    assert (after.taken, after.waves) == (places.taken, places.waves)
    assert after.version > places.version
    assert sequence(event) == before + 1
    for made in (school, person):
        row = get_registration(made.id)
        assert (row.asked_at, row.stays_at, row.status) == (NOW, None, RegistrationStatus.CONFIRMED)
    assert "registrations.tell_postponed" in [job.name for job in list_jobs(event.organiser_id)]
    line = list_history(f"event:{event.id}")[0]
    assert (line.verb, line.details["code"], line.details["reason"]) == ("event.postpone", "weather", "Neige annoncée.")
    told = find_postponed(moved)
    assert told is not None
    assert told.was == {w.id: (w.starts_at, w.ends_at) for w in event.waves}
    assert [check.name for check in run_checks(NOW) if not check.ok] == []


def test_targets_of_a_day_go_with_their_day(event: EventRow) -> None:
    day = TargetKey(Measure.REGISTERED, "school", "2027-02-04")
    whole = TargetKey(Measure.PRESENT)
    with transaction():
        set_targets(event_scope(event.id), {day: 500, whole: 900}, organiser_id=event.organiser_id, by=INES, now=NOW)
    postpone(event, Shift(7))
    rows = db.session.execute(select(Target.measure, Target.day, Target.value).order_by(Target.value)).all()
    assert [tuple(row) for row in rows] == [(Measure.REGISTERED, "2027-02-11", 500), (Measure.PRESENT, "", 900)]


def test_only_what_is_published_or_closed_is_postponed(whole_app: Flask) -> None:
    draft = make_event(make_organiser(), publish=False)
    with pytest.raises(MoveNotAllowed):
        postpone(draft, Shift(7))
    with transaction():
        move_event(draft.id, EventMove.PUBLISH, by=INES, now=NOW)
        move_event(draft.id, EventMove.CLOSE, by=INES, now=NOW)
    postpone(draft, Shift(7))
    assert get_event_by_id(draft.id).state is EventState.CLOSED
    with transaction():
        move_event(draft.id, EventMove.CANCEL, by=INES, now=NOW, reason="Neige")
    with pytest.raises(MoveNotAllowed):
        postpone(draft, Shift(7))


def test_who_read_an_older_event_is_refused(event: EventRow) -> None:
    postpone(event, Shift(7), revision=event.revision)
    with pytest.raises(EventChanged):
        postpone(event, Shift(7), revision=event.revision)
    assert get_event_by_id(event.id).starts_at == event.starts_at + timedelta(days=7)


def test_an_unknown_reason_and_too_many_words_change_nothing(event: EventRow) -> None:
    with pytest.raises(FieldError) as refusal:
        postpone(event, Shift(7), code="nobody_knows", reason="x" * 601)
    assert refusal.value.problems == {"code": "choice", "reason": "too_long"}
    assert get_event_by_id(event.id) == event


def test_a_date_to_come_lets_registration_rest_until_there_is_a_date(event: EventRow) -> None:
    made = make_registration(event)
    postpone(event, DATE_TO_COME)
    resting = get_event_by_id(event.id)
    assert resting.date_to_come
    assert resting.waves == event.waves
    with pytest.raises(RegistrationClosed), transaction():
        register(resting, person_draft(event), by=VISITOR, now=NOW)
    with pytest.raises(FieldError), transaction():
        postpone_event(event.id, DATE_TO_COME, by=INES, now=NOW)
    db.session.rollback()
    postpone(event, Shift(200), now=NOW + timedelta(days=90))  # the old date is over by then
    after = get_event_by_id(event.id)
    assert not after.date_to_come
    assert after.is_open(NOW + timedelta(days=90))
    assert sequence(event) == 2
    assert get_registration(made.id).asked_at == NOW + timedelta(days=90)
    with transaction():
        register(after, person_draft(after), by=VISITOR, now=NOW + timedelta(days=90))


def test_whoever_may_come_still_cancels_while_no_date_is_known(event: EventRow) -> None:
    made = make_registration(event)
    postpone(event, DATE_TO_COME)
    with transaction():
        cancel_registration(made.id, by=VISITOR, now=DAY_ONE + timedelta(days=30))
    assert get_registration(made.id).status is RegistrationStatus.CANCELLED


def test_who_waits_keeps_their_turn_and_offers_hold_for_the_new_time(event: EventRow) -> None:
    for _ in range(2):
        make_registration(event)
    waiting = make_registration(event, class_draft(event, waitlist=True))
    offered = make_registration(event, person_draft(event, waves=(event.waves[1].id,)))
    with transaction():
        db.session.execute(
            update(Registration)
            .where(Registration.id == offered.id)
            .values(status=RegistrationStatus.OFFERED, offer_expires_at=NOW + timedelta(hours=1))
        )
    postpone(event, Shift(7))
    assert get_registration(waiting.id).status is RegistrationStatus.WAITLISTED
    assert get_registration(waiting.id).asked_at == NOW
    expires = get_registration(offered.id).offer_expires_at
    assert expires == NOW + timedelta(hours=event.offer_hours)
    postpone(event, DATE_TO_COME, now=NOW + timedelta(hours=1))
    assert get_registration(offered.id).offer_expires_at == NOW + timedelta(days=365, hours=1)


def test_staying_is_noted_once_and_asked_again_after_another_move(event: EventRow) -> None:
    made = make_registration(event)
    with pytest.raises(MoveNotAllowed), transaction():
        stay(made.id, by=VISITOR, now=NOW)
    postpone(event, Shift(7))
    with transaction():
        assert stay(made.id, by=VISITOR, now=NOW)
    with transaction():
        assert not stay(made.id, by=VISITOR, now=NOW + timedelta(hours=1))
    assert get_registration(made.id).stays_at == NOW
    assert [line.verb for line in list_history(f"registration:{made.id}")].count("registration.stays") == 1
    again = postpone(event, Shift(14))
    row = get_registration(made.id)
    assert (row.stays_at, row.asked_at) == (None, again.at)
    assert again.at > NOW  # two moves at the same moment are told apart


def test_the_cancelled_and_the_deleted_are_not_asked(event: EventRow) -> None:
    made = make_registration(event)
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW)
    postpone(event, Shift(7))
    assert get_registration(made.id).asked_at is None


def test_days_of_waves_are_local(event: EventRow) -> None:
    postpone(event, Shift(3))
    assert get_event_by_id(event.id).waves[0].starts_at.astimezone(DAY_ONE.tzinfo).date() == date(2027, 2, 7)


def test_an_event_without_a_date_is_never_over(event: EventRow) -> None:
    made = make_registration(event)
    postpone(event, DATE_TO_COME)
    late = event.ends_at + timedelta(days=800)
    resting = get_event_by_id(event.id)
    assert [line.id for line in list_public_events(late)] == [event.id]
    assert list_public_events(late, past=True) == []
    assert not get_dashboard(resting, now=late).over
    assert not get_places(resting).may_archive(resting, late)
    forget_old_names(JobContext(1, {}, None, 1, lambda: late, lambda _done, _total: None))
    assert get_registration(made.id).contact_name == "Manon Lambert"
    with pytest.raises(NotOver), transaction():
        tell_no_shows(event.id, {made.id: "illness"}, by=INES, now=late)

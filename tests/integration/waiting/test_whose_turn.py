"""Whose turn it is where more than a wave's own places decides it: the event's capacity, the clock, audiences kept apart."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import ApartDraft, WaveDraft
from app.events.enums import Enrolment, EventMove, Span, WaitingPolicy
from app.events.errors import WaveFull
from app.events.models import Event
from app.events.operations import edit_event, move_event
from app.events.operations.whole_places import give_all
from app.events.queries import EventRow, get_event_by_id, get_places
from app.jobs.registry import JobContext, find_handler
from app.registrations.drafts import Headcount
from app.registrations.errors import ChangeClosed
from app.registrations.models import Registration
from app.registrations.operations import change_registration, offer_to, reopen_event_registrations
from app.registrations.operations.absence import give_back_places
from app.registrations.operations.erasing import anonymise
from app.registrations.operations.waiting import LAPSE_JOB, serve_queue
from app.registrations.queries import get_registration
from app.registrations.queue import get_open_places
from app.registrations.waiting import is_shut
from app.web.api.event_bodies import event_body
from app.web.api.registration_schemas import registration_body
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, NOW, class_draft, forum, make_event, make_organiser, make_registration, one_wave
from tests.factories import person_draft as person
from tests.integration.waiting.conftest import (
    CONFIRMED,
    LAPSED,
    LATER,
    OFFERED,
    WAITS,
    cancel,
    drain,
    edited,
    full,
    group,
    offer,
    statuses,
    stored_jobs,
    waiting,
    waits,
)

pytestmark = pytest.mark.usefixtures("whole_app")
HOUR = timedelta(hours=1)
TWO = tuple(WaveDraft(DAY_ONE + n * HOUR, DAY_ONE + (n + 1) * HOUR, 10) for n in (0, 2))


@pytest.fixture(autouse=True)
def content(whole_app: Flask) -> Any:
    """Doctor finds nothing when a test is over."""
    yield
    assert [r for r in run_checks(NOW) if not r.ok] == []


def two_waves(**changes: Any) -> EventRow:
    return make_event(make_organiser(), forum(waves=TWO, **changes))


def work(name: str, now: Any) -> None:
    """What the periodic job does at all events."""
    find_handler(name).work(JobContext(1, {}, None, 1, lambda: now, lambda _done, _all: None))


@pytest.mark.parametrize("policy", WaitingPolicy)
def test_places_of_the_event_as_a_whole_go_to_who_waits_for_any_wave(policy: WaitingPolicy) -> None:
    event = two_waves(capacity=2, waiting_policy=policy)
    second = event.waves[1]
    early = make_registration(event, person(event))
    make_registration(event, person(event))
    queue = waits(event)
    cancel(early)
    with pytest.raises(WaveFull):  # though nobody waits for the second wave, and no worker was there
        make_registration(event, person(event, waves=(second.id,)))
    assert make_registration(event, replace(person(event, waves=(second.id,)), waitlist=True)).status is WAITS
    drain()
    assert statuses(queue) == [OFFERED]
    assert waiting(event) == [0, 1]


def test_whom_the_event_alone_keeps_waiting_holds_up_all_waves() -> None:
    event = two_waves(capacity=4)
    holder = make_registration(event, group(event, 4))
    large = waits(event, 3)
    with transaction():
        change_registration(holder.id, headcount=Headcount(2), by=SYSTEM, now=NOW)
    drain()
    with pytest.raises(WaveFull):
        make_registration(event, person(event, waves=(event.waves[1].id,)))
    assert all(is_shut(event, get_open_places(event, now=NOW), w.id, "job_seeker") for w in event.waves)
    late = waits(event, waves=(event.waves[1].id,))
    with transaction():
        edit_event(event.id, replace(edited(event, forum(waves=TWO)), capacity=6), by=SYSTEM, now=NOW)
    drain()
    assert statuses(large, late) == [OFFERED, OFFERED]


def test_who_waits_for_several_waves_may_drop_one_and_keeps_the_turn() -> None:
    event = two_waves(enrolment=Enrolment.SEVERAL)
    a, b = (wave.id for wave in event.waves)
    make_registration(event, group(event, 10, waves=(a,)))
    first, second = waits(event, waves=(a, b)), waits(event, waves=(a, b))
    with transaction():
        assert (
            change_registration(second.id, waves=(b,), by=SYSTEM, now=NOW) is WAITS
        )  # the first one waits for it, too
    with transaction():
        assert change_registration(first.id, waves=(a,), by=SYSTEM, now=NOW) is WAITS
    assert waiting(event) == [1, 1]
    drain()
    assert statuses(first, second) == [WAITS, OFFERED]
    with transaction():
        assert change_registration(first.id, by=SYSTEM, now=NOW) is WAITS


def test_while_the_date_is_to_come_nobody_gets_a_place_from_the_list() -> None:
    event = two_waves()
    holder = make_registration(event, group(event, 10))
    first = waits(event)
    cancel(holder)
    with transaction():
        rest(event, True)
    with transaction():
        assert change_registration(first.id, by=SYSTEM, now=NOW) is WAITS
    with pytest.raises(ChangeClosed), transaction():
        change_registration(first.id, waves=(event.waves[1].id,), by=SYSTEM, now=NOW)
    with transaction():
        rest(event, False)


def rest(event: EventRow, to_come: bool) -> None:
    values = {"date_to_come": to_come, "postponed_at": NOW if to_come else None, "revision": Event.revision + 1}
    db.session.execute(update(Event).where(Event.id == event.id).values(**values))


def test_time_alone_is_seen_without_a_job_that_asked_for_it() -> None:
    event = make_event(make_organiser(), forum(waves=TWO, enrolment=Enrolment.SEVERAL, registration_closes_at=None))
    a, b = (wave.id for wave in event.waves)
    make_registration(event, group(event, 10, waves=(a,)))
    early, late = waits(event, waves=(a, b)), waits(event, waves=(b,))
    assert offer(event) == (0, 0)
    now = DAY_ONE - HOUR / 2  # the first one's visit begins within the hour: it holds up nobody any more
    work("registrations.offer_places", now)
    assert statuses(early, late) == [WAITS, OFFERED]


def test_one_event_that_cannot_be_worked_on_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = full(1), full(1)
    there = [waits(event) for event, _ in (first, second)]
    for event, holder in (first, second):
        cancel(holder)
        offer(event)
    monkeypatch.setattr("app.registrations.operations.waiting.give_all", _fails_once(first[0].id))
    with pytest.raises(RuntimeError):
        work(LAPSE_JOB, LATER)
    assert statuses(*there) == [OFFERED, LAPSED]
    monkeypatch.undo()
    work(LAPSE_JOB, LATER)
    assert statuses(*there) == [LAPSED, LAPSED]


def _fails_once(event_id: int) -> Any:
    def give(one: int, held: Any) -> int:
        if one == event_id:
            raise RuntimeError("this event alone")
        return give_all(one, held)

    return give


def test_a_group_that_was_absent_and_changes_holds_its_places_once() -> None:
    event, holder = full(10)
    with transaction():
        give_back_places(holder.id, now=NOW)
    with transaction():
        change_registration(holder.id, headcount=Headcount(9), by=SYSTEM, now=NOW)
    assert (get_registration(holder.id).absent_at, get_places(event).taken) == (None, 9)
    cancel(holder)
    assert get_places(event).taken == 0


def test_pages_know_who_holds_nobody_up() -> None:
    event, holder = full(10)
    large = waits(event, 10)
    cancel(holder)
    with transaction():
        edit_event(event.id, edited(event, one_wave(8)), by=SYSTEM, now=NOW)
    event = get_event_by_id(event.id)
    places = get_open_places(event, now=NOW)
    assert (is_shut(event, places, event.waves[0].id, "job_seeker"), places.waiting) == (False, {event.waves[0].id: 1})
    assert make_registration(event, person(event)).status is CONFIRMED
    assert statuses(large) == [WAITS]


def test_pages_count_as_taken_what_is_about_to_be_offered() -> None:
    event, holder = full(4)
    waits(event, 3)
    cancel(holder)
    places = get_open_places(event, now=NOW)
    assert (places.left(event, event.waves[0]), is_shut(event, places, event.waves[0].id, "job_seeker")) == (1, False)


def test_an_offer_ends_when_its_visit_is_made_to_begin_earlier() -> None:
    event, holder = full(1)
    first = waits(event)
    cancel(holder)
    offer(event)
    start = NOW + 2 * HOUR
    draft = edited(event, one_wave(1))
    wave = replace(draft.waves[0], starts_at=start, ends_at=start + HOUR)
    with transaction():
        edit_event(event.id, replace(draft, starts_at=start, waves=(wave,)), by=SYSTEM, now=NOW)
    drain()
    assert get_registration(first.id).offer_expires_at == start
    assert start in stored_jobs("lapse_offers")


def test_no_offer_lapses_while_its_event_is_called_off_and_it_gets_more_time_after_that() -> None:
    event, holder = full(1)
    first = waits(event)
    cancel(holder)
    offer(event)
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=LATER - HOUR, reason="Grève")
    drain(LATER + 2 * HOUR)
    assert statuses(first) == [OFFERED]
    assert [r for r in run_checks(LATER + 2 * HOUR) if not r.ok and r.name == "registrations.offers"] == []
    db.session.rollback()
    with transaction():
        reopen_event_registrations(event.id, by=SYSTEM, now=LATER + 2 * HOUR)
    assert get_registration(first.id).offer_expires_at == LATER + 26 * HOUR


def test_an_audience_that_clashes_with_nobody_is_offered_places_where_others_clash() -> None:
    kept = ApartDraft("school", "job_seeker", Span.WAVE)
    event = two_waves(apart=(kept,), audiences=("school", "job_seeker", "family"))
    make_registration(event, class_draft(event, participants=9, companions=0))
    holder = make_registration(event, person(event, audience="family"))
    make_registration(event, person(event, waves=(event.waves[1].id,)))
    first = waits(event, audience="family")
    with transaction():  # as dates that were moved by an older release left it
        day = [["school", "job_seeker", "day"]]
        db.session.execute(update(Event).where(Event.id == event.id).values(apart=day, revision=Event.revision + 1))
    cancel(holder)
    assert offer(event) == (1, 1)
    assert statuses(first) == [OFFERED]
    with transaction():
        db.session.execute(update(Event).where(Event.id == event.id).values(apart=[], revision=Event.revision + 1))


def test_programs_read_who_waits_and_until_when_an_offer_lasts(whole_app: Flask) -> None:
    event, holder = full(1)
    first, second = waits(event), waits(event)
    cancel(holder)
    offer(event)
    with whole_app.test_request_context("/"):
        assert event_body(event, get_places(event))["waves"][0]["waiting"] == 1
        ends = [registration_body(get_registration(one.id), event)["offer_expires_at"] for one in (first, second)]
    assert ends == ["2027-01-12T10:00:00+01:00", None]


def test_of_who_is_forgotten_nothing_of_the_visit_stays() -> None:
    event = make_event(make_organiser(), one_wave(2))
    made = make_registration(event, person(event))
    with transaction():
        said = {"asked_at": NOW, "stays_at": NOW, "offer_expires_at": NOW, "declined_stops": [1]}
        db.session.execute(update(Registration).where(Registration.id == made.id).values(**said))
    with transaction():
        anonymise(made.id, version=1, now=NOW)
    row = db.session.get(Registration, made.id)
    assert row is not None
    assert (row.asked_at, row.stays_at, row.offer_expires_at, row.declined_stops) == (None, None, None, [])


def test_a_newcomer_reads_little_of_a_long_list() -> None:
    event, holder = full(8)
    large = waits(event, 8)
    for _ in range(300):
        waits(event)
    with transaction():
        change_registration(holder.id, headcount=Headcount(7), by=SYSTEM, now=NOW)
    drain()
    with transaction(), counted_statements() as counted:
        assert serve_queue(event.id, now=NOW) == {event.waves[0].id}
    assert int(counted) <= 8
    with pytest.raises(WaveFull):
        make_registration(event, person(event))
    with transaction():
        offer_to(large.id + 1, by=SYSTEM, now=NOW, past=True)
    assert statuses(large) == [WAITS]

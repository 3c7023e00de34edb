"""The minutes after which a missing group gives its places back never count from before it could know of them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.accounts.enums import Role
from app.checkin.absent import Absence, AbsentGroup, list_absent, release_absent, wait_longer
from app.checkin.patience import whole_minute
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.operations import edit_event
from app.events.queries import EventRow, get_event_by_id
from app.flows.enums import DelayKind
from app.flows.operations import mark_late
from app.registrations.operations import change_registration, register
from app.registrations.queries import get_registration
from app.web.manage.event_sections import draft_of
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, class_draft, make_event, make_organiser
from tests.integration.day.test_absent import scan
from tests.integration.door.conftest import sign_in
from tests.integration.flows.conftest import add_class, led_forum

MINUTE = timedelta(minutes=1)
LATER = DAY_ONE + 17 * MINUTE


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    """Waves at 9:00 and 10:00; a class that is not there gives its places back after five minutes."""
    waves = tuple(WaveDraft(DAY_ONE + n * 60 * MINUTE, DAY_ONE + (n * 60 + 50) * MINUTE, 120) for n in (0, 1))
    return make_event(make_organiser(), led_forum(waves=waves, absent_minutes=5))


def until(event: EventRow, now: datetime) -> datetime | None:
    return only(event, now).gives_back_at


def only(event: EventRow, now: datetime) -> AbsentGroup:
    (found,) = list_absent(get_event_by_id(event.id), now=now)
    return found


def release(event: EventRow, now: datetime) -> list[int]:
    with transaction():
        return release_absent(event.id, now=now)


def holds_until(event: EventRow, made_id: int, over: datetime, now: datetime) -> None:
    """What pages say and what the worker does is one figure."""
    assert until(event, now) == over
    assert release(event, over - timedelta(seconds=1)) == []
    assert release(event, over) == [made_id]


def test_who_registers_in_a_wave_that_is_on_has_the_minutes_from_then(event: EventRow) -> None:
    with transaction():
        made = register(event, class_draft(event, waves=(event.waves[0].id,)), by=SYSTEM, now=LATER)
    assert only(event, LATER).since == DAY_ONE
    holds_until(event, made.id, LATER + 5 * MINUTE, LATER)


def test_who_is_moved_there_too(event: EventRow) -> None:
    made = add_class(event, "3e A", wave=1)
    with transaction():
        change_registration(made.id, waves=(event.waves[0].id,), by=SYSTEM, now=LATER)
    holds_until(event, made.id, LATER + 5 * MINUTE, LATER)


def test_the_minutes_count_from_when_they_were_set(event: EventRow) -> None:
    made = add_class(event, "3e A")
    with transaction():
        edit_event(event.id, replace(draft_of(event), absent_minutes=3), by=SYSTEM, now=LATER)
    holds_until(event, made.id, LATER + 3 * MINUTE, LATER)


def test_and_from_when_the_doors_opened(event: EventRow) -> None:
    missing, there = add_class(event, "3e A"), add_class(event, "3e B")
    scan(event, there, DAY_ONE + 4 * MINUTE)
    holds_until(event, missing.id, DAY_ONE + 9 * MINUTE, DAY_ONE + 4 * MINUTE)


def test_doors_that_opened_before_change_nothing(event: EventRow) -> None:
    missing, there = add_class(event, "3e A", wave=1), add_class(event, "3e B")
    scan(event, there, DAY_ONE)
    holds_until(event, missing.id, DAY_ONE + 65 * MINUTE, DAY_ONE + 60 * MINUTE)


def test_a_late_wave_still_counts(event: EventRow) -> None:
    made = add_class(event, "3e A")
    with transaction():
        mark_late(event.id, DelayKind.WAVE, event.waves[0].id, 10, by=SYSTEM, now=DAY_ONE)
    holds_until(event, made.id, DAY_ONE + 15 * MINUTE, DAY_ONE + 10 * MINUTE)


def test_seconds_are_kept_whole(event: EventRow) -> None:
    """Nobody reads « until 9:22 » at 9:22 and 40 seconds of places that are still kept."""
    at = LATER + timedelta(seconds=23)
    with transaction():
        made = register(event, class_draft(event, waves=(event.waves[0].id,)), by=SYSTEM, now=at)
    holds_until(event, made.id, LATER + 6 * MINUTE, at)
    assert whole_minute(LATER) == LATER


def test_waiting_longer_begins_where_the_time_ends(event: EventRow) -> None:
    made = add_class(event, "3e A")
    with transaction():
        assert wait_longer(made.id, by=SYSTEM, now=DAY_ONE + 2 * MINUTE) == DAY_ONE + 15 * MINUTE
    holds_until(event, made.id, DAY_ONE + 15 * MINUTE, DAY_ONE + 2 * MINUTE)


def test_who_gave_places_back_was_expected_before_then(event: EventRow) -> None:
    """A delay that is noted afterwards does not make it expected after its places went."""
    made = add_class(event, "3e A")
    assert release(event, DAY_ONE + 5 * MINUTE) == [made.id]
    with transaction():
        mark_late(event.id, DelayKind.WAVE, event.waves[0].id, 15, by=SYSTEM, now=DAY_ONE + 6 * MINUTE)
    found = only(event, DAY_ONE + 20 * MINUTE)
    assert (found.state, found.since, found.absent_at) == (Absence.GONE, DAY_ONE, DAY_ONE + 5 * MINUTE)


def test_many_groups_ask_no_more_statements(event: EventRow) -> None:
    for n in range(6):
        add_class(event, f"3e {n}", participants=10)
    with counted_statements() as count:
        assert len(list_absent(get_event_by_id(event.id), now=DAY_ONE)) == 6
    reading = sum("FROM scans" in one or "FROM audit_entries" in one for one in count.statements)
    assert reading == 3


def test_the_day_page_never_promises_what_is_over(event: EventRow, whole_app: Flask) -> None:
    made = get_registration(add_class(event, "3e A").id)
    client, address = sign_in(whole_app, event.organiser_id, Role.MANAGER), f"/manage/events/{event.slug}/day"
    set_clock(whole_app.extensions, DAY_ONE + 4 * MINUTE)
    assert "Its places are kept until 9:05" in client.get(address).get_data(as_text=True)
    set_clock(whole_app.extensions, DAY_ONE + 6 * MINUTE)
    shown = client.get(address).get_data(as_text=True)
    assert "Its places are kept until" not in shown
    assert "Its time is over: its places are given back in a moment." in shown
    assert made.contact_name in shown

"""Groups that do not come give their places back; if they come after all, they are let in where there is room."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from app.accounts.enums import Role
from app.accounts.rules import Access
from app.checkin.absent import Absence, give_back_now, list_absent, release_absent, wait_longer
from app.checkin.drafts import ScanAnswer, ScanInput
from app.checkin.enums import Direction
from app.checkin.latecomers import GroupReturns
from app.checkin.models import Scan
from app.checkin.operations import record_scans
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.checks import run_checks
from app.core.clock import set_clock
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.core.transaction import retry, transaction
from app.events.drafts import WaveDraft
from app.events.enums import Enrolment
from app.events.queries import EventRow, get_event_by_id, get_places
from app.flows.enums import DelayKind
from app.flows.operations import mark_late
from app.registrations.drafts import Headcount
from app.registrations.operations import Registered, cancel_registration
from app.registrations.operations.reinstating import reinstate
from app.registrations.queries import get_registration
from app.reports.queries.no_shows import count_no_shows
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, make_event, make_organiser, make_registration, person_draft
from tests.integration.flows.conftest import add_class, led_forum
from tests.integration.mails.conftest import drain

MINUTE = timedelta(minutes=1)
DUE = DAY_ONE + 20 * MINUTE
ids = itertools.count(1)


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    """One wave of 60 at 9:00; a class that is not there gives its places back at 9:20. The hall holds 60."""
    waves = (
        WaveDraft(DAY_ONE, DAY_ONE + 40 * MINUTE, 60),
        WaveDraft(DAY_ONE + timedelta(days=1), DAY_ONE + timedelta(days=1, minutes=40), 60),
    )
    return make_event(
        make_organiser(),
        led_forum(waves=waves, absent_minutes=20, ends_at=DAY_ONE + timedelta(days=1, hours=8)),
    )


def scan(event: EventRow, made: Registered, at: datetime = DUE, *, undoes: str | None = None, space: int | None = None,
         people: Headcount | None = None) -> ScanAnswer:  # fmt: skip
    """One passage inwards, as a door sends it."""
    door = next(c.id for c in event.checkpoints if c.space_id == space)
    item = ScanInput(str(UUID(int=next(ids))), made.ticket_code, door, Direction.IN, at, people, undoes)
    first = False

    def once() -> ScanAnswer:
        nonlocal first
        try:
            with transaction():
                return record_scans(get_event_by_id(event.id), "door 1", [item], now=at, event_first=first)[0]
        except GroupReturns:
            first = True
            raise

    return retry(once)


def release(event: EventRow, now: datetime = DUE) -> list[int]:
    with transaction():
        return release_absent(event.id, now=now)


def held(event: EventRow) -> int:
    """Places taken in the first wave."""
    return get_places(get_event_by_id(event.id)).waves[event.waves[0].id]


def healthy() -> list[str]:
    return [problem for result in run_checks(DUE) for problem in result.problems]


def is_absent(made: Registered) -> bool:
    return get_registration(made.id).absent_at is not None


def test_after_the_time_the_places_are_free(event: EventRow) -> None:
    made = add_class(event, "3e A")
    assert release(event, DUE - MINUTE) == []
    assert held(event) == 30
    assert release(event) == [made.id]
    assert held(event) == 0
    found = get_registration(made.id)
    assert (found.status.value, found.absent_at) == ("confirmed", DUE)
    assert list_history(f"registration:{made.id}")[0].verb == "registration.absent"
    assert release(event) == []
    (group,) = list_absent(get_event_by_id(event.id), now=DUE)
    assert (group.state, group.absent_at) == (Absence.GONE, DUE)
    make_registration(event, replace(person_draft(event), waves=(event.waves[0].id,)))
    assert healthy() == []


def test_who_came_keeps_the_places(event: EventRow) -> None:
    made = add_class(event, "3e A")
    scan(event, made, DAY_ONE, people=Headcount(1, 0))
    assert release(event) == []
    assert list_absent(event, now=DUE) == []


def test_a_passage_taken_back_counts_for_nothing(event: EventRow) -> None:
    made = add_class(event, "3e A")
    scan(event, made, DAY_ONE)
    undone = db.session.execute(select(Scan.scan_id)).scalar_one()
    db.session.rollback()
    scan(event, made, DAY_ONE + MINUTE, undoes=undone)
    assert release(event) == [made.id]
    assert healthy() == []


def test_delays_and_the_teams_patience_move_the_time(event: EventRow) -> None:
    made = add_class(event, "3e A")
    with transaction():
        mark_late(event.id, DelayKind.WAVE, event.waves[0].id, 10, by=SYSTEM, now=DAY_ONE)
    assert release(event, DUE + 9 * MINUTE) == []
    with transaction():
        assert wait_longer(made.id, by=SYSTEM, now=DUE + 9 * MINUTE) == DUE + 20 * MINUTE
    assert release(event, DUE + 19 * MINUTE) == []
    assert release(event, DUE + 20 * MINUTE) == [made.id]
    with pytest.raises(MoveNotAllowed), transaction():
        wait_longer(made.id, by=SYSTEM, now=DUE + 21 * MINUTE)


def test_the_team_gives_back_by_hand_unless_it_came(event: EventRow) -> None:
    gone, there = add_class(event, "3e A", participants=20), add_class(event, "3e B", participants=20)
    scan(event, there, DAY_ONE)
    with pytest.raises(MoveNotAllowed), transaction():
        give_back_now(gone.id, by=SYSTEM, now=DAY_ONE - MINUTE)
    with transaction():
        give_back_now(gone.id, by=SYSTEM, now=DAY_ONE + MINUTE)
    with pytest.raises(MoveNotAllowed), transaction():
        give_back_now(there.id, by=SYSTEM, now=DAY_ONE + MINUTE)
    assert (is_absent(gone), is_absent(there)) == (True, False)


def test_if_it_comes_and_there_is_room_it_has_its_places_again(event: EventRow) -> None:
    made = add_class(event, "3e A")
    release(event)
    answer = scan(event, made, DUE + MINUTE)
    assert (answer.result, answer.present.people) == ("accepted", 30)
    assert held(event) == 30
    assert not is_absent(made)
    assert db.session.execute(select(Scan.over)).scalar_one() is False
    assert list_history(f"registration:{made.id}")[0].verb == "registration.came_after_all"
    assert release(event, DUE + 2 * MINUTE) == []
    assert healthy() == []


def test_without_room_in_its_wave_it_comes_in_marked(event: EventRow) -> None:
    made = add_class(event, "3e A")
    release(event)
    add_class(event, "4e A", participants=48)
    answer = scan(event, made, DUE + MINUTE)
    assert (answer.result, answer.present.people) == ("accepted", 30)
    assert held(event) == 50
    assert is_absent(made)
    assert db.session.execute(select(Scan.over)).scalar_one() is True
    (group,) = (g for g in list_absent(event, now=DUE + MINUTE) if g.registration_id == made.id)
    assert group.state is Absence.EXTRA
    assert healthy() == []


def test_without_room_in_its_first_space_it_waits(event: EventRow) -> None:
    made = add_class(event, "3e A")
    release(event)
    full = add_class(event, "4e A", participants=58)
    hall = event.spaces[0].id
    scan(event, full, DUE, space=hall)
    answer = scan(event, made, DUE + MINUTE)
    assert (answer.result, answer.reason) == ("refused", "space_full")
    assert (answer.present.people, is_absent(made)) == (0, True)
    with transaction():
        cancel_registration(full.id, by=SYSTEM, now=DUE, quiet=True)
    answer = scan(event, made, DUE + 2 * MINUTE)
    assert (answer.result, is_absent(made)) == ("accepted", False)
    assert healthy() == []


def test_taken_back_the_passage_leaves_it_awaited_again(event: EventRow) -> None:
    made = add_class(event, "3e A")
    release(event)
    scan(event, made, DUE + MINUTE)
    accepted = db.session.execute(select(Scan.scan_id)).scalar_one()
    db.session.rollback()
    assert scan(event, made, DUE + 2 * MINUTE, undoes=accepted).present.people == 0
    assert held(event) == 30
    assert release(event, DUE + 3 * MINUTE) == [made.id]
    assert healthy() == []


def test_of_several_waves_the_last_one_counts(whole_app: Flask) -> None:
    waves = tuple(
        WaveDraft(DAY_ONE + n * timedelta(days=1), DAY_ONE + n * timedelta(days=1) + 40 * MINUTE, 60) for n in (0, 1)
    )
    event = make_event(
        make_organiser(),
        led_forum(
            waves=waves, absent_minutes=20, enrolment=Enrolment.ALL, ends_at=DAY_ONE + timedelta(days=1, hours=8)
        ),
    )
    made = add_class(event, "3e A", waves=tuple(wave.id for wave in event.waves))
    assert release(event) == []
    assert release(event, DUE + timedelta(days=1)) == [made.id]
    assert healthy() == []


def test_cancelled_and_taken_up_again_it_holds_places(event: EventRow) -> None:
    made = add_class(event, "3e A")
    release(event)
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=DUE, quiet=True)
    assert held(event) == 0
    with transaction():
        reinstate(made.id, by=SYSTEM, now=DUE, notify=False)
    assert held(event) == 30
    assert not is_absent(made)
    assert healthy() == []


def test_who_never_comes_is_counted_as_not_come(event: EventRow) -> None:
    gone, back = add_class(event, "3e A", participants=20), add_class(event, "3e B", participants=20)
    release(event)
    scan(event, back, DUE + MINUTE)
    access = Access(event.organiser_id, event.id, Role.OWNER)
    totals = count_no_shows(event.id, access)
    assert (totals.registrations, totals.people) == (1, 22)
    assert get_registration(gone.id).status.value == "confirmed"


def test_the_worker_does_it_each_minute(event: EventRow) -> None:
    made = add_class(event, "3e A")
    drain()
    set_clock(current_app.extensions, DUE + MINUTE)
    drain()
    assert is_absent(made)


def test_ordinary_scans_ask_no_more_than_before(event: EventRow) -> None:
    made = add_class(event, "3e A")
    door = next(c.id for c in event.checkpoints if c.space_id is None)
    item = ScanInput(str(UUID(int=next(ids))), made.ticket_code, door, Direction.IN, DAY_ONE, None)
    with transaction(), counted_statements() as count:
        record_scans(event, "door 1", [item], now=DAY_ONE)
    assert not any("UPDATE events" in statement for statement in count.statements)
    assert sum("FROM tickets" in statement or "JOIN registrations" in statement for statement in count.statements) == 1

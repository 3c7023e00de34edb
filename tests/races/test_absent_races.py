"""A class passes the door at the very moment at which its places are given back: it has come, or it gets them again."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from flask import Flask

from app.checkin.absent import release_absent
from app.checkin.drafts import ScanInput
from app.checkin.enums import Direction, ScanResult
from app.checkin.latecomers import GroupReturns
from app.checkin.operations import ScanAnswer, record_scans
from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.transaction import transaction
from app.events.queries import EventRow, get_event_by_id, get_places
from app.registrations.operations import Registered, cancel_registration, register
from app.registrations.queries import get_registration
from tests.factories import DAY_ONE, class_draft, make_event, make_organiser, make_registration, one_wave, person_draft
from tests.integration.flows.conftest import add_class
from tests.races.together import together

DUE = DAY_ONE + timedelta(minutes=20)
Work = Callable[[], object]


def scanning(event: EventRow, made: Registered, number: int) -> Work:
    """A door that does what doors do: where places are to be taken again, it begins anew with the event's row."""
    first: list[bool] = []
    door = next(c.id for c in event.checkpoints if c.space_id is None)
    item = ScanInput(str(UUID(int=number)), made.ticket_code, door, Direction.IN, DUE, None)

    def scan() -> ScanAnswer:
        try:
            return record_scans(event, f"door {number}", [item], now=DUE, event_first=bool(first))[0]
        except GroupReturns:
            first.append(True)
            raise

    return scan


@pytest.mark.parametrize("round_", range(4))
def test_given_back_and_scanned_at_once(whole_app: Flask, round_: int) -> None:
    event = make_event(make_organiser(), one_wave(180, absent_minutes=20))
    classes = [add_class(event, f"3e {n}") for n in range(6)]
    works: list[Work] = [scanning(event, made, 1 + n + 10 * round_) for n, made in enumerate(classes)]
    works += [partial(release_absent, event.id, now=DUE), partial(release_absent, event.id, now=DUE)]
    answers = together(whole_app, works)
    assert all(isinstance(a, ScanAnswer) and a.result is ScanResult.ACCEPTED for a in answers[:6]), answers
    assert [get_registration(made.id).absent_at for made in classes] == [None] * 6
    assert get_places(get_event_by_id(event.id)).waves == {event.waves[0].id: 180}
    assert [r for r in run_checks(DUE) if not r.ok] == []


def test_coming_back_while_others_come_go_and_change(whole_app: Flask) -> None:
    """All of them ask for the event's row and for one another's: nobody waits in a ring, no place is given twice."""
    event = make_event(make_organiser(), one_wave(120, absent_minutes=20))
    late = [add_class(event, f"3e {n}") for n in range(3)]
    with transaction():
        assert len(release_absent(event.id, now=DUE)) == 3
    there = [make_registration(event, person_draft(event)) for _ in range(3)]
    works: list[Work] = [scanning(event, made, 100 + n) for n, made in enumerate(late)]
    works += [scanning(event, made, 110 + n) for n, made in enumerate(late)]
    works += [partial(cancel_registration, one.id, by=SYSTEM, now=DUE) for one in there]
    works += [partial(register, event, class_draft(event, participants=40, companions=0), by=SYSTEM, now=DAY_ONE)]
    together(whole_app, works)
    places = get_places(get_event_by_id(event.id))
    assert places.waves[event.waves[0].id] <= 120
    held = [get_registration(made.id).absent_at is None for made in late]
    assert sum(held) * 30 <= 120
    assert [r for r in run_checks(DUE) if not r.ok] == []

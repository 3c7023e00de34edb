"""The plan in force moves with its waves, or is dropped and made anew; on both databases."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.transaction import transaction
from app.events.queries import EventRow, get_event_by_id
from app.flows.date_mapping import DATE_TO_COME, ByWave, NewDates, Shift, to_local
from app.flows.enums import PlanOrigin, PlanState
from app.flows.postponing import postpone_event
from app.flows.queries import find_plan_in_force, get_plan_by_id, list_passages, list_plans
from app.registrations.itinerary import itinerary
from app.registrations.queries import get_registration
from tests.factories import NOW, make_event, make_organiser
from tests.integration.flows.conftest import add_class, led_forum, plan_now, publish
from tests.integration.mails.conftest import drain

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    """A published event with three classes of 30, two at 9:00 and one at 9:40, led by a plan in force."""
    made = make_event(make_organiser(), led_forum())
    for label, wave in (("3e A", 0), ("3e B", 0), ("3e C", 1)):
        add_class(made, label, wave=wave)
    publish(plan_now(made))
    drain()
    return made


def postpone(event: EventRow, dates: NewDates) -> EventRow:
    with transaction():
        postpone_event(event.id, dates, by=SYSTEM, now=NOW)
    return get_event_by_id(event.id)


def starts(event: EventRow) -> dict[tuple[int, int, int], datetime]:
    plan = find_plan_in_force(event.id)
    assert plan is not None
    return {(p.registration_id, p.team, p.stop_id): to_local(p.starts_at, PARIS) for p in list_passages(plan.id)}


def by_minutes(event: EventRow, *minutes: int) -> ByWave:
    """Each wave later by so many minutes, a week after."""
    hours = {}
    for wave, more in zip(event.waves, minutes, strict=True):
        by = timedelta(days=7, minutes=more)
        hours[wave.id] = to_local(wave.starts_at, PARIS) + by, to_local(wave.ends_at, PARIS) + by
    return ByWave(hours)


def test_passages_keep_their_hours_on_the_wall_when_all_days_move(event: EventRow) -> None:
    before = starts(event)
    moved = postpone(event, Shift(120))  # into summer time
    assert starts(moved) == {key: at + timedelta(days=120) for key, at in before.items()}
    plan = find_plan_in_force(event.id)
    assert plan is not None
    assert plan.origin is PlanOrigin.DATES
    assert [row.state for row in list_plans(event.id)] == [PlanState.IN_FORCE, PlanState.REPLACED]
    assert [check.name for check in run_checks(NOW) if not check.ok] == []
    for registration_id, _team, stop_id in before:
        stops = itinerary(moved, get_registration(registration_id))
        shown = {s.stop.id: (to_local(s.starts_at, PARIS), s.exact) for s in stops if s.starts_at}
        assert shown[stop_id] == (before[registration_id, 1, stop_id] + timedelta(days=120), True)


def test_passages_move_with_their_wave_while_all_is_kept(event: EventRow) -> None:
    before = starts(event)
    moved = postpone(event, by_minutes(event, 0, 60))
    late = {r.id for r in (get_registration(i) for i, _t, _s in before) if r.waves == (event.waves[1].id,)}
    later = {True: timedelta(days=7, minutes=60), False: timedelta(days=7)}
    assert starts(moved) == {key: at + later[key[0] in late] for key, at in before.items()}
    assert [check.name for check in run_checks(NOW) if not check.ok] == []


def test_a_plan_that_no_longer_holds_is_dropped_and_made_anew(event: EventRow) -> None:
    before = find_plan_in_force(event.id)
    assert before is not None
    moved = postpone(event, by_minutes(event, 0, -40))  # all three at once: more than a space holds
    assert find_plan_in_force(event.id) is None
    new, *_others = list_plans(event.id)
    assert (new.state, new.origin) == (PlanState.MAKING, PlanOrigin.DATES)
    assert get_plan_by_id(before.id).state is PlanState.REPLACED
    drain()
    draft = get_plan_by_id(new.id)
    assert draft.state is PlanState.DRAFT
    days = {to_local(p.starts_at, PARIS).date() for p in list_passages(draft.id)}
    assert days == {to_local(moved.starts_at, PARIS).date()}


def test_plans_wait_while_the_date_is_to_come_and_no_hour_is_shown(event: EventRow) -> None:
    before = starts(event)
    resting = postpone(event, DATE_TO_COME)
    assert starts(event) == before
    registration_id = next(iter(before))[0]
    assert not any(stop.exact for stop in itinerary(resting, get_registration(registration_id)))
    assert starts(postpone(event, Shift(30))) == {key: at + timedelta(days=30) for key, at in before.items()}


def test_drafts_of_the_old_dates_go(event: EventRow) -> None:
    draft = plan_now(event)
    postpone(event, Shift(7))
    assert get_plan_by_id(draft.id).state is PlanState.DROPPED
    assert list_plans(event.id)[0].state is PlanState.MAKING

"""Plans are made by a job, whatever happens to it, and keep what people were told."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import select, update

from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.clock import set_clock
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.core.transaction import transaction
from app.events.drafts import StopDraft
from app.events.models import Event, Stop
from app.events.operations import delete_event, restore_event
from app.events.operations.deleting import remove_some
from app.events.queries import EventRow
from app.flows.checker import check_plan
from app.flows.enums import PlanState
from app.flows.errors import NothingToPlan, PlanInMaking, PlanNotFound
from app.flows.minutes import to_passages
from app.flows.operations import drop_plan, replan, start_plan
from app.flows.operations.making import PLAN_JOB
from app.flows.queries import get_plan_by_id, list_passages, list_plans
from app.flows.summary import plan_json
from app.jobs.operations import cancel_queued
from app.jobs.registry import JobContext, find_handler
from app.registrations.models import Registration
from app.registrations.operations import delete_registration
from app.registrations.operations.removing import remove_old
from app.registrations.queries import FORGOTTEN
from tests.factories import NOW, make_event, make_organiser, make_plan
from tests.integration.flows.conftest import add_class, led_forum, plan_now
from tests.integration.mails.conftest import drain


def test_a_job_makes_a_draft_that_the_checker_accepts(event: EventRow) -> None:
    plan = plan_now(event, note="first try")
    rows = list_passages(plan.id)
    assert (plan.state, plan.number, plan.note, plan.summary.found) == (PlanState.DRAFT, 1, "first try", True)
    assert (plan.summary.groups, plan.summary.people, plan.summary.passages) == (3, 90, len(rows))
    passages = to_passages(rows, plan.hours, event.timezone)
    assert check_plan(plan.instance, plan_json(plan.kept, passages)) == []
    assert {(row.holder, row.space_name, row.teams, row.people) for row in rows} == {
        (holder, space, 1, 30)
        for holder in ("3e A", "3e B", "3e C")
        for space in ("Grande salle", "Orientation", "Offres")
    }


def begin(event: EventRow, **options: Any) -> int:
    with transaction():
        return start_plan(event.id, by=SYSTEM, now=NOW, **options)


def test_a_second_press_says_that_one_is_being_made(event: EventRow) -> None:
    first = begin(event)
    with pytest.raises(PlanInMaking) as refused:
        begin(event)
    assert refused.value.plan_id == first
    drain()
    assert begin(event) != first


def test_a_job_killed_in_the_middle_makes_the_plan_when_it_runs_again(
    event: EventRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_id = begin(event)

    def dying(*_args: object, **_rest: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("app.flows.operations.making.write_plan", dying)
        drain()
    assert (get_plan_by_id(plan_id).state, list_passages(plan_id)) == (PlanState.MAKING, [])
    set_clock(current_app.extensions, NOW + timedelta(minutes=5))
    drain()
    rows = list_passages(plan_id)
    assert (get_plan_by_id(plan_id).state, len(rows)) == (PlanState.DRAFT, 9)


def test_a_job_done_again_changes_nothing(event: EventRow) -> None:
    plan = plan_now(event)
    before = list_passages(plan.id)
    payload = {"plan_id": plan.id, "told": None, "pins_of": None}
    context = JobContext(plan.job_id or 0, payload, plan.organiser_id, 2, lambda: NOW, lambda _done, _total: None)
    find_handler(PLAN_JOB).work(context)
    assert (get_plan_by_id(plan.id), list_passages(plan.id)) == (plan, before)


def test_the_bar_moves_and_dropping_stops_the_work(event: EventRow) -> None:
    for label in ("3e D", "3e E"):  # who waits is what there is to make better
        add_class(event, label)
    plan_id = begin(event)
    seen: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        if len(seen) == 3:
            with transaction():
                drop_plan(plan_id, by=SYSTEM, now=NOW)

    payload = {"plan_id": plan_id, "told": None, "pins_of": None}
    context = JobContext(0, payload, event.organiser_id, 1, lambda: NOW, progress)
    find_handler(PLAN_JOB).work(context)
    assert len(seen) == 3
    assert seen == sorted(seen)
    assert (get_plan_by_id(plan_id).state, list_passages(plan_id)) == (PlanState.DROPPED, [])


def test_a_plan_whose_job_died_does_not_stand_in_the_way(event: EventRow) -> None:
    first = begin(event)
    handler = find_handler(PLAN_JOB)
    assert handler.on_dead is not None
    with transaction():
        handler.on_dead({"plan_id": first}, "broken", NOW)
    assert get_plan_by_id(first).state is PlanState.DROPPED
    assert begin(event) != first


def test_a_plan_whose_job_was_called_off_is_dropped(event: EventRow) -> None:
    plan_id = begin(event)
    job_id = get_plan_by_id(plan_id).job_id
    assert job_id is not None
    with transaction():
        cancel_queued(job_id, by=SYSTEM, now=NOW)
    assert get_plan_by_id(plan_id).state is PlanState.DROPPED


def test_an_event_that_is_deleted_meanwhile_takes_its_plan_along(event: EventRow) -> None:
    begin(event)
    with transaction():
        delete_event(event.id, by=SYSTEM, now=NOW)
    drain()
    with transaction():
        restore_event(event.id, by=SYSTEM, now=NOW)
    assert [plan.state for plan in list_plans(event.id)] == [PlanState.DROPPED]


@pytest.mark.parametrize(
    "changes",
    [
        {"stops": (StopDraft("Accueil", 20),)},
        {"stops": (StopDraft("Accueil", 0, space="Grande salle"),)},
        {},
    ],
)
def test_where_there_is_nothing_to_plan_it_is_said(whole_app: Flask, changes: dict[str, Any]) -> None:
    made = make_event(make_organiser(), led_forum(**changes))
    if changes:
        add_class(made, "3e A")
    with pytest.raises(NothingToPlan):
        begin(made)


def test_when_nothing_is_left_to_plan_meanwhile_the_plan_is_dropped(event: EventRow) -> None:
    plan_id = begin(event)
    with transaction():
        db.session.execute(update(Stop).where(Stop.event_id == event.id).values(minutes=0))
        db.session.execute(update(Event).where(Event.id == event.id).values(revision=Event.revision + 1))
    drain()
    assert get_plan_by_id(plan_id).state is PlanState.DROPPED


def test_another_events_plan_is_no_base(event: EventRow) -> None:
    other = make_event(event.organiser_id, led_forum(title_fr="Autre forum"))
    add_class(other, "4e A")
    plan_id = make_plan(other)
    with pytest.raises(PlanNotFound):
        begin(event, based_on=plan_id)


def test_what_is_replaced_is_not_planned_again(event: EventRow) -> None:
    first = make_plan(event)
    add_class(event, "3e D", wave=1)
    make_plan(event)
    with pytest.raises(MoveNotAllowed), transaction():
        replan(first, by=SYSTEM, now=NOW)


def test_plans_go_with_their_event_for_good(event: EventRow) -> None:
    plan_id = make_plan(event)
    with transaction():
        delete_event(event.id, by=SYSTEM, now=NOW)
    later = NOW + timedelta(days=31)
    done = 1
    while done:
        with transaction():
            done = remove_some(event.id, now=later)
    with pytest.raises(PlanNotFound):
        get_plan_by_id(plan_id)
    assert db.session.execute(select(Event.id)).all() == []


def test_who_is_in_a_plan_keeps_a_row_without_a_name(event: EventRow) -> None:
    plan_id = make_plan(event)
    passages = len(list_passages(plan_id))
    gone = list_passages(plan_id)[0].registration_id
    with transaction():
        delete_registration(gone, by=SYSTEM, now=NOW)
    assert len(list_passages(plan_id)) == passages - 3
    later = NOW + timedelta(days=31)
    with transaction():
        remove_old(now=later)
    name = select(Registration.contact_name).where(Registration.id == gone)
    assert db.session.execute(name).scalar_one() == FORGOTTEN
    assert [problem for result in run_checks(NOW) for problem in result.problems] == []

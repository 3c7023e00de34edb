"""Plans that several people make, change and publish at once: one is made, one is in force, no change is lost."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from flask import Flask
from sqlalchemy import func, select

from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.events.queries import EventRow
from app.flows.enums import PlanState
from app.flows.errors import PlanChanged, PlanInMaking
from app.flows.models import FlowPlan, FlowSlot
from app.flows.operations import drop_plan, move_passage, publish_plan, start_plan
from app.flows.queries import find_plan_in_force, get_plan_by_id, list_passages, list_plans
from app.registrations.operations import cancel_registration, register
from tests.factories import NOW, class_draft, make_event, make_organiser, make_plan
from tests.integration.flows.conftest import add_class, led_forum
from tests.races.together import together

MANY = 6


def planned_event() -> EventRow:
    event = make_event(make_organiser(), led_forum())
    for number, label in enumerate(("3e A", "3e B", "3e C")):
        add_class(event, label, wave=number // 2)
    return event


def healthy() -> None:
    assert [problem for result in run_checks(NOW) for problem in result.problems] == []


def test_of_many_who_press_at_once_one_begins_a_plan(whole_app: Flask) -> None:
    event = planned_event()
    answers = together(whole_app, [partial(start_plan, event.id, by=SYSTEM, now=NOW)] * MANY)
    (made,) = [answer for answer in answers if isinstance(answer, int)]
    refused = [answer for answer in answers if isinstance(answer, PlanInMaking)]
    assert [refusal.plan_id for refusal in refused] == [made] * (MANY - 1)
    assert len(list_plans(event.id)) == 1


def test_one_plan_is_in_force_whoever_publishes(whole_app: Flask) -> None:
    event = planned_event()
    drafts = []
    for _ in range(3):
        plan = get_plan_by_id(make_plan(event, publish=False))
        drafts.append(plan)
    works = [
        partial(publish_plan, plan.id, by=SYSTEM, now=NOW, revision=plan.revision, incomplete=True)
        for plan in drafts
        for _ in range(2)
    ]
    gone = list_passages(drafts[0].id)[0].registration_id
    everything: list[Callable[[], object]] = [
        *works,
        partial(cancel_registration, gone, by=SYSTEM, now=NOW),
        partial(register, event, class_draft(event, participants=10), by=SYSTEM, now=NOW),
    ]
    answers = together(whole_app, everything)
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert len(refused) == 3
    assert {type(refusal) for refusal in refused} <= {PlanChanged, MoveNotAllowed}
    states = [plan.state for plan in list_plans(event.id)]
    assert sorted(states) == [PlanState.IN_FORCE, PlanState.REPLACED, PlanState.REPLACED]
    in_force = find_plan_in_force(event.id)
    assert in_force is not None
    assert set(db.session.execute(select(FlowSlot.plan_id)).scalars()) == {in_force.id}
    healthy()


def test_publishing_against_dropping(whole_app: Flask) -> None:
    event = planned_event()
    plan = get_plan_by_id(make_plan(event, publish=False))
    both: list[Callable[[], object]] = [
        partial(publish_plan, plan.id, by=SYSTEM, now=NOW, revision=plan.revision),
        partial(drop_plan, plan.id, by=SYSTEM, now=NOW, revision=plan.revision),
    ]
    together(whole_app, both)
    after = get_plan_by_id(plan.id)
    slots = db.session.execute(select(func.count()).select_from(FlowSlot)).scalar_one()
    assert (after.state, slots > 0) in {(PlanState.IN_FORCE, True), (PlanState.DROPPED, False)}
    healthy()


def test_of_two_moves_at_once_one_is_told_to_look_again(whole_app: Flask) -> None:
    event = planned_event()
    plan = get_plan_by_id(make_plan(event, publish=False))
    row = list_passages(plan.id)[-1]
    works = [
        partial(
            move_passage,
            row.id,
            row.starts_at + timedelta(minutes=5 * number),
            by=SYSTEM,
            now=NOW,
            revision=plan.revision,
        )
        for number in range(1, MANY + 1)
    ]
    answers = together(whole_app, works)
    assert [type(answer) for answer in answers].count(PlanChanged) == MANY - 1
    assert get_plan_by_id(plan.id).revision == plan.revision + 1
    assert db.session.execute(select(func.count()).select_from(FlowPlan)).scalar_one() == 1

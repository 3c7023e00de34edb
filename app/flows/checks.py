"""What `doctor` checks about plans: the one in force is looked at by the checker, and its counters are counted again."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app.core.checks import check
from app.core.db import db
from app.events.models import Event, Space, Stop, Wave
from app.flows import traces
from app.flows.building import registration_and_wave
from app.flows.checker import check_plan
from app.flows.enums import PlanState
from app.flows.hours import Hours
from app.flows.minutes import to_passages
from app.flows.models import FlowPassage, FlowPlan, FlowSlot
from app.flows.operations.publishing import count_slots
from app.flows.summary import plan_json

TRACES = traces.__name__  # what plans keep of an event, registered wherever checks are


@check("flows.plans", "The plan in force keeps all that it was made to keep, as a checker of its own sees it")
def check_plans(now: datetime) -> list[str]:
    problems = []
    for plan, timezone in _list_in_force():
        rows = _passages(plan.id)
        if not _is_whole(plan.instance):
            continue  # a stop or a space went with its passages: the plan is out of date, and says so
        passages = to_passages(rows, Hours.read(plan.summary["days"]), timezone)
        found = check_plan(plan.instance, plan_json(plan.summary, passages))
        problems += [f"plan {plan.number} of event {plan.event_id}: {problem}" for problem in found]
    return problems


@check("flows.slots", "The people of the plan in force by space and five minutes are those of its passages")
def check_slots(now: datetime) -> list[str]:
    problems = [problem for plan, _timezone in _list_in_force() for problem in _recount(plan)]
    left = db.session.execute(
        select(FlowSlot.plan_id)
        .join(FlowPlan, FlowPlan.id == FlowSlot.plan_id)
        .where(FlowPlan.state != PlanState.IN_FORCE)
        .distinct()
    ).scalars()
    return [*problems, *(f"plan {plan_id} is not in force and still counts people" for plan_id in left)]


@check("flows.in_force", "An event has one plan in force at most, of its own groups, waves, stops and spaces")
def check_in_force(now: datetime) -> list[str]:
    several = db.session.execute(
        select(FlowPlan.event_id, func.count())
        .where(FlowPlan.state == PlanState.IN_FORCE)
        .group_by(FlowPlan.event_id)
        .having(func.count() > 1)
    )
    foreign = db.session.execute(
        select(FlowPassage.id)
        .join(FlowPlan, FlowPlan.id == FlowPassage.plan_id)
        .join(Wave, Wave.id == FlowPassage.wave_id)
        .join(Stop, Stop.id == FlowPassage.stop_id)
        .join(Space, Space.id == FlowPassage.space_id)
        .where(
            (Wave.event_id != FlowPlan.event_id)
            | (Stop.event_id != FlowPlan.event_id)
            | (Space.event_id != FlowPlan.event_id)
        )
    ).scalars()
    return [
        *(f"event {event_id} has {count} plans in force" for event_id, count in several),
        *(f"passage {passage_id} is in a space, at a stop or in a wave of another event" for passage_id in foreign),
    ]


def _recount(plan: FlowPlan) -> Iterator[str]:
    """With a stop that went its passages went, while the counters stay: then they may be too high, never too low."""
    counted, whole = count_slots(_passages(plan.id)), _is_whole(plan.instance)
    stored: dict[Any, int] = defaultdict(int)
    for slot in db.session.execute(select(FlowSlot.__table__).where(FlowSlot.plan_id == plan.id)):
        stored[slot.space_id, slot.starts_at] = slot.people
        if slot.people > slot.capacity:
            yield f"space {slot.space_id} is planned for {slot.people} people of {slot.capacity}"
    for key in sorted(counted.keys() | stored.keys()):
        people = counted.get(key, 0)
        if people != stored[key] and (whole or people > stored[key]):
            yield (
                f"plan {plan.number} of event {plan.event_id} counts {stored[key]} people in space {key[0]}"
                f" at {key[1]:%Y-%m-%d %H:%M}, its passages are {people}"
            )


def _list_in_force() -> list[tuple[FlowPlan, str]]:
    found = db.session.execute(
        select(FlowPlan, Event.timezone)
        .join(Event, Event.id == FlowPlan.event_id)
        .where(FlowPlan.state == PlanState.IN_FORCE)
        .order_by(FlowPlan.event_id, FlowPlan.id)
    )
    return [(row[0], row[1]) for row in found]


def _passages(plan_id: int) -> list[Any]:
    return list(db.session.execute(select(FlowPassage.__table__).where(FlowPassage.plan_id == plan_id)).all())


def _is_whole(instance: dict[str, Any]) -> bool:
    """Whether the stops, spaces and waves that the plan was made with are still there: with one of them go its passages."""
    waves = {registration_and_wave(group["id"])[1] for group in instance["groups"]}
    wanted: list[tuple[type[Stop] | type[Space] | type[Wave], set[int]]] = [
        (Stop, {int(stop["id"]) for stop in instance["stops"]}),
        (Space, {int(space["id"]) for space in instance["spaces"]}),
        (Wave, waves),
    ]
    counts = (select(func.count()).select_from(table).where(table.id.in_(ids)) for table, ids in wanted)
    return [db.session.execute(count).scalar_one() for count in counts] == [len(ids) for _table, ids in wanted]

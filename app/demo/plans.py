"""The plan of passages that is in force for a forum, made at once: no worker runs while the demo is loaded."""

from datetime import datetime

from app.core.actor import SYSTEM
from app.events.queries import get_event_by_id
from app.flows.building import build_instance
from app.flows.causes import find_causes
from app.flows.operations import publish_plan, start_plan
from app.flows.operations.making import finish_plan
from app.flows.planner import solve
from app.flows.queries import count_individuals, get_plan_by_id, list_groups_to_plan
from app.flows.reading import read_instance

EFFORT = 3
"""A tenth of the usual: enough for a demo."""


def make_plan(event_id: int, *, now: datetime) -> None:
    """Plan the groups of an event and put the plan in force; nobody is told."""
    plan_id = start_plan(event_id, by=SYSTEM, now=now, queue=False)
    event = get_event_by_id(event_id)
    built = build_instance(event, list_groups_to_plan(event_id), count_individuals(event_id))
    instance = read_instance(built.instance)
    found = solve(instance, effort=EFFORT)
    causes = [] if found.found else find_causes(instance)
    finish_plan(plan_id, built, instance, found, causes, by=SYSTEM, now=now)
    publish_plan(
        plan_id, by=SYSTEM, now=now, revision=get_plan_by_id(plan_id).revision, incomplete=True, tell=False
    )  # fmt: skip

"""Work on plans, done by workers: making one, and telling those whose hours it changes."""

import logging
from datetime import datetime

from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import in_transaction
from app.events.errors import EventNotFound
from app.events.queries import EventRow, get_event_by_id
from app.flows import delay_jobs, itineraries, plan_dates
from app.flows.building import Built, build_instance
from app.flows.causes import find_causes
from app.flows.enums import PlanState
from app.flows.errors import PlanNotFound
from app.flows.operations.making import PLAN_JOB, finish_plan, give_up, list_team_stops
from app.flows.operations.publishing import TELL_JOB
from app.flows.planner import solve
from app.flows.queries import count_individuals, get_plan_by_id, list_groups_to_plan
from app.flows.queries.plans import PlanRow
from app.flows.reading import read_instance
from app.flows.telling import tell_each
from app.jobs.registry import JobContext, Payload, handler

ITINERARIES = itineraries.__name__  # registered wherever jobs are: routes are shown from passages
DATES = plan_dates.__name__  # as ITINERARIES: the plan in force goes with new dates
DELAYS = delay_jobs.__name__  # as ITINERARIES: telling of delays
STAGES = 100

log = logging.getLogger("parcours.flows")


def _dead(payload: Payload, error: str, now: datetime) -> None:
    give_up(int(payload["plan_id"]))


def _cancelled(payload: Payload, now: datetime) -> None:
    give_up(int(payload["plan_id"]))


class _Dropped(Exception):
    """The plan was dropped while it was being made."""


@handler(PLAN_JOB, on_dead=_dead, on_cancel=_cancelled)
def make_plan(context: JobContext) -> None:
    """Make the plan and store it as a draft. Begun again, it is made again; done again, nothing changes."""
    plan_id = int(context.payload["plan_id"])
    plan = _find(plan_id)
    try:
        event = None if plan is None else get_event_by_id(plan.event_id)
    except EventNotFound:
        event = None
    if event is None:  # it is in the bin by now; or the plan was dropped, and nothing changes
        in_transaction(lambda: give_up(plan_id))
        return
    try:
        built = _build(event, context.payload, context.now())
        instance = read_instance(built.instance)
    except ValueError:  # since it was asked for, nothing that can be planned is left
        log.warning("plan %s of event %s cannot be made any more", plan_id, event.id, exc_info=True)
        in_transaction(lambda: give_up(plan_id))
        return
    db.session.rollback()  # nothing is held while it is worked out
    try:
        found = solve(instance, progress=_Progress(context, plan_id))
    except _Dropped:
        return
    causes = [] if found.found else find_causes(instance)
    now = context.now()
    in_transaction(lambda: finish_plan(plan_id, built, instance, found, causes, by=SYSTEM, now=now))


def _build(event: EventRow, payload: Payload, now: datetime) -> Built:
    return build_instance(
        event,
        list_groups_to_plan(event.id),
        count_individuals(event.id),
        previous=list_team_stops(payload["told"]),
        pins=list_team_stops(payload["pins_of"], pinned=True),
        now=now,
    )


def _find(plan_id: int) -> PlanRow | None:
    """The plan, as long as it is being made."""
    try:
        plan = get_plan_by_id(plan_id)
    except PlanNotFound:
        return None
    return plan if plan.state is PlanState.MAKING else None


class _Progress:
    """Moves the bar a hundred times at most, and stops the work when the plan was dropped."""

    def __init__(self, context: JobContext, plan_id: int) -> None:
        self._context, self._plan_id, self._stage = context, plan_id, -1

    def __call__(self, done: int, total: int) -> None:
        stage = STAGES * done // total
        if stage == self._stage:
            return
        self._stage = stage
        self._context.progress(done, total)
        db.session.rollback()  # what was read before is not what holds now
        if _find(self._plan_id) is None:
            raise _Dropped


@handler(TELL_JOB)
def tell_plan(context: JobContext) -> None:
    """Queue the mail to everyone whose hours a plan changed. Begun again, it goes on with those not told yet."""
    tell_each(context, "plan", {one: {} for one in context.payload["registration_ids"]})

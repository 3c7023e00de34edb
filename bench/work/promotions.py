"""Places for those who wait: offered by the worker's own handler in this process, when a wave takes many more people."""

import time
from dataclasses import replace

from sqlalchemy import update

from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.models import Event, Wave
from app.events.operations.waiting import OFFER_JOB
from app.events.queries import EventRow, get_places
from app.jobs.registry import JobContext, find_handler
from app.registrations.operations import register
from bench.client import NotMeasurable
from bench.data import make_event, people
from bench.figures import Figure, at_most, middle, spread_of
from bench.in_turn import Plan
from bench.stage import Stage

PROMOTED = 500
SECONDS = 2.0
ROUNDS = 3


def promotions(stage: Stage, plan: Plan) -> list[Figure]:
    """500 people wait for a wave that then takes 500 more: all are offered their place, with mail, history and calendar."""
    times = []
    for number in range(1 if plan.quick else ROUNDS):
        with stage.app.app_context():
            event = make_event(
                stage.ground.organiser_id, f"Forum complet {number}", now=clock.now(), capacity=1, waves=1
            )
            _fill(event)
            times.append(_promote(stage, event))
    return [at_most(f"{PROMOTED} promotions, {stage.kind}", middle(times), "s", SECONDS, spread_of(times))]


def _fill(event: EventRow) -> None:
    alone = [said for said in people(event, 2 * PROMOTED) if said.headcount.people == 1]
    with transaction():
        for said in alone[: PROMOTED + 1]:
            register(event, replace(said, waitlist=True), by=SYSTEM, now=clock.now())


def _promote(stage: Stage, event: EventRow) -> float:
    with transaction():
        db.session.execute(update(Event).where(Event.id == event.id).values(revision=Event.revision + 1))
        db.session.execute(update(Wave).where(Wave.event_id == event.id).values(capacity=Wave.capacity + PROMOTED))
    context = JobContext(1, {"event_id": event.id}, stage.ground.organiser_id, 1, clock.now, _unseen)
    began = time.perf_counter()
    find_handler(OFFER_JOB).work(context)
    seconds = time.perf_counter() - began
    places = get_places(event)
    if (places.taken, sum(places.waiting.values())) != (PROMOTED + 1, 0):
        raise NotMeasurable("not all of them were offered their place")
    return seconds


def _unseen(_done: int, _total: int) -> None:
    """Nobody watches the bar."""

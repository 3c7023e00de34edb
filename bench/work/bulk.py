"""One action on many registrations, by the worker's own handler in this process."""

import time

from app.accounts.queries import find_account_id
from app.core import clock
from app.core.actor import Actor, ActorKind
from app.core.transaction import transaction
from app.jobs.registry import JobContext, find_handler
from app.registrations.bulk.operations import prepare, set_params, start
from app.registrations.bulk.queries import get_bulk
from app.registrations.bulk.rules import RUN_JOB
from app.registrations.enums import BulkKind
from app.registrations.queries import list_ids_alive
from bench.client import NotMeasurable
from bench.data import EMAIL, make_event, register_many
from bench.figures import Figure, shown
from bench.in_turn import Plan
from bench.stage import Stage

MOVED = 500


def bulk(stage: Stage, plan: Plan) -> list[Figure]:
    """Move 500 registrations to another time, each told by mail, with the pauses that let others write in between."""
    organiser_id = stage.ground.organiser_id
    with stage.app.app_context():
        now = clock.now()
        event = make_event(organiser_id, "Forum à déplacer", now=now, waves=2)
        register_many(event, MOVED, now=now)
        by = Actor(ActorKind.STAFF, "Inès Roux", find_account_id(EMAIL), organiser_id)
        with transaction():
            bulk_id = prepare(event, BulkKind.MOVE, list_ids_alive(event.id), by=by, now=now)
            set_params(bulk_id, {"to": event.waves[1].id, "from": None, "tell": True})
            start(bulk_id, event, by=by, now=now)
        job_id = get_bulk(bulk_id).job_id
        assert job_id is not None
        began = time.perf_counter()
        find_handler(RUN_JOB).work(JobContext(job_id, {"bulk_id": bulk_id}, organiser_id, 1, clock.now, _unseen))
        seconds = time.perf_counter() - began
        if len(get_bulk(bulk_id).items) != MOVED:
            raise NotMeasurable("not all of them were dealt with")
    return [shown(f"move {MOVED} registrations at once, in the worker, {stage.kind}", seconds, "s")]


def _unseen(_done: int, _total: int) -> None:
    """Nobody watches the bar."""

"""Registering: one by API beside the bare handler, and two hundred people at once for fifty places."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

from app.core import clock
from app.events.queries import EventRow, get_event_by_id, get_places
from bench.client import NotMeasurable, Reply, all_at_once, json_request, run_load
from bench.data import make_event
from bench.figures import Figure, at_least, at_most, exactly, middle, shown, spread_of
from bench.in_turn import Plan, measure_in_turn
from bench.stage import Stage
from bench.work.door import bare_requests, is_taken

RATIO = 0.3
PEOPLE, PLACES = 200, 50
RUSH_SECONDS = 1.5

_numbers = itertools.count(1)


def registration(event: EventRow, wave_id: int) -> dict[str, Any]:
    """What a program sends for one person, whom nobody has registered yet."""
    number = next(_numbers)
    return {
        "kind": "individual",
        "audience": "job_seeker",
        "waves": [str(wave_id)],
        "contact": {"name": f"Hugo Dupont {number}", "email": f"hugo.{event.id}.{number}@example.org"},
    }


def registration_requests(stage: Stage, event: EventRow) -> Iterator[bytes]:
    """Registrations without end, over all waves."""
    path = f"/api/v1/events/{event.slug}/registrations"
    for wave in itertools.cycle(event.waves):
        yield json_request(path, registration(event, wave.id), stage.ground.token)


def is_registered(reply: Reply) -> bool:
    return reply.status == 201 and b'"confirmed"' in reply.body


def registrations(stage: Stage, plan: Plan) -> list[Figure]:
    """One registration a call, beside the bare handler."""
    ours, beside = registration_requests(stage, stage.ground.open), bare_requests()
    pair = measure_in_turn(
        lambda seconds: run_load(stage.ours.address, ours, expected=is_registered, seconds=seconds),
        lambda seconds: run_load(stage.bare.address, beside, expected=is_taken, seconds=seconds),
        plan,
    )
    crowded = bare_requests(1)
    run_load(stage.bare.address, crowded, expected=is_taken, seconds=plan.warm_up)
    on_one = [
        run_load(stage.bare.address, crowded, expected=is_taken, seconds=plan.seconds).rate for _ in range(plan.rounds)
    ]
    name = f"one registration by API, {stage.kind}"
    return [
        at_least(name, pair.ratio, "of bare", RATIO, pair.spread),
        shown(f"  {name}: ours", middle(pair.ours), "/s", spread_of(pair.ours)),
        shown(f"  {name}: bare", middle(pair.bare), "/s", spread_of(pair.bare)),
        shown(f"  {name}: bare, all on one row as on one event", middle(on_one), "/s", spread_of(on_one)),
    ]


def rush(stage: Stage, plan: Plan) -> list[Figure]:
    """200 registrations at the same moment for the 50 places of one wave, several times on a fresh event."""
    confirmed, faults, seconds = [], [], []
    for _ in range(plan.rounds):
        with stage.app.app_context():
            event = make_event(stage.ground.organiser_id, "Ruée", now=clock.now(), capacity=PLACES, waves=1)
        sent = list(itertools.islice(registration_requests(stage, event), PEOPLE))
        load = all_at_once(stage.ours.address, sent)
        if not load.statuses:
            raise NotMeasurable(f"nobody got an answer: {load.errors[0]}")
        refused = sum(_is_full(body) for body in load.bodies)
        if load.statuses[201] + refused + _count_faults(load.statuses) + len(load.errors) != PEOPLE:
            raise NotMeasurable(f"unexpected answers: {dict(load.statuses)}")
        confirmed.append(_count_confirmed(stage, event.id, load.statuses[201]))
        faults.append(_count_faults(load.statuses) + len(load.errors))
        seconds.append(load.seconds)
    name = f"{PEOPLE} at once for {PLACES} places, {stage.kind}"
    worst = max(confirmed, key=lambda count: abs(count - PLACES))
    return [
        exactly(f"{name}: confirmed", worst, "people", PLACES, spread_of(confirmed)),
        exactly(f"{name}: 5xx or no answer", max(faults), "answers", 0),
        at_most(name, middle(seconds), "s", RUSH_SECONDS, spread_of(seconds)),
    ]


def _is_full(body: bytes) -> bool:
    code = json.loads(body).get("code", "")
    return bool(code == "wave_full")


def _count_faults(statuses: dict[int, int]) -> int:
    return sum(count for status, count in statuses.items() if status >= 500)


def _count_confirmed(stage: Stage, event_id: int, answered: int) -> int:
    """What the database holds; the answers must say the same."""
    with stage.app.app_context():
        held = get_places(get_event_by_id(event_id)).taken
    if held != answered:
        raise NotMeasurable(f"{answered} people were told that they have a place, the database holds {held}")
    return held

"""Screens of the day: a wall board and a space's live page that look again and again, beside a bare « hello »."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from app.core import clock
from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.core.urls import stand_path
from app.events.drafts import SpaceDraft, StopDraft
from app.events.enums import EventMove
from app.events.operations import create_event, move_event
from app.events.operations.stands import open_stand
from app.events.queries import EventRow, get_event
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft
from app.registrations.enums import RegistrationKind
from app.registrations.operations import register
from bench.client import request, run_load
from bench.data import draft
from bench.figures import Figure, at_least, middle, shown, spread_of
from bench.in_turn import Plan, measure_in_turn
from bench.stage import Stage
from bench.work.pages import is_page

SPACES, GROUPS = 12, 60
RATIO = 0.02
"""A screen asks three times a minute, a hundred of them five times a second: what matters is that they weigh nothing."""


def screens(stage: Stage, plan: Plan) -> list[Figure]:
    """An event under way with sixty groups in twelve spaces; hours worked out, which is what takes longest to make."""
    with stage.app.app_context():
        event, token = _event(stage, clock.now())
    return [
        *_beside_hello(stage, plan, "wall board", f"/events/{event.slug}/board"),
        *_beside_hello(stage, plan, "stand's live page", stand_path(token)),
    ]


def _beside_hello(stage: Stage, plan: Plan, name: str, path: str) -> list[Figure]:
    looks, hello = itertools.repeat(request("GET", path)), itertools.repeat(request("GET", "/hello"))
    pair = measure_in_turn(
        lambda seconds: run_load(stage.ours.address, looks, expected=is_page, seconds=seconds),
        lambda seconds: run_load(stage.bare.address, hello, expected=lambda r: r.body == b"hello", seconds=seconds),
        plan,
    )
    return [
        at_least(name, pair.ratio, "of hello", RATIO, pair.spread),
        shown(f"  {name}: ours", middle(pair.ours), "/s", spread_of(pair.ours)),
    ]


def _event(stage: Stage, now: datetime) -> tuple[EventRow, str]:
    """An event whose first wave began just now, and the link of its first space."""
    spaces = tuple(SpaceDraft(f"Salle {number}", 100_000) for number in range(1, SPACES + 1))
    stops = tuple(StopDraft(f"Étape {number}", 15, space=f"Salle {number}") for number in range(1, SPACES + 1))
    made = draft("Jour J", now=now, in_days=0)
    begins = now - timedelta(minutes=20)
    waves = tuple(
        replace(wave, starts_at=begins + number * timedelta(minutes=10), ends_at=begins + (number + 4) * timedelta(minutes=10))
        for number, wave in enumerate(made.waves)
    )  # fmt: skip
    whole = replace(
        made, starts_at=begins, ends_at=begins + timedelta(hours=8), waves=waves, spaces=spaces, stops=stops
    )
    with transaction():
        slug = create_event(whole, organiser_id=stage.ground.organiser_id, by=SYSTEM, now=now - timedelta(days=1))
        event = get_event(slug)
        move_event(event.id, EventMove.PUBLISH, by=SYSTEM, now=now - timedelta(days=1))
    event = get_event(slug)
    with transaction():
        for registration in _classes(event):
            register(event, registration, by=SYSTEM, now=now - timedelta(days=1), quiet=True)
        token = open_stand(event.id, event.spaces[0].id, by=SYSTEM, now=now)
    return event, token


def _classes(event: EventRow) -> Iterator[RegistrationDraft]:
    for number in range(GROUPS):
        yield RegistrationDraft(
            kind=RegistrationKind.GROUP,
            audience="school",
            waves=(event.waves[number % len(event.waves)].id,),
            contact=Contact(f"Manon Lambert {number}", f"classe{number}@example.org"),
            headcount=Headcount(28, 2),
            organisation=Organisation(f"Collège {number % 9}", "", f"3e {number}", "Dijon"),
        )

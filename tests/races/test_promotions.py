"""Offering, registering, cancelling, accepting and running out at once: what there is goes once, in turn, and is told once."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import Conflict
from app.core.transaction import transaction
from app.events.enums import WaitingPolicy
from app.events.operations import edit_event
from app.events.queries import EventRow, get_event_by_id, get_places
from app.messages.models import Message
from app.registrations.drafts import Headcount
from app.registrations.models import Registration
from app.registrations.operations import (
    Registered,
    accept_offer,
    cancel_registration,
    change_registration,
    decline_offer,
    lapse_offers,
    offer_places,
    register,
)
from tests.factories import NOW, class_draft, make_event, make_organiser, make_registration, one_wave, person_draft
from tests.integration.waiting.conftest import edited
from tests.processes import PROCESSES, start_process
from tests.properties.queue_model import Hall, look
from tests.races.child import promote_and_answer
from tests.races.together import together

LATER = NOW + timedelta(hours=24)


def crowded(places: int, waiting: int, policy: WaitingPolicy) -> tuple[EventRow, list[Registered], list[Registered]]:
    """An event of one wave, full of single people, with parties of one to three on the list."""
    event = make_event(make_organiser(), one_wave(places, waiting_policy=policy))
    there = [make_registration(event, person_draft(event)) for _ in range(places)]
    queue = []
    for number in range(waiting):
        people = number % 3 + 1
        draft = class_draft(event, participants=people, companions=0) if people > 1 else person_draft(event)
        queue.append(make_registration(event, replace(draft, waitlist=True)))
    return event, there, queue


def statuses(made: Sequence[Registered]) -> list[str]:
    found = db.session.execute(
        select(Registration.id, Registration.status).where(Registration.id.in_([m.id for m in made]))
    )
    by_id = {row.id: row.status.value for row in found}
    db.session.rollback()
    return [by_id[m.id] for m in made]


def mails(template: str) -> Counter[str]:
    """How often each registration was told that."""
    wanted = select(Message.subject, func.count()).where(Message.template == f"registrations.{template}")
    found = Counter({row[0]: row[1] for row in db.session.execute(wanted.group_by(Message.subject))})
    db.session.rollback()
    return found


def assert_nothing_is_lost(event_id: int, now: Any = NOW) -> None:
    """Doctor is content, nobody was told twice, and once the worker has been there nobody waits whose turn it is."""
    with transaction():
        offer_places(event_id, now=now)
    snapshot = look(event_id)
    assert sum(held for s in snapshot.values() for _, held in s.held) == get_places(get_event_by_id(event_id)).taken
    assert Hall(get_event_by_id(event_id), snapshot, now).kept_waiting() == []
    assert [r for r in run_checks(now) if not r.ok] == []
    db.session.rollback()
    assert set(mails("offered").values()) | set(mails("lapsed").values()) <= {1}


@pytest.mark.parametrize("policy", WaitingPolicy)
def test_promotions_newcomers_and_cancellations_at_once(policy: WaitingPolicy, whole_app: Flask) -> None:
    event, there, queue = crowded(8, 9, policy)
    works: list[Callable[[], Any]] = []
    for number, made in enumerate(there[:6]):
        works += [
            partial(cancel_registration, made.id, by=SYSTEM, now=NOW),
            partial(register, event, person_draft(event), by=SYSTEM, now=NOW),
            partial(offer_places, event.id, now=NOW),
        ]
        if number % 2:
            works.append(partial(cancel_registration, queue[number].id, by=SYSTEM, now=NOW))
    answers = together(whole_app, works)
    assert all(isinstance(a, Conflict) or not isinstance(a, Exception) for a in answers)
    assert not [a for a in answers if isinstance(a, Registered)] or policy is WaitingPolicy.SKIP
    assert_nothing_is_lost(event.id)
    left = [status for n, status in enumerate(statuses(queue)) if n not in {1, 3, 5}]
    if policy is WaitingPolicy.HOLD:  # whoever is served stands before whoever is not
        assert left == sorted(left, key=["offered", "waitlisted"].index)
    assert sum(mails("offered").values()) == left.count("offered") + sum(
        mails("offered")[f"registration:{queue[n].id}"] for n in (1, 3, 5)
    )


def test_one_offer_is_accepted_declined_or_runs_out_but_once(whole_app: Flask) -> None:
    event, there, queue = crowded(2, 2, WaitingPolicy.HOLD)
    queue = sorted(queue, key=lambda made: made.id)
    with transaction():
        cancel_registration(there[0].id, by=SYSTEM, now=NOW)
    with transaction():
        assert offer_places(event.id, now=NOW).count == 1
    first = queue[0].id
    works: list[Callable[[], Any]] = [
        *[partial(accept_offer, first, by=SYSTEM, now=LATER - timedelta(seconds=1)) for _ in range(3)],
        *[partial(decline_offer, first, by=SYSTEM, now=LATER) for _ in range(2)],
        *[partial(lapse_offers, event.id, now=LATER) for _ in range(3)],
        *[partial(cancel_registration, first, by=SYSTEM, now=LATER) for _ in range(2)],
    ]
    answers = together(whole_app, works)
    accepted, declined = answers[:3].count(None), answers[3:5].count(None)
    lapsed, cancelled = sum(a == 1 for a in answers[5:8]), answers[8:].count(None)
    assert accepted <= 1
    assert declined + lapsed + cancelled <= 1
    assert accepted + declined + lapsed + cancelled in {1, 2}  # what was accepted may be cancelled, nothing else
    if accepted:
        assert (declined, lapsed) == (0, 0)
    assert_nothing_is_lost(event.id, LATER)


@pytest.mark.parametrize("policy", WaitingPolicy)
def test_more_room_while_people_come_change_and_go(policy: WaitingPolicy, whole_app: Flask) -> None:
    event, there, queue = crowded(6, 6, policy)
    larger = edited(event, one_wave(12, waiting_policy=policy))
    works: list[Callable[[], Any]] = [
        partial(edit_event, event.id, larger, by=SYSTEM, now=NOW),
        *[partial(register, event, person_draft(event, waitlist=True), by=SYSTEM, now=NOW) for _ in range(4)],
        *[partial(offer_places, event.id, now=NOW) for _ in range(4)],
        *[partial(change_registration, m.id, headcount=Headcount(1), by=SYSTEM, now=NOW) for m in queue[1::3]],
        *[partial(cancel_registration, m.id, by=SYSTEM, now=NOW) for m in there[:3]],
    ]
    answers = together(whole_app, works)
    assert all(isinstance(a, Conflict) or not isinstance(a, Exception) for a in answers)
    assert_nothing_is_lost(event.id)


def test_processes_offer_answer_and_register_at_once(whole_app: Flask, whole_url: str, tmp_path: Path) -> None:
    random.seed(4)
    event, _there, _queue = crowded(10, 20, WaitingPolicy.SKIP)
    db.session.rollback()
    pipes = [PROCESSES.Pipe(duplex=False) for _ in range(3)]
    started = [
        start_process(promote_and_answer, whole_url, str(tmp_path), event.slug, seed, send)
        for seed, (_, send) in enumerate(pipes)
    ]
    for receive, _ in pipes:
        assert receive.poll(180)
        assert receive.recv() == []
    for process in started:
        process.join(30)
        assert process.exitcode == 0
    assert_nothing_is_lost(event.id)

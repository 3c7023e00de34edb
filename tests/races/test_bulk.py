"""Actions on many while others register, while somebody presses again, and while workers are killed."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.accounts.enums import Role
from app.core.actor import SYSTEM, Actor, ActorKind
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.queries import EventRow
from app.jobs.models import Job
from app.jobs.worker import run_worker
from app.registrations.bulk import jobs
from app.registrations.bulk.operations import prepare, set_params, start, start_undo
from app.registrations.bulk.queries import get_bulk
from app.registrations.bulk.rules import Stage
from app.registrations.enums import BulkKind
from app.registrations.models import Registration
from app.registrations.operations import cancel_registration, register
from tests.factories import (
    DAY_ONE,
    NOW,
    forum,
    make_event,
    make_member,
    make_organiser,
    make_registration,
    person_draft,
)
from tests.integration.dbs import wait_until
from tests.integration.importing.worker_process import serve
from tests.processes import start_process
from tests.races.together import assert_whole, count, together

pytestmark = pytest.mark.usefixtures("blank_tickets")

CANCEL = {"code": "transport", "reason": "", "tell": True}


@pytest.fixture
def team(whole_app: Flask) -> Actor:
    organiser_id = make_organiser()
    account_id, _mail = make_member(organiser_id, Role.OWNER)
    return Actor(ActorKind.STAFF, "Inès Roux", account_id, organiser_id)


@pytest.fixture
def two_waves(team: Actor) -> EventRow:
    """One of 400 people and one of 40."""
    later = DAY_ONE + timedelta(minutes=40)
    waves = (WaveDraft(DAY_ONE, later, 400), WaveDraft(later, later + timedelta(minutes=40), 40))
    return make_event(team.organiser_id or 0, forum(waves=waves))


def prepared(event: EventRow, kind: BulkKind, ids: list[int], params: dict[str, Any], by: Actor) -> int:
    with transaction():
        bulk_id = prepare(event, kind, ids, by=by, now=NOW)
        set_params(bulk_id, params)
    return bulk_id


def moving_and_registering(app: Flask, event: EventRow, works: Sequence[Callable[[], Any]], crowd: int) -> None:
    """Two workers do what waits while a crowd asks for the second wave, and `works` are done."""
    workers = [
        threading.Thread(
            target=run_worker, args=(app,), kwargs={"drain": True, "stop": threading.Event(), "concurrency": 2}
        )
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    waves = (event.waves[1].id,)
    asking = [partial(register, event, person_draft(event, waves=waves), by=SYSTEM, now=NOW) for _ in range(crowd)]
    everything: list[Callable[[], Any]] = [*works, *asking]
    together(app, everything)
    for worker in workers:
        worker.join(120)
    assert not any(worker.is_alive() for worker in workers)
    db.session.rollback()


def test_moving_many_into_a_wave_that_fills_meanwhile_oversells_nothing(
    whole_app: Flask, team: Actor, two_waves: EventRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BREATH", 0)
    event = two_waves
    made = [make_registration(event, person_draft(event)).id for _ in range(60)]
    params = {"to": event.waves[1].id, "from": None, "tell": False}
    bulk_id = prepared(event, BulkKind.MOVE, made, params, team)
    with transaction():
        start(bulk_id, event, by=team, now=NOW)
    leaving = [partial(cancel_registration, i, by=SYSTEM, now=NOW) for i in made[:5]]
    moving_and_registering(whole_app, event, leaving, 20)
    row = get_bulk(bulk_id)
    assert (row.stage, len(row.items)) == (Stage.DONE, 60)
    assert set(Counter(item.result.value for item in row.items)) <= {"done", "wave_full", "cancelled"}
    assert_whole(event.id)
    with transaction():
        start_undo(bulk_id, event, by=team, now=NOW)
    moving_and_registering(whole_app, event, [], 20)
    assert get_bulk(bulk_id).stage is Stage.UNDONE
    assert_whole(event.id)


def test_undoing_a_cancellation_races_with_those_who_want_the_places(
    whole_app: Flask, team: Actor, two_waves: EventRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BREATH", 0)
    event = two_waves
    waves = (event.waves[1].id,)
    made = [make_registration(event, person_draft(event, waves=waves)).id for _ in range(40)]
    bulk_id = prepared(event, BulkKind.CANCEL, made, CANCEL | {"tell": False}, team)
    with transaction():
        start(bulk_id, event, by=team, now=NOW)
    run_worker(whole_app, drain=True, stop=threading.Event(), concurrency=1)
    with transaction():
        start_undo(bulk_id, event, by=team, now=NOW)
    moving_and_registering(whole_app, event, [], 20)
    row = get_bulk(bulk_id)
    back = sum(item.undo is not None and item.undo.value == "done" for item in row.items)
    others = count("registrations", "status = 'confirmed'") - back
    assert (row.stage, back + others) == (Stage.UNDONE, 40)
    assert_whole(event.id)


def test_pressed_by_six_at_once_it_begins_once(whole_app: Flask, team: Actor, two_waves: EventRow) -> None:
    made = [make_registration(two_waves, person_draft(two_waves)).id for _ in range(3)]
    bulk_id = prepared(two_waves, BulkKind.CANCEL, made, CANCEL, team)
    pressing = partial(start, bulk_id, two_waves, by=team, now=NOW)
    assert together(whole_app, [pressing] * 6) == [None] * 6
    assert count("jobs", "name = 'registrations.run_bulk'") == 1
    run_worker(whole_app, drain=True, stop=threading.Event(), concurrency=2)
    undoing = partial(start_undo, bulk_id, two_waves, by=team, now=NOW)
    assert together(whole_app, [undoing] * 6) == [None] * 6
    assert count("jobs", "name = 'registrations.undo_bulk'") == 1


def start_worker(url: str, instance: Path) -> BaseProcess:
    return start_process(serve, url, str(instance), NOW)


def dealt_with(bulk_id: int) -> int:
    db.session.rollback()
    return len(get_bulk(bulk_id).items)


def test_killed_workers_deal_with_each_once(
    whole_app: Flask, whole_url: str, team: Actor, two_waves: EventRow, tmp_path: Path
) -> None:
    event = two_waves
    made = [make_registration(event, person_draft(event)).id for _ in range(200)]
    with transaction():  # mails of before: they would be sent first
        db.session.execute(text("DELETE FROM jobs"))
        db.session.execute(text("DELETE FROM messages"))
    bulk_id = prepared(event, BulkKind.CANCEL, made, CANCEL | {"tell": False}, team)
    with transaction():
        start(bulk_id, event, by=team, now=NOW)
    worker = start_worker(whole_url, tmp_path)
    try:
        for killed_at in (50, 100):
            wait_until(lambda least=killed_at: dealt_with(bulk_id) >= least)  # type: ignore[misc]
            worker.kill()
            worker.join(30)
            assert dealt_with(bulk_id) < 200
            worker = start_worker(whole_url, tmp_path)
        wait_until(lambda: dealt_with(bulk_id) == 200)
    finally:
        worker.kill()
        worker.join(30)
    assert {item.result.value for item in get_bulk(bulk_id).items} == {"done"}
    assert count("audit_entries", "verb = 'registration.cancelled'") == 200
    assert count("calendar_sequences", "sequence = 1") == 200
    left = select(func.count()).select_from(Registration).where(Registration.status == "confirmed")
    assert db.session.execute(left).scalar_one() == 0
    names = db.session.execute(select(Job.name).where(Job.subject == f"bulk:{bulk_id}")).scalars().all()
    assert names == ["registrations.run_bulk"]

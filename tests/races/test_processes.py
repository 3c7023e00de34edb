"""Several processes on one database, and processes killed at any moment."""

import os
import random
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from flask import Flask

from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import get_places
from app.registrations.operations import register
from tests.factories import NOW, forum, make_event, make_organiser, one_wave, person_draft
from tests.integration.dbs import wait_until
from tests.processes import PROCESSES, start_process
from tests.races.child import be_busy, register_many, stop_inside
from tests.races.together import assert_whole, count

KILLS = 60 if os.environ.get("TEST_LONG") == "1" else 4


def kill(process: BaseProcess) -> None:
    process.kill()
    process.join(30)


def test_three_processes_sell_exactly_what_there_is(whole_app: Flask, whole_url: str, tmp_path: Path) -> None:
    event = make_event(make_organiser(), one_wave(50))
    db.session.rollback()
    pipes = [PROCESSES.Pipe(duplex=False) for _ in range(3)]
    started = [start_process(register_many, whole_url, str(tmp_path), event.slug, 40, send) for _, send in pipes]
    sold = []
    for receive, _ in pipes:
        assert receive.poll(120)
        sold.append(receive.recv())
    for process in started:
        process.join(30)
        assert process.exitcode == 0
    assert sum(sold) == 50
    assert get_places(event).taken == 50
    assert_whole(event.id)


def test_a_process_killed_before_its_commit_leaves_nothing(whole_app: Flask, whole_url: str, tmp_path: Path) -> None:
    event = make_event(make_organiser(), one_wave(5))
    db.session.rollback()
    before = [count(t) for t in ("registrations", "tickets", "scans", "presences", "messages", "jobs", "audit_entries")]
    receive, send = PROCESSES.Pipe(duplex=False)
    process = start_process(stop_inside, whole_url, str(tmp_path), event.slug, send)
    try:
        assert receive.poll(120)
        assert str(receive.recv()).startswith("VT-")
        assert get_places(event).taken == 0
        db.session.rollback()
    finally:
        kill(process)
    after = [count(t) for t in ("registrations", "tickets", "scans", "presences", "messages", "jobs", "audit_entries")]
    assert after == before
    for _ in range(5):  # the places and the lock are free again
        with transaction():
            register(event, person_draft(event), by=SYSTEM, now=NOW)
    assert_whole(event.id)


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_half_written(whole_app: Flask, whole_url: str, tmp_path: Path) -> None:
    event = make_event(make_organiser(), forum(capacity=75))
    db.session.rollback()
    busy = [start_process(be_busy, whole_url, str(tmp_path), event.slug, seed) for seed in range(2)]
    try:
        for number in range(KILLS):
            goal = count("audit_entries") + random.randint(3, 25)
            wait_until(lambda goal=goal: count("audit_entries") >= goal)  # type: ignore[misc]
            kill(busy[number % 2])
            assert_nothing_is_half_written(event.id)
            busy[number % 2] = start_process(be_busy, whole_url, str(tmp_path), event.slug, 100 + number)
    finally:
        for process in busy:
            kill(process)
    assert_nothing_is_half_written(event.id)
    assert_whole(event.id)


def assert_nothing_is_half_written(event_id: int) -> None:
    """Each registration has its ticket, its wave, its audit line and its mail with a job: all were written together."""
    made = count("registrations")
    assert made > 0
    assert count("registrations", "id NOT IN (SELECT registration_id FROM tickets)") == 0
    assert count("registrations", "id NOT IN (SELECT registration_id FROM registration_waves)") == 0
    assert count("messages", "'message:' || id NOT IN (SELECT subject FROM jobs)") == 0
    assert (
        count(
            "registrations",
            "'registration:' || id NOT IN (SELECT subject FROM audit_entries WHERE verb = 'registration.made')",
        )
        == 0
    )

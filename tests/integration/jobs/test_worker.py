"""The worker runs what is due, survives what breaks, and ends when told."""

import logging
import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from app.core import clock
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.jobs import jobs, operations  # noqa: F401 - jobs registers the queue's own work
from app.jobs.models import JobState
from app.jobs.operations import claim, enqueue
from app.jobs.queries import JobRow, count_due, get_job, list_jobs
from app.jobs.registry import handler, periodic
from app.jobs.worker import run_worker, stop_on_signals
from tests.integration.dbs import Databases, make_app, wait_until
from tests.integration.jobs import handlers


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    handlers.forget()
    yield
    handlers.forget()


def add(app: Flask, name: str, n: int) -> int:
    with app.app_context(), transaction():
        return enqueue(name, {"n": n}, now=clock.now())


def drain(app: Flask) -> None:
    run_worker(app, drain=True, stop=threading.Event())


def read(app: Flask, job_id: int) -> JobRow:
    with app.app_context():
        return get_job(job_id)


def move_clock(app: Flask, by: timedelta) -> None:
    with app.app_context():
        set_clock(app.extensions, clock.now() + by)


def test_drain_does_what_is_due_and_returns(app: Flask) -> None:
    for n in range(20):
        add(app, "tests.note", n)
    with app.app_context():
        added = clock.now()  # what recurs may be due again by the time that all is done
    drain(app)
    assert sorted(n for n in handlers.done if n >= 0) == list(range(20))
    with app.app_context():
        assert count_due(added) == 0


def test_what_breaks_waits_for_its_next_try_and_the_others_go_on(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    broken, passing, final, unknown = (
        add(app, name, 1) for name in ("tests.break", "tests.later", "tests.give_up", "tests.unheard_of")
    )
    good = add(app, "tests.note", 2)
    with caplog.at_level(logging.INFO, "parcours.jobs"):
        drain(app)
    assert 2 in handlers.done
    states = {
        job_id: (read(app, job_id).state, read(app, job_id).last_error) for job_id in (broken, passing, final, good)
    }
    assert states == {
        broken: (JobState.QUEUED, "RuntimeError: broken 1"),
        passing: (JobState.QUEUED, "not yet"),
        final: (JobState.DEAD, "never"),
        good: (JobState.DONE, ""),
    }
    assert read(app, unknown).last_error == "no handler named tests.unheard_of"
    assert handlers.dead == [(1, "never")]
    ends = [record.getMessage() for record in caplog.records if "attempt" in record.getMessage()]
    assert sum(line.startswith(f"job {good} tests.note attempt 1 done") for line in ends) == 1
    assert sum(line.startswith(f"job {final} tests.give_up attempt 1 given up: never") for line in ends) == 1


def test_jobs_run_outside_any_transaction_with_a_bar_that_moves(app: Flask) -> None:
    job_id = add(app, "tests.wait", 3)
    worker = threading.Thread(target=drain, args=(app,))
    worker.start()
    wait_until(lambda: read(app, job_id).progress_total == 2)
    assert read(app, job_id).state is JobState.RUNNING
    handlers.go_on.set()
    worker.join(30)
    assert read(app, job_id).state is JobState.DONE


def test_a_long_job_keeps_its_lease(app: Flask) -> None:
    job_id = add(app, "tests.wait", 3)
    lease = timedelta(seconds=60)
    worker = threading.Thread(
        target=run_worker, args=(app,), kwargs={"drain": True, "stop": threading.Event(), "lease": lease}
    )
    worker.start()
    wait_until(lambda: read(app, job_id).progress_total == 2)
    for _ in range(3):
        move_clock(app, timedelta(seconds=40))
        with app.app_context():
            now = clock.now()
        wait_until(lambda now=now: leased_until(app, job_id) >= now + timedelta(seconds=59))  # type: ignore[misc]
    with app.app_context(), transaction():
        other = claim("other", now=clock.now())  # at the turn of an hour a periodic job may be due: not this one
        assert other is None or other.id != job_id
    handlers.go_on.set()
    worker.join(30)
    assert (read(app, job_id).state, read(app, job_id).attempts) == (JobState.DONE, 1)


def leased_until(app: Flask, job_id: int) -> datetime:
    from sqlalchemy import select

    from app.core.db import db
    from app.jobs.models import Job

    with app.app_context():
        found = db.session.scalar(select(Job.leased_until).where(Job.id == job_id))
    assert found is not None
    return found


def test_stopping_ends_the_running_job_first_and_takes_no_other(app: Flask) -> None:
    running = add(app, "tests.wait", 1)
    stop = threading.Event()
    worker = threading.Thread(target=run_worker, args=(app,), kwargs={"drain": False, "stop": stop, "concurrency": 1})
    worker.start()
    assert handlers.started.wait(30)
    waiting = add(app, "tests.note", 2)
    stop.set()
    handlers.go_on.set()
    worker.join(30)
    assert not worker.is_alive()
    assert read(app, running).state is JobState.DONE
    assert read(app, waiting).state is JobState.QUEUED


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_once_then_acts_as_ever(number: int) -> None:
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    stop = threading.Event()
    try:
        stop_on_signals(stop)
        os.kill(os.getpid(), number)
        wait_until(stop.is_set)
        assert signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}
    finally:
        for n, previous in before.items():
            signal.signal(n, previous)


def test_idle_workers_pick_up_what_comes(app: Flask) -> None:
    stop = threading.Event()
    worker = threading.Thread(target=run_worker, args=(app,), kwargs={"drain": False, "stop": stop})
    worker.start()
    add(app, "tests.note", 8)
    wait_until(lambda: 8 in handlers.done)
    stop.set()
    worker.join(30)
    assert not worker.is_alive()


def test_periodic_work_is_stored_once_a_period_by_all_workers(app: Flask) -> None:
    set_clock(app.extensions, datetime(2027, 2, 4, 8, 10, tzinfo=UTC))
    workers = [threading.Thread(target=drain, args=(app,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    drain(app)
    assert hourly_jobs(app) == 1
    move_clock(app, timedelta(minutes=45))
    drain(app)
    assert hourly_jobs(app) == 1
    move_clock(app, timedelta(minutes=15))
    drain(app)
    assert hourly_jobs(app) == 2
    assert handlers.done.count(-1) == 2


def hourly_jobs(app: Flask) -> int:
    with app.app_context():
        return sum(job.name == "tests.hourly" for job in list_jobs())


def test_a_busy_database_makes_the_worker_wait(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.core.errors import DatabaseBusy
    from app.jobs import worker as module

    refusals = [DatabaseBusy(), RuntimeError("connection lost")]

    def refuse_twice(worker: str, *, now: datetime, lease: timedelta) -> operations.ClaimedJob | None:
        if refusals:
            raise refusals.pop(0)
        return claim(worker, now=now, lease=lease)

    monkeypatch.setattr(module, "claim", refuse_twice)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    job_id = add(app, "tests.note", 5)
    drain(app)
    assert read(app, job_id).state is JobState.DONE


def test_the_worker_drops_old_jobs_by_itself(app: Flask) -> None:
    old = add(app, "tests.note", 1)
    drain(app)
    move_clock(app, timedelta(days=31))
    drain(app)
    with app.app_context():
        assert old not in {job.id for job in list_jobs()}
        assert "jobs.purge" in {job.name for job in list_jobs()}


def test_connections_that_the_server_closed_are_replaced(databases: Databases, tmp_path: Path) -> None:
    with databases.fresh("postgresql") as url:
        app = make_app(url, tmp_path)
        job_id = add(app, "tests.note", 4)
        with app.app_context():
            others = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
                closed = admin.execute(f"SELECT count(pg_terminate_backend(pid)) FROM {others}").fetchone()
                while admin.execute(f"SELECT 1 FROM {others} AND backend_type = 'client backend'").fetchone():
                    pass  # they were only asked to end: wait until they have
            assert closed is not None
            assert closed[0] >= 1
        assert read(app, job_id).state is JobState.QUEUED
        drain(app)
        assert read(app, job_id).state is JobState.DONE
        with app.app_context():
            db.engine.dispose()


def test_names_are_taken_once() -> None:
    with pytest.raises(ValueError, match=r"tests\.note"):
        handler("tests.note")(handlers.note)
    with pytest.raises(ValueError, match="second"):
        periodic("tests.often", every=timedelta(milliseconds=1))

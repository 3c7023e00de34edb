"""Jobs are stored with their cause, leased to one worker at a time, tried again, and kept when dead."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.core.actor import SYSTEM, Actor, ActorKind
from app.core.audit import list_history
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import MoveNotAllowed, NotFound
from app.core.transaction import transaction
from app.jobs import checks  # noqa: F401 - registers them
from app.jobs.models import Job, JobState
from app.jobs.operations import (
    LEASE,
    MAX_ATTEMPTS,
    ClaimedJob,
    claim,
    enqueue,
    enqueue_once,
    enqueue_unless_queued,
    extend_lease,
    fail,
    finish,
    purge_done,
    report_progress,
    retry_dead,
    retry_delay,
)
from app.jobs.queries import count_due, get_job, is_any_due, list_jobs
from tests.integration.jobs import handlers

NOW = datetime(2027, 2, 4, 8, 40, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    handlers.forget()
    yield
    handlers.forget()


def add(n: int = 1, name: str = "tests.note", run_at: datetime | None = None, organiser_id: int | None = None) -> int:
    with transaction():
        return enqueue(name, {"n": n}, now=NOW, run_at=run_at, organiser_id=organiser_id)


def take(now: datetime = NOW) -> ClaimedJob | None:
    with transaction():
        return claim("w", now=now)


def take_one(now: datetime = NOW) -> ClaimedJob:
    claimed = take(now)
    assert claimed is not None
    return claimed


def end(claimed: ClaimedJob, error: str, now: datetime) -> None:
    with transaction():
        assert fail(claimed, error, now=now)


def test_job_of_a_rolled_back_transaction_is_gone(context: Flask) -> None:
    def add_and_break() -> None:
        with transaction():
            enqueue("tests.note", {"n": 1}, now=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add_and_break()
    assert count_due(NOW) == 0
    assert list_jobs() == []


def test_jobs_come_in_order_and_not_before_their_time(context: Flask) -> None:
    late = add(1, run_at=NOW + timedelta(minutes=1))
    first, second = add(2), add(3)
    assert count_due(NOW) == 2
    assert [take_one().id, take_one().id, take()] == [first, second, None]
    assert not is_any_due(NOW)
    assert take_one(NOW + timedelta(minutes=1)).id == late


def test_a_finished_job_is_done_once(context: Flask) -> None:
    job_id = add()
    claimed = take_one()
    assert claimed.payload == {"n": 1}
    with transaction():
        assert finish(claimed, now=NOW)
        assert not finish(claimed, now=NOW)
    row = get_job(job_id)
    assert (row.state, row.finished_at, row.attempts) == (JobState.DONE, NOW, 1)
    assert take(NOW + LEASE * 2) is None


def test_an_expired_lease_is_taken_over_and_the_old_one_changes_nothing(context: Flask) -> None:
    job_id = add()
    lost = take_one()
    assert take(NOW + LEASE) is None
    held = take_one(NOW + LEASE + timedelta(seconds=1))
    assert (held.id, held.attempts) == (job_id, 2)
    assert held.lease != lost.lease
    with transaction():
        assert not finish(lost, now=NOW)
        assert not fail(lost, "late", now=NOW)
        assert not extend_lease(lost, now=NOW)
        assert not report_progress(lost, 1, 2, now=NOW)
    assert (get_job(job_id).state, get_job(job_id).last_error) == (JobState.RUNNING, "")
    with transaction():
        assert finish(held, now=NOW)


def test_an_extended_lease_is_not_taken_over(context: Flask) -> None:
    job_id = add()
    claimed = take_one()
    with transaction():
        assert report_progress(claimed, 3, 10, now=NOW + LEASE)
    assert take(NOW + LEASE * 2) is None
    assert (get_job(job_id).progress_done, get_job(job_id).progress_total) == (3, 10)


def test_retries_wait_longer_each_time_and_the_last_one_is_kept_dead(context: Flask) -> None:
    job_id = add(7, "tests.break")
    now, waits = NOW, []
    for attempt in range(1, MAX_ATTEMPTS):
        end(take_one(now), f"try {attempt}", now)
        row = get_job(job_id)
        assert (row.state, row.attempts, row.last_error) == (JobState.QUEUED, attempt, f"try {attempt}")
        waits.append((row.run_at - now).total_seconds())
        assert take(row.run_at - timedelta(seconds=1)) is None
        now = row.run_at
    assert waits == [5, 20, 80, 320, 1280, 3600, 3600, 3600, 3600, 3600, 3600]
    assert handlers.dead == []
    end(take_one(now), "the last", now)
    row = get_job(job_id)
    assert (row.state, row.last_error, row.finished_at) == (JobState.DEAD, "the last", now)
    assert handlers.dead == [(7, "the last")]
    assert take(now + timedelta(days=9)) is None


def test_delay_is_bounded_for_any_number() -> None:
    assert [retry_delay(n) for n in (1, 2, 500)] == [timedelta(seconds=5), timedelta(seconds=20), timedelta(hours=1)]


def test_a_job_that_kills_its_worker_each_time_dies(context: Flask) -> None:
    job_id = add(4)
    now = NOW
    for _ in range(MAX_ATTEMPTS):
        take_one(now)
        now += LEASE + timedelta(seconds=1)
    other = add(5)
    assert take_one(now).id == other
    assert get_job(job_id).state is JobState.DEAD
    assert handlers.dead == [(4, "its worker stopped each time it was tried")]


def test_a_handler_that_breaks_over_a_dead_job_keeps_no_other_waiting(
    context: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    stuck = add(6, "tests.bad_hook")
    now = NOW
    for _ in range(MAX_ATTEMPTS):
        take_one(now)
        now += LEASE + timedelta(seconds=1)
    other = add(5)
    assert take_one(now).id == other
    row = get_job(stuck)
    assert (row.state, row.last_error) == (JobState.DEAD, "its worker stopped each time it was tried")
    assert [job.id for job in list_jobs()] == [other, stuck]  # what the broken hook stored is undone
    assert f"job {stuck} tests.bad_hook died, and its handler could not be told" in caplog.text
    final = add(7, "tests.bad_hook")
    with transaction():
        assert fail(take_one_inside(), "no use", now=now, for_good=True)
    assert get_job(final).state is JobState.DEAD


def test_done_jobs_are_dropped_after_thirty_days_and_dead_ones_stay(context: Flask) -> None:
    done, dead, waiting = add(1), add(2), add(3, run_at=NOW + timedelta(days=90))
    with transaction():
        finish(take_one_inside(), now=NOW)
        fail(take_one_inside(), "no use", now=NOW, for_good=True)
    with transaction():
        assert purge_done(now=NOW + timedelta(days=30)) == 0
        assert purge_done(now=NOW + timedelta(days=30, seconds=1)) == 1
        assert purge_done(now=NOW + timedelta(days=30, seconds=1)) == 0
    assert [job.id for job in list_jobs()] == [waiting, dead]
    assert done not in {job.id for job in list_jobs()}


def test_a_dead_job_is_tried_again_on_request(context: Flask) -> None:
    job_id = add(7, "tests.break", organiser_id=3)
    manager = Actor(ActorKind.STAFF, "Ana", id=1, organiser_id=3)
    with transaction():
        assert fail(take_one_inside(), "no use", now=NOW, for_good=True)
    with pytest.raises(NotFound), transaction():
        retry_dead(job_id, by=Actor(ActorKind.STAFF, "Bo", id=2, organiser_id=4), now=NOW)
    with transaction():
        retry_dead(job_id, by=manager, now=NOW)
    row = get_job(job_id, organiser_id=3)
    assert (row.state, row.attempts, row.finished_at, row.last_error) == (JobState.QUEUED, 0, None, "no use")
    assert handlers.retried == [7]
    assert [(line.verb, line.actor_label) for line in list_history(f"job:{job_id}")] == [("job.retried", "Ana")]
    with pytest.raises(MoveNotAllowed), transaction():
        retry_dead(job_id, by=SYSTEM, now=NOW)


def take_one_inside() -> ClaimedJob:
    claimed = claim("w", now=NOW)
    assert claimed is not None
    return claimed


def test_jobs_are_found_by_organiser_and_state(context: Flask) -> None:
    mine, other = add(1, organiser_id=1), add(2, organiser_id=2)
    take_one()
    assert [job.id for job in list_jobs()] == [other, mine]
    assert [job.id for job in list_jobs(1)] == [mine]
    assert [job.id for job in list_jobs(state=JobState.QUEUED)] == [other]
    with pytest.raises(NotFound):
        get_job(mine, organiser_id=2)


def test_one_key_stores_one_job_under_races(app: Flask) -> None:
    barrier = threading.Barrier(8)

    def store() -> bool:
        barrier.wait()
        with app.app_context(), transaction():
            return enqueue_once("tests.note", {"n": 1}, key="tests.note/3600/1", now=NOW)

    with ThreadPoolExecutor(8) as pool:
        stored = [job.result() for job in [pool.submit(store) for _ in range(8)]]
    assert sorted(stored) == [False] * 7 + [True]
    with app.app_context():
        assert count_due(NOW) == 1


def test_threads_never_claim_the_same_job(app: Flask) -> None:
    with app.app_context(), transaction():
        expected = [enqueue("tests.note", {"n": n}, now=NOW) for n in range(120)]
    barrier = threading.Barrier(8)

    def take_all() -> list[int]:
        mine: list[int] = []
        barrier.wait()
        while True:
            with app.app_context():
                claimed = take()
            if claimed is None:
                return mine
            mine.append(claimed.id)

    with ThreadPoolExecutor(8) as pool:
        taken = [job.result() for job in [pool.submit(take_all) for _ in range(8)]]
    assert sorted(job_id for mine in taken for job_id in mine) == expected


def problems() -> dict[str, tuple[str, ...]]:
    return {result.name: result.problems for result in run_checks(NOW) if result.name.startswith("jobs.")}


def test_doctor_finds_abandoned_jobs_and_ends_without_time(context: Flask) -> None:
    abandoned, undated = add(1), add(2)
    assert problems() == {"jobs.leases": (), "jobs.ended": ()}
    with transaction():
        db.session.execute(
            update(Job)
            .where(Job.id == abandoned)
            .values(state=JobState.RUNNING, leased_until=NOW - timedelta(minutes=61))
        )
        db.session.execute(update(Job).where(Job.id == undated).values(state=JobState.DEAD))
    assert problems() == {
        "jobs.leases": (f"job {abandoned} (tests.note) is running though its lease ended at 2027-02-04 07:39 UTC",),
        "jobs.ended": (f"job {undated} (tests.note) is dead without the time of its end",),
    }
    with transaction():
        db.session.execute(update(Job).where(Job.id == abandoned).values(leased_until=None, finished_at=NOW))
    assert problems() == {
        "jobs.leases": (f"job {abandoned} (tests.note) is running without a lease",),
        "jobs.ended": (
            f"job {abandoned} (tests.note) is running with the time of its end",
            f"job {undated} (tests.note) is dead without the time of its end",
        ),
    }


def test_work_that_waits_already_is_not_stored_twice(whole_app: Flask) -> None:
    def ask(subject: str = "event:3") -> bool:
        with transaction():
            return enqueue_unless_queued("tests.note", {"n": 1}, now=NOW, subject=subject)

    assert [ask(), ask(), ask("event:4")] == [True, False, True]
    first = take_one()  # it began: what changes from now on it may not see
    assert ask() is True
    with transaction():
        finish(first, now=NOW)
        enqueue("tests.note", {"n": 2}, now=NOW, subject="event:5", run_at=NOW + timedelta(hours=1))
    assert ask("event:5") is True  # later is too late

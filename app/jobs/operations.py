"""Storing, leasing and ending jobs. As everywhere, the caller opens the transaction.

A lease is a random token on the job's row: whoever holds it may end the job. A worker that lost its lease (too slow, or
thought to be gone) changes nothing any more, for every statement below asks for the token.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, FromClause, Insert, Row, Select, Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import MoveNotAllowed, NotFound
from app.core.statements import NOW, ORGANISER, constant, insert_from
from app.core.tokens import new_token
from app.jobs.errors import UnknownJob
from app.jobs.models import Job, JobState
from app.jobs.registry import Handler, Payload, find_handler

MAX_ATTEMPTS = 12
LEASE = timedelta(minutes=5)
"""Longer than any single wait on a mail server; a living worker extends it for long work."""

KEPT = timedelta(days=30)
"""How long a job that is done can be looked at. Dead ones stay until somebody starts them again."""
_PURGED_AT_ONCE = 1_000

log = logging.getLogger("parcours.jobs")

_FIRST_DELAY, _LONGEST_DELAY = timedelta(seconds=5), timedelta(hours=1)
_ERROR_LENGTH = 2000
_JOBS = cast(Table, Job.__table__)  # a plain table's insert takes two thirds of the time of a model's
_INSERT = insert(_JOBS).returning(_JOBS.c.id)  # made once: making it anew takes several times as long as running it
_QUIET = {"synchronize_session": False}


@dataclass(frozen=True)
class ClaimedJob:
    """A job leased to this worker. `attempts` counts this one."""

    id: int
    name: str
    payload: Payload = field(repr=False)
    organiser_id: int | None
    attempts: int
    lease: str


def enqueue(
    name: str,
    payload: Payload,
    *,
    now: datetime,
    subject: str = "",
    organiser_id: int | None = None,
    run_at: datetime | None = None,
) -> int:
    """Store a job with the caller's changes, to run once they are committed and not before `run_at`. Returns its id.

    `payload` is JSON: ids rather than personal data. `subject` names what it is about, such as event:3.
    """
    values = _values(name, payload, now=now, subject=subject, organiser_id=organiser_id, run_at=run_at)
    job_id: int = db.session.execute(_INSERT, values).scalar_one()
    return job_id


def enqueue_many(name: str, payloads: Mapping[str, Payload], *, now: datetime, organiser_id: int | None) -> None:
    """`enqueue` of one name for each subject of `payloads`, in one statement."""
    rows = [
        _values(name, payload, now=now, subject=subject, organiser_id=organiser_id, run_at=None)
        for subject, payload in payloads.items()
    ]
    if rows:
        db.session.execute(insert(_JOBS), rows)


def enqueue_unless_queued(
    name: str, payload: Payload, *, now: datetime, subject: str, organiser_id: int | None = None
) -> bool:
    """`enqueue` unless such a job about the same subject is due and not begun; whether it was stored.

    Right only where that job, when it begins, waits for a row that the caller holds: then it sees what the caller wrote.
    """
    due = select(Job.id).where(
        Job.subject == subject, Job.name == name, Job.state == JobState.QUEUED, Job.run_at <= now
    )  # fmt: skip
    if db.session.execute(due.limit(1)).first() is not None:
        return False
    enqueue(name, payload, now=now, subject=subject, organiser_id=organiser_id)
    return True


def enqueue_from(source: FromClause, name: str, *, payload: ColumnElement[Any], subject: ColumnElement[str]) -> Insert:
    """`enqueue` for each row of `source`, as a part of a larger statement on PostgreSQL: run it with `now` and `organiser`."""
    times = {"run_at": NOW, "created_at": NOW}
    about = {"name": constant(name, _JOBS.c.name.type), "payload": payload, "subject": subject}
    return insert_from(source, _JOBS, {**about, **times, "organiser_id": ORGANISER})


def enqueue_once(name: str, payload: Payload, *, key: str, now: datetime) -> bool:
    """Store a job unless one with this key was stored before, by whomever. Returns whether it was."""
    values = {**_values(name, payload, now=now), "once_key": key}
    if db.engine.dialect.name == "sqlite":
        return _inserted(sqlite.insert(Job).values(values).on_conflict_do_nothing().returning(Job.id))
    return _inserted(postgresql.insert(Job).values(values).on_conflict_do_nothing().returning(Job.id))


def claim(worker: str, *, now: datetime, lease: timedelta = LEASE) -> ClaimedJob | None:
    """Lease the next due job to `worker`, or None when nothing is due. No two workers ever get the same lease.

    Jobs whose lease ran out come first: their worker is gone. One that lost its worker MAX_ATTEMPTS times dies instead.
    """
    while (found := _lock_next(now)) is not None:
        if found.state is JobState.RUNNING and found.attempts >= MAX_ATTEMPTS:
            _bury(found.id, found.name, found.payload, "its worker stopped each time it was tried", now=now)
            continue
        token = f"{worker[:15]}:{new_token()}"
        db.session.execute(
            update(Job)
            .where(Job.id == found.id)
            .values(state=JobState.RUNNING, attempts=found.attempts + 1, lease=token, leased_until=now + lease),
            execution_options=_QUIET,
        )
        return ClaimedJob(found.id, found.name, found.payload, found.organiser_id, found.attempts + 1, token)
    return None


def finish(claimed: ClaimedJob, *, now: datetime) -> bool:
    """Done. False when the lease is no longer ours: then nothing changes."""
    return _change_leased(claimed, state=JobState.DONE, finished_at=now, last_error="", lease="", leased_until=None)


def fail(claimed: ClaimedJob, error: str, *, now: datetime, for_good: bool = False) -> bool:
    """Try again after a delay that grows, or, `for_good` or after MAX_ATTEMPTS, keep it as dead with its error.

    False when the lease is no longer ours: then nothing changes.
    """
    if not _change_leased(
        claimed,
        state=JobState.QUEUED,
        run_at=now + retry_delay(claimed.attempts),
        last_error=error[:_ERROR_LENGTH],
        lease="",
        leased_until=None,
    ):
        return False
    if for_good or claimed.attempts >= MAX_ATTEMPTS:
        _bury(claimed.id, claimed.name, claimed.payload, error, now=now)
    return True


def retry_delay(attempts: int) -> timedelta:
    """The wait after the nth failed attempt: 5 s, 20 s, 80 s, … and never more than an hour."""
    factor: int = 4 ** min(max(attempts, 1) - 1, 10)
    return min(_FIRST_DELAY * factor, _LONGEST_DELAY)


def extend_lease(claimed: ClaimedJob, *, now: datetime, lease: timedelta = LEASE) -> bool:
    """Keep a job that takes long. False when the lease is no longer ours."""
    return _change_leased(claimed, leased_until=now + lease)


def report_progress(claimed: ClaimedJob, done: int, total: int, *, now: datetime, lease: timedelta = LEASE) -> bool:
    """Say how many of the steps are done; extends the lease. False when the lease is no longer ours."""
    return _change_leased(claimed, progress_done=done, progress_total=total, leased_until=now + lease)


def retry_dead(job_id: int, *, by: Actor, now: datetime) -> None:
    """Give a dead job its attempts again, from now.

    Raises NotFound when it is not of the actor's organiser, MoveNotAllowed when it is not dead.
    """
    found = _lock(job_id, by)
    if found.state is not JobState.DEAD:
        raise MoveNotAllowed("retry", found.state.value)
    db.session.execute(
        update(Job).where(Job.id == job_id).values(state=JobState.QUEUED, attempts=0, run_at=now, finished_at=None),
        execution_options=_QUIET,
    )
    known = _find_known(found.name)
    if known is not None and known.on_retry is not None:
        known.on_retry(found.payload, now)
    record(by, "job.retried", f"job:{job_id}", now=now, organiser_id=found.organiser_id, details={"name": found.name})


def retry_all_dead(organiser_id: int, *, by: Actor, now: datetime) -> int:
    """`retry_dead` for the dead jobs of an organiser, a thousand at most, oldest first; how many start again."""
    dead = db.session.execute(
        select(Job.id).where(Job.organiser_id == organiser_id, Job.state == JobState.DEAD).order_by(Job.id).limit(1_000)
    ).scalars()
    ids = list(dead)
    for job_id in ids:
        retry_dead(job_id, by=by, now=now)
    return len(ids)


def cancel_queued(job_id: int, *, by: Actor, now: datetime) -> None:
    """Call off a job that waits, where its handler allows it: it is never done, and its handler is told.

    Raises NotFound when it is not of the actor's organiser, MoveNotAllowed when it began, ended, or may not be called off.
    """
    found = _lock(job_id, by)
    known = _find_known(found.name)
    if found.state is not JobState.QUEUED or known is None or not known.cancellable:
        raise MoveNotAllowed("cancel", found.state.value)
    db.session.execute(
        update(Job).where(Job.id == job_id).values(state=JobState.CANCELLED, finished_at=now), execution_options=_QUIET
    )
    if known.on_cancel is not None:
        known.on_cancel(found.payload, now)
    record(by, "job.cancelled", f"job:{job_id}", now=now, organiser_id=found.organiser_id, details={"name": found.name})


def purge_done(*, now: datetime) -> int:
    """Drop jobs that were done or called off more than 30 days ago, a thousand at most; how many went."""
    over = Job.state.in_([JobState.DONE, JobState.CANCELLED])
    old = select(Job.id).where(over, Job.finished_at < now - KEPT).order_by(Job.id).limit(_PURGED_AT_ONCE)
    gone = db.session.execute(delete(Job).where(Job.id.in_(old)).returning(Job.id), execution_options=_QUIET)
    return len(gone.all())


def _lock(job_id: int, by: Actor) -> Row[tuple[str, dict[str, Any], JobState, int | None]]:
    """The job, its row locked. Raises NotFound when it is not of the actor's organiser."""
    found = db.session.execute(
        select(Job.name, Job.payload, Job.state, Job.organiser_id)
        .where(Job.id == job_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    if found is None or (by.organiser_id is not None and found.organiser_id != by.organiser_id):
        raise NotFound(f"job {job_id}")
    return found


def _values(
    name: str,
    payload: Payload,
    *,
    now: datetime,
    subject: str = "",
    organiser_id: int | None = None,
    run_at: datetime | None = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "payload": payload,
        "subject": subject,
        "organiser_id": organiser_id,
        "run_at": run_at or now,
        "created_at": now,
    }


def _inserted(statement: Any) -> bool:
    return db.session.execute(statement).first() is not None


_Found = Row[tuple[int, str, dict[str, Any], int | None, int, JobState]]


def _lock_next(now: datetime) -> _Found | None:
    """The job to take, its row locked: PostgreSQL skips rows that others hold; SQLite has one writer at a time."""
    candidates = select(Job.id, Job.name, Job.payload, Job.organiser_id, Job.attempts, Job.state)
    expired = candidates.where(Job.state == JobState.RUNNING, Job.leased_until < now).order_by(Job.leased_until)
    due = candidates.where(Job.state == JobState.QUEUED, Job.run_at <= now).order_by(Job.run_at, Job.id)
    return _first_free(expired) or _first_free(due)


def _first_free(candidates: Select[tuple[int, str, dict[str, Any], int | None, int, JobState]]) -> _Found | None:
    return db.session.execute(candidates.limit(1).with_for_update(skip_locked=True)).first()


def _change_leased(claimed: ClaimedJob, **values: Any) -> bool:
    changed = db.session.execute(
        update(Job)
        .where(Job.id == claimed.id, Job.state == JobState.RUNNING, Job.lease == claimed.lease)
        .values(values)
        .returning(Job.id),
        execution_options=_QUIET,
    )
    return changed.first() is not None


def _bury(job_id: int, name: str, payload: Payload, error: str, *, now: datetime) -> None:
    """Keep a job as dead, and tell its handler in the same transaction."""
    db.session.execute(
        update(Job)
        .where(Job.id == job_id)
        .values(state=JobState.DEAD, finished_at=now, last_error=error[:_ERROR_LENGTH], lease="", leased_until=None),
        execution_options=_QUIET,
    )
    known = _find_known(name)
    if known is None or known.on_dead is None:
        return
    try:
        with db.session.begin_nested():
            known.on_dead(payload, error, now)
    except OperationalError:
        raise  # the database is busy or gone: the job is buried another time
    except Exception:  # part of the worker's edge: a fault of one handler must not keep every other job waiting
        log.exception("job %s %s died, and its handler could not be told", job_id, name)


def _find_known(name: str) -> Handler | None:
    try:
        return find_handler(name)
    except UnknownJob:
        return None

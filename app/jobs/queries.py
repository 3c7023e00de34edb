"""What pages, commands and workers read of jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from app.core.db import db
from app.core.errors import NotFound
from app.jobs.models import Job, JobState


@dataclass(frozen=True)
class JobRow:
    """`progress_total` is 0 while the number of steps is unknown; `last_error` is empty unless the last try failed."""

    id: int
    name: str
    subject: str
    organiser_id: int | None
    state: JobState
    run_at: datetime
    attempts: int
    last_error: str
    progress_done: int
    progress_total: int
    created_at: datetime
    finished_at: datetime | None


_COLUMNS = (
    Job.id,
    Job.name,
    Job.subject,
    Job.organiser_id,
    Job.state,
    Job.run_at,
    Job.attempts,
    Job.last_error,
    Job.progress_done,
    Job.progress_total,
    Job.created_at,
    Job.finished_at,
)


def get_job(job_id: int, *, organiser_id: int | None = None) -> JobRow:
    """One job. Raises NotFound; also when `organiser_id` is given and the job is another's."""
    query = select(*_COLUMNS).where(Job.id == job_id)
    if organiser_id is not None:
        query = query.where(Job.organiser_id == organiser_id)
    found = db.session.execute(query).one_or_none()
    if found is None:
        raise NotFound(f"job {job_id}")
    return _row(found)


def list_jobs(organiser_id: int | None = None, state: JobState | None = None, *, limit: int = 200) -> list[JobRow]:
    """Jobs of one organiser or of all, in one state or in any, newest first."""
    query = select(*_COLUMNS).order_by(Job.id.desc()).limit(limit)
    if organiser_id is not None:
        query = query.where(Job.organiser_id == organiser_id)
    if state is not None:
        query = query.where(Job.state == state)
    return [_row(found) for found in db.session.execute(query)]


def find_dead_job(subject: str) -> int | None:
    """The latest dead job about that subject."""
    return db.session.execute(
        select(Job.id).where(Job.subject == subject, Job.state == JobState.DEAD).order_by(Job.id.desc()).limit(1)
    ).scalar_one_or_none()


def count_due(now: datetime) -> int:
    """How many jobs a worker could take now."""
    return db.session.execute(select(func.count()).select_from(Job).where(_due(now))).scalar_one()


def is_any_due(now: datetime) -> bool:
    """Whether a worker could take a job now: a read that takes no lock, for idle workers ask often."""
    return db.session.execute(select(exists().where(_due(now)))).scalar_one()


def _due(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(Job.state == JobState.QUEUED, Job.run_at <= now),
        and_(Job.state == JobState.RUNNING, Job.leased_until < now),
    )


def _row(found: Any) -> JobRow:
    return JobRow(*found)

"""What `doctor` checks about jobs."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app.core.checks import check
from app.core.db import db
from app.jobs.models import Job, JobState

TOLERANCE = timedelta(hours=1)


@check("jobs.leases", "A job whose worker is gone is taken up again within an hour")
def check_leases(now: datetime) -> list[str]:
    abandoned = db.session.execute(
        select(Job.id, Job.name, Job.leased_until)
        .where(Job.state == JobState.RUNNING, Job.leased_until < now - TOLERANCE)
        .order_by(Job.id)
    )
    without = db.session.execute(
        select(Job.id, Job.name).where(Job.state == JobState.RUNNING, Job.leased_until.is_(None)).order_by(Job.id)
    )
    return [
        f"job {row.id} ({row.name}) is running though its lease ended at {row.leased_until:%Y-%m-%d %H:%M} UTC"
        for row in abandoned
    ] + [f"job {row.id} ({row.name}) is running without a lease" for row in without]


@check("jobs.ended", "A job that is done or dead says when, and no other does")
def check_ended(now: datetime) -> list[str]:
    over = {JobState.DONE, JobState.DEAD}
    rows = db.session.execute(
        select(Job.id, Job.name, Job.state).where(Job.state.in_(over) == Job.finished_at.is_(None)).order_by(Job.id)
    )
    problems = {True: "without", False: "with"}
    return [
        f"job {row.id} ({row.name}) is {row.state.value} {problems[row.state in over]} the time of its end"
        for row in rows
    ]

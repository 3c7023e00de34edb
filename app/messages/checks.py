"""What `doctor` checks about messages."""

from datetime import datetime

from sqlalchemy import String, cast, exists, literal, select

from app.core.checks import check
from app.core.db import db
from app.jobs.models import Job, JobState
from app.messages.models import Message, MessageState


@check("messages.sent", "A message that was sent says when, and no other does")
def check_sent(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Message.id, Message.state)
        .where((Message.state == MessageState.SENT) == Message.sent_at.is_(None))
        .order_by(Message.id)
    )
    problems = {True: "without", False: "with"}
    return [
        f"message {row.id} is {row.state.value} {problems[row.state is MessageState.SENT]} a time of sending"
        for row in rows
    ]


@check("messages.jobs", "A message that waits has a job that will send it")
def check_jobs(now: datetime) -> list[str]:
    alive = exists().where(
        Job.subject == literal("message:") + cast(Message.id, String(20)),
        Job.state.in_([JobState.QUEUED, JobState.RUNNING]),
    )
    rows = db.session.scalars(
        select(Message.id).where(Message.state == MessageState.QUEUED, ~alive).order_by(Message.id)
    )
    return [f"message {message_id} waits, but no job will send it" for message_id in rows]

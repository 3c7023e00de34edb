"""What pages and jobs read of messages and calendar sequences."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from app.core.db import db
from app.messages.models import CalendarSequence, Message, MessageState


@dataclass(frozen=True)
class MessageRow:
    """One line of the log. `title` is empty until the mail is sent; `error` until it fails."""

    id: int
    organiser_id: int | None
    subject: str
    template: str
    recipient: str = field(repr=False)
    locale: str
    title: str
    state: MessageState
    error: str
    queued_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True)
class SentMail:
    """A mail that reached its address, as whoever got it knows it."""

    title: str
    sent_at: datetime


@dataclass(frozen=True)
class OutgoingMessage:
    """What the sending job needs of a message."""

    id: int
    organiser_id: int | None
    subject: str
    template: str
    params: dict[str, Any] = field(repr=False)
    recipient: str = field(repr=False)
    locale: str
    rfc_id: str
    state: MessageState


def list_messages(
    *, subject: str | None = None, organiser_id: int | None = None, limit: int = 50, cursor: int | None = None
) -> list[MessageRow]:
    """Messages about one subject, of one organiser, or both, newest first. `cursor` is the id of the last row seen."""
    query = select(
        Message.id,
        Message.organiser_id,
        Message.subject,
        Message.template,
        Message.recipient,
        Message.locale,
        Message.title,
        Message.state,
        Message.error,
        Message.queued_at,
        Message.sent_at,
    ).order_by(Message.id.desc())
    if subject is not None:
        query = query.where(Message.subject == subject)
    if organiser_id is not None:
        query = query.where(Message.organiser_id == organiser_id)
    if cursor is not None:
        query = query.where(Message.id < cursor)
    return [MessageRow(*row) for row in db.session.execute(query.limit(limit))]


def list_mails_to(recipient: str, *, organiser_id: int, subject: str | None = None) -> list[SentMail]:
    """Mails that an organiser, or the installation itself, sent to one address, oldest first; about one subject alone."""
    if not recipient:
        return []
    query = select(Message.title, Message.sent_at).where(
        or_(Message.organiser_id == organiser_id, Message.organiser_id.is_(None)),
        func.lower(Message.recipient) == recipient.lower(), Message.state == MessageState.SENT,
        Message.sent_at.is_not(None),
    )  # fmt: skip
    if subject is not None:
        query = query.where(Message.subject == subject)
    return [SentMail(row.title, row.sent_at) for row in db.session.execute(query.order_by(Message.id)) if row.sent_at]


def latest_states(subjects: Iterable[str]) -> dict[str, MessageState]:
    """How the latest mail about each of these subjects stands; subjects without one are left out. One statement."""
    wanted = list(subjects)
    if not wanted:
        return {}
    latest = select(func.max(Message.id)).where(Message.subject.in_(wanted)).group_by(Message.subject)
    rows = db.session.execute(select(Message.subject, Message.state).where(Message.id.in_(latest)))
    return {row.subject: row.state for row in rows}


def find_outgoing(message_id: int) -> OutgoingMessage | None:
    """A message as its job needs it; None when it was erased meanwhile."""
    row = db.session.execute(
        select(
            Message.id,
            Message.organiser_id,
            Message.subject,
            Message.template,
            Message.params,
            Message.recipient,
            Message.locale,
            Message.rfc_id,
            Message.state,
        ).where(Message.id == message_id)
    ).one_or_none()
    return None if row is None else OutgoingMessage(*row)


def is_queued_by(job_id: int, template: str, subject: str) -> bool:
    """Whether that job queued its mail already: a job that is done again sends no second one. `params` name it as job_id."""
    found = db.session.execute(
        select(Message.id)
        .where(
            Message.template == template,
            Message.subject == subject,
            Message.params["job_id"].as_integer() == job_id,
        )
        .limit(1)
    ).first()
    return found is not None


def get_sequences(subjects: Iterable[str]) -> dict[str, tuple[int, datetime]]:
    """SEQUENCE and time of the last change for each subject that has changed; one that is missing has SEQUENCE 0."""
    rows = db.session.execute(
        select(CalendarSequence.subject, CalendarSequence.sequence, CalendarSequence.changed_at).where(
            CalendarSequence.subject.in_(list(subjects))
        )
    )
    return {row.subject: (row.sequence, row.changed_at) for row in rows}

"""Mails with the registration that each is about."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, case, cast, func, select

from app.core.db import db
from app.events.models import Event
from app.messages.models import Message, MessageState
from app.registrations.models import Registration

ABOUT = "registration:"


@dataclass(frozen=True)
class MessageLine:
    """One mail. Its registration's name, number and event are empty when it is about something else."""

    id: int
    template: str
    recipient: str
    title: str
    state: MessageState
    error: str
    queued_at: datetime
    sent_at: datetime | None
    contact_name: str
    reference: str
    event_slug: str


def list_event_messages(
    organiser_id: int, event_id: int | None, *, before: int | None = None, limit: int = 50
) -> list[MessageLine]:
    """Mails of an organiser, or about registrations of one event, latest first; `before` is the last one seen.

    One statement: a mail knows what it is about by a name such as registration:12.
    """
    about = case(
        (Message.subject.startswith(ABOUT), cast(func.substr(Message.subject, len(ABOUT) + 1), Integer)), else_=None
    )
    statement = (
        select(
            Message.id, Message.template, Message.recipient, Message.title, Message.state, Message.error,
            Message.queued_at, Message.sent_at, Registration.contact_name, Registration.reference, Event.slug,
        )
        .outerjoin(Registration, (Registration.id == about) & (Registration.organiser_id == organiser_id))
        .outerjoin(Event, Event.id == Registration.event_id)
        .where(Message.organiser_id == organiser_id)
        .order_by(Message.id.desc())
        .limit(limit)
    )  # fmt: skip
    if before is not None:
        statement = statement.where(Message.id < before)
    if event_id is not None:
        statement = statement.where(Registration.event_id == event_id)
    return [
        MessageLine(*row[:8], row.contact_name or "", row.reference or "", row.slug or "")
        for row in db.session.execute(statement)
    ]

"""Writing messages and calendar sequences. Nothing is sent here: the job stored beside each message does that."""

import secrets
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert, update
from sqlalchemy.dialects import postgresql, sqlite

from app.core import urls
from app.core.db import db
from app.jobs.operations import enqueue
from app.messages.models import CalendarSequence, Message, MessageState

SEND_JOB = "messages.send"
_ERROR_LENGTH = 2000
_MESSAGES = cast(Table, Message.__table__)  # a plain table's insert takes two thirds of the time of a model's
_INSERT = insert(_MESSAGES).returning(_MESSAGES.c.id)  # made once: making it anew takes several times as long
_QUIET = {"synchronize_session": False}


def queue_message(
    *,
    template: str,
    subject: str,
    recipient: str,
    locale: str,
    params: dict[str, Any],
    organiser_id: int | None,
    now: datetime,
) -> int:
    """Store a mail and the job that sends it, once the caller's changes are committed. Returns the message's id.

    `template` is a registered renderer's name, `subject` what the mail is about (registration:12), `params` JSON for
    the renderer. Raises ValueError for a recipient that cannot stand in a header.
    """
    if not recipient or any(c.isspace() or not c.isprintable() for c in recipient):
        raise ValueError("a recipient is one mail address without spaces")
    message_id: int = db.session.execute(
        _INSERT,
        {
            "organiser_id": organiser_id,
            "subject": subject,
            "template": template,
            "params": params,
            "recipient": recipient,
            "locale": locale,
            "rfc_id": f"<{secrets.token_urlsafe(18)}@{urls.host()}>",
            "queued_at": now,
        },
    ).scalar_one()
    enqueue(SEND_JOB, {"message_id": message_id}, now=now, subject=f"message:{message_id}", organiser_id=organiser_id)
    return message_id


def mark_sent(message_id: int, *, title: str, now: datetime) -> None:
    """The mail server, or the outbox, has it. What was sent stays so."""
    _move(message_id, state=MessageState.SENT, title=title[:300], sent_at=now, error="")


def mark_skipped(message_id: int) -> None:
    """There was nothing to tell any more when its turn came: it was not sent, and never will be."""
    _move(message_id, state=MessageState.SKIPPED, error="")


def mark_failed(message_id: int, *, error: str) -> None:
    """Its job is dead; `error` says why, in the mail server's words where they are known."""
    _move(message_id, state=MessageState.FAILED, error=error[:_ERROR_LENGTH])


def mark_queued(message_id: int) -> None:
    """Its job is alive again."""
    _move(message_id, state=MessageState.QUEUED)


def raise_sequence(subject: str, *, now: datetime) -> int:
    """Count one more change of a calendar entry that people hold (RFC 5545, 3.8.7.4). Returns its SEQUENCE."""
    values = {"subject": subject, "sequence": 1, "changed_at": now}
    raised = {"sequence": CalendarSequence.sequence + 1, "changed_at": now}
    key = [CalendarSequence.subject]
    if db.engine.dialect.name == "sqlite":
        on_sqlite = sqlite.insert(CalendarSequence).values(values).on_conflict_do_update(key, set_=raised)
        return db.session.execute(on_sqlite.returning(CalendarSequence.sequence)).scalar_one()
    on_postgresql = (
        postgresql.insert(CalendarSequence).values(values).on_conflict_do_update(index_elements=key, set_=raised)
    )
    return db.session.execute(on_postgresql.returning(CalendarSequence.sequence)).scalar_one()


def _move(message_id: int, **values: Any) -> None:
    db.session.execute(
        update(Message).where(Message.id == message_id, Message.state != MessageState.SENT).values(values),
        execution_options=_QUIET,
    )

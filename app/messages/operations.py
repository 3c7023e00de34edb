"""Writing messages and calendar sequences. Nothing is sent here: the job stored beside each message does that."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CTE, ColumnElement, FromClause, String, Table, bindparam, func, insert, select, update
from sqlalchemy import cast as as_type
from sqlalchemy.dialects import postgresql, sqlite

from app.core import urls
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import MoveNotAllowed, NotFound
from app.core.statements import NOW, ORGANISER, constant, insert_from
from app.jobs.models import Job
from app.jobs.operations import enqueue, enqueue_from, enqueue_many, retry_dead
from app.jobs.queries import find_dead_job
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
    mail = _mail(template, recipient, locale)
    about = {"organiser_id": organiser_id, "subject": subject, "params": params, "queued_at": now}
    message_id: int = db.session.execute(_INSERT, {**mail, **about}).scalar_one()
    enqueue(SEND_JOB, {"message_id": message_id}, now=now, subject=f"message:{message_id}", organiser_id=organiser_id)
    return message_id


@dataclass(frozen=True)
class NewMail:
    """One of many mails of the same template."""

    subject: str
    recipient: str
    locale: str
    params: dict[str, Any]


def queue_messages(template: str, mails: Sequence[NewMail], *, organiser_id: int | None, now: datetime) -> None:
    """`queue_message` for each of these mails, in two statements. Raises ValueError as it does: then none is stored."""
    rows = [
        {
            **_mail(template, mail.recipient, mail.locale),
            "organiser_id": organiser_id, "subject": mail.subject, "params": mail.params, "queued_at": now,
        }
        for mail in mails
    ]  # fmt: skip
    if not rows:
        return
    ids = db.session.execute(insert(_MESSAGES).returning(_MESSAGES.c.id), rows).scalars()
    jobs = {f"message:{message_id}": {"message_id": message_id} for message_id in sorted(ids)}
    enqueue_many(SEND_JOB, jobs, now=now, organiser_id=organiser_id)


def queue_from(source: FromClause, *, subject: ColumnElement[str], params: ColumnElement[Any]) -> tuple[CTE, CTE]:
    """`queue_message` for each row of `source`, as two parts of a larger statement on PostgreSQL: message and job.

    Run it with `queue_values`.
    """
    names = ("template", "recipient", "locale", "rfc_id")
    mail = {name: bindparam(f"mail_{name}", type_=_MESSAGES.c[name].type) for name in names}
    about: dict[str, ColumnElement[Any]] = {
        "organiser_id": ORGANISER, "subject": subject, "params": params, "queued_at": NOW,
    }  # fmt: skip
    made = insert_from(source, _MESSAGES, {**mail, **about}).returning(_MESSAGES.c.id).cte("m")
    payload = func.json_build_object(constant("message_id", String()), made.c.id)
    sending = constant("message:", String()) + as_type(made.c.id, String)
    return made, enqueue_from(made, SEND_JOB, payload=payload, subject=sending).cte("j")


def queue_values(template: str, recipient: str, locale: str) -> dict[str, Any]:
    """What a statement made with `queue_from` is run with, beside `now` and `organiser`.

    Raises ValueError as `queue_message` does.
    """
    return {f"mail_{name}": value for name, value in _mail(template, recipient, locale).items()}


def _mail(template: str, recipient: str, locale: str) -> dict[str, Any]:
    if not recipient or any(c.isspace() or not c.isprintable() for c in recipient):
        raise ValueError("a recipient is one mail address without spaces")
    rfc_id = f"<{secrets.token_urlsafe(18)}@{urls.host()}>"
    return {"template": template, "recipient": recipient, "locale": locale, "rfc_id": rfc_id}


def redirect_messages(subject: str, recipient: str) -> None:
    """Mails about a subject that have not arrived anywhere yet go to the person's address of today; without one, to nobody."""
    waiting = update(Message).where(Message.subject == subject)
    if recipient:
        left = Message.state.in_([MessageState.QUEUED, MessageState.FAILED])
        db.session.execute(waiting.where(left).values(recipient=recipient), execution_options=_QUIET)
    else:
        queued = Message.state == MessageState.QUEUED
        db.session.execute(waiting.where(queued).values(state=MessageState.SKIPPED), execution_options=_QUIET)


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


def send_again(message_id: int, *, recipient: str, organiser_id: int, by: Actor, now: datetime) -> None:
    """Send a mail once more to `recipient`, the person's address of today.

    One that failed gets its attempts again and stays the same mail; of one that was sent a new one is queued, rendered
    anew. Raises NotFound for another organiser's, MoveNotAllowed for one that is on its way or was no longer needed.
    """
    found = db.session.execute(
        select(Message.state, Message.template, Message.subject, Message.params, Message.locale)
        .where(Message.id == message_id, Message.organiser_id == organiser_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    if found is None:
        raise NotFound(f"message {message_id}")
    if found.state is MessageState.SENT:
        queue_message(
            template=found.template, subject=found.subject, recipient=recipient, locale=found.locale,
            params=found.params, organiser_id=organiser_id, now=now,
        )  # fmt: skip
    elif found.state is MessageState.FAILED:
        _move(message_id, state=MessageState.QUEUED, recipient=recipient, error="")
        _start_sending(message_id, organiser_id, by=by, now=now)
    else:
        raise MoveNotAllowed("send_again", found.state.value)
    details = {"template": found.template}
    record(by, "message.sent_again", found.subject, now=now, organiser_id=organiser_id, details=details)


def _start_sending(message_id: int, organiser_id: int, *, by: Actor, now: datetime) -> None:
    """The dead job of a message starts again; one whose job is gone gets a new one."""
    subject = f"message:{message_id}"
    dead = find_dead_job(subject)
    if dead is not None:
        retry_dead(dead, by=by, now=now)
    else:
        enqueue(SEND_JOB, {"message_id": message_id}, now=now, subject=subject, organiser_id=organiser_id)


def forget_mails(subject: str) -> None:
    """The log keeps that mails went out, not to whom; a mail server's words of refusal may hold the address too.

    What had not left yet does not leave: it has no address any more.
    """
    _forget(Message.subject == subject)
    queued = Message.subject == subject, Message.state == MessageState.QUEUED
    db.session.execute(update(Message).where(*queued).values(state=MessageState.SKIPPED), execution_options=_QUIET)


def forget_recipients(template: str) -> None:
    """The same of the mails of one template that left, or could not."""
    _forget(Message.template == template, Message.recipient != "", Message.state != MessageState.QUEUED)


def _forget(*conditions: ColumnElement[bool]) -> None:
    ids = list(db.session.execute(select(Message.id).where(*conditions)).scalars())
    db.session.execute(update(Message).where(Message.id.in_(ids)).values(recipient="", error=""))
    jobs = [f"message:{message_id}" for message_id in ids]
    db.session.execute(update(Job).where(Job.subject.in_(jobs)).values(last_error=""))


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


def raise_sequences(subjects: Collection[str], *, now: datetime) -> None:
    """`raise_sequence` of each of these subjects, in one statement for a thousand."""
    insert_here = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    raised = {"sequence": CalendarSequence.sequence + 1, "changed_at": now}
    ordered = sorted(subjects)
    for start in range(0, len(ordered), 1_000):
        some = ordered[start : start + 1_000]
        rows = [{"subject": subject, "sequence": 1, "changed_at": now} for subject in some]
        statement = insert_here(CalendarSequence).values(rows)
        db.session.execute(statement.on_conflict_do_update(index_elements=[CalendarSequence.subject], set_=raised))


def _move(message_id: int, **values: Any) -> None:
    db.session.execute(
        update(Message).where(Message.id == message_id, Message.state != MessageState.SENT).values(values),
        execution_options=_QUIET,
    )

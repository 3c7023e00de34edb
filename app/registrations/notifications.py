"""What registered people are told, by mail. Each is rendered when it goes out, from what is true then."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select

from app.core.db import db
from app.messages.models import Message, MessageState
from app.messages.operations import NewMail, queue_message, queue_messages

Kind = Literal[
    "confirmed", "waitlisted", "changed", "cancelled", "already", "link", "event_cancelled", "message", "deleted",
    "event_deleted", "event_reopened", "offered", "offer_ends", "lapsed", "postponed", "plan", "delay",
]  # fmt: skip


def tell(
    kind: Kind,
    registration_id: int,
    email: str,
    locale: str,
    *,
    organiser_id: int,
    now: datetime,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Queue one mail about a registration, in the person's language, in the caller's transaction.

    `more` is what its renderer needs beside the registration: ids, no texts.
    """
    queue_message(
        template=f"registrations.{kind}",
        subject=f"registration:{registration_id}",
        recipient=email,
        locale=locale,
        params={"registration_id": registration_id, **(more or {})},
        organiser_id=organiser_id,
        now=now,
    )


@dataclass(frozen=True)
class Told:
    """One of many who are told the same."""

    registration_id: int
    email: str
    locale: str


def tell_many(
    kind: Kind, told: Sequence[Told], *, organiser_id: int, now: datetime, more: Mapping[str, Any] | None = None
) -> None:
    """`tell` everyone of these, in two statements."""
    mails = [
        NewMail(
            f"registration:{one.registration_id}", one.email, one.locale,
            {"registration_id": one.registration_id, **(more or {})},
        )
        for one in told
    ]  # fmt: skip
    queue_messages(f"registrations.{kind}", mails, organiser_id=organiser_id, now=now)


def list_told(kind: Kind, registration_ids: Sequence[int]) -> set[int]:
    """Those of these registrations to whom a mail of that kind was queued already."""
    subjects = {f"registration:{i}": i for i in registration_ids}
    rows = db.session.execute(
        select(Message.subject)
        .where(Message.template == f"registrations.{kind}", Message.subject.in_(list(subjects)))
        .distinct()
    ).scalars()
    return {subjects[subject] for subject in rows}


def list_told_of(kind: Kind, registration_ids: Sequence[int], name: str, value: str) -> set[int]:
    """As `list_told`, of those mails alone whose parameter of that name says so."""
    subjects = {f"registration:{i}": i for i in registration_ids}
    rows = db.session.execute(
        select(Message.subject, Message.params).where(
            Message.template == f"registrations.{kind}", Message.subject.in_(list(subjects))
        )
    )
    return {subjects[row.subject] for row in rows if row.params.get(name) == value}


def list_told_off(registration_ids: Sequence[int], at: str) -> set[int]:
    """Those of these registrations to whom the calling off with that mark was told, or is being told."""
    subjects = {f"registration:{i}": i for i in registration_ids}
    rows = db.session.execute(
        select(Message.subject, Message.params).where(
            Message.template == "registrations.event_cancelled",
            Message.subject.in_(list(subjects)),
            Message.state != MessageState.SKIPPED,
        )
    )
    return {subjects[row.subject] for row in rows if row.params.get("at", at) == at}


def list_last_told(kinds: Sequence[Kind], registration_ids: Sequence[int]) -> dict[int, Kind]:
    """The kind of the latest mail, of these kinds, about each of these registrations; what was no longer needed is left out."""
    subjects = {f"registration:{i}": i for i in registration_ids}
    templates: dict[str, Kind] = {f"registrations.{kind}": kind for kind in kinds}
    latest = (
        select(func.max(Message.id))
        .where(
            Message.subject.in_(list(subjects)),
            Message.template.in_(list(templates)),
            Message.state != MessageState.SKIPPED,
        )
        .group_by(Message.subject)
    )
    rows = db.session.execute(select(Message.subject, Message.template).where(Message.id.in_(latest)))
    return {subjects[row.subject]: templates[row.template] for row in rows}


def is_told_later(kinds: Iterable[Kind], registration_id: int, *, after: int) -> bool:
    """Whether a mail of one of these kinds about that registration was queued after the message of that id."""
    found = db.session.execute(
        select(Message.id)
        .where(
            Message.subject == f"registration:{registration_id}",
            Message.template.in_([f"registrations.{kind}" for kind in kinds]),
            Message.id > after,
        )
        .limit(1)
    ).first()
    return found is not None


def was_told_since(kind: Kind, registration_id: int, since: datetime) -> bool:
    """Whether a mail of that kind about that registration was queued after `since`."""
    found = db.session.execute(
        select(Message.id)
        .where(
            Message.subject == f"registration:{registration_id}",
            Message.template == f"registrations.{kind}",
            Message.queued_at > since,
        )
        .limit(1)
    ).first()
    return found is not None

"""What registered people are told, by mail. Each is rendered when it goes out, from what is true then."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from app.core.db import db
from app.messages.models import Message
from app.messages.operations import queue_message

Kind = Literal["confirmed", "waitlisted", "changed", "cancelled", "already", "link", "event_cancelled"]


def tell(kind: Kind, registration_id: int, email: str, locale: str, *, organiser_id: int, now: datetime) -> None:
    """Queue one mail about a registration, in the person's language, in the caller's transaction."""
    queue_message(
        template=f"registrations.{kind}",
        subject=f"registration:{registration_id}",
        recipient=email,
        locale=locale,
        params={"registration_id": registration_id},
        organiser_id=organiser_id,
        now=now,
    )


def list_told(kind: Kind, registration_ids: Sequence[int]) -> set[int]:
    """Those of these registrations to whom a mail of that kind was queued already."""
    subjects = {f"registration:{i}": i for i in registration_ids}
    rows = db.session.execute(
        select(Message.subject)
        .where(Message.template == f"registrations.{kind}", Message.subject.in_(list(subjects)))
        .distinct()
    ).scalars()
    return {subjects[subject] for subject in rows}


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

"""Mails to many about their hours, queued by a job that may be begun again."""

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import select

from app.core.db import db
from app.core.transaction import transaction
from app.jobs.registry import JobContext
from app.messages.models import Message
from app.registrations.notifications import tell
from app.registrations.queries import list_registrations_by_id

CHUNK = 50


def tell_each(context: JobContext, kind: Literal["plan", "delay"], said: Mapping[int, Mapping[str, Any]]) -> None:
    """Queue the mail `registrations.<kind>` to each of these registrations with what is said to it, where it stands and has an
    address. Begun again, it goes on with those not told yet.
    """
    ids = list(said)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        with transaction():
            told = _told(kind, chunk, context.job_id)
            for registration in list_registrations_by_id([i for i in chunk if i not in told]):
                if registration.contact_email and registration.alive:
                    tell(
                        kind, registration.id, registration.contact_email, registration.locale,
                        organiser_id=registration.organiser_id, now=context.now(),
                        more={"job_id": context.job_id, **said[registration.id]},
                    )  # fmt: skip
        context.progress(start + len(chunk), len(ids))


def _told(kind: str, registration_ids: list[int], job_id: int) -> set[int]:
    """Those to whom this job queued a mail already."""
    subjects = {f"registration:{i}": i for i in registration_ids}
    rows = db.session.execute(
        select(Message.subject).where(
            Message.template == f"registrations.{kind}",
            Message.subject.in_(list(subjects)),
            Message.params["job_id"].as_integer() == job_id,
        )
    ).scalars()
    return {subjects[subject] for subject in rows}

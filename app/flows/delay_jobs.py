"""Telling those whose hours a delay moves, done by workers."""

from typing import Any

from sqlalchemy import select

from app.core.db import db
from app.core.transaction import transaction
from app.flows.operations.delaying import TELL_DELAY_JOB
from app.jobs.registry import JobContext, handler
from app.messages.models import Message
from app.registrations.notifications import tell
from app.registrations.queries import list_registrations_by_id

CHUNK = 50


@handler(TELL_DELAY_JOB)
def tell_delay(context: JobContext) -> None:
    """Queue the mail to everyone whose hours move. Begun again, it goes on with those not told yet."""
    said: dict[int, dict[str, Any]] = {one: {"minutes": shift} for one, shift in context.payload["moved"]}
    for one in context.payload.get("alone", ()):
        said[one] = {"minutes": context.payload["by"], "space_id": context.payload["space_id"]}
    ids = list(said)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        with transaction():
            told = _told(chunk, context.job_id)
            for registration in list_registrations_by_id([i for i in chunk if i not in told]):
                if registration.contact_email and registration.alive:
                    tell(
                        "delay", registration.id, registration.contact_email, registration.locale,
                        organiser_id=registration.organiser_id, now=context.now(),
                        more={"job_id": context.job_id, **said[registration.id]},
                    )  # fmt: skip
        context.progress(start + len(chunk), len(ids))


def _told(registration_ids: list[int], job_id: int) -> set[int]:
    """Those to whom this job queued a mail already."""
    subjects = {f"registration:{i}": i for i in registration_ids}
    rows = db.session.execute(
        select(Message.subject).where(
            Message.template == "registrations.delay",
            Message.subject.in_(list(subjects)),
            Message.params["job_id"].as_integer() == job_id,
        )
    ).scalars()
    return {subjects[subject] for subject in rows}

"""Forgetting a person: their name goes, the totals stay."""

from datetime import datetime

from sqlalchemy import delete, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.events.operations import lock_event
from app.registrations.models import DeclaredStatistics, Registration
from app.registrations.operations.cancelling import cancel_registration
from app.registrations.operations.locking import lock_registration

FORGOTTEN = "—"


def erase_registration(registration_id: int, *, by: Actor, now: datetime) -> None:
    """Cancel what can still be cancelled, then erase name, mail, telephone, answers and declared statistics.

    What stays is a headcount of an audience from a school: enough for totals, nothing of a person. `by` is not named in
    the audit either. Raises ChangeClosed while the visit is under way for a visitor.
    """
    before = lock_registration(registration_id)
    if before.alive:
        cancel_registration(registration_id, by=by, now=now, quiet=True)
    if before.statistics_key is not None:
        db.session.execute(delete(DeclaredStatistics).where(DeclaredStatistics.key == before.statistics_key))
    anonymise(registration_id, version=lock_event(before.event_id), now=now)
    subject = f"registration:{registration_id}"
    record(by, "registration.erased", subject, now=now, organiser_id=before.organiser_id)


def anonymise(registration_id: int, *, version: int, now: datetime) -> None:
    """Take the person out of a registration's row."""
    db.session.execute(
        update(Registration)
        .where(Registration.id == registration_id)
        .values(
            contact_name=FORGOTTEN, contact_email="", contact_phone="", mail_key="", same_key=None, import_key=None,
            statistics_key=None, oriented_by="", answers={}, search_text="", sort_name="~", cancel_reason="",
            is_15_or_older=None, changed_in=version, updated_at=now,
        )
    )  # fmt: skip

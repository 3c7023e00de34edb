"""Cancelling: one registration, or all of an event that will not take place."""

from datetime import datetime

from sqlalchemy import update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.events.enums import EventMove, EventState
from app.events.operations import lock_event, move_event, release_places
from app.events.queries import get_event_by_id
from app.jobs.operations import enqueue
from app.messages.operations import raise_sequence
from app.registrations.enums import RegistrationMove, RegistrationStatus
from app.registrations.errors import ChangeClosed
from app.registrations.models import Registration, RegistrationWave
from app.registrations.notifications import tell
from app.registrations.operations.locking import held_by, lock_registration
from app.registrations.rules import may_change, require_move


def cancel_registration(
    registration_id: int, *, by: Actor, now: datetime, reason: str = "", quiet: bool = False
) -> None:
    """Free the places. Raises MoveNotAllowed, and ChangeClosed for a visitor whose visit is over."""
    before = lock_registration(registration_id)
    require_move(before.status, RegistrationMove.CANCEL)
    if not may_change(get_event_by_id(before.event_id), before.waves, staff=by.is_staff, now=now):
        raise ChangeClosed
    held = held_by(before)
    version = lock_event(before.event_id) if held is None else release_places(before.event_id, held)
    db.session.execute(
        update(RegistrationWave).where(RegistrationWave.registration_id == registration_id).values(people=0)
    )
    db.session.execute(
        update(Registration)
        .where(Registration.id == registration_id)
        .values(
            status=RegistrationStatus.CANCELLED,
            changed_in=version,
            updated_at=now,
            cancelled_at=now,
            cancel_reason=reason.strip()[:300],
        )
    )
    raise_sequence(f"registration:{registration_id}", now=now)
    details = {"people": before.people, "reason": reason} if reason else {"people": before.people}
    subject = f"registration:{registration_id}"
    record(by, "registration.cancelled", subject, now=now, organiser_id=before.organiser_id, details=details)
    if not quiet and before.contact_email:
        tell("cancelled", before.id, before.contact_email, before.locale, organiser_id=before.organiser_id, now=now)


def cancel_event_registrations(event_id: int, *, reason: str, by: Actor, now: datetime) -> EventState:
    """Cancel an event and tell everyone who is registered, by a job. Raises MoveNotAllowed.

    The registrations stay as they are: they say who was coming, and an event that is off holds nobody's place.
    """
    event = get_event_by_id(event_id)
    state = move_event(event_id, EventMove.CANCEL, by=by, now=now, reason=reason)
    enqueue(
        "registrations.tell_event_cancelled",
        {"event_id": event_id},
        now=now,
        subject=f"event:{event_id}",
        organiser_id=event.organiser_id,
    )
    return state

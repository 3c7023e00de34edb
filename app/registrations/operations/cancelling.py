"""Cancelling: one registration, or all of an event that will not take place."""

from datetime import datetime
from typing import Any

from sqlalchemy import update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.events.enums import EventMove, EventState
from app.events.operations import lock_event, move_event, release_places
from app.events.queries import get_event_by_id
from app.events.queries.reasons import labels_of_cancellations
from app.events.reasons import OTHER
from app.jobs.operations import enqueue
from app.messages.operations import raise_sequence
from app.registrations.enums import RegistrationMove, RegistrationStatus
from app.registrations.errors import ChangeClosed
from app.registrations.models import Registration, RegistrationWave
from app.registrations.notifications import tell
from app.registrations.operations.locking import held_by, lock_registration, stop_waiting
from app.registrations.operations.reopening import telling_mark
from app.registrations.queries import RegistrationRow
from app.registrations.rules import may_change, require_move


def cancel_registration(
    registration_id: int, *, by: Actor, now: datetime, reason: str = "", code: str = "", quiet: bool = False
) -> None:
    """Free the places. `code` is a reason of the organiser's lists; one told in words alone counts as `other`.

    Raises MoveNotAllowed, ChangeClosed for a visitor whose visit is over, FieldError (code) for an unknown reason.
    """
    before = lock_registration(registration_id)
    require_move(before.status, RegistrationMove.CANCEL)
    reason = reason.strip()[:300]
    code = _known(code, before.organiser_id) or (OTHER if reason else "")
    if not may_change(get_event_by_id(before.event_id), before.waves, staff=by.is_staff, now=now):
        raise ChangeClosed
    end_by_hand(before, "registration.cancelled", code=code, reason=reason, by=by, now=now, quiet=quiet)


def end_by_hand(
    before: RegistrationRow, verb: str, *, code: str, reason: str, by: Actor, now: datetime, quiet: bool
) -> None:
    """Write that a registration is cancelled, the event's row being held: its places, or its turn, are free."""
    held = held_by(before)
    version = lock_event(before.event_id) if held is None else release_places(before.event_id, held, now=now)
    if before.status is RegistrationStatus.WAITLISTED:
        stop_waiting(before, now=now)
    db.session.execute(update(RegistrationWave).where(RegistrationWave.registration_id == before.id).values(people=0))
    db.session.execute(
        update(Registration)
        .where(Registration.id == before.id)
        .values(
            status=RegistrationStatus.CANCELLED,
            changed_in=version,
            updated_at=now,
            cancelled_at=now,
            cancel_code=code,
            cancel_reason=reason,
        )
    )
    subject = f"registration:{before.id}"
    raise_sequence(subject, now=now)
    details: dict[str, Any] = {"people": before.people, "status": [before.status.value, "cancelled"]}
    details |= {name: told for name, told in (("code", code), ("reason", reason)) if told}
    record(by, verb, subject, now=now, organiser_id=before.organiser_id, details=details)
    if not quiet and before.contact_email:
        tell("cancelled", before.id, before.contact_email, before.locale, organiser_id=before.organiser_id, now=now)


def _known(code: str, organiser_id: int) -> str:
    """Raises FieldError unless it is nothing, or a reason that one of the organiser's lists has or had."""
    if code and code not in labels_of_cancellations(organiser_id):
        raise FieldError({"code": "choice"})
    return code


def cancel_event_registrations(event_id: int, *, reason: str, code: str = "", by: Actor, now: datetime) -> EventState:
    """Cancel an event and tell everyone who is registered, by a job. `code` counts it, `reason` is what people read.

    Raises MoveNotAllowed, FieldError (code).

    The registrations stay as they are: they say who was coming, and an event that is off holds nobody's place.
    """
    event = get_event_by_id(event_id)
    state = move_event(event_id, EventMove.CANCEL, by=by, now=now, reason=reason, code=code)
    enqueue(
        "registrations.tell_event_cancelled",
        {"event_id": event_id, "at": telling_mark(now)},
        now=now,
        subject=f"event:{event_id}",
        organiser_id=event.organiser_id,
    )
    return state

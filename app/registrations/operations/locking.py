"""Holding one registration, and its event first, while it changes."""

from datetime import datetime

from sqlalchemy import select

from app.core.db import db
from app.events.models import Event
from app.events.operations import Held, call_for_offers, count_waiting
from app.registrations.drafts import RegistrationDraft
from app.registrations.enums import HOLDING, RegistrationKind
from app.registrations.errors import RegistrationNotFound
from app.registrations.models import Registration
from app.registrations.queries import RegistrationRow, get_registration


def lock_registration(registration_id: int) -> RegistrationRow:
    """Lock the event, then read the registration as it now is. Raises RegistrationNotFound, for one in the bin too."""
    event_id = db.session.execute(
        select(Registration.event_id).where(Registration.id == registration_id)
    ).scalar_one_or_none()
    if event_id is None:
        raise RegistrationNotFound
    db.session.execute(select(Event.id).where(Event.id == event_id).with_for_update(key_share=True))
    return get_registration(registration_id)


def held_by(registration: RegistrationRow) -> Held | None:
    """The places that a registration holds, or None when it holds none: who did not come gave them back, who was let in beyond
    them never had any.
    """
    if registration.status not in HOLDING or registration.absent_at is not None or registration.beyond:
        return None
    return wanted_by(registration)


def wanted_by(registration: RegistrationRow) -> Held:
    """The places that a registration has, or would have."""
    return Held(registration.waves, registration.audience, registration.people, registration.is_group)


def start_waiting(event_id: int, waves: tuple[int, ...], *, now: datetime) -> None:
    """Count one more who waits for these waves; places may be free for them at once. The event's row is held."""
    count_waiting(waves, 1)
    call_for_offers(event_id, now=now)


def stop_waiting(registration: RegistrationRow, *, now: datetime) -> None:
    """Count one less who waits for its waves: whom it held up may be offered places. The event's row is held."""
    count_waiting(registration.waves, -1)
    call_for_offers(registration.event_id, now=now)


def asked_by(draft: RegistrationDraft) -> Held:
    """The places that a clean draft asks for."""
    return Held(draft.waves, draft.audience, draft.headcount.people, draft.kind is RegistrationKind.GROUP)

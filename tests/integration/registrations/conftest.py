"""What the tests of registrations look at."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.actor import VISITOR, Actor, ActorKind
from app.core.audit import list_history
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.errors import AudienceFull, WaveFull
from app.events.queries import EventRow, get_places
from app.messages.models import Message
from app.messages.queries import get_sequences
from app.registrations.drafts import Contact, RegistrationDraft
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import (
    AlreadyRegistered,
    RegistrationClosed,
)
from app.registrations.models import Registration
from app.registrations.operations import (
    Registered,
    cancel_registration,
    change_registration,
    register,
)
from tests.factories import (
    NOW,
    make_event,
    make_organiser,
)

STAFF = Actor(ActorKind.STAFF, "Inès Roux", id=7)
CONTACT = Contact("Manon Lambert", "manon.lambert@example.org")


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_event(make_organiser())


def told(registration_id: int) -> list[str]:
    """The mails queued about a registration, in order."""
    subject = f"registration:{registration_id}"
    rows = db.session.execute(select(Message.template).where(Message.subject == subject).order_by(Message.id))
    return [template.removeprefix("registrations.") for template in rows.scalars()]


def history(registration_id: int) -> list[tuple[str, dict[str, Any]]]:
    return [(line.verb, line.details) for line in reversed(list_history(f"registration:{registration_id}"))]


def sequence(registration_id: int) -> int:
    subject = f"registration:{registration_id}"
    return get_sequences([subject]).get(subject, (0, NOW))[0]


def taken(event: EventRow) -> tuple[int, list[int]]:
    places = get_places(event)
    return places.taken, [places.waves[w.id] for w in event.waves]


def refuse(event: EventRow, draft: RegistrationDraft, *, now: Any = NOW) -> Any:
    """The refusal of a registration; nothing was written."""
    before = db.session.execute(select(Registration.id)).all()
    with (
        pytest.raises((FieldError, RegistrationClosed, AlreadyRegistered, WaveFull, AudienceFull)) as caught,
        transaction(),
    ):
        register(event, draft, by=VISITOR, now=now)
    assert db.session.execute(select(Registration.id)).all() == before
    return caught.value


def change(made: Registered, **changes: Any) -> RegistrationStatus:
    with transaction():
        return change_registration(made.id, **{"by": VISITOR, "now": NOW, **changes})


def cancel(made: Registered, **options: Any) -> None:
    with transaction():
        cancel_registration(made.id, **{"by": VISITOR, "now": NOW, **options})

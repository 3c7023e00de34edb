"""Route cards of a class, and sending people their links again."""

from datetime import datetime, timedelta

from sqlalchemy import insert, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.core.tokens import digest, new_ticket_code
from app.events.operations import lock_event
from app.events.queries import EventRow
from app.jobs.operations import enqueue
from app.registrations.enums import TicketKind
from app.registrations.models import Registration, Ticket
from app.registrations.notifications import tell, was_told_since
from app.registrations.operations.locking import lock_registration
from app.registrations.queries import get_registration, list_alive_by_email
from app.registrations.rules import card_prefix

LINKS_JOB = "registrations.send_links"
PAUSE = timedelta(minutes=10)


def issue_route_cards(registration_id: int, *, by: Actor, now: datetime) -> int:
    """Make numbered cards without names, one a participant, keeping those already made; return how many there are.

    Raises FieldError for an individual: a person's ticket is their card.
    """
    registration = lock_registration(registration_id)
    if not registration.is_group:
        raise FieldError({"kind": "groups_only"})
    prefix, first = card_prefix(registration.class_label or registration.organisation_name), len(registration.cards) + 1
    numbers = range(first, registration.participants + 1)
    if numbers:
        db.session.execute(
            insert(Ticket),
            [
                {
                    "registration_id": registration_id, "kind": TicketKind.ROUTE_CARD, "code": new_ticket_code(),
                    "number": number, "label": f"{prefix}-{number:02d}",
                }
                for number in numbers
            ],
        )  # fmt: skip
        changed = {"changed_in": lock_event(registration.event_id), "updated_at": now}
        db.session.execute(update(Registration).where(Registration.id == registration_id).values(**changed))
        record(
            by, "registration.cards_made", f"registration:{registration_id}", now=now,
            organiser_id=registration.organiser_id, details={"cards": registration.participants},
        )  # fmt: skip
    return max(len(registration.cards), registration.participants)


def ask_links_again(event: EventRow, email: str, *, now: datetime) -> None:
    """Have an address's links mailed to it, if it has any here; the same work, whether or not, for a worker looks.

    The job keeps the mail's digest alone.
    """
    enqueue(LINKS_JOB, {"event_id": event.id, "mail": digest(email.lower())}, now=now)


def send_links_again(event: EventRow, email: str, *, now: datetime) -> int:
    """Mail their links to an address that asks for them; return how many it has. The page that asks is told nothing.

    Who asks again within ten minutes gets no second mail: nobody's mailbox is filled by somebody else's clicks.
    """
    found = list_alive_by_email(event.id, email)
    for registration in found:
        if was_told_since("link", registration.id, now - PAUSE):
            continue
        tell(
            "link",
            registration.id,
            registration.contact_email,
            registration.locale,
            organiser_id=event.organiser_id,
            now=now,
        )
    return len(found)


def tell_already_registered(registration_id: int, *, now: datetime) -> None:
    """Mail somebody who registers twice what they already have; the page only says « check your mail »."""
    registration = get_registration(registration_id)
    if registration.contact_email and not was_told_since("already", registration.id, now - PAUSE):
        tell(
            "already", registration.id, registration.contact_email, registration.locale,
            organiser_id=registration.organiser_id, now=now,
        )  # fmt: skip

"""Finding a registration of an organiser, whatever its event."""

from dataclasses import dataclass

from sqlalchemy import select

from app.core.db import db
from app.core.text import fold
from app.events.models import Event
from app.registrations.enums import RegistrationStatus
from app.registrations.models import Registration
from app.registrations.queries import normal_reference
from app.reports.rules import listed_name


@dataclass(frozen=True)
class FoundRegistration:
    """A registration with the event it belongs to."""

    reference: str
    name: str
    organisation_name: str
    class_label: str
    status: RegistrationStatus
    people: int
    event_slug: str
    event_title_fr: str
    event_title_en: str


def search_registrations(organiser_id: int, text: str, *, limit: int = 30) -> list[FoundRegistration]:
    """Registrations that hold all the words typed: latest event first, then by name. One statement."""
    words = fold(text).split()
    if not words:
        return []
    rows = db.session.execute(
        select(
            Registration.reference, Registration.contact_name, Registration.sort_name, Registration.organisation_name,
            Registration.class_label, Registration.status, Registration.participants, Registration.companions,
            Event.slug, Event.title_fr, Event.title_en,
        )
        .join(Event, Event.id == Registration.event_id)
        .where(
            Registration.organiser_id == organiser_id,
            *[Registration.search_text.contains(word, autoescape=True) for word in words],
        )
        .order_by(Event.starts_at.desc(), Registration.sort_name, Registration.id)
        .limit(limit)
    )  # fmt: skip
    return [
        FoundRegistration(
            r.reference, listed_name(r.contact_name, r.sort_name), r.organisation_name, r.class_label, r.status,
            r.participants + r.companions, r.slug, r.title_fr, r.title_en,
        )
        for r in rows
    ]  # fmt: skip


def find_slug_by_reference(organiser_id: int, text: str) -> tuple[str, str] | None:
    """(event's slug, reference) of the registration whose number was typed, in any case, with or without dashes."""
    row = db.session.execute(
        select(Event.slug, Registration.reference)
        .join(Event, Event.id == Registration.event_id)
        .where(Registration.organiser_id == organiser_id, Registration.reference == normal_reference(text))
    ).first()
    return None if row is None else (row.slug, row.reference)

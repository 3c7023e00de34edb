"""The registrations that a structure's contact made, for their own eyes; importing this registers them."""

from typing import Any

from sqlalchemy import select

from app.core.db import db
from app.core.urls import absolute, own_page_path
from app.events.models import Event
from app.registrations.models import Registration
from app.registrations.queries import in_no_bin
from app.structures.queries import ContactRow
from app.structures.registry import ContactPart, register_contact_part


def tell_registrations(contact: ContactRow) -> dict[str, Any]:
    """Those of the structure made with their mail address; `url` has all that is held of each."""
    rows = db.session.execute(
        select(
            Registration.reference, Registration.token, Registration.status, Registration.contact_name,
            Registration.contact_email, Registration.contact_phone, Registration.class_label, Registration.participants,
            Registration.companions, Registration.created_at, Event.slug, Event.title_fr, Event.title_en,
            Event.starts_at,
        )
        .join(Event, Event.id == Registration.event_id)
        .where(
            Registration.structure_id == contact.structure_id, Registration.organiser_id == contact.organiser_id,
            Registration.mail_key == contact.email.lower(), Registration.mail_key != "", in_no_bin(),
        )
        .order_by(Event.starts_at, Registration.id)
    )  # fmt: skip
    return {
        "registrations": [
            {
                "reference": row.reference,
                "event": {"slug": row.slug, "title": {"fr": row.title_fr, "en": row.title_en}},
                "starts_at": row.starts_at.isoformat(),
                "status": row.status.value,
                "contact": {"name": row.contact_name, "email": row.contact_email, "phone": row.contact_phone},
                "class_label": row.class_label,
                "headcount": {"participants": row.participants, "companions": row.companions},
                "created_at": row.created_at.isoformat(),
                "url": absolute(f"{own_page_path(row.token)}/data.json"),
            }
            for row in rows
        ]
    }


register_contact_part("registrations", ContactPart(tell_registrations))

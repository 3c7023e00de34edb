"""What is held about one contact of a structure, for their own eyes: their card, and what each feature keeps of them."""

from typing import Any

from sqlalchemy import select

from app.core.db import db
from app.messages.queries import list_mails_to
from app.structures.drafts import FIELDS
from app.structures.models import ContactLink, StructureCorrection
from app.structures.queries import ContactRow, get_structure
from app.structures.registry import list_contact_parts

NOT_TOLD = frozenset({"kind", "notes"})
"""Of a structure's fields: the first is told by itself, the second is the team's."""


def held_of(contact: ContactRow) -> dict[str, Any]:
    """Everything as one JSON document: times are RFC 3339 in UTC, names as in the API. Nothing of other people.

    `contact` is one who is in (`app.structures.queries.find_visiting`): their mail address is proved.
    """
    structure = get_structure(contact.structure_id, organiser_id=contact.organiser_id)
    told: dict[str, Any] = {
        "contact": {
            "name": contact.name,
            "function": contact.duty,
            "email": contact.email,
            "phone": contact.phone,
            "locale": contact.locale,
            "created_at": contact.created_at.isoformat(),
        },
        "structure": {
            "id": structure.id,
            "kind": structure.kind.value,
            **{name: structure.value(name) for name in FIELDS if name not in NOT_TOLD},
        },
        "corrections": _corrections(contact.id),
        "links": _links(contact.id),
    }
    for part in list_contact_parts():
        told |= part.tell(contact)
    return told | {"mails": mails_of(contact.email, contact.organiser_id)}


def mails_of(email: str, organiser_id: int, subject: str | None = None) -> list[dict[str, str]]:
    """The mails that were sent to an address, oldest first: when, and their subject line."""
    mails = list_mails_to(email, organiser_id=organiser_id, subject=subject)
    return [{"sent_at": mail.sent_at.isoformat(), "subject": mail.title} for mail in mails]


def _corrections(contact_id: int) -> list[dict[str, Any]]:
    """What they said should stand otherwise."""
    rows = db.session.execute(
        select(
            StructureCorrection.values, StructureCorrection.message, StructureCorrection.created_at,
            StructureCorrection.settled_at, StructureCorrection.taken,
        )
        .where(StructureCorrection.contact_id == contact_id)
        .order_by(StructureCorrection.id)
    )  # fmt: skip
    return [
        {
            "values": values,
            "message": message,
            "created_at": created_at.isoformat(),
            "settled_at": settled_at.isoformat() if settled_at else None,
            "taken": taken,
        }
        for values, message, created_at, settled_at, taken in rows
    ]


def _links(contact_id: int) -> list[dict[str, str | None]]:
    """The links to /my that they were sent lately, without what opens them."""
    rows = db.session.execute(
        select(ContactLink.created_at, ContactLink.used_at)
        .where(ContactLink.contact_id == contact_id)
        .order_by(ContactLink.id)
    )
    return [
        {"created_at": created_at.isoformat(), "used_at": used_at.isoformat() if used_at else None}
        for created_at, used_at in rows
    ]

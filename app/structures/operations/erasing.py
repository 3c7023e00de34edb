"""Forgetting a structure's contact: their name and addresses go, what their structure did stays."""

from datetime import datetime

from sqlalchemy import delete, func, select, update

from app.core.actor import Actor, ActorKind
from app.core.audit import AuditEntry, record
from app.core.db import db
from app.messages.operations import forget_mails
from app.structures.errors import ContactNeeded
from app.structures.models import ContactLink, StructureContact, StructureCorrection
from app.structures.operations.directory import lock_own
from app.structures.queries import get_contact
from app.structures.registry import list_contact_parts


def erase_contact(contact_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Their link and pages stop, and nothing tells who they were: neither here, nor in what they did that is over.

    What they registered for has its own erasing. Raises ContactNotFound, ContactNeeded while something of theirs goes on.
    """
    contact = get_contact(contact_id, organiser_id=organiser_id)
    lock_own(contact.structure_id, organiser_id)
    # Nobody begins anything in their name meanwhile: whoever does holds this row (FOR SHARE).
    db.session.execute(select(StructureContact.id).where(StructureContact.id == contact_id).with_for_update())
    contact = get_contact(contact_id, organiser_id=organiser_id)
    known = contact.id, contact.structure_id, contact.email
    if going_on := [reference for part in list_contact_parts() for reference in part.needs(*known)]:
        raise ContactNeeded(going_on)
    for part in list_contact_parts():
        part.forget(*known, now, by)
    db.session.execute(
        update(StructureContact)
        .where(StructureContact.id == contact.id)
        .values(
            name="", name_key="", duty="", email="", mail_key="", phone="", epoch=StructureContact.epoch + 1,
            ended_at=func.coalesce(StructureContact.ended_at, now),
        )
    )  # fmt: skip
    db.session.execute(delete(ContactLink).where(ContactLink.contact_id == contact.id))
    db.session.execute(
        update(StructureCorrection).where(StructureCorrection.contact_id == contact.id).values(message="")
    )
    forget_mails(f"contact:{contact.id}")
    db.session.execute(
        update(AuditEntry)
        .where(
            AuditEntry.organiser_id == organiser_id,
            AuditEntry.actor_kind == ActorKind.VISITOR.value,
            AuditEntry.actor_id == contact.id,
        )
        .values(actor_label="", actor_id=None)
    )
    subject, details = f"structure:{contact.structure_id}", {"contact_id": contact.id}
    record(by, "structure.contact_erased", subject, now=now, organiser_id=organiser_id, details=details)

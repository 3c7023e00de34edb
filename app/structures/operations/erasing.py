"""Forgetting a structure's contact: their name and addresses go, what their structure did stays."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update

from app.core.actor import Actor, ActorKind
from app.core.audit import AuditEntry, record
from app.core.db import db
from app.messages.operations import forget_mails, forget_recipients, queue_message
from app.structures.errors import ContactNeeded
from app.structures.models import ContactLink, StructureContact, StructureCorrection
from app.structures.operations.directory import lock_own
from app.structures.queries import ContactRow, get_contact
from app.structures.registry import ContactPart, list_contact_parts

ERASED_MAIL = "structures.erased"


def erase_contact(contact_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Their link and pages stop, and nothing tells who they were: neither here, nor in what they did that is over.

    What they registered for has its own erasing. Raises ContactNotFound, ContactNeeded while something of theirs goes on.
    """
    parts = [part for part in list_contact_parts() if not part.only_by_themselves]
    contact = _erase(contact_id, parts, organiser_id=organiser_id, by=by, now=now)
    subject, details = f"structure:{contact.structure_id}", {"contact_id": contact.id}
    record(by, "structure.contact_erased", subject, now=now, organiser_id=organiser_id, details=details)


def erase_oneself(contact_id: int, *, organiser_id: int, now: datetime) -> None:
    """The same by the contact, who takes along what only they do (`ContactPart`). The history names nobody.

    One mail says that it is done; its address goes once it left (`forget_last_mails`). Raises as `erase_contact` does.
    """
    nobody = Actor(ActorKind.VISITOR, "", None, organiser_id)
    contact = _erase(contact_id, list_contact_parts(), organiser_id=organiser_id, by=nobody, now=now)
    subject = f"structure:{contact.structure_id}"
    record(nobody, "structure.contact_erased_self", subject, now=now, organiser_id=organiser_id)
    if contact.email:
        queue_message(
            template=ERASED_MAIL, subject=f"contact:{contact.id}", recipient=contact.email, locale=contact.locale,
            params={"structure_id": contact.structure_id}, organiser_id=organiser_id, now=now,
        )  # fmt: skip


def list_going_on(contact: ContactRow, *, now: datetime) -> list[str]:
    """What stands in the way of their erasing themselves, as people know it: numbers of loans, addresses of events."""
    return _going_on(contact, list_contact_parts(), now)


def forget_last_mails() -> None:
    """Mails that told an erasing keep no address, once they left or could not."""
    forget_recipients(ERASED_MAIL)


def _going_on(contact: ContactRow, parts: Sequence[ContactPart], now: datetime) -> list[str]:
    known = contact.id, contact.structure_id, contact.email
    return list(dict.fromkeys(reference for part in parts for reference in part.needs(*known, now)))


def _erase(
    contact_id: int, parts: Sequence[ContactPart], *, organiser_id: int, by: Actor, now: datetime
) -> ContactRow:  # fmt: skip
    """Who it was."""
    contact = get_contact(contact_id, organiser_id=organiser_id)
    lock_own(contact.structure_id, organiser_id)
    # Nobody begins anything in their name meanwhile: whoever does holds this row (FOR SHARE).
    db.session.execute(select(StructureContact.id).where(StructureContact.id == contact_id).with_for_update())
    contact = get_contact(contact_id, organiser_id=organiser_id)
    if going_on := _going_on(contact, parts, now):
        raise ContactNeeded(going_on)
    for part in parts:
        part.forget(contact.id, contact.structure_id, contact.email, now, by)
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
    return contact

"""People to reach at a structure. They end when they leave; what they did stays."""

from datetime import datetime

from sqlalchemy import insert, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.text import fold
from app.structures.drafts import ContactDraft
from app.structures.errors import ContactNotFound
from app.structures.models import StructureContact
from app.structures.operations.directory import lock_own
from app.structures.queries import ContactRow, get_contact
from app.structures.rules import clean_contact


def add_contact(structure_id: int, draft: ContactDraft, *, organiser_id: int, by: Actor, now: datetime) -> int:
    """A new contact; the id. Raises StructureNotFound, StructureMerged, FieldError."""
    lock_own(structure_id, organiser_id)
    draft = clean_contact(draft)
    contact_id = db.session.execute(
        insert(StructureContact)
        .values(organiser_id=organiser_id, structure_id=structure_id, created_at=now, **_values(draft))
        .returning(StructureContact.id)
    ).scalar_one()
    _record(by, "structure.contact_added", structure_id, organiser_id, now, {"contact_id": contact_id})
    return contact_id


def change_contact(contact_id: int, draft: ContactDraft, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Another mail address ends what the old one had open at /my. Raises ContactNotFound, FieldError."""
    before = get_contact(contact_id, organiser_id=organiser_id)
    draft = clean_contact(draft)
    after = _values(draft)
    changed = [name for name in ("name", "duty", "email", "phone", "locale") if getattr(before, name) != after[name]]
    if not changed:
        return
    if "email" in changed:
        _raise_epoch(contact_id)
    db.session.execute(update(StructureContact).where(StructureContact.id == contact_id).values(**after))
    details = {
        "contact_id": contact_id,
        "fields": changed,
    }  # which, not what: people's data does not stay in the history
    _record(by, "structure.contact_changed", before.structure_id, organiser_id, now, details)


def end_contact(contact_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """They have left: their links and what they have open at /my stop. Raises ContactNotFound."""
    before = get_contact(contact_id, organiser_id=organiser_id)
    if before.ended_at is not None:
        return
    _raise_epoch(contact_id)
    db.session.execute(update(StructureContact).where(StructureContact.id == contact_id).values(ended_at=now))
    _record(by, "structure.contact_ended", before.structure_id, organiser_id, now, {"contact_id": contact_id})


def return_contact(contact_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """They are there again. Raises ContactNotFound."""
    before = get_contact(contact_id, organiser_id=organiser_id)
    if before.ended_at is None:
        return
    db.session.execute(update(StructureContact).where(StructureContact.id == contact_id).values(ended_at=None))
    _record(by, "structure.contact_returned", before.structure_id, organiser_id, now, {"contact_id": contact_id})


def set_language(contact: ContactRow, locale: str) -> None:
    """The language that a contact chose for their pages and mails."""
    db.session.execute(update(StructureContact).where(StructureContact.id == contact.id).values(locale=locale))


def _raise_epoch(contact_id: int) -> None:
    found = db.session.execute(
        update(StructureContact)
        .where(StructureContact.id == contact_id)
        .values(epoch=StructureContact.epoch + 1)
        .returning(StructureContact.id)
    ).first()
    if found is None:
        raise ContactNotFound(str(contact_id))


def _values(draft: ContactDraft) -> dict[str, str]:
    return {
        "name": draft.name,
        "name_key": fold(draft.name)[:160],
        "duty": draft.duty,
        "email": draft.email,
        "mail_key": draft.email.lower(),
        "phone": draft.phone,
        "locale": draft.locale,
    }


def _record(
    by: Actor, verb: str, structure_id: int, organiser_id: int, now: datetime, details: dict[str, object]
) -> None:
    record(by, verb, f"structure:{structure_id}", now=now, organiser_id=organiser_id, details=details)

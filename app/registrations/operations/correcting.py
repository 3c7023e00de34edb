"""Correcting who is registered and how to reach them; places, answers and tickets stay as they are."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.events.operations import lock_event
from app.events.queries import EventRow, get_event_by_id
from app.messages.operations import raise_sequence, redirect_messages
from app.registrations.drafts import Contact, Organisation, RegistrationDraft
from app.registrations.enums import ALIVE
from app.registrations.errors import AlreadyRegistered, ChangeClosed, RegistrationChanged, RegistrationForgotten
from app.registrations.models import Registration
from app.registrations.notifications import tell
from app.registrations.operations.locking import lock_registration
from app.registrations.operations.registering import keep_structure_of
from app.registrations.operations.storing import must_not_tell
from app.registrations.queries import FORGOTTEN, RegistrationRow, find_family_name, mark_of_contact
from app.registrations.rules import (
    clean_details,
    family_name_after,
    may_change,
    same_key,
    search_text,
    sort_name,
)
from app.structures.operations import forget_structure

_ORGANISATION = ("organisation_name", "uai", "commune")


@dataclass(frozen=True)
class Correction:
    """What is right from now on. `contact.family_name` sorts the list; empty: the last word of the name."""

    contact: Contact
    organisation: Organisation
    oriented_by: str
    locale: str


def correct_registration(
    registration_id: int, wanted: Correction, *, by: Actor, now: datetime, known: str = "", send: bool = False
) -> tuple[str, ...]:
    """Write it, and return the names of the columns that changed. The history names them, never what stands there.

    `known` is `mark_of_contact` as it was read. Mails on their way go to the new address; with `send`, who has another one
    gets the ticket there. Calendars get a new SEQUENCE only where they show what changed.

    Raises FieldError (paths as of a registration), AlreadyRegistered, RegistrationChanged when somebody corrected it since,
    ChangeClosed once the event is archived or called off, RegistrationForgotten, RegistrationNotFound.
    """
    before = _lock(registration_id, known)
    event = get_event_by_id(before.event_id)
    if not may_change(event, before.waves, staff=by.is_staff, now=now):
        raise ChangeClosed
    changed = _write(event, before, wanted, by, now)
    after = wanted.contact.email.strip().lower()
    if send and "contact_email" in changed and after and before.alive:
        _send(before.id, now)
    return changed


def correct_own_contact(
    registration_id: int, *, name: str, phone: str, by: Actor, now: datetime, known: str = ""
) -> tuple[str, ...]:
    """As `correct_registration`, of what visitors correct themselves: how their name is written, and their telephone.

    Another mail address opens what is sent to it: the team changes that. Raises MoveNotAllowed besides, for what no longer
    stands.
    """
    before = _lock(registration_id, known)
    if not before.alive:
        raise MoveNotAllowed("correct", before.status)
    event = get_event_by_id(before.event_id)
    if not may_change(event, before.waves, staff=by.is_staff, now=now):
        raise ChangeClosed
    family = family_name_after(before.contact_name, find_family_name(registration_id), name)
    contact = Contact(name, before.contact_email, phone, family)
    return _write(
        event, before, Correction(contact, _organisation_of(before), before.oriented_by, before.locale), by, now
    )


def _lock(registration_id: int, known: str) -> RegistrationRow:
    before = lock_registration(registration_id)
    if before.contact_name == FORGOTTEN:
        raise RegistrationForgotten
    if known and known != mark_of_contact(before, find_family_name(registration_id)):
        raise RegistrationChanged
    return before


def _write(event: EventRow, before: RegistrationRow, wanted: Correction, by: Actor, now: datetime) -> tuple[str, ...]:
    draft = clean_details(_draft(before, wanted))
    values = _columns(draft)
    sorted_by = db.session.execute(select(Registration.sort_name).where(Registration.id == before.id)).scalar_one()
    changed = tuple(name for name, value in values.items() if value != getattr(before, name))
    if sort_name(draft.contact) != sorted_by and "contact_name" not in changed:
        changed = (*changed, "sort_name")
    if not changed:
        return ()
    more: dict[str, Any] = {
        "mail_key": draft.contact.email.lower(), "sort_name": sort_name(draft.contact),
        "search_text": search_text(draft, before.reference), "same_key": _key(before, draft, by),
    }  # fmt: skip
    if set(changed) & set(_ORGANISATION):
        more["structure_id"] = keep_structure_of(event, draft, now)
    version = lock_event(event.id)
    db.session.execute(
        update(Registration)
        .where(Registration.id == before.id)
        .values(**values, **more, changed_in=version, updated_at=now)
    )
    if before.structure_id is not None and more.get("structure_id", before.structure_id) != before.structure_id:
        forget_structure(before.structure_id)
    subject = f"registration:{before.id}"
    if draft.locale != before.locale or (before.is_group and replace(before, **values).holder != before.holder):
        raise_sequence(subject, now=now)
    if "contact_email" in changed:
        redirect_messages(subject, draft.contact.email)
    details = {"fields": list(changed)}
    record(by, "registration.corrected", subject, now=now, organiser_id=before.organiser_id, details=details)
    return changed


def _draft(before: RegistrationRow, wanted: Correction) -> RegistrationDraft:
    return RegistrationDraft(
        kind=before.kind,
        audience=before.audience,
        waves=before.waves,
        contact=wanted.contact,
        organisation=wanted.organisation,
        locale=wanted.locale,
        oriented_by=wanted.oriented_by,
        source=before.source,
    )


def _organisation_of(before: RegistrationRow) -> Organisation:
    return Organisation(before.organisation_name, before.uai, before.class_label, before.commune)


def _columns(draft: RegistrationDraft) -> dict[str, Any]:
    contact, organisation = draft.contact, draft.organisation
    return {
        "contact_name": contact.name,
        "contact_email": contact.email,
        "contact_phone": contact.phone,
        "organisation_name": organisation.name,
        "class_label": organisation.class_label,
        "uai": organisation.uai,
        "commune": organisation.commune,
        "oriented_by": draft.oriented_by,
        "locale": draft.locale,
    }


def _key(before: RegistrationRow, draft: RegistrationDraft, by: Actor) -> str | None:
    """What tells the same person or class from now on, the event's row being held. Raises AlreadyRegistered.

    Who was registered beside somebody of the same key, and was not told so, stays so.
    """
    contact = Contact(before.contact_name, before.contact_email, before.contact_phone)
    old = same_key(replace(draft, contact=contact, organisation=_organisation_of(before)))
    stored = db.session.execute(select(Registration.same_key).where(Registration.id == before.id)).scalar_one()
    key = same_key(draft)
    if key is None or key == old:
        return stored if key == old else None
    same = db.session.execute(
        select(Registration.id)
        .where(
            Registration.event_id == before.event_id,
            Registration.same_key == key,
            Registration.status.in_(ALIVE),
            Registration.id != before.id,
        )
        .limit(1)
    ).scalar_one_or_none()
    if same is None or not before.alive:
        return key
    if not by.is_staff and must_not_tell(draft):
        return None
    raise AlreadyRegistered(same)


def _send(registration_id: int, now: datetime) -> None:
    """The ticket, at the address that holds from now on."""
    after = lock_registration(registration_id)
    tell("changed", after.id, after.contact_email, after.locale, organiser_id=after.organiser_id, now=now)

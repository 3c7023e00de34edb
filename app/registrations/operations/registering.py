"""The one path to a new registration, whoever asks: the public form, a program, the staff, an import."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.tokens import new_reference, new_ticket_code, new_token
from app.events.errors import AudienceFull, WaveFull
from app.events.models import Event
from app.events.operations import Held, lock_event, take_places
from app.events.queries import EventRow, get_event_by_id
from app.registrations.drafts import RegistrationDraft
from app.registrations.enums import ALIVE, RegistrationKind, RegistrationStatus, TicketKind
from app.registrations.errors import AlreadyRegistered, RegistrationClosed
from app.registrations.models import DeclaredStatistics, Registration, RegistrationWave, Ticket
from app.registrations.notifications import Kind, tell
from app.registrations.rules import clean, may_register, same_key, search_text, sort_name
from app.structures.models import StructureKind
from app.structures.operations import keep_structure

# Written once, on plain tables: making a statement anew takes several times as long as running it, and meanwhile
# everybody else waits for the event's row.
_EVENTS, _REGISTRATIONS = cast(Table, Event.__table__), cast(Table, Registration.__table__)
_LOCK = select(_EVENTS.c.revision).where(_EVENTS.c.id == bindparam("event")).with_for_update(key_share=True)
_SAME = (
    select(_REGISTRATIONS.c.id)
    .where(
        _REGISTRATIONS.c.event_id == bindparam("event"),
        _REGISTRATIONS.c.same_key == bindparam("key"),
        _REGISTRATIONS.c.status.in_(ALIVE),
    )
    .limit(1)
)
_INSERT: dict[str, Any] = {  # by dialect; the row is skipped when its reference is taken
    name: make(_REGISTRATIONS).on_conflict_do_nothing(index_elements=["reference"]).returning(_REGISTRATIONS.c.id)
    for name, make in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_INSERT_WAVES = insert(cast(Table, RegistrationWave.__table__))
_INSERT_TICKET = insert(cast(Table, Ticket.__table__))


@dataclass(frozen=True)
class Registered:
    """What a registration gives back at once."""

    id: int
    reference: str
    token: str
    status: RegistrationStatus
    ticket_code: str
    ticket_label: str


def register(event: EventRow, draft: RegistrationDraft, *, by: Actor, now: datetime, quiet: bool = False) -> Registered:
    """Take the places, or with `draft.waitlist` a place in the waiting list, and queue the mail (unless `quiet`).

    Raises FieldError, RegistrationClosed, AlreadyRegistered, WaveFull, AudienceFull: then nothing was written, provided that
    the edge rolls its transaction back, as it does on any error.
    """
    event = _lock(event)
    draft = clean(draft, event)
    if not may_register(event, draft.source, now):
        raise RegistrationClosed
    key = same_key(draft)
    if key is not None:
        _require_new(event.id, key)
    status, version = _take(event, draft)
    registration_id, reference, token = _insert(event, draft, status, version, key, now)
    people = draft.headcount.people if status is RegistrationStatus.CONFIRMED else 0
    db.session.execute(
        _INSERT_WAVES,
        [{"registration_id": registration_id, "wave_id": wave_id, "people": people} for wave_id in draft.waves],
    )
    code = new_ticket_code()
    db.session.execute(
        _INSERT_TICKET,
        {"registration_id": registration_id, "kind": TicketKind.MAIN, "code": code, "number": 0, "label": ""},
    )
    subject = f"registration:{registration_id}"
    details = {"status": status, "people": draft.headcount.people, "waves": list(draft.waves), "source": draft.source}
    record(by, "registration.made", subject, now=now, organiser_id=event.organiser_id, details=details)
    if not quiet and draft.contact.email:
        template: Kind = "confirmed" if status is RegistrationStatus.CONFIRMED else "waitlisted"
        tell(template, registration_id, draft.contact.email, draft.locale, organiser_id=event.organiser_id, now=now)
    group = draft.kind is RegistrationKind.GROUP
    label = (draft.organisation.class_label or draft.organisation.name) if group else ""
    return Registered(registration_id, reference, token, status, code, label or draft.contact.name)


def require_room(event: EventRow, draft: RegistrationDraft) -> None:
    """Take the draft's places and give them back at once: raises WaveFull or AudienceFull as registering would.

    For who is registered already, so that the page answers them as it would answer anybody else.
    """
    event = _lock(event)
    draft = clean(draft, event)
    if draft.waitlist and event.waiting_list:
        return
    savepoint = db.session.begin_nested()
    try:
        take_places(
            event.id,
            Held(draft.waves, draft.audience, draft.headcount.people, draft.kind is RegistrationKind.GROUP),
        )
    finally:
        savepoint.rollback()


def _lock(event: EventRow) -> EventRow:
    """Hold the event's row: registrations of one event follow each other. What changed meanwhile is read again."""
    revision = db.session.execute(_LOCK, {"event": event.id}).scalar_one()
    return event if revision == event.revision else get_event_by_id(event.id)


def _require_new(event_id: int, key: str) -> None:
    same = db.session.execute(_SAME, {"event": event_id, "key": key}).scalar_one_or_none()
    if same is not None:
        raise AlreadyRegistered(same)


def _take(event: EventRow, draft: RegistrationDraft) -> tuple[RegistrationStatus, int]:
    """Take places, or fall back on the waiting list if it is wanted and there is one. A savepoint undoes half a taking."""
    held = Held(draft.waves, draft.audience, draft.headcount.people, draft.kind is RegistrationKind.GROUP)
    if not (draft.waitlist and event.waiting_list):
        return RegistrationStatus.CONFIRMED, take_places(event.id, held)
    try:
        with db.session.begin_nested():
            return RegistrationStatus.CONFIRMED, take_places(event.id, held)
    except (WaveFull, AudienceFull):
        return RegistrationStatus.WAITLISTED, lock_event(event.id)


def _insert(
    event: EventRow, draft: RegistrationDraft, status: RegistrationStatus, version: int, key: str | None, now: datetime
) -> tuple[int, str, str]:
    values = _values(event, draft, key, now) | {"status": status, "changed_in": version, "token": new_token()}
    values["statistics_key"] = _keep_statistics(event, draft)
    while True:
        reference = new_reference(event.reference_prefix)
        row = {**values, "reference": reference, "search_text": search_text(draft, reference)}
        registration_id: int | None = db.session.execute(_INSERT[db.engine.dialect.name], row).scalar_one_or_none()
        if registration_id is not None:
            return registration_id, reference, values["token"]


def _values(event: EventRow, draft: RegistrationDraft, key: str | None, now: datetime) -> dict[str, Any]:
    contact, organisation = draft.contact, draft.organisation
    return {
        "event_id": event.id,
        "organiser_id": event.organiser_id,
        "kind": draft.kind,
        "audience": draft.audience,
        "participants": draft.headcount.participants,
        "companions": draft.headcount.companions,
        "contact_name": contact.name,
        "contact_email": contact.email,
        "contact_phone": contact.phone,
        "mail_key": contact.email.lower(),
        "structure_id": _keep_structure(event, draft, now),
        "organisation_name": organisation.name,
        "uai": organisation.uai,
        "class_label": organisation.class_label,
        "commune": organisation.commune,
        "is_15_or_older": draft.is_15_or_older,
        "oriented_by": draft.oriented_by.strip(),
        "locale": draft.locale,
        "source": draft.source,
        "answers": draft.answers,
        "same_key": key,
        "import_key": draft.import_key,
        "sort_name": sort_name(contact),
        "created_at": now,
        "updated_at": now,
        "cancel_reason": "",
    }


def _keep_structure(event: EventRow, draft: RegistrationDraft, now: datetime) -> int | None:
    organisation = draft.organisation
    if not organisation.name:
        return None
    school = bool(organisation.uai) or event.audience(draft.audience).school
    return keep_structure(
        event.organiser_id,
        kind=StructureKind.SCHOOL if school else StructureKind.OTHER,
        name=organisation.name,
        uai=organisation.uai,
        commune=organisation.commune,
        now=now,
    )


def _keep_statistics(event: EventRow, draft: RegistrationDraft) -> str | None:
    said = draft.statistics
    if not event.asks_statistics or not said.said_something or draft.kind is RegistrationKind.GROUP:
        return None
    key = secrets.token_hex(16)
    db.session.execute(
        insert(DeclaredStatistics).values(
            key=key,
            event_id=event.id,
            audience=draft.audience,
            gender=said.gender,
            age_band=said.age_band,
            priority_neighbourhood=said.priority_neighbourhood,
            rural_zone=said.rural_zone,
            recognised_disability=said.recognised_disability,
            commune=said.commune.strip()[:120],
        )
    )
    return key

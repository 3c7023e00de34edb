"""The one path to a new registration, whoever asks: the public form, a program, the staff, an import."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import FieldError, WriteConflict
from app.events.errors import AudienceFull, EventNotFound, QueueFirst, WaveFull
from app.events.models import Event
from app.events.operations import take_places
from app.events.queries import EventRow, get_event_by_id
from app.registrations.drafts import RegistrationDraft
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.registrations.errors import RegistrationClosed
from app.registrations.models import DeclaredStatistics
from app.registrations.operations.answer_files import attach_files
from app.registrations.operations.locking import asked_by
from app.registrations.operations.storing import NewRegistration, Stored, confirm, confirm_beyond, require_new, wait
from app.registrations.operations.turns import take_in_turn
from app.registrations.operations.waiting import serve_queue
from app.registrations.rules import clean, may_register, same_key, sort_name, waiting_problems
from app.structures.models import StructureKind
from app.structures.operations import keep_structure

# Written once, on a plain table: making a statement anew takes several times as long as running it.
_EVENTS = cast(Table, Event.__table__)
_LOCK = select(_EVENTS.c.revision).where(_EVENTS.c.id == bindparam("event")).with_for_update(key_share=True)


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

    Raises FieldError, RegistrationClosed, AlreadyRegistered, WaveFull, AudienceFull, EventNotFound: then nothing was
    written, provided that the edge rolls its transaction back, as it does on any error.
    """
    try:
        made = _register(event, draft, by=by, now=now, quiet=quiet)
    except (FieldError, RegistrationClosed, WriteConflict):
        current = _lock(event)
        if current is event:
            raise
        event = current  # it was edited since the caller read it
        made = _register(event, draft, by=by, now=now, quiet=quiet)
    attach_files(event, made.id, draft.answers)
    return made


def _register(event: EventRow, draft: RegistrationDraft, *, by: Actor, now: datetime, quiet: bool) -> Registered:
    """Everything that needs nobody else's rows comes first; from `confirm` on, others wait for the event's row."""
    draft = clean(draft, event)
    if not may_register(event, draft.source, now):
        raise RegistrationClosed
    new = NewRegistration(event, draft, _columns(event, draft, now), by, now, quiet)
    status, made = _confirm_or_wait(new)
    if new.columns["statistics_key"] is not None:
        _keep_statistics(new.columns["statistics_key"], event, draft)
    group = draft.kind is RegistrationKind.GROUP
    label = (draft.organisation.class_label or draft.organisation.name) if group else ""
    return Registered(made.id, made.reference, made.token, status, made.ticket_code, label or draft.contact.name)


def register_beyond(event: EventRow, draft: RegistrationDraft, *, by: Actor, now: datetime) -> Registered:
    """Register somebody who is let in at a door though there is no room: confirmed, and holding no place. Nobody is told.

    Raises FieldError, RegistrationClosed, EventNotFound.
    """
    event = _lock(event)
    draft = clean(draft, event)
    if not may_register(event, draft.source, now):
        raise RegistrationClosed
    columns = _columns(event, draft, now) | {"beyond": True}
    made = confirm_beyond(NewRegistration(event, draft, columns, by, now, quiet=True))
    return Registered(
        made.id, made.reference, made.token, RegistrationStatus.CONFIRMED, made.ticket_code, draft.contact.name
    )


def require_room(event: EventRow, draft: RegistrationDraft, *, now: datetime) -> None:
    """Take the draft's places and give them back at once: raises WaveFull or AudienceFull as registering would.

    For who is registered already, so that the page answers them as it would answer anybody else.
    """
    event = _lock(event)
    draft = clean(draft, event)
    _require_hope(event, draft)
    if draft.waitlist and event.waiting_list:
        return
    savepoint = db.session.begin_nested()
    try:
        held = asked_by(draft)
        take_in_turn(event.id, held.wave_ids, lambda past: take_places(event.id, held, past_queue=past), now=now)
    finally:
        savepoint.rollback()


def _require_hope(event: EventRow, draft: RegistrationDraft) -> None:
    """Nobody waits for what can never be free. Raises FieldError."""
    group = draft.kind is RegistrationKind.GROUP
    if draft.waitlist and event.waiting_list:
        problems = waiting_problems(event, draft.waves, draft.audience, draft.headcount.people, group=group)
        if problems:
            raise FieldError(problems)


def _lock(event: EventRow) -> EventRow:
    """Hold the event's row, so that nobody changes it. What changed meanwhile is read again. Raises EventNotFound."""
    revision = db.session.execute(_LOCK, {"event": event.id}).scalar_one_or_none()
    if revision is None:
        raise EventNotFound(event.slug)
    return event if revision == event.revision else get_event_by_id(event.id)


def _confirm_or_wait(new: NewRegistration) -> tuple[RegistrationStatus, Stored]:
    """Take places, or fall back on the waiting list if it is wanted and there is one. A savepoint undoes half a taking."""
    waits = new.draft.waitlist and new.event.waiting_list
    if waits and _lock(new.event) is not new.event:  # held already, it stays so when the savepoint is undone
        raise WriteConflict("the event was edited meanwhile")
    try:
        if not waits:
            return RegistrationStatus.CONFIRMED, _confirm_in_turn(new)
        with db.session.begin_nested():
            return RegistrationStatus.CONFIRMED, _confirm_in_turn(new)
    except (WaveFull, AudienceFull):
        require_new(new)  # who is registered already is told that, and not that it is full
        if not waits:
            raise
    _require_hope(new.event, new.draft)
    return RegistrationStatus.WAITLISTED, wait(new)


def _confirm_in_turn(new: NewRegistration) -> Stored:
    """Who meets others that wait takes what these leave: they may not have been offered what became free a moment ago."""
    try:
        return confirm(new)
    except QueueFirst:
        held_up = serve_queue(new.event.id, now=new.now)
    return confirm(new, past_queue=held_up.isdisjoint(new.draft.waves))


def _columns(event: EventRow, draft: RegistrationDraft, now: datetime) -> dict[str, Any]:
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
        "structure_id": keep_structure_of(event, draft, now),
        "organisation_name": organisation.name,
        "uai": organisation.uai,
        "class_label": organisation.class_label,
        "commune": organisation.commune,
        "is_15_or_older": draft.is_15_or_older,
        "oriented_by": draft.oriented_by.strip(),
        "locale": draft.locale,
        "source": draft.source,
        "answers": draft.answers,
        "same_key": same_key(draft),
        "import_key": draft.import_key,
        "statistics_key": secrets.token_hex(16) if _declares(event, draft) else None,
        "sort_name": sort_name(contact),
        "created_at": now,
        "updated_at": now,
    }


def keep_structure_of(event: EventRow, draft: RegistrationDraft, now: datetime) -> int | None:
    """The structure that a draft names, made where there is none; None where it names none."""
    organisation = draft.organisation
    if not organisation.name:
        return None
    _lock(event)  # two classes of a school that is new here must not both make it
    school = bool(organisation.uai) or event.audience(draft.audience).school
    return keep_structure(
        event.organiser_id,
        kind=StructureKind.SCHOOL if school else StructureKind.OTHER,
        name=organisation.name,
        uai=organisation.uai,
        # of somebody alone it is the town where they live, not that of the body that they come from
        commune=organisation.commune if school or draft.kind is RegistrationKind.GROUP else "",
        now=now,
    )


def _declares(event: EventRow, draft: RegistrationDraft) -> bool:
    """Whether there are statistics to keep: the event asks for them, and this person said something."""
    return event.asks_statistics and draft.statistics.said_something and draft.kind is RegistrationKind.INDIVIDUAL


def _keep_statistics(key: str, event: EventRow, draft: RegistrationDraft) -> None:
    said = draft.statistics
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

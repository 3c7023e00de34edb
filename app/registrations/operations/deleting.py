"""Putting one registration into the bin, and bringing it back whole."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update

from app.core.actor import Actor
from app.core.audit import list_history, record
from app.core.db import db
from app.events.enums import EDITABLE
from app.events.errors import EventNotFound, EventReadOnly
from app.events.models import Event
from app.events.operations import Held, lock_event, release_places, take_places
from app.events.operations.deleting import KEPT
from app.events.queries import get_event_by_id
from app.messages.operations import raise_sequence
from app.registrations.enums import ALIVE, HOLDING, RegistrationStatus
from app.registrations.errors import AlreadyRegistered, RegistrationForgotten, RegistrationNotFound
from app.registrations.models import Registration, RegistrationWave
from app.registrations.notifications import tell
from app.registrations.operations.locking import held_by, lock_registration
from app.registrations.queries import FORGOTTEN, RegistrationRow, get_binned_registration


def delete_registration(registration_id: int, *, by: Actor, now: datetime, notify: bool = False) -> None:
    """Free the places and hide it everywhere but in the bin; `notify` tells the person that it is cancelled, by mail.

    Raises RegistrationNotFound, and EventReadOnly when its event is archived or called off.
    """
    before = lock_registration(registration_id)
    if get_event_by_id(before.event_id).state not in EDITABLE:
        raise EventReadOnly
    held = held_by(before)
    version = lock_event(before.event_id) if held is None else release_places(before.event_id, held)
    _hold(registration_id, 0)
    db.session.execute(
        update(Registration)
        .where(Registration.id == registration_id)
        .values(
            status=RegistrationStatus.CANCELLED,
            deleted_status=before.status,
            deleted_at=now,
            changed_in=version,
            updated_at=now,
        )
    )
    subject = f"registration:{registration_id}"
    raise_sequence(subject, now=now)
    told = notify and before.alive and bool(before.contact_email)
    details = {"people": before.people, "status": [before.status, RegistrationStatus.CANCELLED], "told": told}
    record(by, "registration.deleted", subject, now=now, organiser_id=before.organiser_id, details=details)
    if told:
        tell("deleted", before.id, before.contact_email, before.locale, organiser_id=before.organiser_id, now=now)


def restore_registration(registration_id: int, *, by: Actor, now: datetime) -> RegistrationStatus:
    """Bring it back with the status and the places that it had, all of them or none. Who was told is told again.

    Raises RegistrationNotFound unless it is in the bin by itself, EventNotFound while its event is in the bin too,
    EventReadOnly when its event is archived or called off, RegistrationForgotten when the name was erased meanwhile,
    AlreadyRegistered, WaveFull, AudienceFull: then nothing was written.
    """
    binned = _lock_binned(registration_id, now)
    if get_event_by_id(binned.registration.event_id).state not in EDITABLE:
        raise EventReadOnly
    if binned.forgotten:
        raise RegistrationForgotten
    with db.session.begin_nested():  # a taking that fails half-way leaves nothing behind
        bring_back(binned, by=by, now=now)
    before = binned.registration
    if binned.status in ALIVE and _was_told(registration_id) and before.contact_email:
        kind = "waitlisted" if binned.status is RegistrationStatus.WAITLISTED else "confirmed"
        tell(kind, before.id, before.contact_email, before.locale, organiser_id=before.organiser_id, now=now)  # type: ignore[arg-type]
    return binned.status


@dataclass(frozen=True)
class Binned:
    """A registration in the bin: `registration.status` is cancelled, `status` the one it had.

    `forgotten`: the name was erased while it lay there.
    """

    registration: RegistrationRow
    status: RegistrationStatus
    same_key: str | None
    import_key: str | None
    forgotten: bool


def read_binned(registration_id: int) -> Binned:
    """Raises RegistrationNotFound unless it is in the bin."""
    row = _keys(registration_id)
    if row is None or row.deleted_at is None:
        raise RegistrationNotFound
    status = row.deleted_status or RegistrationStatus.CANCELLED
    forgotten = row.contact_name == FORGOTTEN and row.updated_at > row.deleted_at
    return Binned(get_binned_registration(registration_id), status, row.same_key, row.import_key, forgotten)


def bring_back(binned: Binned, *, by: Actor, now: datetime) -> None:
    """Take the places again and write the status, the event being locked and in no bin.

    Raises AlreadyRegistered, WaveFull, AudienceFull; the caller then undoes what was written.
    """
    before = binned.registration
    _require_alone(binned)
    held = Held(before.waves, before.audience, before.people, before.is_group)
    holds = binned.status in HOLDING
    version = take_places(before.event_id, held) if holds else lock_event(before.event_id)
    _hold(before.id, before.people if holds else 0)
    db.session.execute(
        update(Registration)
        .where(Registration.id == before.id)
        .values(status=binned.status, deleted_status=None, deleted_at=None, changed_in=version, updated_at=now)
    )
    subject = f"registration:{before.id}"
    raise_sequence(subject, now=now)
    details = {"people": before.people, "status": [RegistrationStatus.CANCELLED, binned.status]}
    record(by, "registration.restored", subject, now=now, organiser_id=before.organiser_id, details=details)


def _lock_binned(registration_id: int, now: datetime) -> Binned:
    """Lock the event first. Raises RegistrationNotFound, also when its 30 days are over, and EventNotFound."""
    row = _keys(registration_id)
    if row is None or row.deleted_at is None or row.deleted_at < now - KEPT:
        raise RegistrationNotFound
    there = select(Event.id).where(Event.id == row.event_id, Event.deleted_at.is_(None))
    if db.session.execute(there.with_for_update(key_share=True)).scalar_one_or_none() is None:
        raise EventNotFound(str(row.event_id))
    return read_binned(registration_id)


def _keys(registration_id: int) -> Any:
    columns = (
        Registration.event_id, Registration.deleted_at, Registration.deleted_status, Registration.same_key,
        Registration.import_key, Registration.contact_name, Registration.updated_at,
    )  # fmt: skip
    return db.session.execute(select(*columns).where(Registration.id == registration_id)).one_or_none()


def _require_alone(binned: Binned) -> None:
    """Raises AlreadyRegistered when the same person or class is registered again, or the same line of a file was written."""
    same = (Registration.same_key == binned.same_key) & Registration.status.in_(ALIVE)
    line = (Registration.import_key == binned.import_key) & Registration.deleted_at.is_(None)
    conditions = ([same] if binned.status in ALIVE and binned.same_key is not None else []) + (
        [line] if binned.import_key is not None else []
    )
    if not conditions:
        return
    before = binned.registration
    found = db.session.execute(
        select(Registration.id)
        .where(Registration.event_id == before.event_id, Registration.id != before.id, or_(*conditions))
        .order_by(Registration.id)
        .limit(1)
    ).scalar_one_or_none()
    if found is not None:
        raise AlreadyRegistered(found)


def _hold(registration_id: int, people: int) -> None:
    db.session.execute(
        update(RegistrationWave).where(RegistrationWave.registration_id == registration_id).values(people=people)
    )


def _was_told(registration_id: int) -> bool:
    lines = list_history(f"registration:{registration_id}")
    line = next((row for row in lines if row.verb == "registration.deleted"), None)
    return line is not None and bool(line.details.get("told"))

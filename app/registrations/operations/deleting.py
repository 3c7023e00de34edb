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
from app.events.operations import lock_event, release_places, take_places
from app.events.operations.deleting import KEPT
from app.events.queries import get_event_by_id
from app.messages.operations import raise_sequence
from app.registrations.enums import ALIVE, HOLDING, RegistrationStatus
from app.registrations.errors import AlreadyRegistered, RegistrationForgotten, RegistrationNotFound
from app.registrations.models import Registration, RegistrationWave
from app.registrations.notifications import Kind, tell
from app.registrations.operations.asking import ask_who_comes_back, moved_since
from app.registrations.operations.locking import held_by, lock_registration, start_waiting, stop_waiting, wanted_by
from app.registrations.operations.turns import take_in_turn
from app.registrations.queries import FORGOTTEN, RegistrationRow, get_binned_registration

NEWS: dict[RegistrationStatus, Kind] = {
    RegistrationStatus.CONFIRMED: "confirmed",
    RegistrationStatus.WAITLISTED: "waitlisted",
    RegistrationStatus.OFFERED: "offered",
}
"""The mail that says what somebody has again."""


def delete_registration(registration_id: int, *, by: Actor, now: datetime, notify: bool = False) -> None:
    """Free the places and hide it everywhere but in the bin; `notify` tells the person that it is cancelled, by mail.

    Raises RegistrationNotFound, and EventReadOnly when its event is archived or called off.
    """
    before = lock_registration(registration_id)
    if get_event_by_id(before.event_id).state not in EDITABLE:
        raise EventReadOnly
    held = held_by(before)
    version = lock_event(before.event_id) if held is None else release_places(before.event_id, held, now=now)
    if before.status is RegistrationStatus.WAITLISTED:
        stop_waiting(before, now=now)
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
        kind = NEWS[binned.status]
        tell(kind, before.id, before.contact_email, before.locale, organiser_id=before.organiser_id, now=now)
    return binned.status


@dataclass(frozen=True)
class Binned:
    """A registration in the bin: `registration.status` is cancelled, `status` the one it had.

    Whose offer ran out while it lay there waits again. `forgotten`: the name was erased while it lay there.
    """

    registration: RegistrationRow
    status: RegistrationStatus
    same_key: str | None
    import_key: str | None
    forgotten: bool
    deleted_at: datetime | None = None


def read_binned(registration_id: int, now: datetime) -> Binned:
    """Raises RegistrationNotFound unless it is in the bin."""
    row = _keys(registration_id)
    if row is None or row.deleted_at is None:
        raise RegistrationNotFound
    status = row.deleted_status or RegistrationStatus.CANCELLED
    if status is RegistrationStatus.OFFERED and (row.offer_expires_at is None or row.offer_expires_at <= now):
        status = RegistrationStatus.WAITLISTED
    forgotten = row.contact_name == FORGOTTEN and row.updated_at > row.deleted_at
    binned = get_binned_registration(registration_id)
    return Binned(binned, status, row.same_key, row.import_key, forgotten, row.deleted_at)


def bring_back(binned: Binned, *, by: Actor, now: datetime, past_queue: bool = False) -> None:
    """Take the places again and write the status, the event being locked and in no bin.

    It stands where it stood among those who wait; with `past_queue` before all of them. Raises AlreadyRegistered, WaveFull,
    AudienceFull; the caller then undoes what was written.
    """
    before = binned.registration
    _require_alone(binned)
    asked = binned.status in ALIVE and moved_since(get_event_by_id(before.event_id), before, binned.deleted_at, now)
    absent_at = None if asked else before.absent_at
    holds = binned.status in HOLDING and absent_at is None and not before.beyond
    version = _take_again(before, now, past_queue) if holds else lock_event(before.event_id)
    if binned.status is RegistrationStatus.WAITLISTED:
        start_waiting(before.event_id, before.waves, now=now)
    _hold(before.id, before.people if holds else 0)
    ends: dict[str, Any] = {} if binned.status is RegistrationStatus.OFFERED else {"offer_expires_at": None}
    db.session.execute(
        update(Registration)
        .where(Registration.id == before.id)
        .values(
            status=binned.status, deleted_status=None, deleted_at=None, absent_at=absent_at, changed_in=version,
            updated_at=now, **ends,
        )
    )  # fmt: skip
    if asked:
        ask_who_comes_back(before, binned.status, now=now)
    subject = f"registration:{before.id}"
    raise_sequence(subject, now=now)
    details = {"people": before.people, "status": [RegistrationStatus.CANCELLED, binned.status]}
    record(by, "registration.restored", subject, now=now, organiser_id=before.organiser_id, details=details)


def _take_again(before: RegistrationRow, now: datetime, past_queue: bool) -> int:
    wanted = wanted_by(before)
    if past_queue:
        return take_places(before.event_id, wanted, past_queue=True)
    return take_in_turn(
        before.event_id, before.waves, lambda past: take_places(before.event_id, wanted, past_queue=past), now=now,
        before=before.id,
    )  # fmt: skip


def _lock_binned(registration_id: int, now: datetime) -> Binned:
    """Lock the event first. Raises RegistrationNotFound, also when its 30 days are over, and EventNotFound."""
    row = _keys(registration_id)
    if row is None or row.deleted_at is None or row.deleted_at < now - KEPT:
        raise RegistrationNotFound
    there = select(Event.id).where(Event.id == row.event_id, Event.deleted_at.is_(None))
    if db.session.execute(there.with_for_update(key_share=True)).scalar_one_or_none() is None:
        raise EventNotFound(str(row.event_id))
    return read_binned(registration_id, now)


def _keys(registration_id: int) -> Any:
    columns = (
        Registration.event_id, Registration.deleted_at, Registration.deleted_status, Registration.same_key,
        Registration.import_key, Registration.contact_name, Registration.updated_at, Registration.offer_expires_at,
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

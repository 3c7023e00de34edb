"""Groups that do not come: they give their places back, stay confirmed, and get them again where there is room if they come."""

from datetime import datetime

from sqlalchemy import update

from app.core.actor import SYSTEM, Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.events.errors import AudienceFull, WaveFull
from app.events.operations import lock_event, release_places, take_places
from app.messages.operations import raise_sequence
from app.registrations.enums import RegistrationStatus
from app.registrations.models import Registration, RegistrationWave
from app.registrations.operations.locking import held_by, lock_registration, start_waiting, wanted_by
from app.registrations.queries import RegistrationRow

ABSENT, CAME = "registration.absent", "registration.came_after_all"
EXPECTED = "registration.expected_again"
"""On a new date."""


def give_back_places(registration_id: int, *, by: Actor = SYSTEM, now: datetime) -> None:
    """Free the places of a group that holds some: whoever waits, or walks in, gets them. It stays confirmed.

    That nobody of it came is the caller's to know, under the lock of its row. Raises MoveNotAllowed, RegistrationNotFound.
    """
    before = lock_registration(registration_id)
    held = held_by(before)
    if held is None or not before.is_group:
        raise MoveNotAllowed("give_back", before.status.value)
    version = release_places(before.event_id, held, now=now)
    _write(before, 0, now, version, now)
    record(
        by, ABSENT, f"registration:{before.id}", now=now, organiser_id=before.organiser_id, details={"people": before.people}
    )  # fmt: skip


def take_places_again(registration_id: int, *, by: Actor = SYSTEM, now: datetime) -> bool:
    """Give a group that came after all its places again, all of them or none; whether there was room for all.

    They stand at the door: nobody who waits goes before them. Raises RegistrationNotFound.
    """
    before = lock_registration(registration_id)
    if before.absent_at is None or before.cancelled_at is not None:
        return before.absent_at is None
    return _take_again(before, CAME, by=by, now=now)


def expect_again(registration_id: int, *, by: Actor, now: datetime) -> bool:
    """A group that was missing is to come on a new date: it gets its places again, all of them; whether there was room.

    Where they went to others it waits for its waves, in the turn of its registration, which its history says. Raises
    RegistrationNotFound.
    """
    before = lock_registration(registration_id)
    if _take_again(before, EXPECTED, by=by, now=now):
        return True
    _write(before, 0, None, lock_event(before.event_id), now)
    waits = RegistrationStatus.WAITLISTED
    db.session.execute(update(Registration).where(Registration.id == before.id).values(status=waits))
    start_waiting(before.event_id, before.waves, now=now)
    subject = f"registration:{before.id}"
    raise_sequence(subject, now=now)
    details = {"people": [before.people, before.people], "status": [before.status.value, waits.value]}
    record(by, "registration.changed", subject, now=now, organiser_id=before.organiser_id, details=details)
    return False


def _take_again(before: RegistrationRow, verb: str, *, by: Actor, now: datetime) -> bool:
    try:
        with db.session.begin_nested():  # a taking that fails half-way leaves nothing behind
            version = take_places(before.event_id, wanted_by(before), past_queue=True)
    except (WaveFull, AudienceFull):
        return False
    _write(before, before.people, None, version, now)
    subject, details = f"registration:{before.id}", {"people": before.people}
    record(by, verb, subject, now=now, organiser_id=before.organiser_id, details=details)
    return True


def _write(before: RegistrationRow, people: int, absent_at: datetime | None, version: int, now: datetime) -> None:
    db.session.execute(
        update(RegistrationWave).where(RegistrationWave.registration_id == before.id).values(people=people)
    )
    db.session.execute(
        update(Registration)
        .where(Registration.id == before.id)
        .values(absent_at=absent_at, changed_in=version, updated_at=now)
    )

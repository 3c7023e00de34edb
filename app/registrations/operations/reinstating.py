"""Giving a cancelled registration back what it had: its status, and its places if it had some."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from app.core.actor import Actor
from app.core.audit import list_history, record
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.events.operations import Held, lock_event, release_places, take_places
from app.events.queries import get_event_by_id
from app.messages.operations import raise_sequence
from app.registrations.enums import ALIVE, RegistrationMove, RegistrationStatus
from app.registrations.errors import AlreadyRegistered, ChangeClosed, RegistrationForgotten
from app.registrations.models import Registration, RegistrationWave
from app.registrations.notifications import tell
from app.registrations.operations.locking import held_by, lock_registration
from app.registrations.queries import FORGOTTEN, RegistrationRow
from app.registrations.rules import clean_waves, may_change, require_move


def reinstate(
    registration_id: int, *, by: Actor, now: datetime, notify: bool, status: RegistrationStatus | None = None
) -> RegistrationStatus:
    """Take a cancelled registration's places again, all of them or none, and return the status that it has then.

    It gets the status that it had: waiting in its old turn, else confirmed. `status` says which one it had, for who knows;
    without it the history is asked, and one of which nothing is told is confirmed. With `notify` its person is told by mail.
    Raises MoveNotAllowed, ChangeClosed, RegistrationForgotten, AlreadyRegistered (the same person registered meanwhile),
    WaveFull, AudienceFull, RegistrationNotFound: nothing was written then, so the caller may go on.
    """
    before = lock_registration(registration_id)
    require_move(before.status, RegistrationMove.REINSTATE)
    if not may_change(get_event_by_id(before.event_id), before.waves, staff=by.is_staff, now=now):
        raise ChangeClosed
    if before.contact_name == FORGOTTEN:
        raise RegistrationForgotten
    _require_alone(before)
    waits = (status or _status_it_had(before)) is RegistrationStatus.WAITLISTED
    becomes = RegistrationStatus.WAITLISTED if waits else RegistrationStatus.CONFIRMED
    with db.session.begin_nested():  # a taking that fails half-way leaves nothing behind
        version = lock_event(before.event_id) if waits else take_places(before.event_id, _wanted(before))
        _write(before, becomes, version, now)
    raise_sequence(f"registration:{before.id}", now=now)
    details = {"people": before.people, "status": [before.status.value, becomes.value]}
    subject = f"registration:{before.id}"
    record(by, "registration.reinstated", subject, now=now, organiser_id=before.organiser_id, details=details)
    if notify and before.contact_email:
        tell(
            "waitlisted" if waits else "confirmed",
            before.id, before.contact_email, before.locale, organiser_id=before.organiser_id, now=now,
        )  # fmt: skip
    return becomes


def wait_again(registration_id: int, *, waves: tuple[int, ...], by: Actor, now: datetime, notify: bool) -> None:
    """Put a confirmed registration back into the waiting list of these waves, where it came from, in its old turn.

    Its places are free then. Raises MoveNotAllowed, ChangeClosed, FieldError (`waves`), RegistrationNotFound.
    """
    before = lock_registration(registration_id)
    event, held = get_event_by_id(before.event_id), held_by(before)
    if held is None:
        raise MoveNotAllowed("wait_again", before.status)
    if not may_change(event, before.waves, staff=by.is_staff, now=now):
        raise ChangeClosed
    problems: dict[str, str] = {}
    wanted = clean_waves(waves, event, problems)
    if problems:
        raise FieldError(problems)
    version = release_places(before.event_id, held)
    db.session.execute(delete(RegistrationWave).where(RegistrationWave.registration_id == before.id))
    rows = [{"registration_id": before.id, "wave_id": wave_id, "people": 0} for wave_id in wanted]
    db.session.execute(insert(RegistrationWave), rows)
    values = {"status": RegistrationStatus.WAITLISTED, "changed_in": version, "updated_at": now}
    db.session.execute(update(Registration).where(Registration.id == before.id).values(**values))
    raise_sequence(f"registration:{before.id}", now=now)
    details = {
        "people": [before.people, before.people], "waves": [list(before.waves), list(wanted)],
        "status": [before.status, RegistrationStatus.WAITLISTED],
    }  # fmt: skip
    subject = f"registration:{before.id}"
    record(by, "registration.changed", subject, now=now, organiser_id=before.organiser_id, details=details)
    if notify and before.contact_email:
        tell("waitlisted", before.id, before.contact_email, before.locale, organiser_id=before.organiser_id, now=now)


def _wanted(before: RegistrationRow) -> Held:
    return Held(before.waves, before.audience, before.people, before.is_group)


def _require_alone(before: RegistrationRow) -> None:
    """Raises AlreadyRegistered when the same person or class registered again since it was cancelled."""
    key = select(Registration.same_key).where(Registration.id == before.id).scalar_subquery()
    same = db.session.execute(
        select(Registration.id)
        .where(Registration.event_id == before.event_id, Registration.same_key == key, Registration.status.in_(ALIVE))
        .limit(1)
    ).scalar_one_or_none()
    if same is not None:
        raise AlreadyRegistered(same)


def _status_it_had(before: RegistrationRow) -> RegistrationStatus | None:
    """What the line of its cancellation says that it was; None where it says nothing."""
    lines = list_history(f"registration:{before.id}")
    line = next((line for line in lines if line.verb == "registration.cancelled"), None)
    said = line.details.get("status") if line is not None else None
    return RegistrationStatus(said[0]) if said else None


def _write(before: RegistrationRow, status: RegistrationStatus, version: int, now: datetime) -> None:
    people = 0 if status is RegistrationStatus.WAITLISTED else before.people
    db.session.execute(
        update(RegistrationWave).where(RegistrationWave.registration_id == before.id).values(people=people)
    )
    values = {"cancelled_at": None, "cancel_reason": "", "cancel_code": "", "changed_in": version, "updated_at": now}
    db.session.execute(update(Registration).where(Registration.id == before.id).values(status=status, **values))

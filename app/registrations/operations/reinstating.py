"""Giving a cancelled registration back what it had: its status, and its places if it had some."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from app.core.actor import Actor
from app.core.audit import list_history, record
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.events.operations import lock_event, release_places, take_places
from app.events.queries import get_event_by_id
from app.messages.operations import raise_sequence
from app.registrations.enums import ALIVE, RegistrationMove, RegistrationStatus
from app.registrations.errors import AlreadyRegistered, ChangeClosed, RegistrationForgotten
from app.registrations.models import Registration, RegistrationWave
from app.registrations.notifications import tell
from app.registrations.operations.asking import ask_who_comes_back, moved_since
from app.registrations.operations.locking import held_by, lock_registration, start_waiting, wanted_by
from app.registrations.operations.turns import take_in_turn
from app.registrations.queries import FORGOTTEN, RegistrationRow
from app.registrations.rules import clean_waves, may_change, require_move

_ENDS = {"registration.cancelled", "registration.offer_declined"}


def reinstate(
    registration_id: int, *, by: Actor, now: datetime, notify: bool, status: RegistrationStatus | None = None
) -> RegistrationStatus:
    """Take a cancelled registration's places again, all of them or none, and return the status that it has then.

    It gets the status that it had: waiting in its old turn (also whose places were only offered), else confirmed. `status`
    says which one it had, for who knows; without it the history is asked, and one of which nothing is told is confirmed.
    With `notify` its person is told by mail. Raises MoveNotAllowed, ChangeClosed, RegistrationForgotten, AlreadyRegistered
    (the same person registered meanwhile), WaveFull, AudienceFull, RegistrationNotFound: nothing was written then, so the
    caller may go on.
    """
    before = lock_registration(registration_id)
    require_move(before.status, RegistrationMove.REINSTATE)
    event = get_event_by_id(before.event_id)
    if not may_change(event, before.waves, staff=by.is_staff, now=now):
        raise ChangeClosed
    if before.contact_name == FORGOTTEN:
        raise RegistrationForgotten
    _require_alone(before)
    waits = (status or _status_it_had(before)) in {RegistrationStatus.WAITLISTED, RegistrationStatus.OFFERED}
    becomes = RegistrationStatus.WAITLISTED if waits else RegistrationStatus.CONFIRMED
    with db.session.begin_nested():  # a taking that fails half-way leaves nothing behind
        version = lock_event(before.event_id) if waits else _take_again(before, now)
        _write(before, becomes, version, now)
    if moved_since(event, before, before.cancelled_at, now):
        ask_who_comes_back(before, becomes, now=now)
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
    version = release_places(before.event_id, held, now=now)
    db.session.execute(delete(RegistrationWave).where(RegistrationWave.registration_id == before.id))
    rows = [{"registration_id": before.id, "wave_id": wave_id, "people": 0} for wave_id in wanted]
    db.session.execute(insert(RegistrationWave), rows)
    start_waiting(before.event_id, wanted, now=now)
    values = {
        "status": RegistrationStatus.WAITLISTED, "offer_expires_at": None, "changed_in": version, "updated_at": now,
    }  # fmt: skip
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


def _take_again(before: RegistrationRow, now: datetime) -> int:
    """Among those who wait it stands where it stood: only who came before it goes first."""
    wanted = wanted_by(before)
    return take_in_turn(
        before.event_id, before.waves, lambda past: take_places(before.event_id, wanted, past_queue=past), now=now,
        before=before.id,
    )  # fmt: skip


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
    line = next((line for line in lines if line.verb in _ENDS), None)
    said = line.details.get("status") if line is not None else None
    return RegistrationStatus(said[0]) if said else None


def _write(before: RegistrationRow, status: RegistrationStatus, version: int, now: datetime) -> None:
    people = 0 if status is RegistrationStatus.WAITLISTED else before.people
    if status is RegistrationStatus.WAITLISTED:
        start_waiting(before.event_id, before.waves, now=now)
    db.session.execute(
        update(RegistrationWave).where(RegistrationWave.registration_id == before.id).values(people=people)
    )
    values = {
        "cancelled_at": None, "cancel_reason": "", "cancel_code": "", "absent_at": None, "beyond": False,
        "offer_expires_at": None, "changed_in": version, "updated_at": now,
    }  # fmt: skip
    db.session.execute(update(Registration).where(Registration.id == before.id).values(status=status, **values))

"""Changing waves or headcount: new places first, in one step, or nothing. Who waits gets free places in their turn."""

from datetime import datetime

from sqlalchemy import delete, insert, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.events.errors import AudienceFull, WaveFull
from app.events.operations import Held, call_for_offers, count_waiting, exchange_places, lock_event, take_places
from app.events.queries import EventRow, get_event_by_id
from app.messages.operations import raise_sequence
from app.registrations.drafts import Headcount
from app.registrations.enums import RegistrationMove, RegistrationStatus
from app.registrations.errors import ChangeClosed
from app.registrations.models import Registration, RegistrationWave
from app.registrations.notifications import Kind, tell
from app.registrations.operations.locking import held_by, lock_registration, stop_waiting
from app.registrations.operations.turns import take_in_turn
from app.registrations.operations.waiting import serve_queue
from app.registrations.queries import RegistrationRow
from app.registrations.rules import (
    clean_waves,
    exceeds_group,
    headcount_problems,
    may_change,
    require_move,
    waiting_problems,
)


def change_registration(
    registration_id: int,
    *,
    waves: tuple[int, ...] | None = None,
    headcount: Headcount | None = None,
    by: Actor,
    now: datetime,
    quiet: bool = False,
) -> RegistrationStatus:
    """Change waves, headcount or both; None keeps what is. Return the status that it has then.

    Who waits and names other waves gets their places, or the refusal that a stranger would get. Who waits and keeps the
    waves, or some of them, gets their places when there are enough and nobody waits before them, and else goes on waiting,
    in their place, with whatever headcount they now say. While the new date is to come nobody gets places from the list:
    ChangeClosed for other waves. Raises FieldError, MoveNotAllowed, ChangeClosed, WaveFull, AudienceFull.
    """
    before = lock_registration(registration_id)
    event = get_event_by_id(before.event_id)
    require_move(before.status, RegistrationMove.CHANGE)
    if not may_change(event, before.waves, staff=by.is_staff, now=now):
        raise ChangeClosed
    new_waves, new_count = _asked(before, event, waves, headcount, by)
    changes = (set(new_waves), new_count) != (set(before.waves), Headcount(before.participants, before.companions))
    if not changes and before.status is not RegistrationStatus.WAITLISTED:
        return before.status
    if (
        before.status is RegistrationStatus.WAITLISTED
        and event.date_to_come
        and not set(new_waves) <= set(before.waves)
    ):
        raise ChangeClosed
    status, version = _move_places(before, new_waves, new_count, now)
    if not changes and status is before.status:
        return status
    if before.status is RegistrationStatus.WAITLISTED and status is before.status:
        count_waiting(set(before.waves) - set(new_waves), -1)
        call_for_offers(before.event_id, now=now)  # with fewer people or waves it may be their turn
    _write(before, new_waves, new_count, status, version or lock_event(before.event_id), now)
    raise_sequence(f"registration:{registration_id}", now=now)
    details = {
        "people": [before.people, new_count.people], "waves": [list(before.waves), list(new_waves)],
        "status": [before.status, status],
    }  # fmt: skip
    subject = f"registration:{registration_id}"
    record(by, "registration.changed", subject, now=now, organiser_id=before.organiser_id, details=details)
    if not quiet and before.contact_email:
        news: Kind = "changed" if status is before.status else "confirmed"
        tell(news, before.id, before.contact_email, before.locale, organiser_id=before.organiser_id, now=now)
    return status


def _asked(
    before: RegistrationRow, event: EventRow, waves: tuple[int, ...] | None, headcount: Headcount | None, by: Actor
) -> tuple[tuple[int, ...], Headcount]:
    """The waves and the headcount that are wanted from now on. Raises FieldError.

    No visitor makes a group larger than those that register by themselves; nobody who waits, than could ever have a place.
    """
    problems: dict[str, str] = {}
    new_waves = before.waves if waves is None else clean_waves(waves, event, problems)
    new_count = Headcount(before.participants, before.companions) if headcount is None else headcount
    problems |= headcount_problems(new_count)
    if not before.is_group and new_count != Headcount():
        problems["headcount"] = "individual_is_one"
    if not by.is_staff and new_count.people > before.people and exceeds_group(event, new_count):
        problems.setdefault("headcount/participants", "group_too_large")
    waits = before.status is RegistrationStatus.WAITLISTED and set(new_waves) <= set(before.waves)
    if waits and new_count.people > before.people and not problems:
        group = before.is_group
        problems |= waiting_problems(event, new_waves, before.audience, new_count.people, group=group)
    if problems:
        raise FieldError(problems)
    return new_waves, new_count


def _move_places(
    before: RegistrationRow, waves: tuple[int, ...], headcount: Headcount, now: datetime
) -> tuple[RegistrationStatus, int | None]:
    """The status after it, and the event's new version; None when no place moved."""
    wanted = Held(waves, before.audience, headcount.people, before.is_group)
    old = held_by(before)
    if old is not None:
        return before.status, _exchange(before, old, wanted, now)
    if before.status is RegistrationStatus.WAITLISTED and set(waves) <= set(before.waves):
        return _take_when_next(before, wanted, now)
    if before.status is RegistrationStatus.WAITLISTED:
        stop_waiting(before, now=now)
    version = take_in_turn(
        before.event_id, waves, lambda past: take_places(before.event_id, wanted, past_queue=past), now=now,
        but=before.id,
    )  # fmt: skip
    return RegistrationStatus.CONFIRMED, version


def _exchange(before: RegistrationRow, old: Held, wanted: Held, now: datetime) -> int:
    """Of the waves where it asks for more than it has it is a newcomer, behind those who wait there."""
    more = wanted.wave_ids if wanted.people > old.people else tuple(set(wanted.wave_ids) - set(old.wave_ids))
    return take_in_turn(
        before.event_id, more,
        lambda past: exchange_places(before.event_id, old, wanted, now=now, past_queue=past), now=now,
    )  # fmt: skip


def _take_when_next(before: RegistrationRow, wanted: Held, now: datetime) -> tuple[RegistrationStatus, int | None]:
    """Free places go to those who came before it, then to itself; a savepoint undoes half a taking."""
    if not serve_queue(before.event_id, now=now, before=before.id).isdisjoint(wanted.wave_ids):
        return before.status, None
    try:
        with db.session.begin_nested():
            version = take_places(before.event_id, wanted, past_queue=True)
    except (WaveFull, AudienceFull):
        return before.status, None
    stop_waiting(before, now=now)
    return RegistrationStatus.CONFIRMED, version


def _write(
    before: RegistrationRow,
    waves: tuple[int, ...],
    headcount: Headcount,
    status: RegistrationStatus,
    version: int,
    now: datetime,
) -> None:
    """Who has places now is not absent any more: one that gave them back has taken them anew."""
    people = headcount.people if status is RegistrationStatus.CONFIRMED else 0
    db.session.execute(delete(RegistrationWave).where(RegistrationWave.registration_id == before.id))
    db.session.execute(
        insert(RegistrationWave),
        [{"registration_id": before.id, "wave_id": wave_id, "people": people} for wave_id in waves],
    )
    db.session.execute(
        update(Registration)
        .where(Registration.id == before.id)
        .values(
            participants=headcount.participants,
            companions=headcount.companions,
            status=status,
            absent_at=None,
            beyond=False,
            changed_in=version,
            updated_at=now,
        )
    )

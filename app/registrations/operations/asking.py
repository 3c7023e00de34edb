"""When an event gets new dates: everybody is asked whether they stay, offers hold for the new time, and answers are noted."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, select, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.events.enums import EventState
from app.events.operations import lock_event
from app.events.queries import EventRow, get_event_by_id
from app.events.queries.postponed import find_hours_since
from app.registrations.enums import ALIVE, RegistrationStatus
from app.registrations.models import Registration, RegistrationWave
from app.registrations.notifications import tell
from app.registrations.operations.absence import expect_again
from app.registrations.operations.locking import lock_registration
from app.registrations.operations.reminding import remind_later
from app.registrations.queries import RegistrationRow
from app.registrations.waiting import first_start, offer_until

REST = timedelta(days=365)
"""How long an offer holds while no date is known: until there is one."""

_GOING_ON = frozenset({EventState.PUBLISHED, EventState.CLOSED})
_REGISTRATIONS = cast(Table, Registration.__table__)
_RENEW = (
    update(_REGISTRATIONS)
    .where(_REGISTRATIONS.c.id == bindparam("of_id"))
    .values(offer_expires_at=bindparam("until"))
)  # fmt: skip


@dataclass(frozen=True)
class Asking:
    """What a postponing asks: as of `at`, the people of `waves`; `moved` are all waves whose hours changed.

    `before` is the moment of the postponing before, if there was one.
    """

    at: datetime
    before: datetime | None
    waves: frozenset[int]
    moved: frozenset[int]


def ask_everyone(
    event: EventRow, asking: Asking, *, version: int, by: Actor, now: datetime
) -> tuple[int, ...]:  # fmt: skip
    """Everyone alive of these waves is asked, whatever they answered before; offers that are out there get a new end.

    What was asked before and concerns another wave still to come stays asked, and answered. Groups that were missing on the
    old date are expected again: with their places, or on the waiting list, in their old turn, where these went to others;
    the ids of those. For who holds the event's row; `event` has its new dates already.
    """
    if asking.before is not None:
        left = {wave.id for wave in event.waves if wave.ends_at > now}
        still = update(Registration).where(*_alive(event, left), Registration.asked_at == asking.before)
        db.session.execute(still.values(asked_at=asking.at, changed_in=version))
    db.session.execute(
        update(Registration)
        .where(*_alive(event, asking.waves))
        .values(asked_at=asking.at, stays_at=None, no_show_code="", changed_in=version)
    )
    absent = select(Registration.id).where(*_alive(event, asking.waves), Registration.absent_at.is_not(None))
    missing = list(db.session.execute(absent.order_by(Registration.id)).scalars())
    lost = tuple(one for one in missing if not expect_again(one, by=by, now=now))
    renew_offers(event, asking.moved, now)
    return lost


def _alive(event: EventRow, waves: Collection[int]) -> list[ColumnElement[bool]]:
    """Who is registered for one of these waves; everybody where they are all that there are."""
    found = [Registration.event_id == event.id, Registration.status.in_(ALIVE), Registration.deleted_at.is_(None)]
    if not {wave.id for wave in event.waves} <= set(waves):
        asks = select(RegistrationWave.registration_id).where(RegistrationWave.wave_id.in_(sorted(waves)))
        found.append(Registration.id.in_(asks))
    return found


def renew_offers(event: EventRow, moved: Collection[int], now: datetime) -> None:
    """Give offers that are out for one of these waves a new end, as if they were made now. The event's row is held."""
    rows = db.session.execute(
        select(Registration.id, RegistrationWave.wave_id)
        .join(RegistrationWave, RegistrationWave.registration_id == Registration.id)
        .where(*_alive(event, moved), Registration.status == RegistrationStatus.OFFERED)
        .order_by(Registration.id)
    )
    waves: dict[int, list[int]] = {}
    for registration_id, wave_id in rows:
        waves.setdefault(registration_id, []).append(wave_id)
    new = {key: new_expiry(event, ids, now) for key, ids in waves.items()}
    if new:
        db.session.execute(_RENEW, [{"of_id": key, "until": until} for key, until in new.items()])
    for until in sorted(set(new.values())) if not event.date_to_come else ():
        remind_later(event.id, event.organiser_id, until, now=now)


def new_expiry(event: EventRow, wave_ids: Iterable[int], now: datetime) -> datetime:
    """Until when an offer that is out holds after the event moved: never before now, never past the beginning of its waves."""
    if event.date_to_come:
        return now + REST
    first = first_start(event, set(wave_ids))
    return offer_until(now, event.offer_hours, first) or max(now, first)


def moved_since(event: EventRow, registration: RegistrationRow, left_at: datetime | None, now: datetime) -> bool:
    """Whether new dates concern somebody who was gone from `left_at` on: a wave of theirs moved, and is still to come."""
    at = event.postponed_at
    if at is None or left_at is None or not registration.created_at <= left_at <= at or registration.asked_at == at:
        return False
    said = find_hours_since(event, left_at)
    if said is None or event.state not in _GOING_ON or event.is_over(now):
        return False
    waves = [wave for wave in event.waves if wave.id in registration.waves]
    if event.date_to_come:
        return True
    return any(
        wave.ends_at > now and (said.was_to_come or said.was.get(wave.id) != (wave.starts_at, wave.ends_at))
        for wave in waves
    )


def ask_who_comes_back(before: RegistrationRow, status: RegistrationStatus, *, now: datetime) -> None:
    """Who was gone while the event got new dates is asked as the others were, and told by the same mail.

    An offer of theirs gets a new end. For who holds the event's row and found `moved_since`.
    """
    event = get_event_by_id(before.event_id)
    if event.postponed_at is None:
        return
    values: dict[str, Any] = {"asked_at": event.postponed_at, "stays_at": None, "no_show_code": ""}
    if status is RegistrationStatus.OFFERED:
        values["offer_expires_at"] = new_expiry(event, before.waves, now)
    db.session.execute(update(Registration).where(Registration.id == before.id).values(**values))
    if before.contact_email:
        at = event.postponed_at.astimezone(UTC).isoformat()
        tell(
            "postponed", before.id, before.contact_email, before.locale, organiser_id=before.organiser_id, now=now,
            more={"at": at},
        )  # fmt: skip


def stay(registration_id: int, *, by: Actor, now: datetime) -> bool:
    """Note that somebody who was asked stays. False when that was noted before: then nothing changes.

    Raises RegistrationNotFound, and MoveNotAllowed for who was not asked, is not registered any more, or whose event is off.
    """
    before = lock_registration(registration_id)
    event = get_event_by_id(before.event_id)
    if not before.is_asked(event.postponed_at) or event.state not in _GOING_ON:
        raise MoveNotAllowed("stay", before.status)
    if before.stays_at is not None:
        return False
    version = lock_event(before.event_id)
    db.session.execute(
        update(Registration)
        .where(Registration.id == registration_id)
        .values(stays_at=now, changed_in=version, updated_at=now)
    )  # fmt: skip
    record(by, "registration.stays", f"registration:{registration_id}", now=now, organiser_id=before.organiser_id)
    return True

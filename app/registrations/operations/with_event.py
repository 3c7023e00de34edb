"""Registrations go into the bin with their event, come back with it, and go for good with it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.core.actor import Actor
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import Conflict
from app.events.errors import AudienceFull, WaveFull
from app.events.models import Wave
from app.events.operations import call_for_offers
from app.events.operations.whole_places import AllHeld, release_all, take_all
from app.events.parts import Binning, Moved, NotBack, Part, register_part
from app.jobs.operations import enqueue
from app.registrations.enums import ALIVE, HOLDING, RegistrationKind, RegistrationStatus
from app.registrations.models import BulkAction, DeclaredStatistics, Registration, RegistrationWave
from app.registrations.operations.deleting import bring_back, read_binned
from app.registrations.operations.removing import kept_of, remove_registrations
from app.registrations.queries import FORGOTTEN

TELL_DELETED, TELL_RESTORED = "registrations.tell_event_deleted", "registrations.tell_event_restored"
_PEOPLE = Registration.participants + Registration.companions


def _moment(event_id: int, now: datetime) -> datetime:
    """Later than whatever was deleted before: by its moment is told what went into the bin with the event."""
    latest = db.session.execute(
        select(func.max(Registration.deleted_at)).where(Registration.event_id == event_id)
    ).scalar_one()
    return now if latest is None else max(now, latest + timedelta(microseconds=1))


def _delete(binning: Binning) -> Moved:
    """Cancel and hide all that stands; what was cancelled or deleted before stays as it is."""
    release_all(binning.event_id)
    of_event = select(Wave.id).where(Wave.event_id == binning.event_id)
    db.session.execute(update(RegistrationWave).where(RegistrationWave.wave_id.in_(of_event)).values(people=0))
    gone = db.session.execute(
        update(Registration)
        .where(
            Registration.event_id == binning.event_id,
            Registration.status.in_(ALIVE),
            Registration.deleted_at.is_(None),
        )
        .values(
            deleted_status=Registration.status,
            status=RegistrationStatus.CANCELLED,
            deleted_at=binning.at,
            changed_in=binning.version,
            updated_at=binning.now,
        )
        .returning(Registration.id, _PEOPLE.label("people"), Registration.deleted_status)
    ).all()
    _record(
        "registration.deleted", [(row.id, [row.deleted_status, RegistrationStatus.CANCELLED]) for row in gone], binning
    )
    if gone and binning.told:
        payload = {"event_id": binning.event_id, "at": binning.at.isoformat(), "reason": binning.reason}
        _enqueue(TELL_DELETED, payload, binning)
    return Moved(len(gone), sum(row.people for row in gone))


def _restore(binning: Binning) -> Moved:
    """All at once, as nobody can have taken a place meanwhile; one by one where that is not so, and then some stay."""
    ran_out = Registration.deleted_status == RegistrationStatus.OFFERED, Registration.offer_expires_at <= binning.now
    waits = update(Registration).where(*_gone_with(binning), *ran_out)
    db.session.execute(waits.values(deleted_status=RegistrationStatus.WAITLISTED, offer_expires_at=None))
    rows = db.session.execute(
        select(
            Registration.id, Registration.kind, Registration.audience, Registration.deleted_status, Registration.absent_at,
            Registration.beyond, _PEOPLE.label("people"),
        ).where(*_gone_with(binning))
    ).all()  # fmt: skip
    try:
        with db.session.begin_nested():
            _restore_all(rows, binning)
        back = Moved(len(rows), sum(row.people for row in rows))
    except (Conflict, IntegrityError):
        back = _restore_one_by_one(rows, binning)
    call_for_offers(binning.event_id, now=binning.now)
    if back.registrations and binning.told:
        _enqueue(TELL_RESTORED, {"event_id": binning.event_id, "at": binning.at.isoformat()}, binning)
    return back


def _gone_with(binning: Binning) -> tuple[ColumnElement[bool], ...]:
    return Registration.event_id == binning.event_id, Registration.deleted_at == binning.at


def _restore_all(rows: Sequence[Any], binning: Binning) -> None:
    holding = {row.id: row for row in rows if _holds(row)}
    take_all(binning.event_id, _all_held(holding, binning.event_id), whole=True)
    holds = Registration.deleted_status.in_(HOLDING), Registration.absent_at.is_(None), ~Registration.beyond
    waves = select(Registration.id).where(*_gone_with(binning), *holds)
    people = select(_PEOPLE).where(Registration.id == RegistrationWave.registration_id).scalar_subquery()
    db.session.execute(
        update(RegistrationWave).where(RegistrationWave.registration_id.in_(waves)).values(people=people)
    )
    db.session.execute(
        update(Registration)
        .where(*_gone_with(binning))
        .values(
            status=Registration.deleted_status,
            deleted_status=None,
            deleted_at=None,
            changed_in=binning.version,
            updated_at=binning.now,
        )
    )
    _count_waiting(binning.event_id)
    _record(
        "registration.restored", [(row.id, [RegistrationStatus.CANCELLED, row.deleted_status]) for row in rows], binning
    )


def _holds(row: Any) -> bool:
    return row.deleted_status in HOLDING and row.absent_at is None and not row.beyond


def _count_waiting(event_id: int) -> None:
    """Count anew who waits for each wave: nobody did while the event lay in the bin."""
    waits = (
        select(func.count())
        .select_from(RegistrationWave)
        .join(Registration, Registration.id == RegistrationWave.registration_id)
        .where(RegistrationWave.wave_id == Wave.id, Registration.status == RegistrationStatus.WAITLISTED)
    )
    db.session.execute(update(Wave).where(Wave.event_id == event_id).values(waiting=waits.scalar_subquery()))


def _all_held(holding: dict[int, Any], event_id: int) -> AllHeld:
    waves: dict[int, int] = defaultdict(int)
    audiences: dict[tuple[int, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    asked = db.session.execute(
        select(RegistrationWave.registration_id, RegistrationWave.wave_id)
        .join(Wave, Wave.id == RegistrationWave.wave_id)
        .where(Wave.event_id == event_id)
    )
    for registration_id, wave_id in asked:
        row = holding.get(registration_id)
        if row is not None:
            waves[wave_id] += row.people
            people, groups = audiences[wave_id, row.audience]
            group = int(row.kind is RegistrationKind.GROUP)
            audiences[wave_id, row.audience] = (people + row.people, groups + group)
    return AllHeld(sum(row.people for row in holding.values()), waves, audiences)


def _restore_one_by_one(rows: Sequence[Any], binning: Binning) -> Moved:
    """In the order in which they registered."""
    registrations = people = 0
    not_back = []
    for row in sorted(rows, key=lambda found: found.id):
        try:
            with db.session.begin_nested():
                bring_back(read_binned(row.id, binning.now), by=binning.by, now=binning.now, past_queue=True)
        except Conflict as error:
            wave_id = error.wave_id if isinstance(error, WaveFull | AudienceFull) else None
            not_back.append(NotBack(row.id, error.code, wave_id))
        else:
            registrations, people = registrations + 1, people + row.people
    return Moved(registrations, people, tuple(not_back))


def _remove(event_id: int, most: int, now: datetime) -> int:
    """Whoever was scanned stays without a name. In the end what was declared for statistics goes."""
    rows = db.session.execute(
        select(Registration.id, Registration.contact_name)
        .where(Registration.event_id == event_id)
        .order_by(Registration.id)
    ).all()
    kept = kept_of([row.id for row in rows])
    left = [row.id for row in rows if row.id not in kept or row.contact_name != FORGOTTEN]
    # first, and whole: taken out of them one by one, each would be written again for every part of the event
    db.session.execute(delete(BulkAction).where(BulkAction.event_id == event_id))
    remove_registrations(left[:most], now=now)
    if not left:
        db.session.execute(delete(DeclaredStatistics).where(DeclaredStatistics.event_id == event_id))
    return min(most, len(left))


def _record(verb: str, changes: Sequence[tuple[int, list[RegistrationStatus]]], binning: Binning) -> None:
    """A line for each: its id, and its status before and after."""
    by: Actor = binning.by
    shared = {"with_event": True, "told": binning.told}
    lines = [
        {
            "at": binning.now, "organiser_id": binning.organiser_id, "actor_kind": by.kind.value, "actor_id": by.id,
            "actor_label": by.label, "verb": verb, "subject": f"registration:{registration_id}",
            "details": {"status": status, **shared},
        }
        for registration_id, status in changes
    ]  # fmt: skip
    if lines:
        db.session.execute(insert(AuditEntry), lines)


def _enqueue(name: str, payload: dict[str, Any], binning: Binning) -> None:
    subject = f"event:{binning.event_id}"
    enqueue(name, payload, now=binning.now, subject=subject, organiser_id=binning.organiser_id)


register_part("registrations", Part(moment=_moment, delete=_delete, restore=_restore, remove=_remove))

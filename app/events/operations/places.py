"""The only writer of place counters: event, then waves by id, then allotments by id, each by a conditional UPDATE."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import and_, literal, or_, select, update

from app.core.db import db
from app.events.errors import AudienceFull, WaveFull
from app.events.models import Allotment, Event, Wave


@dataclass(frozen=True)
class Held:
    """Places of one registration: `people` in each of `wave_ids`, for one audience, as a group or not."""

    wave_ids: tuple[int, ...]
    audience: str
    people: int
    group: bool


def lock_event(event_id: int) -> int:
    """Raise the event's version and keep its row locked until the transaction ends; return the new version.

    Whoever changes registrations of an event calls this (or take_places) first: so nobody else can meanwhile.
    """
    return db.session.execute(
        update(Event).where(Event.id == event_id).values(version=Event.version + 1).returning(Event.version)
    ).scalar_one()


def take_places(event_id: int, places: Held) -> int:
    """Take all the places or none; return the event's new version.

    Raises WaveFull or AudienceFull; the caller's transaction must then be rolled back or must go on without places.
    """
    version = db.session.execute(
        update(Event)
        .where(Event.id == event_id, or_(Event.capacity.is_(None), Event.taken + places.people <= Event.capacity))
        .values(taken=Event.taken + places.people, version=Event.version + 1)
        .returning(Event.version)
    ).scalar_one_or_none()
    if version is None:
        raise WaveFull(None)
    for wave_id in sorted(places.wave_ids):
        taken = db.session.execute(
            update(Wave)
            .where(Wave.id == wave_id, Wave.event_id == event_id, Wave.taken + places.people <= Wave.capacity)
            .values(taken=Wave.taken + places.people)
            .returning(Wave.id)
        ).scalar_one_or_none()
        if taken is None:
            raise WaveFull(wave_id)
    _take_allotments(places)
    return version


def _take_allotments(places: Held) -> None:
    limited = db.session.execute(
        select(Allotment.id, Allotment.wave_id)
        .where(Allotment.wave_id.in_(places.wave_ids), Allotment.audience == places.audience)
        .order_by(Allotment.id)
    ).all()
    groups = 1 if places.group else 0
    for allotment_id, wave_id in limited:
        taken = db.session.execute(
            update(Allotment)
            .where(
                Allotment.id == allotment_id,
                or_(Allotment.max_people.is_(None), Allotment.people + places.people <= Allotment.max_people),
                or_(Allotment.max_groups.is_(None), Allotment.groups + groups <= Allotment.max_groups),
            )
            .values(people=Allotment.people + places.people, groups=Allotment.groups + groups)
            .returning(Allotment.id)
        ).scalar_one_or_none()
        if taken is None:
            raise AudienceFull(wave_id)


def release_places(event_id: int, places: Held) -> int:
    """Give places back; return the event's new version."""
    version = db.session.execute(
        update(Event)
        .where(Event.id == event_id)
        .values(taken=Event.taken - places.people, version=Event.version + 1)
        .returning(Event.version)
    ).scalar_one()
    for wave_id in sorted(places.wave_ids):
        db.session.execute(update(Wave).where(Wave.id == wave_id).values(taken=Wave.taken - places.people))
    groups = 1 if places.group else 0
    db.session.execute(
        update(Allotment)
        .where(Allotment.wave_id.in_(places.wave_ids), Allotment.audience == places.audience)
        .values(people=Allotment.people - places.people, groups=Allotment.groups - groups)
    )
    return version


def exchange_places(event_id: int, old: Held, new: Held) -> int:
    """Go from one holding to another in one step: the new places first, counted against what the old ones free.

    A class that grows from 28 to 30 in its own wave needs two places, not thirty. Raises WaveFull or AudienceFull.
    """
    version = take_places(event_id, Held((), new.audience, new.people - old.people, group=False))
    deltas = {wave_id: new.people for wave_id in new.wave_ids}
    for wave_id in old.wave_ids:
        deltas[wave_id] = deltas.get(wave_id, 0) - old.people
    for wave_id, people in sorted(deltas.items()):
        changed = db.session.execute(
            update(Wave)
            .where(
                Wave.id == wave_id,
                Wave.event_id == event_id,
                # fewer people always fit, also in a wave whose capacity was lowered meanwhile
                or_(literal(people <= 0), Wave.taken + people <= Wave.capacity),
            )
            .values(taken=Wave.taken + people)
            .returning(Wave.id)
        ).scalar_one_or_none()
        if changed is None:
            raise WaveFull(wave_id)
    _exchange_allotments(old, new)
    return version


def _exchange_allotments(old: Held, new: Held) -> None:
    changes: dict[tuple[int, str], tuple[int, int]] = {}
    for held, sign in ((old, -1), (new, 1)):
        for wave_id in held.wave_ids:
            people, groups = changes.get((wave_id, held.audience), (0, 0))
            changes[wave_id, held.audience] = (people + sign * held.people, groups + sign * int(held.group))
    waves: Iterable[int] = {wave_id for wave_id, _ in changes}
    rows = db.session.execute(
        select(Allotment.id, Allotment.wave_id, Allotment.audience)
        .where(Allotment.wave_id.in_(waves), Allotment.audience.in_({old.audience, new.audience}))
        .order_by(Allotment.id)
    ).all()
    for allotment_id, wave_id, audience in rows:
        people, groups = changes.get((wave_id, audience), (0, 0))
        fits = and_(
            or_(literal(people <= 0), Allotment.max_people.is_(None), Allotment.people + people <= Allotment.max_people),
            or_(literal(groups <= 0), Allotment.max_groups.is_(None), Allotment.groups + groups <= Allotment.max_groups),
        )
        changed = db.session.execute(
            update(Allotment)
            .where(Allotment.id == allotment_id, fits)
            .values(people=Allotment.people + people, groups=Allotment.groups + groups)
            .returning(Allotment.id)
        ).scalar_one_or_none()
        if changed is None:
            raise AudienceFull(wave_id)


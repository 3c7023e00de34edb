"""The only writer of place counters: event, then waves by id, then allotments by id, each by a conditional UPDATE."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from sqlalchemy import BindParameter, Table, and_, bindparam, insert, literal, or_, select, update

from app.core.db import db
from app.events.errors import AudienceFull, EventNotFound, WaveFull
from app.events.models import Allotment, Event, Wave
from app.events.queries import EventRow, get_event_by_id

# Taking places is written once, on plain tables: making such a statement anew for each call takes ten times as long as
# running it, and meanwhile everybody else waits for the event's row.
_EVENTS, _WAVES = cast(Table, Event.__table__), cast(Table, Wave.__table__)
_ALLOTMENTS = cast(Table, Allotment.__table__)
_PEOPLE: BindParameter[int] = bindparam("more_people")
_GROUPS: BindParameter[int] = bindparam("more_groups")
_TAKE_EVENT = (
    update(_EVENTS)
    .where(
        _EVENTS.c.id == bindparam("event"),
        or_(_EVENTS.c.capacity.is_(None), _EVENTS.c.taken + _PEOPLE <= _EVENTS.c.capacity),
    )
    .values(taken=_EVENTS.c.taken + _PEOPLE, version=_EVENTS.c.version + 1)
    .returning(_EVENTS.c.version)
)
_TAKE_WAVE = (
    update(_WAVES)
    .where(
        _WAVES.c.id == bindparam("wave"),
        _WAVES.c.event_id == bindparam("event"),
        _WAVES.c.taken + _PEOPLE <= _WAVES.c.capacity,
    )
    .values(taken=_WAVES.c.taken + _PEOPLE)
    .returning(_WAVES.c.id)
)
_ALLOTTED = (
    select(_ALLOTMENTS.c.id, _ALLOTMENTS.c.wave_id)
    .where(
        _ALLOTMENTS.c.wave_id.in_(bindparam("waves", expanding=True)),
        _ALLOTMENTS.c.audience == bindparam("of_audience"),
    )
    .order_by(_ALLOTMENTS.c.id)
)
_TAKE_ALLOTMENT = (
    update(_ALLOTMENTS)
    .where(
        _ALLOTMENTS.c.id == bindparam("allotment"),
        or_(_ALLOTMENTS.c.max_people.is_(None), _ALLOTMENTS.c.people + _PEOPLE <= _ALLOTMENTS.c.max_people),
        or_(_ALLOTMENTS.c.max_groups.is_(None), _ALLOTMENTS.c.groups + _GROUPS <= _ALLOTMENTS.c.max_groups),
    )
    .values(people=_ALLOTMENTS.c.people + _PEOPLE, groups=_ALLOTMENTS.c.groups + _GROUPS)
    .returning(_ALLOTMENTS.c.id)
)


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
    Raises EventNotFound.
    """
    version = db.session.execute(
        update(Event).where(Event.id == event_id).values(version=Event.version + 1).returning(Event.version)
    ).scalar_one_or_none()
    if version is None:
        raise EventNotFound(str(event_id))
    return version


def hold_event(event_id: int) -> EventRow:
    """Lock an event and read it as it now is: for who edits a part of it and must keep the rest. Raises EventNotFound."""
    lock_event(event_id)
    return get_event_by_id(event_id)


def take_places(event_id: int, places: Held) -> int:
    """Take all the places or none; return the event's new version.

    Raises WaveFull or AudienceFull; the caller's transaction must then be rolled back or must go on without places.
    """
    values = {"event": event_id, "more_people": places.people}
    version: int | None = db.session.execute(_TAKE_EVENT, values).scalar_one_or_none()
    if version is None:
        raise WaveFull(None)
    for wave_id in sorted(places.wave_ids):
        if db.session.execute(_TAKE_WAVE, {**values, "wave": wave_id}).first() is None:
            raise WaveFull(wave_id)
    _take_allotments(places)
    return version


def _take_allotments(places: Held) -> None:
    limited = db.session.execute(_ALLOTTED, {"waves": places.wave_ids, "of_audience": places.audience}).all()
    groups = 1 if places.group else 0
    _begin_counting(set(places.wave_ids) - {wave_id for _, wave_id in limited}, places.audience, places.people, groups)
    for allotment_id, wave_id in limited:
        values = {"allotment": allotment_id, "more_people": places.people, "more_groups": groups}
        if db.session.execute(_TAKE_ALLOTMENT, values).first() is None:
            raise AudienceFull(wave_id)


def _begin_counting(wave_ids: Iterable[int], audience: str, people: int, groups: int) -> None:
    """Count an audience where nothing counts it yet: one that the event no longer accepts, of somebody who was here before."""
    rows = [
        {
            "wave_id": wave_id,
            "audience": audience,
            "max_people": None,
            "max_groups": None,
            "people": people,
            "groups": groups,
        }
        for wave_id in sorted(wave_ids)
    ]
    if rows:
        db.session.execute(insert(Allotment), rows)


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
    deltas = dict.fromkeys(new.wave_ids, new.people)
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
    known = {(wave_id, audience) for _, wave_id, audience in rows}
    for wave_id, audience in sorted(set(changes) - known):
        _begin_counting([wave_id], audience, *changes[wave_id, audience])
    for allotment_id, wave_id, audience in rows:
        people, groups = changes.get((wave_id, audience), (0, 0))
        fits = and_(
            or_(
                literal(people <= 0), Allotment.max_people.is_(None), Allotment.people + people <= Allotment.max_people
            ),
            or_(
                literal(groups <= 0), Allotment.max_groups.is_(None), Allotment.groups + groups <= Allotment.max_groups
            ),
        )
        changed = db.session.execute(
            update(Allotment)
            .where(Allotment.id == allotment_id, fits)
            .values(people=Allotment.people + people, groups=Allotment.groups + groups)
            .returning(Allotment.id)
        ).scalar_one_or_none()
        if changed is None:
            raise AudienceFull(wave_id)

"""The only writer of place counters: event, then waves, then allotments, each by a conditional UPDATE.

The event's row comes first, and whoever changes places waits there: so everything below it is written by one at a time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    ARRAY,
    CTE,
    BindParameter,
    ColumnElement,
    Integer,
    Row,
    Table,
    Update,
    and_,
    any_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from app.core.db import db
from app.core.errors import WriteConflict
from app.events.errors import AudienceFull, EventNotFound, WaveFull
from app.events.models import Allotment, Event, Wave
from app.events.queries import EventRow, get_event_by_id

# Taking places is written once, on plain tables: making such a statement anew for each call takes ten times as long as
# running it, and meanwhile everybody else waits for the event's row.
_EVENTS, _WAVES = cast(Table, Event.__table__), cast(Table, Wave.__table__)
_ALLOTMENTS = cast(Table, Allotment.__table__)
_PEOPLE: BindParameter[int] = bindparam("more_people", type_=Integer)
_GROUPS: BindParameter[int] = bindparam("more_groups", type_=Integer)
_REVISION: BindParameter[int | None] = bindparam("at_revision", type_=Integer)
_TAKE_EVENT = (
    update(_EVENTS)
    .where(
        _EVENTS.c.id == bindparam("event"),
        _EVENTS.c.deleted_at.is_(None),
        or_(_REVISION.is_(None), _EVENTS.c.revision == _REVISION),
        or_(_EVENTS.c.capacity.is_(None), _EVENTS.c.taken + _PEOPLE <= _EVENTS.c.capacity),
    )
    .values(taken=_EVENTS.c.taken + _PEOPLE, version=_EVENTS.c.version + 1)
    .returning(_EVENTS.c.id, _EVENTS.c.version)
)


def _take_waves(*which: ColumnElement[bool]) -> Update:
    return (
        update(_WAVES)
        .where(*which, _WAVES.c.taken + _PEOPLE <= _WAVES.c.capacity)
        .values(taken=_WAVES.c.taken + _PEOPLE)
    )


def _take_allotments(*which: ColumnElement[bool]) -> Update:
    return (
        update(_ALLOTMENTS)
        .where(
            *which,
            _ALLOTMENTS.c.audience == bindparam("of_audience"),
            or_(_ALLOTMENTS.c.max_people.is_(None), _ALLOTMENTS.c.people + _PEOPLE <= _ALLOTMENTS.c.max_people),
            or_(_ALLOTMENTS.c.max_groups.is_(None), _ALLOTMENTS.c.groups + _GROUPS <= _ALLOTMENTS.c.max_groups),
        )
        .values(people=_ALLOTMENTS.c.people + _PEOPLE, groups=_ALLOTMENTS.c.groups + _GROUPS)
    )


_LISTED: BindParameter[Sequence[int]] = bindparam("listed", expanding=True)
_TAKE_WAVES = _take_waves(_WAVES.c.id.in_(_LISTED), _WAVES.c.event_id == bindparam("event")).returning(_WAVES.c.id)
_TAKE_ALLOTMENTS = _take_allotments(_ALLOTMENTS.c.wave_id.in_(_LISTED)).returning(_ALLOTMENTS.c.wave_id)
_COUNTED = select(_ALLOTMENTS.c.wave_id).where(
    _ALLOTMENTS.c.wave_id.in_(_LISTED), _ALLOTMENTS.c.audience == bindparam("of_audience")
)


class Taking(NamedTuple):
    """PostgreSQL takes all places in one statement, of which these are the parts: the event's row, waves, allotments.

    Each part takes its rows from the one before, so they are locked in that order. While the statement waits for the event,
    others may commit. That they took places is seen, for PostgreSQL looks again at a row that changed (its manual, 13.2.1);
    that they gave some back is not, for it does not look again at a row that it passed over. So run it with
    `taking_values`, and have `take_rest` go on from what was had. `enough` is true when that is everything.
    """

    event: CTE
    waves: CTE
    allotments: CTE
    enough: ColumnElement[bool]

    @property
    def columns(self) -> tuple[ColumnElement[Any], ...]:
        """The columns of a Taken."""
        return (
            select(self.event.c.version).scalar_subquery().label("version"),
            select(func.array_agg(self.waves.c.id)).scalar_subquery().label("waves"),
            select(func.array_agg(self.allotments.c.wave_id)).scalar_subquery().label("counted"),
        )


class Taken(NamedTuple):
    """What was had of what was asked for: the event's new version, or None, and ids of waves."""

    version: int | None
    waves: Sequence[int] = ()
    counted: Sequence[int] = ()

    @classmethod
    def of(cls, row: Row[Any]) -> "Taken":
        return cls(row.version, row.waves or (), row.counted or ())


def _make_taking() -> Taking:
    event = _TAKE_EVENT.cte("e")
    wanted: BindParameter[Sequence[int]] = bindparam("waves", type_=ARRAY(Integer))
    waves = _take_waves(_WAVES.c.id == any_(wanted), _WAVES.c.event_id == event.c.id).returning(_WAVES.c.id).cte("w")
    counted = _take_allotments(_ALLOTMENTS.c.wave_id == waves.c.id).returning(_ALLOTMENTS.c.wave_id).cte("a")
    parts = (select(func.count()).select_from(part).scalar_subquery() for part in (waves, counted))
    return Taking(event, waves, counted, and_(*(part == func.cardinality(wanted) for part in parts)))


TAKING = _make_taking()
_TAKE_AT_ONCE = select(*TAKING.columns)


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
    Raises EventNotFound, for one in the bin too.
    """
    version = db.session.execute(
        update(Event)
        .where(Event.id == event_id, Event.deleted_at.is_(None))
        .values(version=Event.version + 1)
        .returning(Event.version)
    ).scalar_one_or_none()
    if version is None:
        raise EventNotFound(str(event_id))
    return version


def hold_event(event_id: int) -> EventRow:
    """Lock an event and read it as it now is: for who edits a part of it and must keep the rest. Raises EventNotFound."""
    lock_event(event_id)
    return get_event_by_id(event_id)


def take_places(event_id: int, places: Held, *, revision: int | None = None) -> int:
    """Take all the places or none; return the event's new version.

    Raises WaveFull, AudienceFull, EventNotFound, and WriteConflict when the event is no longer at the `revision` that the
    caller read. The caller's transaction must then be rolled back or must go on without places.
    """
    values = taking_values(event_id, places, revision)
    if db.engine.dialect.name == "postgresql":
        taken = Taken.of(db.session.execute(_TAKE_AT_ONCE, values).one())
    else:
        row = db.session.execute(_TAKE_EVENT, values).first()
        taken = Taken(None if row is None else row.version)
    return take_rest(event_id, places, revision, taken)


def taking_values(event_id: int, places: Held, revision: int | None) -> dict[str, Any]:
    """What the statements that take places are run with."""
    return {
        "event": event_id, "at_revision": revision, "more_people": places.people, "more_groups": int(places.group),
        "waves": list(places.wave_ids), "of_audience": places.audience,
    }  # fmt: skip


def take_rest(event_id: int, places: Held, revision: int | None, taken: Taken) -> int:
    """Take what was not had yet, now that the event's row is held: waves, then allotments. As `take_places` otherwise.

    Begins to count an audience where nothing counts it yet: one that the event no longer accepts, of somebody who was
    here before.
    """
    if taken.version is None:
        raise _refusal_of_event(event_id, revision)
    values = taking_values(event_id, places, revision)
    waves = set(places.wave_ids) - set(taken.waves)
    if waves:
        full = waves - set(db.session.execute(_TAKE_WAVES, {**values, "listed": sorted(waves)}).scalars())
        if full:
            raise WaveFull(min(full))
    uncounted = set(places.wave_ids) - set(taken.counted)
    if uncounted:
        _count(values, uncounted)
    return taken.version


def _count(values: dict[str, Any], waves: set[int]) -> None:
    counted = db.session.execute(_TAKE_ALLOTMENTS, {**values, "listed": sorted(waves)}).scalars()
    rest = waves - set(counted)
    if not rest:
        return
    full = db.session.execute(_COUNTED, {**values, "listed": sorted(rest)}).scalars().all()
    if full:
        raise AudienceFull(min(full))
    _begin_counting(rest, values["of_audience"], values["more_people"], values["more_groups"])


def _refusal_of_event(event_id: int, revision: int | None) -> Exception:
    """Why an event's row gave no places: it is gone, it was edited, or it is full."""
    there = select(Event.revision).where(Event.id == event_id, Event.deleted_at.is_(None))
    found = db.session.execute(there).scalar_one_or_none()
    if found is None:
        return EventNotFound(str(event_id))
    return WaveFull(None) if revision in {None, found} else WriteConflict("the event was edited meanwhile")


def _begin_counting(wave_ids: Iterable[int], audience: str, people: int, groups: int) -> None:
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

"""The only writer of place counters: event, then waves, then allotments, each by a conditional UPDATE.

The event's row comes first, and whoever changes places waits there: so everything below it is written by one at a time.
A wave that somebody waits for gives nothing to who comes new (`QueueFirst`), unless the caller says that it is their turn. Nor
does an event with a capacity of its own, for whichever wave somebody waits: its places are theirs as well.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    ARRAY,
    CTE,
    BindParameter,
    Boolean,
    ColumnElement,
    Integer,
    Row,
    String,
    Table,
    Update,
    and_,
    any_,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy import cast as as_type

from app.core.db import db
from app.core.errors import WriteConflict
from app.events.errors import AudienceFull, EventNotFound, QueueFirst, WaveFull
from app.events.models import Allotment, Event, Wave
from app.events.operations.apart import require_apart
from app.events.operations.waiting import call_for_offers
from app.events.queries import EventRow, get_event_by_id

# Taking places is written once, on plain tables: making such a statement anew for each call takes ten times as long as
# running it, and meanwhile everybody else waits for the event's row.
_EVENTS, _WAVES = cast(Table, Event.__table__), cast(Table, Wave.__table__)
_ALLOTMENTS = cast(Table, Allotment.__table__)
_PEOPLE: BindParameter[int] = bindparam("more_people", type_=Integer)
_GROUPS: BindParameter[int] = bindparam("more_groups", type_=Integer)
_REVISION: BindParameter[int | None] = bindparam("at_revision", type_=Integer)
_PAST: BindParameter[bool] = bindparam("past_queue", type_=Boolean)
_TAKE_EVENT = (
    update(_EVENTS)
    .where(
        _EVENTS.c.id == bindparam("event"),
        _EVENTS.c.deleted_at.is_(None),
        or_(_REVISION.is_(None), _EVENTS.c.revision == _REVISION),
        or_(_EVENTS.c.capacity.is_(None), _EVENTS.c.taken + _PEOPLE <= _EVENTS.c.capacity),
    )
    .values(taken=_EVENTS.c.taken + _PEOPLE, version=_EVENTS.c.version + 1)
    .returning(_EVENTS.c.id, _EVENTS.c.version, _EVENTS.c.apart, _EVENTS.c.capacity)
)
_SOMEBODY_WAITS = select(_WAVES.c.id).where(_WAVES.c.event_id == bindparam("event"), _WAVES.c.waiting > 0).limit(1)


def _take_waves(*which: ColumnElement[bool]) -> Update:
    return (
        update(_WAVES)
        .where(*which, _WAVES.c.taken + _PEOPLE <= _WAVES.c.capacity, or_(_PAST, _WAVES.c.waiting == 0))
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
_LOOK_AT_WAVES = select(_WAVES.c.id, _WAVES.c.taken, _WAVES.c.capacity, _WAVES.c.waiting).where(
    _WAVES.c.id.in_(_LISTED)
)
_TAKE_ALLOTMENTS = _take_allotments(_ALLOTMENTS.c.wave_id.in_(_LISTED)).returning(_ALLOTMENTS.c.wave_id)
_COUNTED = select(_ALLOTMENTS.c.wave_id).where(
    _ALLOTMENTS.c.wave_id.in_(_LISTED), _ALLOTMENTS.c.audience == bindparam("of_audience")
)


class Taking(NamedTuple):
    """PostgreSQL takes all places in one statement, of which these are the parts: the event's row, waves, allotments.

    Each part takes its rows from the one before, so they are locked in that order. While the statement waits for the event,
    others may commit. That they took places is seen, for PostgreSQL looks again at a row that changed (its manual, 13.2.1);
    that they gave some back is not, for it does not look again at a row that it passed over. So run it with
    `taking_values`, and have `take_rest` go on from what was had. `enough` is true when that is everything, and the event
    keeps no audiences apart: else `take_rest` has to look who is there. Of an event with a capacity it is true, too, only
    when nobody waited as the statement began, nor changed the event since: who waits is told from other rows than those taken.
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
            select(self.event.c.apart).scalar_subquery().label("apart"),
            select(self.event.c.capacity).scalar_subquery().label("capacity"),
        )


class Taken(NamedTuple):
    """What was had of what was asked for: the event's new version, or None, and ids of waves. `apart`, `capacity`: the event's.

    `tried`: whether waves were asked for at all.
    """

    version: int | None
    waves: Sequence[int] = ()
    counted: Sequence[int] = ()
    apart: Sequence[Sequence[str]] = ()
    capacity: int | None = None
    tried: bool = False

    @classmethod
    def of(cls, row: Row[Any]) -> "Taken":
        return cls(row.version, row.waves or (), row.counted or (), row.apart or (), row.capacity, tried=True)


def _make_taking() -> Taking:
    event = _TAKE_EVENT.cte("e")
    wanted: BindParameter[Sequence[int]] = bindparam("waves", type_=ARRAY(Integer))
    waves = _take_waves(_WAVES.c.id == any_(wanted), _WAVES.c.event_id == event.c.id).returning(_WAVES.c.id).cte("w")
    counted = _take_allotments(_ALLOTMENTS.c.wave_id == waves.c.id).returning(_ALLOTMENTS.c.wave_id).cte("a")
    parts = (select(func.count()).select_from(part).scalar_subquery() for part in (waves, counted))
    nobody_apart = as_type(event.c.apart, String) == "[]"
    seen = select(_EVENTS.c.version).where(_EVENTS.c.id == bindparam("event")).scalar_subquery()
    nobody_waits = and_(event.c.version == seen + 1, ~_SOMEBODY_WAITS.exists())
    theirs = or_(event.c.capacity.is_(None), _PAST, nobody_waits)
    all_had = (part == func.cardinality(wanted) for part in parts)
    return Taking(event, waves, counted, and_(nobody_apart, theirs, *all_had))


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


def take_places(event_id: int, places: Held, *, revision: int | None = None, past_queue: bool = False) -> int:
    """Take all the places or none; return the event's new version. `past_queue`: whose turn it is, though others wait.

    Raises WaveFull, AudienceFull (AudienceApart), EventNotFound, and WriteConflict when the event is no longer at the
    `revision` that the caller read. The caller's transaction must then be rolled back or must go on without places.
    QueueFirst alone leaves nothing behind: who offers to those who wait may try again.
    """
    if db.engine.dialect.name == "postgresql":
        values = taking_values(event_id, places, revision, past_queue=past_queue)
        taken = Taken.of(db.session.execute(_TAKE_AT_ONCE, values).one())
    else:
        taken = take_event(event_id, places, revision)
    return take_rest(event_id, places, revision, taken, past_queue=past_queue)


def take_event(event_id: int, places: Held, revision: int | None = None) -> Taken:
    """Take people of the whole event alone; its row is held from here on."""
    row = db.session.execute(_TAKE_EVENT, taking_values(event_id, places, revision)).first()
    return Taken(None) if row is None else Taken(row.version, apart=row.apart or (), capacity=row.capacity)


def taking_values(
    event_id: int, places: Held, revision: int | None, *, past_queue: bool = False
) -> dict[str, Any]:  # fmt: skip
    """What the statements that take places are run with."""
    return {
        "event": event_id, "at_revision": revision, "more_people": places.people, "more_groups": int(places.group),
        "waves": list(places.wave_ids), "of_audience": places.audience, "past_queue": past_queue,
    }  # fmt: skip


def take_rest(
    event_id: int, places: Held, revision: int | None, taken: Taken, *, past_queue: bool = False
) -> int:  # fmt: skip
    """Take what was not had yet, now that the event's row is held: waves, then allotments. As `take_places` otherwise.

    Begins to count an audience where nothing counts it yet: one that the event no longer accepts, of somebody who was
    here before.
    """
    if taken.version is None:
        raise refusal_of_event(event_id, revision)
    if not past_queue and is_waited_for(event_id, taken):
        _give_back(event_id, places, set(taken.waves), set(taken.counted))
        raise QueueFirst(None)
    if taken.apart:
        require_apart(event_id, places.wave_ids, places.audience)
    values = taking_values(event_id, places, revision, past_queue=past_queue)
    waves = set(places.wave_ids) - set(taken.waves)
    if waves:
        _take_waves_left(event_id, places, values, waves, taken)
    uncounted = set(places.wave_ids) - set(taken.counted)
    if uncounted:
        _count(values, uncounted)
    return taken.version


def is_waited_for(event_id: int, taken: Taken) -> bool:
    """Whether places of the event as a whole, of which there are so many, are somebody's who waits. Its row is held."""
    if taken.capacity is None:
        return False
    return db.session.execute(_SOMEBODY_WAITS, {"event": event_id}).first() is not None


def _take_waves_left(event_id: int, places: Held, values: dict[str, Any], waves: set[int], taken: Taken) -> None:
    """Take the waves that were not had yet. Raises WaveFull; QueueFirst once all that was had is given back."""
    asked = dict.fromkeys(waves, places.people)
    refusal: WaveFull | None = None
    if (
        taken.tried
    ):  # most often it is full indeed: looking says so, where a second vain UPDATE would only say that again
        refusal = refusal_of_waves(asked, past_queue=values["past_queue"])
    got = set[int]()
    if refusal is None:
        got = set(db.session.execute(_TAKE_WAVES, {**values, "listed": sorted(waves)}).scalars())
        refused = dict.fromkeys(waves - got, places.people)
        if refused:
            refusal = refusal_of_waves(refused, past_queue=values["past_queue"]) or WaveFull(min(refused))
    if isinstance(refusal, QueueFirst):
        _give_back(event_id, places, {*taken.waves, *got}, set(taken.counted))
    if refusal is not None:
        raise refusal


def refusal_of_waves(asked: dict[int, int], *, past_queue: bool = False) -> WaveFull | None:
    """Why waves do not give so many places: they are full, or somebody waits for them. None where nothing is in the way."""
    rows = db.session.execute(_LOOK_AT_WAVES, {"listed": sorted(asked)}).all()
    full = set(asked) - {row.id for row in rows if row.taken + asked[row.id] <= row.capacity}
    if full:
        return WaveFull(min(full))
    queued = set() if past_queue else {row.id for row in rows if row.waiting > 0}
    return QueueFirst(min(queued)) if queued else None


def _give_back(event_id: int, places: Held, waves: set[int], counted: set[int]) -> None:
    """Undo half a taking: the event's row stays locked."""
    less = places.people
    db.session.execute(update(_EVENTS).where(_EVENTS.c.id == event_id).values(taken=_EVENTS.c.taken - less))
    if waves:
        had = update(_WAVES).where(_WAVES.c.id.in_(sorted(waves)))
        db.session.execute(had.values(taken=_WAVES.c.taken - less))
    if counted:
        _uncount(counted, places)


def _uncount(wave_ids: Iterable[int], places: Held) -> None:
    db.session.execute(
        update(_ALLOTMENTS)
        .where(_ALLOTMENTS.c.wave_id.in_(sorted(wave_ids)), _ALLOTMENTS.c.audience == places.audience)
        .values(people=_ALLOTMENTS.c.people - places.people, groups=_ALLOTMENTS.c.groups - int(places.group))
    )


def _count(values: dict[str, Any], waves: set[int]) -> None:
    counted = db.session.execute(_TAKE_ALLOTMENTS, {**values, "listed": sorted(waves)}).scalars()
    rest = waves - set(counted)
    if not rest:
        return
    full = db.session.execute(_COUNTED, {**values, "listed": sorted(rest)}).scalars().all()
    if full:
        raise AudienceFull(min(full))
    begin_counting(rest, values["of_audience"], values["more_people"], values["more_groups"])


def refusal_of_event(event_id: int, revision: int | None) -> Exception:
    """Why an event's row gave no places: it is gone, it was edited, or it is full."""
    there = select(Event.revision).where(Event.id == event_id, Event.deleted_at.is_(None))
    found = db.session.execute(there).scalar_one_or_none()
    if found is None:
        return EventNotFound(str(event_id))
    return WaveFull(None) if revision in {None, found} else WriteConflict("the event was edited meanwhile")


def begin_counting(wave_ids: Iterable[int], audience: str, people: int, groups: int) -> None:
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


def release_places(event_id: int, places: Held, *, now: datetime) -> int:
    """Give places back, and have them offered to whoever waits; return the event's new version."""
    version = db.session.execute(
        update(Event)
        .where(Event.id == event_id)
        .values(taken=Event.taken - places.people, version=Event.version + 1)
        .returning(Event.version)
    ).scalar_one()
    for wave_id in sorted(places.wave_ids):
        db.session.execute(update(Wave).where(Wave.id == wave_id).values(taken=Wave.taken - places.people))
    _uncount(places.wave_ids, places)
    call_for_offers(event_id, now=now)
    return version

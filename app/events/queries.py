"""Events as pages, feeds and programs read them: frozen rows, a fixed number of statements.

What an event is made of (all but its counters) is kept in memory for as long as its `revision` stands: one indexed read tells.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Executable, RowMapping, Table, and_, bindparam, func, or_, select

from app.core.cache import remembered
from app.core.db import db, writing
from app.core.i18n import Locale
from app.events.audiences import BUILTIN, AudienceRow
from app.events.enums import VISIBLE, Enrolment, EventKind, EventState
from app.events.errors import EventNotFound
from app.events.models import Allotment, Audience, Checkpoint, Event, EventAudience, Project, Space, Stop, Wave
from app.events.rules import is_open
from app.venues.models import Venue


@dataclass(frozen=True)
class AllotmentRow:
    audience: str
    max_people: int | None
    max_groups: int | None


@dataclass(frozen=True)
class WaveRow:
    id: int
    starts_at: datetime
    ends_at: datetime
    capacity: int
    place: str
    host: str
    allotments: tuple[AllotmentRow, ...]

    def allotment(self, audience: str) -> AllotmentRow | None:
        return next((a for a in self.allotments if a.audience == audience), None)


@dataclass(frozen=True)
class SpaceRow:
    id: int
    name: str
    capacity: int
    directions_fr: str
    directions_en: str


@dataclass(frozen=True)
class StopRow:
    position: int
    name_fr: str
    name_en: str
    text_fr: str
    text_en: str
    minutes: int
    optional: bool
    space_id: int | None
    space_name: str

    def name(self, locale: Locale) -> str:
        return self.name_fr if locale == "fr" else self.name_en or self.name_fr

    def text(self, locale: Locale) -> str:
        return self.text_fr if locale == "fr" else self.text_en or self.text_fr


@dataclass(frozen=True)
class CheckpointRow:
    id: int
    name: str
    space_id: int | None


@dataclass(frozen=True)
class EventRow:
    """Everything about an event but its counters; see `get_places` for those."""

    id: int
    organiser_id: int
    slug: str
    calendar_uid: str
    kind: EventKind
    state: EventState
    title_fr: str
    title_en: str
    summary_fr: str
    summary_en: str
    description_fr: str
    description_en: str
    entrance_fr: str
    entrance_en: str
    join_url: str
    project_id: int | None
    timezone: str
    starts_at: datetime
    ends_at: datetime
    registration_opens_at: datetime | None
    registration_closes_at: datetime | None
    enrolment: Enrolment
    capacity: int | None
    reference_prefix: str
    asks_statistics: bool
    waiting_list: bool
    keep_names_days: int
    cancel_reason: str
    revision: int
    created_at: datetime
    updated_at: datetime
    venue_name: str
    venue_address: str
    venue_commune: str
    project_name: str
    audiences: tuple[AudienceRow, ...]
    waves: tuple[WaveRow, ...]
    spaces: tuple[SpaceRow, ...]
    stops: tuple[StopRow, ...]
    checkpoints: tuple[CheckpointRow, ...]

    def title(self, locale: Locale) -> str:
        return self.title_fr if locale == "fr" else self.title_en or self.title_fr

    def summary(self, locale: Locale) -> str:
        return self.summary_fr if locale == "fr" else self.summary_en or self.summary_fr

    def description(self, locale: Locale) -> str:
        return self.description_fr if locale == "fr" else self.description_en or self.description_fr

    def entrance(self, locale: Locale) -> str:
        return self.entrance_fr if locale == "fr" else self.entrance_en or self.entrance_fr

    def audience(self, code: str) -> AudienceRow:
        """The audience of that code, also one that the event no longer accepts. Unknown codes read as themselves."""
        found = next((a for a in self.audiences if a.code == code), BUILTIN.get(code))
        return found or AudienceRow(code, code, code, groups=True)

    def wave(self, wave_id: int) -> WaveRow | None:
        return next((w for w in self.waves if w.id == wave_id), None)

    def is_open(self, now: datetime) -> bool:
        """Whether the public may register now."""
        return is_open(self.state, self.registration_opens_at, self.registration_closes_at, self.ends_at, now)


@dataclass(frozen=True)
class AllotmentPlaces:
    people: int
    groups: int


@dataclass(frozen=True)
class Places:
    """Counters of one event at one moment. `waves` maps a wave's id to places taken; `allotments` (wave, audience)."""

    version: int
    taken: int
    waves: dict[int, int]
    allotments: dict[tuple[int, str], AllotmentPlaces]

    def left(self, event: EventRow, wave: WaveRow) -> int:
        """People who can still come in a wave, whoever they are."""
        left = wave.capacity - self.waves.get(wave.id, 0)
        return left if event.capacity is None else min(left, event.capacity - self.taken)

    def left_for(self, event: EventRow, wave: WaveRow, audience: str) -> int:
        """People of an audience who can still come in a wave."""
        left, allotment = self.left(event, wave), wave.allotment(audience)
        if allotment is None or allotment.max_people is None:
            return left
        return min(left, allotment.max_people - self._counted(wave, audience).people)

    def groups_left_for(self, wave: WaveRow, audience: str) -> int | None:
        """Groups of an audience that can still come in a wave; None when the number of groups is not limited."""
        allotment = wave.allotment(audience)
        if allotment is None or allotment.max_groups is None:
            return None
        return allotment.max_groups - self._counted(wave, audience).groups

    def _counted(self, wave: WaveRow, audience: str) -> AllotmentPlaces:
        return self.allotments.get((wave.id, audience), AllotmentPlaces(0, 0))


# Made once: nearly every call reads one of these, and making it anew takes longer than running it.
_EVENTS, _WAVES = cast(Table, Event.__table__), cast(Table, Wave.__table__)
_HEAD = select(*(_EVENTS.c[name] for name in ("id", "organiser_id", "revision", "updated_at", "state")))
_BY_SLUG = _HEAD.where(_EVENTS.c.slug == bindparam("sought"))
_BY_ID = _HEAD.where(_EVENTS.c.id == bindparam("sought"))
_VERSION = select(_EVENTS.c.version).where(_EVENTS.c.id == bindparam("sought"))
_TAKEN = select(_EVENTS.c.version, _EVENTS.c.taken).where(_EVENTS.c.id == bindparam("sought"))
_TAKEN_OF_WAVES = select(_WAVES.c.id, _WAVES.c.taken).where(_WAVES.c.event_id == bindparam("sought"))


def find_event(slug: str, *, organiser_id: int | None = None) -> EventRow | None:
    """The event of that slug (of that organiser, if one is named), or None."""
    return _load(_BY_SLUG, slug, organiser_id)


def get_event(slug: str, *, organiser_id: int | None = None) -> EventRow:
    """Like find_event, but raises EventNotFound."""
    event = find_event(slug, organiser_id=organiser_id)
    if event is None:
        raise EventNotFound(slug)
    return event


def get_event_by_id(event_id: int) -> EventRow:
    """Raises EventNotFound."""
    event = _load(_BY_ID, event_id)
    if event is None:
        raise EventNotFound(str(event_id))
    return event


def get_public_event(slug: str) -> EventRow:
    """An event that the public may see. Raises EventNotFound, for drafts too."""
    event = get_event(slug)
    if event.state not in VISIBLE:
        raise EventNotFound(slug)
    return event


def _load(statement: Executable, sought: str | int, organiser_id: int | None = None) -> EventRow | None:
    head = db.session.execute(statement, {"sought": sought}).first()
    if head is None or organiser_id not in {None, head.organiser_id}:
        return None
    kept, key = remembered("events"), (head.id, head.revision, head.updated_at)
    event = kept.get(key)
    if not isinstance(event, EventRow):
        event = _load_all([head.id])[0]
        if not writing.get():  # inside a transaction this revision may still be undone
            kept[key] = event
    return event


def _load_all(event_ids: Sequence[int]) -> list[EventRow]:
    """Whole events, in the order of their start; eight statements however many there are."""
    heads = db.session.execute(
        select(
            *[c for c in Event.__table__.columns if c.name not in {"venue_id", "taken", "version", "published_at"}],
            func.coalesce(Venue.name, "").label("venue_name"),
            func.coalesce(Venue.address, "").label("venue_address"),
            func.coalesce(Venue.commune, "").label("venue_commune"),
            func.coalesce(Project.name, "").label("project_name"),
        )
        .outerjoin(Venue, Venue.id == Event.venue_id)
        .outerjoin(Project, Project.id == Event.project_id)
        .where(Event.id.in_(event_ids))
        .order_by(Event.starts_at, Event.id)
    ).mappings()
    parts = _load_parts(event_ids)
    return [_build(head, parts[head["id"]]) for head in heads]


@dataclass(frozen=True)
class _Parts:
    audiences: list[RowMapping]
    custom: dict[tuple[int, str], AudienceRow]
    waves: list[RowMapping]
    allotments: list[RowMapping]
    spaces: list[RowMapping]
    stops: list[RowMapping]
    checkpoints: list[RowMapping]


def _load_parts(event_ids: Sequence[int]) -> dict[int, _Parts]:
    """The parts of each event, by its id."""

    def by_event(statement: Executable) -> dict[int, list[RowMapping]]:
        found: dict[int, list[RowMapping]] = {event_id: [] for event_id in event_ids}
        for row in db.session.execute(statement).mappings():
            found[row["event_id"]].append(row)
        return found

    def rows(table: Any, order: Iterable[Any]) -> dict[int, list[RowMapping]]:
        return by_event(select(table.__table__).where(table.event_id.in_(event_ids)).order_by(*order))

    allotments = by_event(
        select(Wave.event_id, Allotment.wave_id, Allotment.audience, Allotment.max_people, Allotment.max_groups)
        .join(Wave, Wave.id == Allotment.wave_id)
        .where(Wave.event_id.in_(event_ids), or_(Allotment.max_people.is_not(None), Allotment.max_groups.is_not(None)))
    )
    custom = db.session.execute(
        select(Audience)
        .join(Event, Event.organiser_id == Audience.organiser_id)
        .where(Event.id.in_(event_ids))
        .distinct()
    ).scalars()
    named = {(a.organiser_id, a.code): AudienceRow(a.code, a.label_fr, a.label_en, a.groups) for a in custom}
    audiences, waves = rows(EventAudience, [EventAudience.position]), rows(Wave, [Wave.starts_at, Wave.id])
    spaces, stops = rows(Space, [Space.position, Space.id]), rows(Stop, [Stop.position])
    checkpoints = rows(Checkpoint, [Checkpoint.id])
    return {
        i: _Parts(audiences[i], named, waves[i], allotments[i], spaces[i], stops[i], checkpoints[i]) for i in event_ids
    }


def _build(head: RowMapping, parts: _Parts) -> EventRow:
    organiser_id = head["organiser_id"]
    of_wave: dict[int, list[AllotmentRow]] = {}
    for a in parts.allotments:
        of_wave.setdefault(a["wave_id"], []).append(AllotmentRow(a["audience"], a["max_people"], a["max_groups"]))
    names = {s["id"]: s["name"] for s in parts.spaces}
    fallback = {code: AudienceRow(code, code, code, groups=True) for code in (a["code"] for a in parts.audiences)}
    return EventRow(
        **dict(head),
        audiences=tuple(
            BUILTIN.get(a["code"]) or parts.custom.get((organiser_id, a["code"])) or fallback[a["code"]]
            for a in parts.audiences
        ),
        waves=tuple(
            WaveRow(
                w["id"], w["starts_at"], w["ends_at"], w["capacity"], w["place"], w["host"], tuple(of_wave.get(w["id"], ()))
            )
            for w in parts.waves
        ),
        spaces=tuple(
            SpaceRow(s["id"], s["name"], s["capacity"], s["directions_fr"], s["directions_en"]) for s in parts.spaces
        ),
        stops=tuple(
            StopRow(
                s["position"], s["name_fr"], s["name_en"], s["text_fr"], s["text_en"], s["minutes"], s["optional"],
                s["space_id"], names.get(s["space_id"], ""),
            )
            for s in parts.stops
        ),
        checkpoints=tuple(
            CheckpointRow(c["id"], c["name"], c["space_id"]) for c in parts.checkpoints
        ),
    )  # fmt: skip


def get_version(event_id: int) -> int:
    """The event's version: it rises with each change, counters included."""
    version: int = db.session.execute(_VERSION, {"sought": event_id}).scalar_one()
    return version


def get_places(event: EventRow) -> Places:
    """Places taken now: never kept, never stale. Two statements, three where there are allotments."""
    head = db.session.execute(_TAKEN, {"sought": event.id}).one()
    waves = db.session.execute(_TAKEN_OF_WAVES, {"sought": event.id})
    taken = {row.id: row.taken for row in waves}
    allotments: dict[tuple[int, str], AllotmentPlaces] = {}
    if any(wave.allotments for wave in event.waves):
        counted = db.session.execute(
            select(Allotment.wave_id, Allotment.audience, Allotment.people, Allotment.groups)
            .join(Wave, Wave.id == Allotment.wave_id)
            .where(Wave.event_id == event.id)
        )
        allotments = {(a.wave_id, a.audience): AllotmentPlaces(a.people, a.groups) for a in counted}
    return Places(head.version, head.taken, taken, allotments)


def list_places(events: Sequence[EventRow]) -> dict[int, Places]:
    """`get_places` of several events, by id: three statements however many there are."""
    ids = [event.id for event in events]
    heads = db.session.execute(select(Event.id, Event.version, Event.taken).where(Event.id.in_(ids)))
    found = {head.id: Places(head.version, head.taken, {}, {}) for head in heads}
    for wave in db.session.execute(select(Wave.event_id, Wave.id, Wave.taken).where(Wave.event_id.in_(ids))):
        found[wave.event_id].waves[wave.id] = wave.taken
    counted = db.session.execute(
        select(Wave.event_id, Allotment.wave_id, Allotment.audience, Allotment.people, Allotment.groups)
        .join(Wave, Wave.id == Allotment.wave_id)
        .where(Wave.event_id.in_(ids))
    )
    for a in counted:
        found[a.event_id].allotments[a.wave_id, a.audience] = AllotmentPlaces(a.people, a.groups)
    return found


@dataclass(frozen=True)
class EventLine:
    """An event in a list."""

    id: int
    slug: str
    kind: EventKind
    state: EventState
    title_fr: str
    title_en: str
    summary_fr: str
    summary_en: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    venue_name: str
    venue_commune: str
    taken: int
    capacity: int | None
    organiser_id: int
    registration_opens_at: datetime | None
    registration_closes_at: datetime | None

    def title(self, locale: Locale) -> str:
        return self.title_fr if locale == "fr" else self.title_en or self.title_fr

    def summary(self, locale: Locale) -> str:
        return self.summary_fr if locale == "fr" else self.summary_en or self.summary_fr

    def is_open(self, now: datetime) -> bool:
        return is_open(self.state, self.registration_opens_at, self.registration_closes_at, self.ends_at, now)


_SUM_OF_WAVES = select(func.sum(Wave.capacity)).where(Wave.event_id == Event.id).correlate(Event).scalar_subquery()
_LINE = (
    Event.id, Event.slug, Event.kind, Event.state, Event.title_fr, Event.title_en, Event.summary_fr, Event.summary_en,
    Event.starts_at, Event.ends_at, Event.timezone, Event.taken, Event.organiser_id,
    Event.registration_opens_at, Event.registration_closes_at,
    func.coalesce(Event.capacity, _SUM_OF_WAVES).label("capacity"),
    func.coalesce(Venue.name, "").label("venue_name"), func.coalesce(Venue.commune, "").label("venue_commune"),
)  # fmt: skip


def list_public_events(now: datetime, *, past: bool = False, limit: int = 50, offset: int = 0) -> list[EventLine]:
    """What's on for everybody: what is not over, soonest first; or what is, latest first."""
    over = Event.ends_at < now
    statement = select(*_LINE).outerjoin(Venue, Venue.id == Event.venue_id).where(Event.state.in_(VISIBLE))
    if past:
        statement = statement.where(over, Event.state != EventState.CANCELLED).order_by(
            Event.starts_at.desc(), Event.id
        )
    else:
        statement = statement.where(~over, Event.state != EventState.ARCHIVED).order_by(Event.starts_at, Event.id)
    return [EventLine(**r) for r in db.session.execute(statement.limit(limit).offset(offset)).mappings()]


def list_events(
    organiser_id: int, *, states: Iterable[EventState] | None = None, text: str = "", after: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[EventLine]:  # fmt: skip
    """An organiser's events, latest first; `after` is (starts_at, id) of the last one seen."""
    statement = (
        select(*_LINE)
        .outerjoin(Venue, Venue.id == Event.venue_id)
        .where(Event.organiser_id == organiser_id)
        .order_by(Event.starts_at.desc(), Event.id.desc())
    )
    if states is not None:
        statement = statement.where(Event.state.in_(list(states)))
    if text:
        like = f"%{text}%"
        statement = statement.where(or_(Event.title_fr.ilike(like), Event.title_en.ilike(like), Venue.name.ilike(like)))
    if after is not None:
        statement = statement.where(
            or_(Event.starts_at < after[0], and_(Event.starts_at == after[0], Event.id < after[1]))
        )
    return [EventLine(**r) for r in db.session.execute(statement.limit(limit)).mappings()]


def list_audiences(organiser_id: int) -> list[AudienceRow]:
    """The built-in audiences and those that the organiser added."""
    added = db.session.execute(
        select(Audience).where(Audience.organiser_id == organiser_id).order_by(Audience.label_fr)
    ).scalars()
    return [*BUILTIN.values(), *(AudienceRow(a.code, a.label_fr, a.label_en, a.groups) for a in added)]


@dataclass(frozen=True)
class FeedMark:
    """What tells whether an event's calendar entry changed."""

    id: int
    revision: int
    updated_at: datetime


def list_feed_marks(organiser_id: int) -> list[FeedMark]:
    """The public events of an organiser, one statement: enough to know whether its feed changed."""
    rows = db.session.execute(
        select(Event.id, Event.revision, Event.updated_at)
        .where(Event.organiser_id == organiser_id, Event.state.in_(VISIBLE))
        .order_by(Event.starts_at, Event.id)
    )
    return [FeedMark(r.id, r.revision, r.updated_at) for r in rows]


def list_events_by_id(event_ids: Sequence[int]) -> list[EventRow]:
    """Whole events, in the order of their start."""
    return _load_all(event_ids) if event_ids else []

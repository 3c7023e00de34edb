"""Lists: events in a few words, the audiences of an organiser, what tells whether a feed changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select

from app.core.db import db
from app.core.i18n import Locale
from app.events.audiences import BUILTIN, AudienceRow
from app.events.enums import VISIBLE, Enrolment, EventKind, EventState
from app.events.models import Audience, Event, Wave
from app.events.rules import Occupancy, is_open, occupancy
from app.venues.models import Venue


@dataclass(frozen=True)
class Filled:
    """People and places of an event. Of its waves: the places of all, those of the smallest, and those taken in all."""

    enrolment: Enrolment
    taken: int
    capacity: int | None
    places_of_waves: int | None
    smallest_wave: int | None
    taken_of_waves: int | None

    @property
    def occupancy(self) -> Occupancy:
        """How full it is."""
        of_waves = self.smallest_wave if self.enrolment is Enrolment.ALL else self.places_of_waves
        return occupancy(
            self.enrolment, people=self.taken, limit=self.capacity, capacities=() if of_waves is None else (of_waves,),
            wave_places=self.taken_of_waves or 0,
        )  # fmt: skip


@dataclass(frozen=True)
class EventLine(Filled):
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
    organiser_id: int
    registration_opens_at: datetime | None
    registration_closes_at: datetime | None
    date_to_come: bool

    def title(self, locale: Locale) -> str:
        return self.title_fr if locale == "fr" else self.title_en or self.title_fr

    def summary(self, locale: Locale) -> str:
        return self.summary_fr if locale == "fr" else self.summary_en or self.summary_fr

    def is_open(self, now: datetime) -> bool:
        opens, closes = self.registration_opens_at, self.registration_closes_at
        return not self.date_to_come and is_open(self.state, opens, closes, self.ends_at, now)


def _of_waves(found: ColumnElement[int]) -> ScalarSelect[int | None]:
    """A figure of all waves of each event that a statement reads; None of an event without waves."""
    return select(found).where(Wave.event_id == Event.id).correlate(Event).scalar_subquery()


FILLED = (  # the columns of Filled
    Event.enrolment, Event.taken, Event.capacity,
    _of_waves(func.sum(Wave.capacity)).label("places_of_waves"),
    _of_waves(func.min(Wave.capacity)).label("smallest_wave"),
    _of_waves(func.sum(Wave.taken)).label("taken_of_waves"),
)  # fmt: skip
_LINE = (
    Event.id, Event.slug, Event.kind, Event.state, Event.title_fr, Event.title_en, Event.summary_fr, Event.summary_en,
    Event.starts_at, Event.ends_at, Event.timezone, Event.organiser_id, *FILLED,
    Event.registration_opens_at, Event.registration_closes_at, Event.date_to_come,
    func.coalesce(Venue.name, "").label("venue_name"), func.coalesce(Venue.commune, "").label("venue_commune"),
)  # fmt: skip


def list_public_events(now: datetime, *, past: bool = False, limit: int = 50, offset: int = 0) -> list[EventLine]:
    """What's on for everybody: what is not over, soonest first, then what has no date yet; or what is over, latest first."""
    rests = Event.date_to_come & Event.state.in_([EventState.PUBLISHED, EventState.CLOSED])
    over = and_(Event.ends_at < now, ~rests)
    statement = select(*_LINE).outerjoin(Venue, Venue.id == Event.venue_id)
    statement = statement.where(Event.state.in_(VISIBLE), Event.deleted_at.is_(None))
    if past:
        statement = statement.where(over, Event.state != EventState.CANCELLED).order_by(
            Event.starts_at.desc(), Event.id
        )
    else:
        statement = statement.where(~over, Event.state != EventState.ARCHIVED).order_by(
            Event.date_to_come, Event.starts_at, Event.id
        )
    return [EventLine(**r) for r in db.session.execute(statement.limit(limit).offset(offset)).mappings()]


def list_events(
    organiser_id: int, *, states: Iterable[EventState] | None = None, text: str = "", after: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[EventLine]:  # fmt: skip
    """An organiser's events, latest first; `after` is (starts_at, id) of the last one seen."""
    statement = (
        select(*_LINE)
        .outerjoin(Venue, Venue.id == Event.venue_id)
        .where(Event.organiser_id == organiser_id, Event.deleted_at.is_(None))
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
        .where(Event.organiser_id == organiser_id, Event.state.in_(VISIBLE), Event.deleted_at.is_(None))
        .order_by(Event.starts_at, Event.id)
    )
    return [FeedMark(r.id, r.revision, r.updated_at) for r in rows]

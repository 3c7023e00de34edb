"""The figures of several events together: those of a project, or those of a year."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select

from app.core.db import db
from app.core.i18n import Locale
from app.events.enums import EventKind, EventState
from app.events.models import Event
from app.events.queries import FILLED, Filled
from app.events.reasons import OTHER
from app.events.rules import Occupancy
from app.reports.queries.counted import count_registrations
from app.reports.queries.statistics import DeclaredTotals, add_declared_totals
from app.reports.rules import could_come, has_ended, was_called_off
from app.reports.sums import NOTHING, Counted, Sums, sum_up, sums_by

FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class EventFigures(Filled):
    """One event in the table of all."""

    id: int
    slug: str
    title_fr: str
    title_en: str
    kind: EventKind
    state: EventState
    starts_at: datetime
    ends_at: datetime
    timezone: str
    asks_statistics: bool
    cancel_code: str
    cancel_reason: str
    date_to_come: bool = False
    sums: Sums = NOTHING

    def title(self, locale: Locale) -> str:
        return self.title_fr if locale == "fr" else self.title_en or self.title_fr

    @property
    def places(self) -> int:
        """Those it offers, 0 where nothing limits them."""
        return self.occupancy.places or 0

    @property
    def called_off(self) -> bool:
        return was_called_off(self.state, self.cancel_code, self.cancel_reason)

    @property
    def why_off(self) -> str:
        """The code of the reason; words alone count as `other`."""
        return self.cancel_code or (OTHER if self.cancel_reason else "")

    @property
    def month(self) -> str:
        """The local month in which it begins, as 2027-02."""
        return self.starts_at.astimezone(ZoneInfo(self.timezone)).strftime("%Y-%m")


@dataclass(frozen=True)
class CalledOff:
    """Events called off for one reason, and the people who were registered for them."""

    events: int
    people: int


@dataclass(frozen=True)
class Figures:
    """`events` in the order of their start; `audiences` and `months` those that have anything, months in order; `parts` the
    same by both. An event counts wholly in the month in which it begins. `declared` is None where nothing is asked. `over`:
    one of the events took place. `could_come`: the people registered for those that have begun and are neither called off
    nor without a date.
    """

    events: tuple[EventFigures, ...]
    sums: Sums
    audiences: dict[str, Sums]
    months: dict[str, Sums]
    parts: dict[tuple[str, str], Sums]
    declared: DeclaredTotals | None
    over: bool
    could_come: int

    @property
    def called_off(self) -> dict[str, CalledOff]:
        """By the code of the reason, the most events first, those without a code last."""
        found: dict[str, CalledOff] = {}
        for event in self.events:
            if event.called_off:
                before = found.get(event.why_off, CalledOff(0, 0))
                people = before.people + event.sums.registered.people
                found[event.why_off] = CalledOff(before.events + 1, people)
        return dict(sorted(found.items(), key=lambda item: (not item[0], -item[1].events, item[0])))

    @property
    def occupancy(self) -> Occupancy:
        """The places of all events that limit them, and those taken."""
        found = [event.occupancy for event in self.events if event.places]
        return Occupancy(sum(o.taken for o in found), sum(o.places or 0 for o in found), any(o.several for o in found))


def get_project_figures(organiser_id: int, project_id: int, *, now: datetime) -> Figures:
    """Of a project's events: three statements at most, however many events and registrations."""
    return _figures(organiser_id, Event.project_id == project_id, lambda _event: True, now)


def get_year_figures(organiser_id: int, year: int, *, now: datetime) -> Figures:
    """Of the events that begin in that year by their own clocks: three statements at most."""
    first, last = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    around = Event.starts_at.between(first - timedelta(days=1), last + timedelta(days=1))
    return _figures(organiser_id, around, lambda event: event.month[:4] == f"{year:04}", now)


def list_years(organiser_id: int, *, now: datetime) -> list[int]:
    """The years from the organiser's first event to its last, and the present one: one statement."""
    first, last = db.session.execute(
        select(func.min(Event.starts_at), func.max(Event.starts_at)).where(
            Event.organiser_id == organiser_id, Event.deleted_at.is_(None)
        )
    ).one()
    known = [moment.year for moment in (first, last, now) if moment is not None]
    return list(range(min(known), max(known) + 1))


def _figures(
    organiser_id: int, which: ColumnElement[bool], belongs: Callable[[EventFigures], bool], now: datetime
) -> Figures:
    events = [event for event in _list_events(organiser_id, which) if belongs(event)]
    counted = count_registrations([event.id for event in events], now=now)
    ended = {
        e.id
        for e in events
        if not e.date_to_come and has_ended(e.state, e.cancel_code, e.cancel_reason, e.ends_at, now)
    }
    month_of = {event.id: event.month for event in events}
    by_event = sums_by(counted, lambda line: line.event_id, ended=ended)
    by_audience = sums_by(counted, lambda line: line.audience, ended=ended)
    by_month = sums_by(counted, lambda line: month_of[line.event_id], ended=ended)
    parts = sums_by(counted, _audience_and_month(month_of), ended=ended)
    asking = [event.id for event in events if event.asks_statistics]
    events = [_with(event, by_event.get(event.id, NOTHING)) for event in events]
    return Figures(
        events=tuple(events),
        sums=sum_up(counted, ended=ended),
        audiences={code: sums for code, sums in sorted(by_audience.items()) if sums.anything},
        months={month: by_month.get(month, NOTHING) for month in sorted(set(month_of.values()))},
        parts=parts,
        declared=add_declared_totals(asking) if asking else None,
        over=bool(ended),
        could_come=sum(
            could_come(e.state, e.cancel_code, e.cancel_reason, e.starts_at, e.sums.registered.people, now)
            for e in events
            if not e.date_to_come
        ),
    )


def _audience_and_month(month_of: dict[int, str]) -> Callable[[Counted], tuple[str, str]]:
    return lambda line: (line.audience, month_of[line.event_id])


def _with(event: EventFigures, sums: Sums) -> EventFigures:
    return EventFigures(**{**event.__dict__, "sums": sums})


def _list_events(organiser_id: int, which: ColumnElement[bool]) -> Sequence[EventFigures]:
    """Those in the bin are left out."""
    rows = db.session.execute(
        select(
            Event.id, Event.slug, Event.title_fr, Event.title_en, Event.kind, Event.state, Event.starts_at, Event.ends_at,
            Event.timezone, Event.asks_statistics, Event.cancel_code, Event.cancel_reason, Event.date_to_come, *FILLED,
        )
        .where(Event.organiser_id == organiser_id, Event.deleted_at.is_(None), which)
        .order_by(Event.starts_at, Event.id)
    ).mappings()  # fmt: skip
    return [EventFigures(**row) for row in rows]

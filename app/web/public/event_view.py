"""What an event's public page shows, worked out for its template: its phase, its days, its table of arrivals."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from app.core.i18n import format_day, format_span
from app.core.text import fold
from app.events.audiences import AudienceRow
from app.events.enums import Enrolment, EventState
from app.events.queries import EventRow, Places, WaveRow
from app.web.filters import hour
from app.web.i18n import current_locale
from app.web.public.availability import Availability, availability, class_size, counts_groups
from app.web.public.words import column_head, coming_as, first_capital, listed

MOST_COLUMNS = 4


class Phase(enum.StrEnum):
    """Where an event stands for somebody who may want to come."""

    SOON = "soon"
    OPEN = "open"
    CLOSED = "closed"
    OVER = "over"
    CANCELLED = "cancelled"


def phase_of(event: EventRow, now: datetime) -> Phase:
    if event.state is EventState.CANCELLED:
        return Phase.CANCELLED
    if event.state is EventState.ARCHIVED or now >= event.ends_at:
        return Phase.OVER
    if event.is_open(now):
        return Phase.OPEN
    opens_at = event.registration_opens_at
    coming = event.state is EventState.PUBLISHED and opens_at is not None and now < opens_at
    return Phase.SOON if coming else Phase.CLOSED


def instants_of(event: EventRow) -> tuple[datetime, ...]:
    """When the page changes by itself, in order: between two of these instants it stays the same."""
    instants = [event.ends_at, *(wave.ends_at for wave in event.waves)]
    instants += [at for at in (event.registration_opens_at, event.registration_closes_at) if at is not None]
    return tuple(sorted(instants))


@dataclass(frozen=True)
class DayTab:
    """One day of the event: « Jeudi 4 » and, where there is room, « février »."""

    day: date
    label: str
    month: str
    url: str
    current: bool


@dataclass(frozen=True)
class Chip:
    """An audience to look at the table for."""

    code: str
    label: str
    url: str
    current: bool


@dataclass(frozen=True)
class WaveLine:
    """One wave: `cells` go with the table's columns, `own` is for the audience looked at. An empty url: nothing to choose."""

    day: str
    hour: str
    until: str
    place: str
    cells: tuple[Availability, ...]
    own: Availability
    url: str
    own_url: str


@dataclass(frozen=True)
class Timetable:
    days: tuple[DayTab, ...]
    chips: tuple[Chip, ...]
    columns: tuple[str, ...]
    lines: tuple[WaveLine, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """The day and the audience that a visitor looks at; `audience` None is nobody in particular."""

    day: date | None
    audience: AudienceRow | None


def days_of(event: EventRow) -> tuple[date, ...]:
    """The local days with waves; none when the waves are better read in one list."""
    zone = ZoneInfo(event.timezone)
    days = [wave.starts_at.astimezone(zone).date() for wave in event.waves]
    several = len(set(days)) > 1 and len(set(days)) < len(days)
    return tuple(sorted(set(days))) if several and event.enrolment is not Enrolment.ALL else ()


def choose(event: EventRow, day: str, audience: str, now: datetime) -> Choice:
    """What the address asks for, as far as it exists; else the first day that is not over, and no audience."""
    days = days_of(event)
    wanted = next((d for d in days if d.isoformat() == day), None)
    return Choice(
        wanted or coming_day(event, days, now), next((a for a in event.audiences if a.code == audience), None)
    )


def coming_day(event: EventRow, days: Sequence[date], now: datetime) -> date | None:
    """The first of these days that is not over, else the first; None when there are none."""
    if not days:
        return None
    today = now.astimezone(ZoneInfo(event.timezone)).date()
    return next((d for d in days if d >= today), days[0])


def timetable(event: EventRow, places: Places, choice: Choice, now: datetime) -> Timetable:
    """The table of arrivals of the chosen day."""
    zone = ZoneInfo(event.timezone)
    waves = [w for w in event.waves if choice.day is None or w.starts_at.astimezone(zone).date() == choice.day]
    own = choice.audience or (event.audiences[0] if event.audiences else AudienceRow("", "", "", groups=False))
    columns = _columns(event, own)
    open_now = phase_of(event, now) is Phase.OPEN
    lines = tuple(_line(event, places, wave, columns, own, choice, now, open_now=open_now) for wave in waves)
    return Timetable(
        days=tuple(_tab(event, day, choice) for day in days_of(event)),
        chips=tuple(_chip(event, audience, own, choice) for audience in event.audiences)
        if len(event.audiences) > 1
        else (),
        columns=tuple(head for head, _audience in columns),
        lines=lines,
        notes=tuple(_notes(event, waves, [audience for _head, audience in columns])),
    )


def _columns(event: EventRow, own: AudienceRow) -> list[tuple[str, AudienceRow]]:
    """One column for each audience with limits of its own, one for all the others. Too many: only the one looked at."""
    limited = [a for a in event.audiences if any(w.allotment(a.code) for w in event.waves)]
    others = [a for a in event.audiences if a not in limited]
    columns = [(column_head(a), a) for a in limited]
    if not limited:
        return [(_("Places"), own)]
    if others:
        name = column_head(others[0])
        columns.append((name if len(others) == 1 else _("%(audience)s and others", audience=name), others[0]))
    return columns if len(columns) <= MOST_COLUMNS else [(column_head(own), own)]


def _line(
    event: EventRow, places: Places, wave: WaveRow, columns: list[tuple[str, AudienceRow]], own: AudienceRow,
    choice: Choice, now: datetime, *, open_now: bool,
) -> WaveLine:  # fmt: skip
    cells = tuple(availability(event, places, wave, audience, now) for _head, audience in columns)
    mine = availability(event, places, wave, own, now)
    choosable = open_now and event.enrolment is not Enrolment.ALL
    return WaveLine(
        day="" if choice.day else first_capital(format_day(wave.starts_at, event.timezone, current_locale())),
        hour=hour(wave.starts_at, event.timezone),
        until="" if event.stops else hour(wave.ends_at, event.timezone),
        place=", ".join(p for p in (wave.host, wave.place) if p),
        cells=cells,
        own=mine,
        url=_register_url(event, wave, choice.audience) if choosable and _offers(*cells) else "",
        own_url=_register_url(event, wave, own) if choosable and _offers(mine) else "",
    )


def _offers(*cells: Availability) -> bool:
    return any(cell.state in {"open", "waitlist"} for cell in cells)


def _register_url(event: EventRow, wave: WaveRow, audience: AudienceRow | None) -> str:
    query = {"wave": wave.id} | ({"audience": audience.code} if audience else {})
    return f"/events/{event.slug}/register?{urlencode(query)}"


def _address(event: EventRow, day: date | None, audience: AudienceRow | None) -> str:
    query = {"day": day.isoformat()} if day else {}
    if audience:
        query["audience"] = audience.code
    return f"/events/{event.slug}?{urlencode(query)}#when"


def _tab(event: EventRow, day: date, choice: Choice) -> DayTab:
    zone = ZoneInfo(event.timezone)
    text = first_capital(
        format_day(datetime(day.year, day.month, day.day, 12, tzinfo=zone), event.timezone, current_locale())
    )
    label, _space, month = text.rpartition(" ")
    return DayTab(day, label, month, _address(event, day, choice.audience), day == choice.day)


def _chip(event: EventRow, audience: AudienceRow, own: AudienceRow, choice: Choice) -> Chip:
    return Chip(audience.code, coming_as(audience), _address(event, choice.day, audience), audience == own)


def _notes(event: EventRow, waves: list[WaveRow], audiences: list[AudienceRow]) -> list[str]:
    """What a « class » counts for, and at which hours none comes."""
    school = next((a for a in audiences if a.school), None)
    if school is None or not counts_groups(event, school.code):
        return []
    notes = [
        _("Here a “class” counts for %(people)s people, companions included.", people=class_size(event, school.code))
    ]
    closed = [w for w in waves if (a := w.allotment(school.code)) is not None and 0 in {a.max_people, a.max_groups}]
    if closed:
        hours = listed([hour(w.starts_at, event.timezone) for w in closed])
        notes.append(_("At %(hours)s, no school groups.", hours=hours))
    return notes


def visit_minutes(event: EventRow) -> int:
    """How long the whole route takes, in minutes; 0 when there is no route."""
    return sum(stop.minutes for stop in event.stops)


def days_and_hours(event: EventRow) -> tuple[str, str]:
    """(« 4 et 5 février 2027 », « jeudi et vendredi, de 9 h 00 à 17 h 30 »)."""
    locale, zone = current_locale(), ZoneInfo(event.timezone)
    days = first_capital(format_span(event.starts_at, event.ends_at, event.timezone, locale))
    starts, ends = hour(event.starts_at, event.timezone), hour(event.ends_at, event.timezone)
    hours = _("from %(start)s to %(end)s", start=starts, end=ends)
    first, last = event.starts_at.astimezone(zone).date(), event.ends_at.astimezone(zone).date()
    if first == last:
        return days, first_capital(hours)
    names = [format_day(moment, event.timezone, locale).split(" ")[0] for moment in (event.starts_at, event.ends_at)]
    week = listed(names) if (last - first).days == 1 else _("from %(first)s to %(last)s", first=names[0], last=names[1])
    return days, _("%(days)s, %(hours)s", days=week, hours=hours)


def paragraphs(text: str) -> list[list[str]]:
    """A text as people type it: an empty line ends a paragraph, each line stays a line."""
    lines = [line.strip() for line in text.splitlines()]
    return [list(group) for filled, group in groupby(lines, key=bool) if filled]


def same_place(event: EventRow) -> bool:
    """Whether the venue's commune is already in its name, so that it is not said twice."""
    return fold(event.venue_commune) in fold(event.venue_name)

"""What an event's public page shows, worked out for its template: its phase, its days, its table of arrivals."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from app.core.i18n import format_day
from app.core.text import fold
from app.events.audiences import AudienceRow
from app.events.enums import Enrolment, EventState
from app.events.queries import EventRow, Places, WaveRow
from app.events.route import longest_minutes, route_minutes, stops_of
from app.web.filters import hour
from app.web.i18n import current_locale
from app.web.public.availability import Availability, availability, class_size, counts_groups
from app.web.public.words import column_head, coming_as, event_days, event_hours, first_capital, listed, wave_day

MOST_COLUMNS = 4


class Phase(enum.StrEnum):
    """Where an event stands for somebody who may want to come."""

    SOON = "soon"
    OPEN = "open"
    CLOSED = "closed"
    OVER = "over"
    TO_COME = "to_come"
    CANCELLED = "cancelled"


def phase_of(event: EventRow, now: datetime) -> Phase:
    if event.state is EventState.CANCELLED:
        return Phase.CANCELLED
    if event.date_to_come and event.state is not EventState.ARCHIVED:
        return Phase.TO_COME
    if event.state is EventState.ARCHIVED or now >= event.ends_at:
        return Phase.OVER
    if event.is_open(now):
        return Phase.OPEN
    opens_at = event.registration_opens_at
    coming = event.state is EventState.PUBLISHED and opens_at is not None and now < opens_at
    return Phase.SOON if coming else Phase.CLOSED


def instants_of(event: EventRow) -> tuple[datetime, ...]:
    """When the page changes by itself, in order: between two of these instants it stays the same."""
    window = [at for at in (event.registration_opens_at, event.registration_closes_at) if at is not None]
    shown = [*window, *(wave.starts_at for wave in event.waves)]
    instants = [event.ends_at, *window, *(wave.ends_at for wave in event.waves)]
    zone = ZoneInfo(event.timezone)
    years = {at.astimezone(zone).year for at in shown}  # a year is told while it is not the current one
    instants += [datetime(year, 1, 1, tzinfo=zone) for year in {*years, *(year + 1 for year in years)}]
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
    """An audience to look at the table for. `current`: a narrow table is about it; `chosen`: the visitor said so."""

    code: str
    label: str
    url: str
    current: bool
    chosen: bool


@dataclass(frozen=True)
class WaveLine:
    """One wave: `cells` go with the table's columns, `own` is for the audience looked at. An empty url: nothing to choose.

    `chosen`: the visitor had this one in mind already.
    """

    day: str
    hour: str
    until: str
    place: str
    cells: tuple[Availability, ...]
    own: Availability
    url: str
    own_url: str
    chosen: bool


@dataclass(frozen=True)
class Timetable:
    """`whole`: there is one wave, which is the whole event, so that its hour is already said. `everybody_url`: the table
    for no audience in particular.
    """

    whole: bool
    everybody_url: str
    days: tuple[DayTab, ...]
    chips: tuple[Chip, ...]
    columns: tuple[str, ...]
    lines: tuple[WaveLine, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """What a visitor looks at or chose before: a day, an audience, a wave. None is nothing in particular."""

    day: date | None
    audience: AudienceRow | None
    wave: WaveRow | None = None


def days_of(event: EventRow) -> tuple[date, ...]:
    """The local days with waves; none when the waves are better read in one list."""
    zone = ZoneInfo(event.timezone)
    days = [wave.starts_at.astimezone(zone).date() for wave in event.waves]
    several = len(set(days)) > 1 and len(set(days)) < len(days)
    return tuple(sorted(set(days))) if several and event.enrolment is not Enrolment.ALL else ()


def choose(event: EventRow, day: str, audience: str, wave: str, now: datetime) -> Choice:
    """What the address asks for, as far as it exists; else the chosen wave's day or the first one not over, and no audience."""
    days = days_of(event)
    chosen = next((w for w in event.waves if str(w.id) == wave and w.ends_at > now), None)
    wanted = next((d for d in days if d.isoformat() == day), None)
    if wanted is None and chosen is not None and days:
        wanted = chosen.starts_at.astimezone(ZoneInfo(event.timezone)).date()
    code = next((a for a in event.audiences if a.code == audience), None)
    return Choice(wanted or coming_day(event, days, now), code, chosen)


def free_choice(event: EventRow, places: Places, choice: Choice, now: datetime) -> WaveRow | None:
    """The wave that the visitor chose before, while it can still be had."""
    if choice.wave is None or event.enrolment is Enrolment.ALL:
        return None
    audiences = (choice.audience,) if choice.audience else event.audiences
    free = (availability(event, places, choice.wave, audience, now).state == "open" for audience in audiences)
    return choice.wave if any(free) else None


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
    columns = _columns(event, own) if choice.audience is None else [(column_head(own), own)]
    open_now = phase_of(event, now) is Phase.OPEN
    lines = tuple(_line(event, places, wave, columns, own, choice, now, open_now=open_now) for wave in waves)
    times = [(wave.starts_at, wave.ends_at) for wave in event.waves]
    return Timetable(
        whole=times == [(event.starts_at, event.ends_at)],
        everybody_url=_address(event, choice.day, None, choice.wave),
        days=tuple(_tab(event, day, choice) for day in days_of(event)),
        chips=tuple(_chip(event, audience, own, choice) for audience in event.audiences) if _differ(event) else (),
        columns=tuple(head for head, _audience in columns),
        lines=lines,
        notes=tuple(_notes(event, waves, [audience for _head, audience in columns])),
    )


def _differ(event: EventRow) -> bool:
    """Whether it matters to the table who one is."""
    return len(event.audiences) > 1 and any(wave.allotments for wave in event.waves)


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
        day="" if choice.day else first_capital(wave_day(event, wave)),
        hour=hour(wave.starts_at, event.timezone),
        until="" if event.stops else hour(wave.ends_at, event.timezone),
        place=", ".join(p for p in (wave.host, wave.place) if p),
        cells=cells,
        own=mine,
        url=register_url(event, choice.audience, wave) if choosable and _offers(*cells) else "",
        own_url=register_url(event, own if _differ(event) else choice.audience, wave)
        if choosable and _offers(mine)
        else "",
        chosen=wave == choice.wave,
    )


def _offers(*cells: Availability) -> bool:
    return any(cell.state in {"open", "waitlist"} for cell in cells)


def register_url(event: EventRow, audience: AudienceRow | None, wave: WaveRow | None) -> str:
    """Where to register, with what is chosen already."""
    query = _chosen(audience, wave)
    return f"/events/{event.slug}/register" + (f"?{urlencode(query)}" if query else "")


def event_url(event: EventRow, audience: AudienceRow | None, wave: WaveRow | None) -> str:
    """The event's page with what is chosen already: for who comes back to it before having registered."""
    query = _chosen(audience, wave)
    return f"/events/{event.slug}" + (f"?{urlencode(query)}" if query else "")


def _chosen(audience: AudienceRow | None, wave: WaveRow | None) -> dict[str, str]:
    query = {"wave": str(wave.id)} if wave else {}
    return query | ({"audience": audience.code} if audience else {})


def _address(event: EventRow, day: date | None, audience: AudienceRow | None, wave: WaveRow | None) -> str:
    query = ({"day": day.isoformat()} if day else {}) | _chosen(audience, wave)
    return f"/events/{event.slug}?{urlencode(query)}#when"


def _tab(event: EventRow, day: date, choice: Choice) -> DayTab:
    zone = ZoneInfo(event.timezone)
    text = first_capital(
        format_day(datetime(day.year, day.month, day.day, 12, tzinfo=zone), event.timezone, current_locale())
    )
    label, _space, month = text.rpartition(" ")
    return DayTab(day, label, month, _address(event, day, choice.audience, choice.wave), day == choice.day)


def _chip(event: EventRow, audience: AudienceRow, own: AudienceRow, choice: Choice) -> Chip:
    address = _address(event, choice.day, audience, choice.wave)
    return Chip(audience.code, coming_as(audience), address, audience == own, audience == choice.audience)


def _notes(event: EventRow, waves: list[WaveRow], audiences: list[AudienceRow]) -> list[str]:
    """What a « class » counts for, where classes are counted; for who looks at others only, at which hours none comes."""
    school = next((a for a in event.audiences if a.school), None)
    if school is None or not counts_groups(event, school.code):
        return []
    if school in audiences:
        people = class_size(event, school.code)
        return [
            _("Here a “class” counts for %(people)s people, companions included.", people=people),
            _("A larger one may come where enough places are left."),
        ]
    calm = [w for w in waves if (a := w.allotment(school.code)) is not None and 0 in {a.max_people, a.max_groups}]
    hours = listed([hour(w.starts_at, event.timezone) for w in calm])
    return [_("At %(hours)s, no school groups.", hours=hours)] if calm else []


def visit_minutes(event: EventRow, audience: AudienceRow | None = None) -> int:
    """How long the whole route takes, in minutes, for an audience or at most; 0 when there is no route."""
    if audience is None:
        return longest_minutes(event)
    return route_minutes(event, stops_of(event, audience.code))


def days_and_hours(event: EventRow) -> tuple[str, str]:
    """(« 4 et 5 février 2027 », « jeudi et vendredi, de 9 h 00 à 17 h 30 »)."""
    return first_capital(event_days(event)), first_capital(event_hours(event))


def paragraphs(text: str) -> list[list[str]]:
    """A text as people type it: an empty line ends a paragraph, each line stays a line."""
    lines = [line.strip() for line in text.splitlines()]
    return [list(group) for filled, group in groupby(lines, key=bool) if filled]


def same_place(event: EventRow) -> bool:
    """Whether the venue's commune is already in its name, so that it is not said twice."""
    return fold(event.venue_commune) in fold(event.venue_name)

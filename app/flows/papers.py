"""Sheets of the day from the plan in force: where each group is to be when, and who comes to each stand when.

They name classes and schools, never a person. Hours that no plan holds read « vers 9 h 40 », and the sheet says so.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.accounts.queries import OrganiserRow
from app.core.i18n import Locale, format_day, format_hour, translate, translate_plural
from app.documents.sheets_pdf import (
    GroupSheet,
    SheetHead,
    SheetStop,
    SheetTeam,
    SheetVisit,
    StandLine,
    StandSheet,
    group_sheets_pdf,
    stand_sheets_pdf,
)
from app.events.enums import EventState
from app.events.queries import EventRow, SpaceRow, WaveRow
from app.events.route import begin_of, minutes_between
from app.flows.live import days_of, spaces_in_use
from app.flows.visits import Guest, Told, Visit, Visits
from app.registrations.itinerary import StopTime, Team, arrival_at, teams_of
from app.registrations.papers import headcount_words, help_words, hour_words, place_words

MOST_SHEETS = 60
"""Sheets in one file: typesetting them takes a second or two. More of them are several files."""


def group_sheets_of(
    event: EventRow, guests: Sequence[Guest], told: Told, locale: Locale, *, organiser: OrganiserRow
) -> bytes:
    """The sheets of these groups in their order, one A4 page each (tagged PDF). Raises ValueError when there is none."""
    sheets = [_group_sheet(event, guest, told, locale) for guest in guests]
    return group_sheets_pdf(_head(event, locale, organiser), sheets)


def stand_sheets_of(
    event: EventRow, stands: Iterable[tuple[SpaceRow, date]], visits: Visits, locale: Locale, *, organiser: OrganiserRow
) -> bytes:
    """The sheets of these spaces and local days (tagged PDF). Raises ValueError when there is none."""
    sheets = [_stand_sheet(event, space, day, visits, locale) for space, day in stands]
    return stand_sheets_pdf(_head(event, locale, organiser), sheets)


def stands_of(event: EventRow) -> tuple[tuple[SpaceRow, date], ...]:
    """Every space that is on the route, on each day: what has a sheet."""
    return tuple((space, day) for space in spaces_in_use(event) for day in days_of(event))


def visit_words(event: EventRow, visit: Visit, locale: Locale) -> str:
    """Who it is: « 3e B », « 3e B, équipe 2 »."""
    name = visit.guest.name(event, locale)
    return name if visit.teams == 1 else translate(locale, "%(group)s, team %(number)s", group=name, number=visit.team)


def visit_count(event: EventRow, visit: Visit, locale: Locale) -> str:
    """« 28 élèves + 2 adultes »; of a team, whose make-up nobody knows, « 15 personnes »."""
    if visit.teams == 1 and visit.people == visit.guest.people:
        return headcount_words(visit.guest, event, locale)
    return translate_plural(locale, "%(num)s person", "%(num)s people", visit.people)


def visit_hours(event: EventRow, visit: Visit, locale: Locale) -> str:
    """« 9 h 40 – 10 h 10 » when planned, else « vers 9 h 40 »."""
    return _hours(event, visit.starts_at, visit.ends_at, locale, exact=visit.exact)


def limit_words(space: SpaceRow, locale: Locale) -> str:
    """« 60 personnes, 3 stands »: what a space holds at once."""
    people = translate_plural(locale, "%(num)s person", "%(num)s people", space.capacity)
    stands = translate_plural(locale, "%(num)s stand", "%(num)s stands", space.stands) if space.stands else ""
    return ", ".join(part for part in (people, stands) if part)


def _head(event: EventRow, locale: Locale, organiser: OrganiserRow) -> SheetHead:
    return SheetHead(
        locale=locale,
        organiser_name=organiser.name,
        brand=organiser.brand,
        accent=organiser.accent,
        event_title=event.title(locale),
        venue=", ".join(p for p in (event.venue_name, event.venue_commune) if p),
        help_text=help_words(organiser, locale),
    )


def _hours(event: EventRow, starts_at: datetime, ends_at: datetime | None, locale: Locale, *, exact: bool) -> str:
    begins = format_hour(starts_at, event.timezone, locale)
    if not exact:
        return translate(locale, "about %(hour)s", hour=begins)
    return begins if ends_at is None else f"{begins} – {format_hour(ends_at, event.timezone, locale)}"


def _group_sheet(event: EventRow, guest: Guest, told: Told, locale: Locale) -> GroupSheet:
    waves = [wave for wave in event.waves if wave.id in guest.waves]
    passages = told.passages.get(guest.id, ())
    teams = {wave.id: teams_of(event, guest, passages, wave=wave) for wave in waves}
    first = {wave.id: min((p.starts_at for p in passages if p.wave_id == wave.id), default=None) for wave in waves}
    return GroupSheet(
        title=guest.name(event, locale),
        subtitle=", ".join(p for p in (guest.origin, guest.commune) if p),
        headcount_text=headcount_words(guest, event, locale),
        entrance=event.entrance(locale),
        reference=guest.reference,
        notice=_group_notice(event, waves, [t for found in teams.values() for t in found], locale),
        visits=()
        if event.date_to_come
        else tuple(
            _visit(event, wave, arrival_at(event, guest, wave, first[wave.id]), teams[wave.id], locale)
            for wave in waves
        ),
    )


def _group_notice(event: EventRow, waves: Sequence[WaveRow], teams: Sequence[Team], locale: Locale) -> str:
    if event.state is EventState.CANCELLED:
        return translate(locale, "This event is called off")
    if event.date_to_come:
        return translate(locale, "Postponed: the new date is to come")
    said = [
        translate(locale, "The arrival at %(hour)s is %(minutes)s min late.",
                  hour=format_hour(w.starts_at, event.timezone, locale), minutes=w.late_minutes)
        for w in waves if w.late_minutes
    ]  # fmt: skip
    if not any(time.exact for team in teams for time in team.stops):
        said.append(
            translate(locale, "No plan is published for this group yet: hours said as “about” may still change.")
        )
    return " ".join(said)


def _visit(event: EventRow, wave: WaveRow, comes_at: datetime, teams: Sequence[Team], locale: Locale) -> SheetVisit:
    arrival = translate(locale, "arrival at %(hour)s", hour=format_hour(comes_at, event.timezone, locale))
    return SheetVisit(
        day_text=format_day(comes_at, event.timezone, locale, year=True),
        hour_text=arrival,
        place=", ".join(p for p in (wave.host, wave.place) if p),
        teams=tuple(_team(event, wave, team, len(teams), locale) for team in teams),
    )


def _team(event: EventRow, wave: WaveRow, team: Team, teams: int, locale: Locale) -> SheetTeam:
    name = translate(locale, "Team %(number)s", number=team.number) if teams > 1 else ""
    people = translate_plural(locale, "%(num)s person", "%(num)s people", team.people)
    before: StopTime | None = None
    stops = []
    for number, at in enumerate(team.stops, start=1):
        stops.append(_stop(event, wave, number, at, before, locale))
        before = at
    return SheetTeam(f"{name} · {people}" if name else "", tuple(stops))


def _stop(
    event: EventRow, wave: WaveRow, number: int, at: StopTime, before: StopTime | None, locale: Locale
) -> SheetStop:
    hours = hour_words(event, at, locale)
    if at.starts_at is not None and at.exact:
        hours = _hours(event, at.starts_at, at.ends_at, locale, exact=True)
    return SheetStop(
        number=number,
        hour_text=hours,
        name=at.stop.name(locale),
        place=place_words(at.stop, at.stand, locale),
        minutes=at.stop.minutes,
        walk=0 if before is None else minutes_between(event, before.stop, at.stop),
        optional=at.stop.optional,
        span=_span(event, wave, at),
    )


def _span(event: EventRow, wave: WaveRow, at: StopTime) -> tuple[int, int] | None:
    """Minutes after midnight of the wave's local day."""
    if at.starts_at is None or at.ends_at is None:
        return None
    zone = ZoneInfo(event.timezone)
    midnight = datetime.combine(begin_of(wave).astimezone(zone).date(), time())
    begins = (at.starts_at.astimezone(zone).replace(tzinfo=None) - midnight) // timedelta(minutes=1)
    return begins, begins + (at.ends_at - at.starts_at) // timedelta(minutes=1)


def _stand_sheet(event: EventRow, space: SpaceRow, day: date, visits: Visits, locale: Locale) -> StandSheet:
    own = visits.of(space.id, day)
    several = len({stop.id for stop in event.stops if stop.space_id == space.id}) > 1
    noon = datetime.combine(day, time(12), tzinfo=ZoneInfo(event.timezone))
    return StandSheet(
        title=space.name,
        day_text=format_day(noon, event.timezone, locale, year=True),
        limit_text=translate(locale, "at most %(limit)s", limit=limit_words(space, locale)),
        notice=_stand_notice(event, space, own, visits, locale),
        lines=tuple(_stand_line(event, visit, locale, several=several) for visit in own),
    )


def _stand_notice(event: EventRow, space: SpaceRow, own: Sequence[Visit], visits: Visits, locale: Locale) -> str:
    if event.state is EventState.CANCELLED:
        return translate(locale, "This event is called off")
    if event.date_to_come:
        return translate(locale, "Postponed: the new date is to come")
    said = []
    if space.late_minutes:
        said.append(translate(locale, "This space is %(minutes)s min late.", minutes=space.late_minutes))
    if not visits.planned and own:
        said.append(translate(locale, "No plan is published yet: all hours are approximate."))
    elif any(not visit.exact for visit in own):
        said.append(translate(locale, "Hours said as “about” are not in the plan yet."))
    return " ".join(said)


def _stand_line(event: EventRow, visit: Visit, locale: Locale, *, several: bool) -> StandLine:
    stop = visit.stop.name(locale) if several else ""
    return StandLine(
        hour_text=visit_hours(event, visit, locale),
        who=visit_words(event, visit, locale),
        origin=" · ".join(p for p in (visit.guest.origin, stop) if p),
        count_text=visit_count(event, visit, locale),
        stand="" if visit.stand is None else str(visit.stand),
    )

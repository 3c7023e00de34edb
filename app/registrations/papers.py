"""What is printed of a registration: its ticket, and a class's route cards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from app.accounts.queries import OrganiserRow
from app.core.i18n import Locale, format_day, format_hour, format_short_day, translate, translate_plural
from app.core.text import shown_phone
from app.core.urls import absolute, ticket_path
from app.documents.ticket_pdf import (
    Arrival,
    Refusal,
    RouteCard,
    RouteCardsDocument,
    StopLine,
    TicketDocument,
    route_cards_pdf,
    ticket_pdf,
)
from app.events.enums import EventState
from app.events.queries import EventRow, StopRow
from app.registrations.enums import RegistrationStatus
from app.registrations.itinerary import StopTime, Team, list_teams, visits_by_wave
from app.registrations.queries import RegistrationRow


def admits(event: EventRow, registration: RegistrationRow) -> bool:
    """Whether its tickets let anybody in: only then is there a code to show, on any page or paper."""
    off = event.state is EventState.CANCELLED or event.date_to_come
    return registration.status is RegistrationStatus.CONFIRMED and not off


@dataclass(frozen=True)
class RouteLine:
    """One stop of somebody's route as papers say it: its place in the route, and « vers 9 h 40 », or « 9 h 40 » when planned.

    `hour` is "" where it cannot be told, and tells the teams of a group apart, with the stand of each, where their hours or
    stands differ; then `stand` is None.
    """

    number: int
    stop: StopRow
    hour: str
    exact: bool
    stand: int | None = None


def route_lines(event: EventRow, registration: RegistrationRow, locale: Locale) -> tuple[RouteLine, ...]:
    """The route of a registration, to the end; all teams of a group in one."""
    teams = list_teams(event, registration)
    return tuple(_line(event, number, teams, time, locale) for number, time in enumerate(teams[0].stops, start=1))


def _line(event: EventRow, number: int, teams: Sequence[Team], first: StopTime, locale: Locale) -> RouteLine:
    """A stop at the hour and stand of the first team; of each team where they are there at other hours, or at other stands."""
    days = _spans_days(event, teams)
    told = {
        team.number: (hour_words(event, time, locale, day=days), time.stand)
        for team in teams
        if (time := _same_stop(team, first)) is not None
    }
    if len(set(told.values())) < 2:
        hour, stand = next(iter(told.values()), ("", None))
        return RouteLine(number, first.stop, hour, first.exact, stand)
    said = (
        translate(
            locale, "team %(number)s: %(hour)s", number=team, hour=", ".join((hour, *_stand_words(stand, locale)))
        )
        for team, (hour, stand) in told.items()
        if hour
    )
    return RouteLine(number, first.stop, " · ".join(said), first.exact)


def _stand_words(stand: int | None, locale: Locale) -> tuple[str, ...]:
    return () if stand is None else (translate(locale, "stand %(number)s", number=stand),)


def _same_stop(team: Team, first: StopTime) -> StopTime | None:
    return next((t for t in team.stops if (t.stop.id, t.wave_id) == (first.stop.id, first.wave_id)), None)


def _spans_days(event: EventRow, teams: Sequence[Team]) -> bool:
    zone = ZoneInfo(event.timezone)
    days = {t.starts_at.astimezone(zone).date() for team in teams for t in team.stops if t.starts_at is not None}
    return len(days) > 1


def hour_words(event: EventRow, time: StopTime, locale: Locale, *, day: bool = False) -> str:
    """« 9 h 40 » when it is planned, « vers 9 h 40 » when it is worked out, "" when it cannot be told."""
    if time.starts_at is None:
        return ""
    words = format_hour(time.starts_at, event.timezone, locale) if time.exact else about(time.starts_at, event, locale)
    return f"{format_short_day(time.starts_at, event.timezone, locale)}, {words}" if day else words


def about(moment: datetime, event: EventRow, locale: Locale) -> str:
    """« vers 9 h 40 »: an hour that is worked out, not promised."""
    return translate(locale, "about %(hour)s", hour=format_hour(moment, event.timezone, locale))


class Counted(Protocol):
    """Who is counted in words: a registration, or what is known of one."""

    @property
    def audience(self) -> str: ...
    @property
    def participants(self) -> int: ...
    @property
    def companions(self) -> int: ...


def headcount_words(registration: Counted, event: EventRow, locale: Locale) -> str:
    """« 28 élèves + 2 adultes » for a class, « 12 personnes + 1 accompagnateur » for others."""
    participants, companions = count_words(registration, event, locale)
    return f"{participants} + {companions}" if registration.companions else participants


def count_words(registration: Counted, event: EventRow, locale: Locale) -> tuple[str, str]:
    """(« 28 élèves », « 2 adultes »)."""
    with_whom, beside = registration.participants, registration.companions
    if event.audience(registration.audience).school:
        return (
            translate_plural(locale, "%(num)s pupil", "%(num)s pupils", with_whom),
            translate_plural(locale, "%(num)s adult", "%(num)s adults", beside),
        )
    return (
        translate_plural(locale, "%(num)s person", "%(num)s people", with_whom),
        translate_plural(locale, "%(num)s companion", "%(num)s companions", beside),
    )


def ticket_pdf_of(event: EventRow, registration: RegistrationRow, locale: Locale, *, organiser: OrganiserRow) -> bytes:
    """The ticket as a page of A4 (tagged PDF)."""
    return ticket_pdf(ticket_of(event, registration, locale, organiser=organiser))


def ticket_of(
    event: EventRow, registration: RegistrationRow, locale: Locale, *, organiser: OrganiserRow
) -> TicketDocument:
    """What the ticket says, void where it lets nobody in."""
    school = event.audience(registration.audience).school
    caption = translate(locale, "pupils + adults") if school else translate(locale, "people + companions")
    return TicketDocument(
        locale=locale,
        organiser_name=organiser.name,
        brand=organiser.brand,
        accent=organiser.accent,
        event_title=event.title(locale),
        venue_name=", ".join(p for p in (event.venue_name, event.venue_commune) if p),
        venue_address=event.venue_address,
        entrance=event.entrance(locale) or None,
        holder_title=registration.holder,
        holder_subtitle=registration.holder_detail or None,
        headcount_text=f"{registration.participants} + {registration.companions}" if registration.is_group else None,
        headcount_caption=caption if registration.is_group else "",
        arrivals=_arrivals(event, registration, locale),
        reference=registration.reference,
        qr_text=absolute(ticket_path(registration.ticket.code)),
        stops=_stops(event, registration, locale),
        help_text=help_words(organiser, locale),
        change_text=_change(organiser, registration, locale),
        join_url=event.join_url or None,
        online=event.is_online,
        refusal=_refusal(event, registration, locale),
    )


def route_cards_pdf_of(
    event: EventRow, registration: RegistrationRow, locale: Locale, *, organiser: OrganiserRow
) -> bytes:
    """A class's numbered cards, without any name. Raises ValueError when none were made."""
    return route_cards_pdf(route_cards_of(event, registration, locale, organiser=organiser))


def route_cards_of(
    event: EventRow, registration: RegistrationRow, locale: Locale, *, organiser: OrganiserRow
) -> RouteCardsDocument:
    """What the cards of a class say; there may be none."""
    arrivals = _arrivals(event, registration, locale)
    return RouteCardsDocument(
        locale=locale,
        event_title=event.title(locale),
        class_title=" · ".join(p for p in (registration.class_label, registration.organisation_name) if p),
        organiser_name=organiser.name,
        brand=organiser.brand,
        accent=organiser.accent,
        day_text=arrivals[0].day_text if arrivals else "",
        hour_text=arrivals[0].hour_text if arrivals else "",
        cards=tuple(RouteCard(card.label, absolute(ticket_path(card.code))) for card in registration.cards),
        stops=_stops(event, registration, locale),
    )


def _arrivals(event: EventRow, registration: RegistrationRow, locale: Locale) -> tuple[Arrival, ...]:
    if event.date_to_come:
        return ()
    visits = visits_by_wave(event, registration)
    return tuple(
        Arrival(
            format_day(visits[wave.id].begins_at, event.timezone, locale, year=True),
            format_hour(visits[wave.id].begins_at, event.timezone, locale),
            ", ".join(p for p in (wave.host, wave.place) if p),
        )
        for wave in event.waves
        if wave.id in registration.waves
    )


def _stops(event: EventRow, registration: RegistrationRow, locale: Locale) -> tuple[StopLine, ...]:
    return tuple(
        StopLine(
            line.number,
            line.stop.name(locale),
            line.stop.text(locale),
            line.stop.minutes or None,
            line.stop.optional,
            place_words(line.stop, line.stand, locale),
            line.hour,
        )
        for line in route_lines(event, registration, locale)
    )


def place_words(stop: StopRow, stand: int | None, locale: Locale) -> str:
    """« Stands métiers, stand 2 »: its space, unless the stop is called the same, and the stand that is planned."""
    space = "" if stop.space_name == stop.name(locale) else stop.space_name
    return ", ".join(part for part in (space, *_stand_words(stand, locale)) if part)


def help_words(organiser: OrganiserRow, locale: Locale) -> str | None:
    """« Appelez le 03 80…, de 9 h à 17 h »; None where there is no number."""
    if not organiser.phone:
        return None
    hours = organiser.help_hours(locale)
    return translate(locale, "Call %(phone)s", phone=shown_phone(organiser.phone)) + (f", {hours}" if hours else "")


def _change(organiser: OrganiserRow, registration: RegistrationRow, locale: Locale) -> str:
    """How to change or cancel, for who holds the paper. It never says the link: who sees a ticket must not undo it."""
    values = {"reference": registration.reference}
    if organiser.phone:
        values["at"] = shown_phone(organiser.phone)
        return translate(locale, "By your own link, or at %(at)s: say %(reference)s.", **values)
    if organiser.email:
        values["at"] = organiser.email
        return translate(locale, "By your own link, or by mail to %(at)s: say %(reference)s.", **values)
    return translate(locale, "By your own link, or with the organiser: say %(reference)s.", **values)


def _refusal(event: EventRow, registration: RegistrationRow, locale: Locale) -> Refusal | None:
    if admits(event, registration):
        return None
    if event.state is EventState.CANCELLED:
        text = event.cancel_reason or translate(locale, "It will not take place.")
        return Refusal(translate(locale, "This event is called off"), text)
    if event.date_to_come and registration.status is RegistrationStatus.CONFIRMED:
        text = translate(locale, "You stay registered. We write to you as soon as the new date is known.")
        return Refusal(translate(locale, "Postponed: the new date is to come"), text)
    if registration.alive:
        text = translate(locale, "You do not have a place yet. This paper does not let you in.")
        return Refusal(translate(locale, "Waiting list"), text)
    text = translate(locale, "This ticket no longer lets anybody in.")
    return Refusal(translate(locale, "Registration cancelled"), text)

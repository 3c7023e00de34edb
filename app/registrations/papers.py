"""What is printed of a registration: its ticket, and a class's route cards."""

from datetime import datetime, timedelta

from app.accounts.queries import OrganiserRow
from app.core.i18n import Locale, format_day, format_hour, translate, translate_plural
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
from app.events.queries import EventRow, WaveRow
from app.registrations.enums import RegistrationStatus
from app.registrations.queries import RegistrationRow


def admits(event: EventRow, registration: RegistrationRow) -> bool:
    """Whether its tickets let anybody in: only then is there a code to show, on any page or paper."""
    return registration.status is RegistrationStatus.CONFIRMED and event.state is not EventState.CANCELLED


def stop_starts(event: EventRow, wave: WaveRow) -> list[datetime | None]:
    """When each stop is likely to begin for who starts with this wave; None after a stop of unknown length."""
    starts: list[datetime | None] = []
    at: datetime | None = wave.starts_at
    for stop in event.stops:
        starts.append(at)
        at = at + timedelta(minutes=stop.minutes) if at is not None and stop.minutes else None
    return starts


def stop_hours(event: EventRow, registration: RegistrationRow, locale: Locale) -> list[str]:
    """For each stop « vers 9 h 40 »; "" where it cannot be told: with several times each has hours of its own."""
    waves = [wave for wave in event.waves if wave.id in registration.waves]
    starts = stop_starts(event, waves[0]) if len(waves) == 1 else [None] * len(event.stops)
    return ["" if start is None else about(start, event, locale) for start in starts]


def about(moment: datetime, event: EventRow, locale: Locale) -> str:
    """« vers 9 h 40 »: an hour that is worked out, not promised."""
    return translate(locale, "about %(hour)s", hour=format_hour(moment, event.timezone, locale))


def headcount_words(registration: RegistrationRow, event: EventRow, locale: Locale) -> str:
    """« 28 élèves + 2 adultes » for a class, « 12 personnes + 1 accompagnateur » for others."""
    participants, companions = count_words(registration, event, locale)
    return f"{participants} + {companions}" if registration.companions else participants


def count_words(registration: RegistrationRow, event: EventRow, locale: Locale) -> tuple[str, str]:
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
    school = event.audience(registration.audience).school
    caption = translate(locale, "pupils + adults") if school else translate(locale, "people + companions")
    return ticket_pdf(
        TicketDocument(
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
            headcount_text=f"{registration.participants} + {registration.companions}"
            if registration.is_group
            else None,
            headcount_caption=caption if registration.is_group else "",
            arrivals=_arrivals(event, registration, locale),
            reference=registration.reference,
            qr_text=absolute(ticket_path(registration.ticket.code)),
            stops=_stops(event, registration, locale),
            help_text=_help(organiser, locale),
            change_text=_change(organiser, registration, locale),
            join_url=event.join_url or None,
            online=event.is_online,
            refusal=_refusal(event, registration, locale),
        )
    )


def route_cards_pdf_of(
    event: EventRow, registration: RegistrationRow, locale: Locale, *, organiser: OrganiserRow
) -> bytes:
    """A class's numbered cards, without any name. Raises ValueError when none were made."""
    arrivals = _arrivals(event, registration, locale)
    return route_cards_pdf(
        RouteCardsDocument(
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
    )


def _arrivals(event: EventRow, registration: RegistrationRow, locale: Locale) -> tuple[Arrival, ...]:
    return tuple(
        Arrival(
            format_day(wave.starts_at, event.timezone, locale, year=True),
            format_hour(wave.starts_at, event.timezone, locale),
            ", ".join(p for p in (wave.host, wave.place) if p),
        )
        for wave in event.waves
        if wave.id in registration.waves
    )


def _stops(event: EventRow, registration: RegistrationRow, locale: Locale) -> tuple[StopLine, ...]:
    return tuple(
        StopLine(
            stop.position,
            stop.name(locale),
            stop.text(locale),
            stop.minutes or None,
            stop.optional,
            "" if stop.space_name == stop.name(locale) else stop.space_name,
            hour,
        )
        for stop, hour in zip(event.stops, stop_hours(event, registration, locale), strict=True)
    )


def _help(organiser: OrganiserRow, locale: Locale) -> str | None:
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
    if registration.alive:
        text = translate(locale, "You do not have a place yet. This paper does not let you in.")
        return Refusal(translate(locale, "Waiting list"), text)
    text = translate(locale, "This ticket no longer lets anybody in.")
    return Refusal(translate(locale, "Registration cancelled"), text)

"""What is printed of a registration: its ticket, and a class's route cards."""

from app.accounts.queries import OrganiserRow
from app.core.i18n import Locale, format_day, format_hour, translate, translate_plural
from app.core.text import shown_phone
from app.core.urls import absolute, ticket_path
from app.documents.ticket_pdf import (
    Arrival,
    RouteCard,
    RouteCardsDocument,
    StopLine,
    TicketDocument,
    route_cards_pdf,
    ticket_pdf,
)
from app.events.enums import EventState
from app.events.queries import EventRow
from app.registrations.enums import RegistrationStatus
from app.registrations.queries import RegistrationRow


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
            stops=_stops(event, locale),
            help_text=_help(organiser, locale),
            join_url=event.join_url or None,
            notice=_notice(event, registration, locale),
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
            stops=_stops(event, locale),
        )
    )


def _arrivals(event: EventRow, registration: RegistrationRow, locale: Locale) -> tuple[Arrival, ...]:
    return tuple(
        Arrival(
            format_day(wave.starts_at, event.timezone, locale),
            format_hour(wave.starts_at, event.timezone, locale),
            ", ".join(p for p in (wave.host, wave.place) if p),
        )
        for wave in event.waves
        if wave.id in registration.waves
    )


def _stops(event: EventRow, locale: Locale) -> tuple[StopLine, ...]:
    return tuple(
        StopLine(
            stop.position,
            stop.name(locale),
            stop.text(locale),
            stop.minutes or None,
            stop.optional,
            "" if stop.space_name == stop.name(locale) else stop.space_name,
        )
        for stop in event.stops
    )


def _help(organiser: OrganiserRow, locale: Locale) -> str | None:
    if not organiser.phone:
        return None
    hours = organiser.help_hours(locale)
    return translate(locale, "Late, or a question? Call %(phone)s", phone=shown_phone(organiser.phone)) + (
        f", {hours}" if hours else ""
    )


def _notice(event: EventRow, registration: RegistrationRow, locale: Locale) -> str | None:
    if event.state is EventState.CANCELLED:
        return translate(locale, "This event is cancelled.")
    if registration.status in {RegistrationStatus.WAITLISTED, RegistrationStatus.OFFERED}:
        return translate(locale, "Waiting list: you have no place yet. This ticket does not let you in.")
    if registration.status is not RegistrationStatus.CONFIRMED:
        return translate(locale, "This registration is cancelled. This ticket does not let you in.")
    return None

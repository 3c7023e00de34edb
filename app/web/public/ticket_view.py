"""What a ticket shows on a screen: the code, when and where, the route with its hours and what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from app.core.cache import remembered
from app.core.i18n import format_day
from app.core.urls import absolute, ticket_path
from app.documents.qr import qr_svg
from app.events.enums import EventState
from app.events.queries import EventRow, WaveRow
from app.registrations.enums import RegistrationStatus, TicketKind
from app.registrations.itinerary import Visit, visits_by_wave
from app.registrations.operations.waiting import has_run_out
from app.registrations.papers import admits
from app.registrations.queries import RegistrationRow, TicketRow
from app.web.filters import hour
from app.web.i18n import current_locale
from app.web.public.route_view import RouteView, route_views

CODES_KEPT = 500


@dataclass(frozen=True)
class Arrival:
    hour: str
    day: str
    place: str


@dataclass(frozen=True)
class TicketView:
    """`admits`: the ticket lets in; without it `refusal` says why not, (title, text), and `waits` that it may yet.

    `time_word` is what stands above the hour. `venue` is (name, address), where people come to one.
    """

    code: str
    card: str
    holder: str
    holder_detail: str
    admits: bool
    waits: bool
    refusal: tuple[str, str]
    time_word: str
    venue: tuple[str, str]
    online: bool
    arrivals: tuple[Arrival, ...]
    figures: str
    figures_caption: str
    entrance: str
    reference: str
    join_url: str
    group: bool
    school: bool
    routes: tuple[RouteView, ...]


def ticket_view(event: EventRow, registration: RegistrationRow, ticket: TicketRow, now: datetime) -> TicketView:
    """The ticket, or the numbered card of somebody in a group: a card shows its number and the route, and no one's name."""
    card = ticket.kind is TicketKind.ROUTE_CARD
    school = event.audience(registration.audience).school
    holds = admits(event, registration) and ticket not in registration.withdrawn
    waits = registration.alive and not admits(event, registration) and event.state is not EventState.CANCELLED
    visits = visits_by_wave(event, registration)
    waves = _waves_in_order(event, registration, visits, now)
    group = registration.is_group and not card
    return TicketView(
        code=ticket.code,
        card=ticket.label if card else "",
        holder="" if card else registration.holder,
        holder_detail="" if card else registration.holder_detail,
        admits=holds,
        waits=waits,
        refusal=("", "") if holds else _refusal(event, registration, now),
        time_word=_time_word(event, holds=holds, waits=waits),
        venue=_venue(event),
        online=event.is_online,
        arrivals=() if event.date_to_come else tuple(_arrival(event, wave, visits[wave.id]) for wave in waves),
        figures=f"{registration.participants} + {registration.companions}" if group else "",
        figures_caption=(_("pupils + adults") if school else _("people + companions")) if group else "",
        entrance=event.entrance(current_locale()) if holds else "",
        reference="" if card else registration.reference,
        join_url=event.join_url if holds and not card else "",
        group=group,
        school=school,
        routes=route_views(event, registration, waves, now) if holds else (),
    )


def ticket_qr(code: str) -> Markup:
    """The QR code as SVG: the ticket's absolute address. Kept in memory, for making it takes a few milliseconds."""
    kept, text = remembered("ticket codes", most=CODES_KEPT), absolute(ticket_path(code))
    found = kept.get(text)
    if not isinstance(found, Markup):
        found = Markup(qr_svg(text))  # noqa: S704 - drawn by us, it holds numbers only
        kept[text] = found
    return found


def _refusal(event: EventRow, registration: RegistrationRow, now: datetime) -> tuple[str, str]:
    if event.state is EventState.CANCELLED:
        return _("This event is called off"), event.cancel_reason or _("It will not take place.")
    if event.date_to_come and registration.status is RegistrationStatus.CONFIRMED:
        text = _("You stay registered. We write to you as soon as the new date is known.")
        return _("Postponed: the new date is to come"), text
    if registration.status is RegistrationStatus.LAPSED or has_run_out(registration, now):
        return _("The offer is over"), _("This ticket lets nobody in.")
    if registration.status is RegistrationStatus.OFFERED:
        text = _("Say first on your own page whether you come. Until then this page does not let you in.")
        return ngettext("A place is kept for you", "Places are kept for you", registration.people), text
    if registration.status is RegistrationStatus.WAITLISTED:
        return _("Waiting list"), _("You do not have a place yet. This page does not let you in.")
    if registration.status is RegistrationStatus.CONFIRMED:
        text = _("Fewer people of this group come now. Ask the person responsible for it.")
        return _("This card no longer counts"), text
    return _("Registration cancelled"), _("This ticket no longer lets anybody in.")


def _time_word(event: EventRow, *, holds: bool, waits: bool) -> str:
    if holds:
        return str(_("Connection") if event.is_online else _("Arrival"))
    return str(_("Time asked for") if waits else _("Time"))


def _venue(event: EventRow) -> tuple[str, str]:
    return event.venue_name, ", ".join(p for p in (event.venue_address, event.venue_commune) if p)


def _waves_in_order(
    event: EventRow, registration: RegistrationRow, visits: Mapping[int, Visit], now: datetime
) -> list[WaveRow]:
    """The waves of a registration, the one to come (or under way) first, those that are over last."""
    waves = [wave for wave in event.waves if wave.id in registration.waves]
    return sorted(waves, key=lambda wave: (visits[wave.id].ends_at <= now, wave.starts_at))


def _arrival(event: EventRow, wave: WaveRow, visit: Visit) -> Arrival:
    place = ", ".join(p for p in (wave.host, wave.place) if p)
    day = format_day(visit.begins_at, event.timezone, current_locale(), year=True)
    return Arrival(hour(visit.begins_at, event.timezone), day, place)

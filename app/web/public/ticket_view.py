"""What a ticket shows on a screen: the code, when and where, the route with its hours and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup

from app.checkin.enums import Direction, ScanResult
from app.checkin.queries import list_scans
from app.core.cache import remembered
from app.core.i18n import format_day
from app.core.urls import absolute, ticket_path
from app.documents.qr import qr_svg
from app.events.calendars import visit_end
from app.events.enums import EventState
from app.events.queries import EventRow, WaveRow
from app.registrations.enums import RegistrationStatus, TicketKind
from app.registrations.papers import about, admits, stop_starts
from app.registrations.queries import RegistrationRow, TicketRow
from app.web.filters import hour
from app.web.i18n import current_locale
from app.web.public.words import first_capital

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
    stops: tuple[dict[str, Any], ...]
    next_stop: dict[str, Any] | None


def ticket_view(event: EventRow, registration: RegistrationRow, ticket: TicketRow, now: datetime) -> TicketView:
    """The ticket, or the numbered card of somebody in a group: a card shows its number and the route, and no one's name."""
    card = ticket.kind is TicketKind.ROUTE_CARD
    school = event.audience(registration.audience).school
    holds = admits(event, registration) and ticket not in registration.withdrawn
    waits = registration.alive and not admits(event, registration) and event.state is not EventState.CANCELLED
    waves = _waves_in_order(event, registration, now)
    stops, following = _route(event, registration, waves, now) if holds else ([], None)
    group = registration.is_group and not card
    return TicketView(
        code=ticket.code,
        card=ticket.label if card else "",
        holder="" if card else registration.holder,
        holder_detail="" if card else registration.holder_detail,
        admits=holds,
        waits=waits,
        refusal=("", "") if holds else _refusal(event, registration),
        time_word=_time_word(event, holds=holds, waits=waits),
        venue=_venue(event),
        online=event.is_online,
        arrivals=tuple(_arrival(event, wave) for wave in waves),
        figures=f"{registration.participants} + {registration.companions}" if group else "",
        figures_caption=(_("pupils + adults") if school else _("people + companions")) if group else "",
        entrance=event.entrance(current_locale()) if holds else "",
        reference="" if card else registration.reference,
        join_url=event.join_url if holds and not card else "",
        group=group,
        school=school,
        stops=tuple(stops),
        next_stop=following,
    )


def ticket_qr(code: str) -> Markup:
    """The QR code as SVG: the ticket's absolute address. Kept in memory, for making it takes a few milliseconds."""
    kept, text = remembered("ticket codes", most=CODES_KEPT), absolute(ticket_path(code))
    found = kept.get(text)
    if not isinstance(found, Markup):
        found = Markup(qr_svg(text))  # noqa: S704 - drawn by us, it holds numbers only
        kept[text] = found
    return found


def _refusal(event: EventRow, registration: RegistrationRow) -> tuple[str, str]:
    if event.state is EventState.CANCELLED:
        return _("This event is called off"), event.cancel_reason or _("It will not take place.")
    if registration.status in {RegistrationStatus.WAITLISTED, RegistrationStatus.OFFERED}:
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


def _waves_in_order(event: EventRow, registration: RegistrationRow, now: datetime) -> list[WaveRow]:
    """The waves of a registration, the one to come (or under way) first, those that are over last."""
    waves = [wave for wave in event.waves if wave.id in registration.waves]
    return sorted(waves, key=lambda wave: (visit_end(event, wave) <= now, wave.starts_at))


def _arrival(event: EventRow, wave: WaveRow) -> Arrival:
    place = ", ".join(p for p in (wave.host, wave.place) if p)
    day = format_day(wave.starts_at, event.timezone, current_locale(), year=True)
    return Arrival(hour(wave.starts_at, event.timezone), day, place)


def _plain_route(event: EventRow) -> list[dict[str, Any]]:
    locale = current_locale()
    return [
        {
            "number": stop.position,
            "name": stop.name(locale),
            "optional": stop.optional,
            "description": stop.text(locale) if stop.optional else "",
            "minutes": stop.minutes,
        }
        for stop in event.stops
    ]


def _route(
    event: EventRow, registration: RegistrationRow, waves: Sequence[WaveRow], now: datetime
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """The route with its hours; what a door has seen is done, and the first stop after that is what comes next."""
    stops = _plain_route(event)
    if not waves or not stops:
        return stops, None
    wave, done = waves[0], _stops_done(event, registration)
    starts = stop_starts(event, wave)
    for stop, start in zip(stops, starts, strict=True):
        stop["hour"] = "" if start is None else about(start, event, current_locale())
        if stop["number"] in done:
            stop["state"] = "done"
    if now >= visit_end(event, wave):
        return stops, None
    if done:
        coming = next((i for i, stop in enumerate(stops) if stop["number"] > max(done)), None)
    else:
        coming = next((i for i, start in enumerate(starts) if start is not None and start >= now), None)
    if coming is None:
        return stops, None
    stops[coming]["state"] = "next"
    return stops, _next_stop(event, stops[coming], coming)


def _next_stop(event: EventRow, shown: dict[str, Any], index: int) -> dict[str, Any]:
    stop, locale = event.stops[index], current_locale()
    space = next((s for s in event.spaces if s.id == stop.space_id), None)
    directions = (
        "" if space is None else (space.directions_fr if locale == "fr" else space.directions_en or space.directions_fr)
    )
    where = [part for part in (space.name if space and space.name != shown["name"] else "", directions) if part]
    return {**shown, "text": ". ".join(first_capital(p.rstrip(".")) for p in where) + ("." if where else "")}


def _stops_done(event: EventRow, registration: RegistrationRow) -> set[int]:
    """The numbers of the stops whose space has let somebody of this registration in."""
    spaces = {c.id: c.space_id for c in event.checkpoints if c.space_id is not None}
    if not spaces:
        return set()
    seen = {
        spaces[scan.checkpoint_id]
        for scan in list_scans(registration.id)
        if scan.checkpoint_id in spaces
        and scan.direction == Direction.IN
        and scan.result is ScanResult.ACCEPTED
        and not (scan.undone or scan.undoing)
    }
    return {stop.position for stop in event.stops if stop.space_id in seen}

"""What's on: the events that anybody may see, coming ones first."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext, pgettext

from app.accounts.queries import get_organiser
from app.core import clock
from app.core.urls import settings
from app.events.calendars import openings
from app.events.enums import EventState
from app.events.queries import EventLine, EventRow, list_events_by_id, list_public_events
from app.web.context import OrganiserView, look_of, organiser_view, the_only_organiser
from app.web.forms.events import KIND_LABELS
from app.web.guards import public
from app.web.i18n import current_locale
from app.web.public.event_view import Phase, phase_of, same_place
from app.web.public.words import event_days, event_hours, first_capital, invited_shortly, when

blueprint = Blueprint("public_agenda", __name__)

PAGE = 20
MOST_PAGES = 500


@dataclass(frozen=True)
class EventCard:
    """One event in the list: the day set big beside it, then `dates` where there are several, and the hours.

    `date` is the whole of it, for who does not see the big number. One called off is told in a line, with its reason.
    `to_come`: postponed, no date yet; `moved`: it has a new one.
    """

    url: str
    title: str
    kicker: str
    summary: str
    day_number: str
    weekday: str
    date: str
    dates: str
    hours: str
    place: str
    audiences: str
    badge: tuple[str, str, str] | None
    off: bool
    reason: str
    to_come: bool = False
    moved: bool = False


@dataclass(frozen=True)
class Month:
    """« Décembre »; with the year where it is not the current one, « Janvier 2027 »."""

    name: str
    cards: tuple[EventCard, ...]


@blueprint.get("/")
@public
def show() -> str:
    now, past = clock.now(), request.args.get("past") == "1"
    number = request.args.get("page", "")
    page = min(int(number), MOST_PAGES) if number.isdecimal() and len(number) < 6 and int(number) > 0 else 1
    lines = list_public_events(now, past=past, limit=PAGE + 1, offset=(page - 1) * PAGE)
    shown = lines[:PAGE]
    events = {event.id: event for event in list_events_by_id([line.id for line in shown])}
    names = _organisers(shown)
    cards = {line.id: _card(line, events[line.id], names.get(line.organiser_id, ""), now) for line in shown}
    return render_template(
        "public/agenda/show.html",
        months=_months(shown, cards, now),
        past=past,
        previous_url=_url(page - 1, past=past) if page > 1 else None,
        next_url=_url(page + 1, past=past) if len(lines) > PAGE else None,
        calendars=[] if past else _calendars(shown),
        nav_current="agenda",
    )


def _url(page: int, *, past: bool) -> str:
    parts = (["past=1"] if past else []) + ([f"page={page}"] if page > 1 else [])
    return "/?" + "&".join(parts) if parts else "/"


def _organisers(lines: list[EventLine]) -> dict[int, str]:
    """Their names, where the list mixes several."""
    ids = {line.organiser_id for line in lines}
    return {i: get_organiser(i).name for i in sorted(ids)} if len(ids) > 1 else {}


def _calendars(lines: list[EventLine]) -> list[OrganiserView]:
    """Whose calendars these events stand in; where no event is shown, that of the only organiser."""
    rows = [look_of(i) for i in sorted({line.organiser_id for line in lines})]
    if not rows and (only := the_only_organiser()) is not None:
        rows = [only]
    return [organiser_view(row) for row in rows]


def _months(lines: list[EventLine], cards: dict[int, EventCard], now: datetime) -> list[Month]:
    """The cards by the month in which each event begins, or is now for one that began before."""
    found: list[Month] = []
    for (year, month), group in groupby(lines, key=lambda line: _month_of(line, now)):
        if not year:
            found.append(Month(str(_("New date to come")), tuple(cards[line.id] for line in group)))
            continue
        pattern = "LLLL" if year == now.astimezone(ZoneInfo(settings().default_timezone)).year else "LLLL y"
        name = first_capital(format_date(date(year, month, 1), pattern, locale=current_locale()))
        found.append(Month(name, tuple(cards[line.id] for line in group)))
    return found


def _month_of(line: EventLine, now: datetime) -> tuple[int, int]:
    """Year and month; (0, 0) while the date is to come."""
    if line.date_to_come and line.state is not EventState.CANCELLED:
        return 0, 0
    zone = ZoneInfo(line.timezone)
    at = (now if line.starts_at <= now < line.ends_at else line.starts_at).astimezone(zone)
    return at.year, at.month


def _card(line: EventLine, event: EventRow, organiser: str, now: datetime) -> EventCard:
    locale = current_locale()
    first = line.starts_at.astimezone(ZoneInfo(line.timezone)).date()
    phase = phase_of(event, now)
    to_come = phase is Phase.TO_COME
    return EventCard(
        url=f"/events/{line.slug}",
        title=line.title(locale),
        kicker=" · ".join(p for p in (str(KIND_LABELS[line.kind]), organiser) if p),
        summary=line.summary(locale),
        day_number="–" if to_come else str(first.day),
        weekday="" if to_come else format_date(first, "EEE", locale=locale),
        date=str(_("New date to come")) if to_come else first_capital(event_days(event)),
        dates=event_days(event, year=False) if len(openings(event)) > 1 and not to_come else "",
        hours=str(_("New date to come")) if to_come else event_hours(event, weekdays=False),
        place=_place(event),
        audiences=invited_shortly(event.audiences),
        badge=_badge(line, event, phase, now),
        off=phase is Phase.CANCELLED,
        reason=event.cancel_reason if phase is Phase.CANCELLED else "",
        to_come=to_come,
        moved=event.postponed_at is not None and not to_come and phase is not Phase.OVER,
    )


def _place(event: EventRow) -> str:
    if event.venue_name:
        return ", ".join(p for p in (event.venue_name, "" if same_place(event) else event.venue_commune) if p)
    if any(wave.place for wave in event.waves):
        return str(_("In several places"))
    return str(_("Online")) if event.join_url else ""


def _places_left(line: EventLine, event: EventRow, now: datetime) -> int | None:
    """People who can still come; None where one number would mislead: several waves each, or some waves over already."""
    if any(wave.ends_at <= now for wave in event.waves):
        return None
    full = line.occupancy
    return None if full.left and full.several else full.left


def _badge(line: EventLine, event: EventRow, phase: Phase, now: datetime) -> tuple[str, str, str] | None:
    if phase is Phase.CANCELLED:
        return "danger", "ban", pgettext("event", "Called off")
    if phase is Phase.TO_COME:
        return "waiting", "calendar-event", _("Postponed: the new date is to come")
    if phase is Phase.SOON and event.registration_opens_at is not None:
        return "info", "clock", _("Registration opens on %(when)s", when=when(event, event.registration_opens_at))
    if phase is Phase.CLOSED:
        return "neutral", "lock", _("Registration is closed")
    if phase is Phase.OVER:
        return None
    left = _places_left(line, event, now)
    if left == 0:
        waits = event.waiting_list
        return (
            ("waiting", "hourglass", pgettext("wave", "Waiting list"))
            if waits
            else ("neutral", "ban", pgettext("wave", "Full"))
        )
    if left is None:
        return "ok", "check", _("Registration is open")
    return "ok", "check", ngettext("%(num)d place left", "%(num)d places left", left)

"""The public page of an event.

Its counts are never stale: each request reads the event's version, which rises with every place taken, and the page is kept
in memory under all that it shows. It holds nothing of the visitor: no token, no message, only the language.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote_plus, urlencode

from flask import Blueprint, g, render_template, request
from werkzeug.wrappers import Response

from app.accounts.queries import OrganiserRow
from app.core import clock
from app.core.cache import remembered
from app.core.i18n import LOCALES
from app.core.tokens import digest
from app.events.audiences import AudienceRow
from app.events.errors import EventNotFound
from app.events.marks import EventMark, find_public_mark
from app.events.queries import EventRow, WaveRow, get_public_event
from app.feeds.calendars import event_calendar
from app.registrations.queue import get_open_places
from app.web.calendars import calendar_response
from app.web.context import show_organiser
from app.web.forms.events import KIND_LABELS
from app.web.guards import public
from app.web.i18n import current_locale
from app.web.public.availability import has_room
from app.web.public.event_view import (
    Choice,
    choose,
    coming_day,
    days_and_hours,
    days_of,
    free_choice,
    instants_of,
    paragraphs,
    phase_of,
    register_url,
    same_place,
    timetable,
    visit_minutes,
)
from app.web.public.found import require_slug, shown_event
from app.web.public.route_view import public_routes
from app.web.public.words import continue_words, duration, invited, time_words, when

blueprint = Blueprint("public_events", __name__)

MAP = "https://www.openstreetmap.org/search?query="
PAGES_KEPT = 300
EVENTS_KEPT = 300


@dataclass(frozen=True)
class _Known:
    """An event as it is between two edits, with what every request for its page asks of it."""

    event: EventRow
    instants: tuple[datetime, ...]
    days: dict[str, date]
    audiences: dict[str, AudienceRow]
    waves: dict[str, WaveRow]

    @classmethod
    def of(cls, event: EventRow) -> "_Known":
        days = {day.isoformat(): day for day in days_of(event)}
        audiences, waves = {a.code: a for a in event.audiences}, {str(w.id): w for w in event.waves}
        return cls(event, instants_of(event), days, audiences, waves)

    def choice(self, day: str, audience: str, wave: str, now: datetime) -> Choice:
        """As event_view.choose."""
        if wave in self.waves:
            return choose(self.event, day, audience, wave, now)
        wanted = self.days.get(day) or coming_day(self.event, tuple(self.days.values()), now)
        return Choice(wanted, self.audiences.get(audience))


@dataclass(frozen=True)
class _State:
    """All that a page shows besides the event's address, the visitor's choice and language. Equal states: equal pages."""

    mark: EventMark
    moment: int
    organiser: OrganiserRow


@dataclass(frozen=True)
class _KeptPage:
    state: _State
    body: bytes
    etag: str


@blueprint.get("/events/<slug>")
@public
def show(slug: str) -> Response:
    """The page; 304 to who has it as it is."""
    require_slug(slug)
    mark = find_public_mark(slug)
    if mark is None:
        raise EventNotFound(slug)
    show_organiser(mark.organiser_id)
    known, now, asked = _known(slug, mark), clock.now(), request.args
    choice = known.choice(asked.get("day", ""), asked.get("audience", ""), asked.get("wave", ""), now)
    page = _page(known, choice, mark, now)
    response = Response(page.body, content_type="text/html; charset=utf-8")
    response.set_etag(page.etag)
    return response.make_conditional(request)


@blueprint.get("/events/<slug>.ics")
@public
def calendar(slug: str) -> Response:
    event = shown_event(slug)
    file = event_calendar(event, current_locale())
    return calendar_response(file, filename=f"{event.slug}.ics", by_language=True)


def _known(slug: str, mark: EventMark) -> _Known:
    """The event at this mark's revision, read again when it was edited."""
    kept = remembered("shown events", most=EVENTS_KEPT)
    known = kept.get(slug)
    if isinstance(known, _Known) and (known.event.id, known.event.revision, known.event.updated_at) == (
        mark.id, mark.revision, mark.updated_at,
    ):  # fmt: skip
        return known
    known = _Known.of(get_public_event(slug))
    kept[slug] = known
    return known


def _page(known: _Known, choice: Choice, mark: EventMark, now: datetime) -> _KeptPage:
    """The page as kept, or made anew when anything that it shows has changed."""
    kept = remembered("event pages", most=PAGES_KEPT)
    key = (
        mark.id,
        current_locale(),
        choice.day,
        choice.audience and choice.audience.code,
        choice.wave and choice.wave.id,
    )
    state = _State(mark, bisect_right(known.instants, now), g.organiser)
    page = kept.get(key)
    if isinstance(page, _KeptPage) and page.state == state:
        return page
    body = render_event(known.event, choice, now).encode()
    # Whoever takes a place meanwhile raises the version: the page may show more than its mark says, and is then made again.
    page = _KeptPage(state, body, digest(body.decode())[:32])
    kept[key] = page
    return page


def render_event(event: EventRow, choice: Choice, now: datetime, *, preview_of: EventRow | None = None) -> str:
    """The page; with a note to its team when it is the preview of an event."""
    locale, places = current_locale(), get_open_places(event, now=now)
    opens_at, wave = event.registration_opens_at, free_choice(event, places, choice, now)
    return render_template(
        "public/events/show.html",
        event=event,
        phase=phase_of(event, now),
        kind=KIND_LABELS[event.kind],
        days_and_hours=days_and_hours(event),
        duration=duration,
        visit_minutes=visit_minutes(event, choice.audience),
        invited=invited(event.audiences),
        place=_place(event),
        opens=when(event, opens_at) if opens_at else "",
        room=has_room(event, places, now),
        table=timetable(event, places, choice, now),
        routes=public_routes(event, choice.audience),
        paragraphs=paragraphs(event.description(locale)),
        own_places=any(wave.place for wave in event.waves),
        time_words=time_words(event),
        register_url=register_url(event, choice.audience, wave),
        go_on=continue_words(event, wave) if wave else "",
        preview_of=preview_of,
        lang_urls={code: f"/events/{event.slug}?{urlencode(_query(choice) | {'lang': code})}" for code in LOCALES},
    )


def _place(event: EventRow) -> dict[str, str] | None:
    """Venue, address and a map; None where there is no venue."""
    if not event.venue_name:
        return None
    commune = "" if same_place(event) else event.venue_commune
    return {
        "name": ", ".join(p for p in (event.venue_name, commune) if p),
        "address": event.venue_address,
        "entrance": event.entrance(current_locale()),
        "map": MAP
        + quote_plus(", ".join(p for p in (event.venue_address or event.venue_name, event.venue_commune) if p)),
    }


def _query(choice: Choice) -> dict[str, str]:
    query = {"day": choice.day.isoformat()} if choice.day else {}
    query |= {"wave": str(choice.wave.id)} if choice.wave else {}
    return query | ({"audience": choice.audience.code} if choice.audience else {})

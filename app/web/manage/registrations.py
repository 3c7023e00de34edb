"""The list of an event's registrations: searched, narrowed, a page at a time."""

from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext, pgettext

from app.accounts.rules import Ability, row_limit
from app.core.i18n import format_day, format_short_day
from app.events.queries import EventRow
from app.registrations.enums import RegistrationStatus
from app.reports.queries.registration_list import (
    PAGE,
    Arrival,
    ListFilter,
    RegistrationPage,
    Totals,
    list_registrations,
)
from app.web.filters import hour, number
from app.web.guards import current_access, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_own_event
from app.web.manage.event_sections import local

blueprint = Blueprint("manage_registrations", __name__, url_prefix="/manage/events")

ARRIVAL_LABELS = {
    Arrival.ALL: _l("Everybody came"),
    Arrival.SOME: _l("Some are missing"),
    Arrival.NOBODY: _l("Nobody has come"),
}
FILTERS = ("q", "day", "wave", "audience", "status", "arrival")


@blueprint.get("/<slug>/registrations")
@event_staff(Ability.LIST_SEE)
def index(slug: str) -> str:
    event = get_own_event(slug)
    page = list_registrations(event, _wanted(event), after=_id("after"), before=_id("before"))
    first = _first_number(page)
    lines = page.lines
    return render_template(
        "manage/registrations/list.html",
        page=page,
        first=first,
        prev_url=_url(slug, "before", lines[0].id, max(1, first - PAGE)) if page.less and lines else None,
        next_url=_url(slug, "after", lines[-1].id, first + len(lines)) if page.more and lines else None,
        all_url=f"/manage/events/{slug}/registrations",
        shown_text=_count_words(page.shown),
        whole_text=_count_words(page.whole),
        rows_text=_rows_words(page.shown),
        text=request.args.get("q", ""),
        day_choices=_day_choices(event),
        wave_choices=_wave_choices(event),
        audience_choices=[(a.code, a.label(current_locale())) for a in event.audiences],
        status_choices=[(s.value, status_label(s)) for s in RegistrationStatus],
        arrival_choices=[(a.value, label) for a, label in ARRIVAL_LABELS.items()],
        chosen={name: request.args.getlist(name) for name in FILTERS},
        narrowed=any(request.args.get(name) for name in FILTERS),
        wave_words={w.id: _wave_words(event, w.id) for w in event.waves},
        begun={w.id: w.starts_at for w in event.waves},
        **event_context(event, "registrations"),
    )


def status_label(status: RegistrationStatus) -> str:
    """A status as its badge says it."""
    words = {
        RegistrationStatus.CONFIRMED: pgettext("registration", "Confirmed"),
        RegistrationStatus.WAITLISTED: pgettext("registration", "Waiting list"),
        RegistrationStatus.OFFERED: pgettext("registration", "Place offered"),
        RegistrationStatus.CANCELLED: pgettext("registration", "Cancelled"),
        RegistrationStatus.LAPSED: pgettext("registration", "Lapsed"),
    }
    return str(words[status])


def _wanted(event: EventRow) -> ListFilter:
    """What the address asks for; values that mean nothing are left aside."""
    args = request.args
    waves = {int(w) for w in args.getlist("wave") if w.isdecimal() and len(w) < 12}
    days = set(args.getlist("day"))
    narrowed: frozenset[int] | None = None
    if waves or days:
        narrowed = frozenset(
            w.id for w in event.waves if (not waves or w.id in waves) and (not days or _local_day(event, w.id) in days)
        )
    return ListFilter(
        text=args.get("q", "").strip()[:100],
        statuses=frozenset(s for s in RegistrationStatus if s.value in args.getlist("status")),
        waves=narrowed,
        audiences=frozenset(a.code for a in event.audiences if a.code in args.getlist("audience")),
        arrivals=frozenset(a for a in Arrival if a.value in args.getlist("arrival")),
        rows=row_limit(current_access()),
    )


def _local_day(event: EventRow, wave_id: int) -> str:
    wave = event.wave(wave_id)
    assert wave is not None
    return local(wave.starts_at, event.timezone).date().isoformat()


def _id(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _first_number(page: RegistrationPage) -> int:
    """Which row of the list the page begins with, as the link that led here says; only to be read."""
    said = _id("from") or 1
    return said if page.less and 1 <= said <= page.shown.listed else 1


def _url(slug: str, side: str, registration_id: int, first: int) -> str:
    """The page on one side of a registration, narrowed as this one."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if k in FILTERS and v]
    return f"/manage/events/{slug}/registrations?{urlencode([*kept, (side, registration_id), ('from', first)])}"


def _count_words(totals: Totals) -> str:
    """« 143 inscriptions, 507 personnes »: those that stand."""
    registrations = ngettext(
        "%(count)s registration", "%(count)s registrations", totals.registrations, count=number(totals.registrations)
    )
    people = ngettext("%(count)s person", "%(count)s people", totals.people, count=number(totals.people))
    return str(_("%(registrations)s, %(people)s", registrations=registrations, people=people))


def _rows_words(totals: Totals) -> str:
    """« Avec 1 annulée ou échue : 69 lignes. »: how the registrations that stand become the rows of the list."""
    if not totals.off:
        return ""
    off = ngettext(
        "%(count)s cancelled or lapsed", "%(count)s cancelled or lapsed", totals.off, count=number(totals.off)
    )
    rows = ngettext("%(count)s row", "%(count)s rows", totals.listed, count=number(totals.listed))
    return str(_("With %(off)s: %(rows)s.", off=off, rows=rows))


def _day_choices(event: EventRow) -> list[tuple[str, str]]:
    days: dict[date, str] = {}
    for wave in event.waves:
        day = local(wave.starts_at, event.timezone).date()
        days.setdefault(day, format_day(wave.starts_at, event.timezone, current_locale()))
    return [(day.isoformat(), words) for day, words in days.items()] if len(days) > 1 else []


def _wave_choices(event: EventRow) -> list[tuple[int, str]]:
    return [
        (w.id, " · ".join(p for p in (_wave_words(event, w.id), w.host, w.place) if p)) for w in event.waves
    ] if len(event.waves) > 1 else []  # fmt: skip


def _wave_words(event: EventRow, wave_id: int) -> str:
    """« jeu. 9 h 40 », with the day of the month where the weekday alone may be another's."""
    wave = event.wave(wave_id)
    assert wave is not None
    day = format_short_day(wave.starts_at, event.timezone, current_locale())
    return f"{day}, {hour(wave.starts_at, event.timezone)}"

"""What live pages show of an event: read once for each of its versions, and shown by the minute.

A screen that looks again costs one statement, which tells the event's version; what hangs on it is kept for some seconds, so that
also what no version tells (a school's corrected name) shows soon. No person's name is ever read for these pages.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext

from app.checkin.queries import Occupancy, get_occupancy
from app.core.i18n import format_day
from app.events.marks import EventMark
from app.events.queries import EventRow, WaveRow, get_event_by_id
from app.events.route import begin_of
from app.flows.live import Late, Phase, arrivals_of, lates_of, next_begins_at
from app.flows.papers import visit_count, visit_hours, visit_words
from app.flows.queries.visits import list_visits
from app.flows.visits import Visit, Visits
from app.web.filters import hour
from app.web.i18n import current_locale
from app.web.ttl_cache import TtlCache

KEPT_SECONDS = 10.0
COUNTED_SECONDS = 5.0
EVENTS_KEPT = 50
REFRESH_SECONDS = 20
LEAST_REFRESH = 5


@dataclass(frozen=True)
class LiveEvent:
    """An event with everybody who is led through it."""

    event: EventRow
    visits: Visits


@dataclass(frozen=True)
class VisitView:
    """One team at one space in words. `until` is empty where it is not planned; `hour` reads « vers 9 h 40 » then."""

    who: str
    origin: str
    count: str
    hours: str
    hour: str
    until: str
    stand: str
    soon: str


def live_event(mark: EventMark) -> LiveEvent:
    """What was read of the event at this mark, some seconds ago at most."""
    key = f"{mark.id}:{mark.revision}:{mark.version}:{mark.updated_at.isoformat()}"
    return _events().get(key, lambda: _read(mark.id))


def people_present(event: EventRow, now: datetime) -> dict[int, int]:
    """People whom the doors of the spaces have counted in today, some seconds ago at most; empty where nobody is scanned."""
    cache: TtlCache[Occupancy] = _cache("parcours.live_present", COUNTED_SECONDS)
    day = now.astimezone(ZoneInfo(event.timezone)).date()
    found = cache.get(f"{event.id}:{event.revision}:{day}", lambda: get_occupancy(event, now=now))
    return {space.id: space.present for space in found.spaces if space.present}


def visit_view(event: EventRow, visit: Visit, now: datetime) -> VisitView:
    locale = current_locale()
    begins = hour(visit.starts_at, event.timezone)
    return VisitView(
        who=visit_words(event, visit, locale),
        origin=visit.guest.origin,
        count=visit_count(event, visit, locale),
        hours=visit_hours(event, visit, locale),
        hour=begins if visit.exact else _("about %(hour)s", hour=begins),
        until=hour(visit.ends_at, event.timezone) if visit.exact else "",
        stand="" if visit.stand is None else _("stand %(number)s", number=visit.stand),
        soon=_soon(visit.starts_at, now),
    )


def _soon(starts_at: datetime, now: datetime) -> str:
    """« dans 8 min », within the hour."""
    minutes = -((now - starts_at).total_seconds() // 60)
    return ngettext("in %(num)d min", "in %(num)d min", int(minutes)) if 0 < minutes <= 60 else ""


def phase_words(event: EventRow, phase: Phase, now: datetime) -> tuple[str, str]:
    """What stands in place of who comes: a title and a sentence; both empty while the event is on."""
    begins = next_begins_at(event, now)
    when = (
        "" if begins is None else _("%(day)s at %(hour)s", day=_day(begins, event), hour=hour(begins, event.timezone))
    )
    words = {
        Phase.CANCELLED: (_("This event is called off"), event.cancel_reason or _("It will not take place.")),
        Phase.TO_COME: (_("Postponed: the new date is to come"), ""),
        Phase.BEFORE: (_("It has not begun yet"), _("It begins on %(when)s.", when=when) if when else ""),
        Phase.BREAK: (_("It is over for today"), _("It goes on on %(when)s.", when=when) if when else ""),
        Phase.OVER: (_("This event is over"), _("Thank you for your visit.")),
    }
    return words.get(phase, ("", ""))


def late_words(event: EventRow, now: datetime, *, space_id: int | None = None) -> list[str]:
    """« L’arrivée de 9 h 40 a 10 min de retard. »"""
    return [_late(event, late, alone=space_id is not None) for late in lates_of(event, now, space_id=space_id)]


def arrival_words(event: EventRow, now: datetime) -> tuple[str, str]:
    """(« 9 h 40 – 10 h 20 », « 10 h 20 »): the waves that arrive now, and the next one; empty where there is none."""
    arrivals = arrivals_of(event, now)
    return " · ".join(dict.fromkeys(_span(event, wave) for wave in arrivals.now)), (
        "" if arrivals.next is None else hour(begin_of(arrivals.next), event.timezone)
    )


def heard_at(event: EventRow, now: datetime) -> str:
    """« 14 h 10 min 05 s »: when the server said this."""
    seconds = now.astimezone(ZoneInfo(event.timezone)).second
    return str(_("%(hour)s and %(seconds)s s", hour=hour(now, event.timezone), seconds=f"{seconds:02d}"))


def refresh_in(now: datetime) -> int:
    """Seconds until a page looks again: twenty, or as soon as the minute is over, so that its clock is right."""
    return max(LEAST_REFRESH, min(REFRESH_SECONDS, 61 - now.second))


def _span(event: EventRow, wave: WaveRow) -> str:
    late = begin_of(wave) - wave.starts_at
    return f"{hour(begin_of(wave), event.timezone)} – {hour(wave.ends_at + late, event.timezone)}"


def _late(event: EventRow, late: Late, *, alone: bool) -> str:
    if late.wave is not None:
        begins = hour(late.wave.starts_at, event.timezone)
        return str(_("The arrival at %(hour)s is %(minutes)s min late.", hour=begins, minutes=late.minutes))
    assert late.space is not None
    if alone:
        return str(_("This space is %(minutes)s min late.", minutes=late.minutes))
    return str(_("%(space)s: %(minutes)s min late.", space=late.space.name, minutes=late.minutes))


def _day(moment: datetime, event: EventRow) -> str:
    return format_day(moment, event.timezone, current_locale())


def _read(event_id: int) -> LiveEvent:
    event = get_event_by_id(event_id)
    return LiveEvent(event, list_visits(event))


def _events() -> TtlCache[LiveEvent]:
    return _cache("parcours.live_events", KEPT_SECONDS)


def _cache(name: str, seconds: float) -> TtlCache:  # type: ignore[type-arg]
    cache: TtlCache = current_app.extensions.setdefault(name, TtlCache(seconds, EVENTS_KEPT))  # type: ignore[type-arg]
    return cache

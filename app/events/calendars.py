"""An event as an entry of people's calendars."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.core.i18n import Locale, translate
from app.core.tokens import digest
from app.core.urls import absolute, event_path
from app.events.enums import EventState
from app.events.queries import EventRow, WaveRow
from app.messages.calendar import CalendarEntry, Status


@dataclass(frozen=True)
class CalendarFile:
    """An .ics file. `etag` changes with its content (RFC 9110, 8.8.3), without quotes."""

    content: bytes
    etag: str

    @classmethod
    def of(cls, content: bytes) -> "CalendarFile":
        return cls(content, digest(content.decode())[:32])


def location_of(event: EventRow, locale: Locale, wave: WaveRow | None = None) -> str:
    """Where to go: the wave's own place, else the venue; with how to get in."""
    if wave is not None and wave.place:
        return ", ".join(p for p in (wave.host, wave.place) if p)
    parts = (event.venue_name, event.venue_address, event.venue_commune, event.entrance(locale))
    return ", ".join(p for p in parts if p)


def visit_end(event: EventRow, wave: WaveRow) -> datetime:
    """When a visit that begins with this wave is over: after the whole route, or with the wave where there is none."""
    minutes = sum(stop.minutes for stop in event.stops)
    return wave.starts_at + timedelta(minutes=minutes) if minutes else wave.ends_at


@dataclass(frozen=True)
class Opening:
    """One day of an event, in local time of its zone, and the name of that day's entry in calendars (RFC 5545, 3.8.4.7).

    The name stays with the day's oldest wave: it holds when dates move, when a wave is added and when another day goes.
    """

    uid: str
    day: date
    starts_at: datetime
    ends_at: datetime
    waves: tuple[WaveRow, ...] = ()


def openings(event: EventRow) -> tuple[Opening, ...]:
    """The days on which an event is open, in order: from a day's first wave to the end of its last visit.

    An event of one day, or of one night, is open from its beginning to its end.
    """
    zone = ZoneInfo(event.timezone)
    first, last = event.starts_at.astimezone(zone), event.ends_at.astimezone(zone)
    days: dict[date, list[WaveRow]] = {}
    for wave in event.waves:
        days.setdefault(wave.starts_at.astimezone(zone).date(), []).append(wave)
    one_night = len(days) < 2 and last - first < timedelta(days=1)
    if first.date() == last.date() or one_night or not days:
        return (Opening(event.calendar_uid, first.date(), event.starts_at, event.ends_at, event.waves),)
    oldest = min(wave.id for wave in event.waves)
    return tuple(_opening(event, day, waves, oldest) for day, waves in sorted(days.items()))


def _opening(event: EventRow, day: date, waves: Sequence[WaveRow], oldest: int) -> Opening:
    anchor = min(wave.id for wave in waves)
    name, _at, host = event.calendar_uid.partition("@")
    # The day of the event's oldest wave keeps the event's own name: an event that gets a second day keeps its first entry.
    uid = event.calendar_uid if anchor == oldest else f"{name}-{anchor}@{host}"
    starts, ends = min(w.starts_at for w in waves), max(max(w.ends_at, visit_end(event, w)) for w in waves)
    return Opening(uid, day, starts, ends, tuple(waves))


def event_entries(event: EventRow, locale: Locale, *, sequence: int, changed_at: datetime) -> tuple[CalendarEntry, ...]:
    """An event for public calendars, one entry for each day. Nobody's join link stands in it: that is for those who register."""
    status: Status = "CANCELLED" if event.state is EventState.CANCELLED else "CONFIRMED"
    text = event.summary(locale)
    if event.cancel_reason and status == "CANCELLED":
        text = translate(locale, "Cancelled: %(reason)s", reason=event.cancel_reason)
    days = openings(event)
    whole = CalendarEntry(
        uid=event.calendar_uid,
        sequence=sequence,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        timezone=event.timezone,
        summary=event.title(locale),
        description="\n\n".join(p for p in (text, event.description(locale)) if p) or None,
        location=None,
        url=absolute(event_path(event.slug)),
        status=status,
        stamp=event.updated_at,
        last_modified=max(event.updated_at, changed_at),
    )
    return tuple(
        replace(
            whole, uid=day.uid, starts_at=day.starts_at, ends_at=day.ends_at, location=_location(event, day, locale) or None
        )
        for day in days
    )  # fmt: skip


def _location(event: EventRow, day: Opening, locale: Locale) -> str:
    """Where a day is: in the place that all its waves share, else at the venue."""
    places = {(wave.host, wave.place) for wave in day.waves}
    return location_of(event, locale, day.waves[0] if len(places) == 1 else None)

"""An event as an entry of people's calendars."""

from dataclasses import dataclass
from datetime import datetime, timedelta

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
    changed_at: datetime

    @classmethod
    def of(cls, content: bytes, changed_at: datetime) -> "CalendarFile":
        return cls(content, digest(content.decode())[:32], changed_at)


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


def event_entry(event: EventRow, locale: Locale, *, sequence: int, changed_at: datetime) -> CalendarEntry:
    """The whole event, for public calendars. Nobody's join link stands in it: that is for those who register."""
    status: Status = "CANCELLED" if event.state is EventState.CANCELLED else "CONFIRMED"
    text = event.summary(locale)
    if event.cancel_reason and status == "CANCELLED":
        text = translate(locale, "Cancelled: %(reason)s", reason=event.cancel_reason)
    return CalendarEntry(
        uid=event.calendar_uid,
        sequence=sequence,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        timezone=event.timezone,
        summary=event.title(locale),
        description="\n\n".join(p for p in (text, event.description(locale)) if p) or None,
        location=location_of(event, locale) or None,
        url=absolute(event_path(event.slug)),
        status=status,
        stamp=event.updated_at,
        last_modified=max(event.updated_at, changed_at),
    )

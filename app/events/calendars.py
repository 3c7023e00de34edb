"""An event as an entry of people's calendars."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.core.i18n import Locale, translate
from app.core.tokens import digest
from app.core.urls import absolute, event_path
from app.events.enums import EventState
from app.events.queries import EventRow, WaveRow
from app.events.route import begin_of, longest_minutes, route_minutes, stops_of
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


def visit_end(event: EventRow, wave: WaveRow, audience: str | None = None) -> datetime:
    """When a visit that begins with this wave is over: after the whole route, or with the wave where there is none.

    The route is that of an audience, else the longest one. For one registration: `itinerary.visit_ends_at`.
    """
    minutes = longest_minutes(event) if audience is None else route_minutes(event, stops_of(event, audience))
    return begin_of(wave) + timedelta(minutes=minutes) if minutes else wave.ends_at


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


def gone_days(event: EventRow, before: Iterable[Mapping[int, tuple[datetime, datetime]]]) -> tuple[Opening, ...]:
    """Days that the event had before it was postponed and has no more, for two of them were put together.

    `before` are the hours of its waves, by their ids, that held one time after the other (`list_hours_before`).
    """
    name, _at, host = event.calendar_uid.partition("@")
    zone, kept = ZoneInfo(event.timezone), {day.uid for day in openings(event)}
    found: dict[str, Opening] = {}
    for hours in before:
        days: dict[date, list[int]] = {}
        for wave_id, (starts, _ends) in hours.items():
            days.setdefault(starts.astimezone(zone).date(), []).append(wave_id)
        for day, ids in days.items():
            uid = f"{name}-{min(ids)}@{host}"
            if min(ids) != min(hours) and uid not in kept:
                starts_at, ends_at = min(hours[i][0] for i in ids), max(hours[i][1] for i in ids)
                found[uid] = Opening(uid, day, starts_at, ends_at, tuple(w for w in event.waves if w.id in ids))
    return tuple(found.values())


def event_entries(
    event: EventRow,
    locale: Locale,
    *,
    sequence: int,
    changed_at: datetime,
    before: Iterable[Mapping[int, tuple[datetime, datetime]]] = (),
) -> tuple[CalendarEntry, ...]:
    """An event for public calendars, one entry for each day. Nobody's join link stands in it: that is for those who register.

    Days that are no more (`gone_days`) are said to be cancelled, that calendars drop them (RFC 5546, 3.2.5).
    """
    off = (
        event.state is EventState.CANCELLED or event.date_to_come
    )  # put off without a date: nothing to go to (RFC 5546)
    status: Status = "CANCELLED" if off else "CONFIRMED"
    text = event.summary(locale)
    if event.date_to_come and event.state is not EventState.CANCELLED:
        text = translate(locale, "Postponed: the new date is to come.")
    elif event.cancel_reason and off:
        text = translate(locale, "Cancelled: %(reason)s", reason=event.cancel_reason)
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
    gone = gone_days(event, before)
    return tuple(
        replace(
            whole, uid=day.uid, starts_at=day.starts_at, ends_at=day.ends_at, location=_location(event, day, locale) or None,
            status="CANCELLED" if day in gone else status,
        )
        for day in (*openings(event), *gone)
    )  # fmt: skip


def _location(event: EventRow, day: Opening, locale: Locale) -> str:
    """Where a day is: in the place that all its waves share, else at the venue."""
    places = {(wave.host, wave.place) for wave in day.waves}
    return location_of(event, locale, day.waves[0] if len(places) == 1 else None)

"""Calendars in iCalendar form (RFC 5545), for files, feeds and mails.

An entry is rendered alone, so that what has not changed can be kept and joined again. Time zones are written as yearly
rules worked out from the zone database: lists of dates (RDATE), which some libraries write, are misread by others, an
hour late all summer.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vDuration, vText

Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]
Method = Literal["PUBLISH", "REQUEST", "CANCEL"]
Rule = dict[str, str | int | list[int]]

PRODUCT = "-//Parcours//Parcours//FR"
REFRESH = timedelta(hours=1)
"""How often a feed asks to be read again (REFRESH-INTERVAL, RFC 7986 section 5.7)."""

# The calendar repeats every 28 years between 1901 and 2099: each rule shows all its days in as many years.
_CYCLE_YEARS = 28
# A zone without yearly rules gets its changes one by one, this many years ahead; one with rules may take new ones.
_LISTED_YEARS = 20
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_LONGEST_LINE = 75
_LOCAL, _IN_UTC = "%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One VEVENT.

    `uid` stays the same for the life of what is planned, `sequence` grows with each change that matters (RFC 5546
    section 2.1.4). Datetimes are aware; `starts_at` and `ends_at` are written in `timezone`, an IANA name. `stamp` is
    when this version was made. What is None or empty is left out; the organiser needs a mail address to be written.
    """

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    timezone: str
    summary: str
    description: str | None
    location: str | None
    url: str | None
    status: Status
    stamp: datetime
    last_modified: datetime
    organiser_name: str | None = None
    organiser_email: str | None = None
    categories: tuple[str, ...] = ()


def render_entry(entry: CalendarEntry) -> bytes:
    """Return the lines of one VEVENT: CRLF, folded at 75 octets, UTF-8. It is to be kept until the entry changes.

    Written here rather than by the library, which takes ten times as long: a feed may hold a thousand of them.
    Raises ValueError for a naive datetime, ZoneInfoNotFoundError (a KeyError) for an unknown time zone.
    """
    zone = ZoneInfo(entry.timezone)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{_escaped(_one_line(entry.uid))}",
        f"SEQUENCE:{entry.sequence}",
        f"DTSTAMP:{_utc(entry.stamp):{_IN_UTC}}",
        f"LAST-MODIFIED:{_utc(entry.last_modified):{_IN_UTC}}",
        _time("DTSTART", entry.starts_at, zone),
        _time("DTEND", entry.ends_at, zone),
        f"STATUS:{entry.status}",
        f"SUMMARY:{_escaped(_text(entry.summary))}",
    ]
    for name, value in (("DESCRIPTION", entry.description), ("LOCATION", entry.location)):
        if value:
            lines.append(f"{name}:{_escaped(_text(value))}")
    if entry.url:
        lines.append(f"URL:{_one_line(entry.url)}")
    if entry.categories:
        lines.append("CATEGORIES:" + ",".join(_escaped(_text(category)) for category in entry.categories))
    organiser = _organiser(entry.organiser_email, entry.organiser_name) if entry.organiser_email else b""
    return b"".join([*map(_folded, lines), organiser, b"END:VEVENT\r\n"])


def render_calendar(
    entries_bytes: Iterable[bytes],
    *,
    name: str,
    timezones: Iterable[str],
    method: Method | None = "PUBLISH",
    first_year: int,
) -> bytes:
    """Join rendered entries under one head, with the VTIMEZONE of each named zone.

    `method` None makes a plain file; PUBLISH a feed, which also says how often to read it again (RFC 7986); REQUEST and
    CANCEL a message about a meeting (RFC 5546), which bears no calendar name. `timezones` are those of the entries;
    `first_year` is the year of the earliest one: zones are right from its first day on. Raises ZoneInfoNotFoundError
    (a KeyError) for an unknown zone.
    """
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", PRODUCT)
    calendar.add("CALSCALE", "GREGORIAN")
    if method is not None:
        calendar.add("METHOD", method)
    if method in (None, "PUBLISH"):
        # Said to be TEXT, else neither would be escaped.
        calendar.add("NAME", vText(_text(name)))
        calendar.add("X-WR-CALNAME", vText(_text(name)))
    if method == "PUBLISH":
        calendar.add("REFRESH-INTERVAL", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
        calendar.add("X-PUBLISHED-TTL", vDuration(REFRESH))
    end = b"END:VCALENDAR\r\n"
    zones = (render_timezone(zone, first_year=first_year) for zone in sorted(set(timezones)))
    return b"".join([calendar.to_ical().removesuffix(end), *zones, *entries_bytes, end])


@lru_cache(maxsize=256)
def render_timezone(name: str, *, first_year: int) -> bytes:
    """Return the VTIMEZONE (RFC 5545 section 3.6.5), right from 1 January of `first_year` on; nothing for UTC.

    A zone whose changes follow no yearly rule, as in Morocco, is right for 20 years. DAYLIGHT is what puts clocks
    forward: in Dublin that is summer, though the law there calls summer time the standard one. Raises
    ZoneInfoNotFoundError (a KeyError).
    """
    zone = ZoneInfo(name)
    start = datetime(first_year - 1, 1, 1, tzinfo=UTC)
    if start.astimezone(zone).tzname() == "UTC":
        return b""
    years = range(first_year - 1, first_year + _LISTED_YEARS + _CYCLE_YEARS)
    changes = _changes(zone, years)
    listed, rules = _regime(changes, years)
    component = Timezone()
    component.add("TZID", name)
    if listed or not rules:
        component.add_component(_anchor(zone, first_year if listed else 1971))
    for change in listed:
        component.add_component(_observance(change, None))
    for change, rule in rules:
        component.add_component(_observance(change, rule))
    rendered: bytes = component.to_ical()
    return rendered


@dataclass(frozen=True, slots=True)
class _Change:
    """Clocks move or time takes another name: when, as shown just before (naive), and the offsets on both sides."""

    local: datetime
    before: timedelta
    after: timedelta
    name: str


def _changes(zone: ZoneInfo, years: range) -> list[_Change]:
    """List the changes of offset or name in these years, a week apart at least, in order."""
    changes: list[_Change] = []
    step = timedelta(days=7)
    known, last = datetime(years.start, 1, 1, tzinfo=UTC), datetime(years.stop, 1, 1, tzinfo=UTC)
    while known < last:
        later = min(known + step, last)
        (before, old_name), (after, name) = _observed(zone, known), _observed(zone, later)
        if (before, old_name) != (after, name):
            local = (_instant_of_change(zone, known, later) + before).replace(tzinfo=None)
            changes.append(_Change(local, before, after, name))
        known = later
    return changes


def _instant_of_change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Return the first second that no longer has the offset and name of `low`, as `high` has not."""
    before = _observed(zone, low)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if _observed(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _regime(changes: Sequence[_Change], years: range) -> tuple[Sequence[_Change], list[tuple[_Change, Rule]]]:
    """Part the changes into those listed one by one, and the first of each yearly rule which holds from then on."""
    for year in years[: _LISTED_YEARS + 1]:
        settled = [change for change in changes if change.local.year >= year]
        rules = _yearly_rules(settled, range(year, years.stop))
        if rules is not None:
            return [change for change in changes if change.local.year < year], rules
    listed_until = years.start + _LISTED_YEARS + 1
    return [change for change in changes if change.local.year <= listed_until], []


def _yearly_rules(changes: Sequence[_Change], years: range) -> list[tuple[_Change, Rule]] | None:
    """Return the first change and the rule of each kind of change; None unless each comes once every year by a rule."""
    kinds: dict[tuple[object, ...], list[_Change]] = {}
    for change in changes:
        kind = (change.local.month, change.local.time(), change.before, change.after, change.name)
        kinds.setdefault(kind, []).append(change)
    found: list[tuple[_Change, Rule]] = []
    for same in kinds.values():
        rule = _yearly_rule([change.local for change in same])
        if rule is None or [change.local.year for change in same] != list(years):
            return None
        found.append((same[0], rule))
    return found


def _yearly_rule(moments: Sequence[datetime]) -> Rule | None:
    """Return the RRULE of moments in one month of successive years, None if it would not be that simple.

    It is a weekday of rank n, the last one, the one on or after a day, or a fixed day.
    """
    days, weekdays, month = {it.day for it in moments}, {it.weekday() for it in moments}, moments[0].month
    rule: Rule = {"FREQ": "YEARLY", "BYMONTH": month}
    first, last = min(days), max(days)
    if len(days) == 1:
        return {**rule, "BYMONTHDAY": first}
    if len(weekdays) != 1 or last - first != 6:
        return None
    weekday = _WEEKDAYS[weekdays.pop()]
    if last == monthrange(2001, month)[1]:
        return {**rule, "BYDAY": f"-1{weekday}"}
    if first % 7 == 1:
        return {**rule, "BYDAY": f"{first // 7 + 1}{weekday}"}
    return {**rule, "BYDAY": weekday, "BYMONTHDAY": list(range(first, last + 1))}


def _observance(change: _Change, rule: Rule | None) -> TimezoneStandard | TimezoneDaylight:
    observance = TimezoneDaylight() if change.after > change.before else TimezoneStandard()
    observance.add("DTSTART", change.local)
    observance.add("TZOFFSETFROM", change.before)
    observance.add("TZOFFSETTO", change.after)
    observance.add("TZNAME", change.name)
    if rule is not None:
        observance.add("RRULE", rule)
    return observance


def _anchor(zone: ZoneInfo, first_year: int) -> TimezoneStandard | TimezoneDaylight:
    """Say what holds before the first change listed, or for ever where clocks never move."""
    start = datetime(first_year - 1, 1, 1, tzinfo=zone)
    offset, name = _observed(zone, start)
    return _observance(_Change(start.replace(tzinfo=None), offset, offset, name), None)


def _observed(zone: ZoneInfo, moment: datetime) -> tuple[timedelta, str]:
    """Return the offset from UTC and the name of the time observed at an aware moment."""
    local = moment.astimezone(zone)
    offset, name = local.utcoffset(), local.tzname()
    assert offset is not None  # a ZoneInfo always knows both
    assert name is not None
    return offset, name


def _time(name: str, moment: datetime, zone: ZoneInfo) -> str:
    """The line of a moment on the zone's clocks; in UTC where that is the zone, or when clocks show that hour again.

    A local time means the first of the two (RFC 5545 section 3.3.5).
    """
    instant = _utc(moment)
    local = instant.astimezone(zone)
    if local.fold or local.tzname() == "UTC":
        return f"{name}:{instant:{_IN_UTC}}"
    return f"{name};TZID={zone.key}:{local:{_LOCAL}}"


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError(f"A calendar needs aware datetimes: {moment.isoformat()}")
    return moment.astimezone(UTC)


def _organiser(email: str, name: str | None) -> bytes:
    """The line of an organiser: the library knows how to quote a name in a parameter."""
    address = vCalAddress(f"mailto:{_one_line(email)}")
    if name:
        address.params["CN"] = _one_line(name)
    event = Event()
    event.add("ORGANIZER", address)
    rendered: bytes = event.to_ical()
    return rendered.removeprefix(b"BEGIN:VEVENT\r\n").removesuffix(b"END:VEVENT\r\n")


def _folded(line: str) -> bytes:
    """The line with its end, cut where it is longer than 75 octets (RFC 5545 section 3.1), never within a character."""
    octets = line.encode()
    if len(octets) <= _LONGEST_LINE:
        return octets + b"\r\n"
    pieces, start, room = [], 0, _LONGEST_LINE
    while start < len(octets):
        end = min(start + room, len(octets))
        while end < len(octets) and octets[end] & 0xC0 == 0x80:  # in the middle of a character
            end -= 1
        pieces.append(octets[start:end])
        start, room = end, _LONGEST_LINE - 1  # what goes on begins with a space
    return b"\r\n ".join(pieces) + b"\r\n"


def _escaped(text: str) -> str:
    """A TEXT value (RFC 5545 section 3.3.11)."""
    return text.translate(_ESCAPES)


def _text(value: str) -> str:
    """Keep every character that RFC 5545 allows in a TEXT value, with line ends as LF."""
    return _CONTROL.sub("", _LINE_END.sub("\n", value.encode("utf-8", "replace").decode("utf-8")))


def _one_line(value: str) -> str:
    return " ".join(_text(value).split())

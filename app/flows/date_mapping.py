"""New dates for an event, worked out from what an organiser says of them. Pure.

Hours are those on the wall of the event's place: what began at 9:40 begins at 9:40 on the new day too, also when the clocks
change between the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.core.errors import FieldError
from app.events.queries import EventRow, WaveRow

FARTHEST_DAYS = 3650
"""No event moves further: a finger slipped."""
_LEAST = timedelta(minutes=1)

Hours = tuple[datetime, datetime]


@dataclass(frozen=True)
class Shift:
    """Everything by so many days, at the same hours. Below zero: earlier."""

    days: int


@dataclass(frozen=True)
class ByWave:
    """Each wave's new beginning and end, by its id: in local time of the event's zone (naive), or as moments."""

    waves: Mapping[int, Hours]


@dataclass(frozen=True)
class DateToCome:
    """It is put off, and nobody knows until when."""


DATE_TO_COME = DateToCome()
NewDates = Shift | ByWave | DateToCome


@dataclass(frozen=True)
class NewHours:
    """Where everything goes, in UTC. `days`: each local day that had waves, and the one of its first wave now.

    `days_shift` is how many days the event's first day moves: where a day without waves goes.
    """

    starts_at: datetime
    ends_at: datetime
    opens_at: datetime | None
    closes_at: datetime | None
    waves: Mapping[int, Hours]
    days: Mapping[date, date] = field(default_factory=dict)
    days_shift: int = 0

    def day(self, old: date) -> date:
        """Where a day of the event goes."""
        return self.days.get(old) or old + timedelta(days=self.days_shift)


def map_dates(event: EventRow, dates: Shift | ByWave, now: datetime) -> NewHours:
    """The new hours of an event and all its waves.

    Its own beginning and end keep their distance from its first and last wave. Registration closes as long before as it did; it
    opens so too, unless it opened already.

    Raises FieldError (`shift_days`, `waves`, `waves/<id>/starts_at` …) for what is no new date, or is over already.
    """
    zone = ZoneInfo(event.timezone)
    waves = _shifted(event, dates, zone) if isinstance(dates, Shift) else _chosen(event, dates, zone)
    first, last = _bounds(event, dates, waves, zone)
    path = "shift_days" if isinstance(dates, Shift) else "waves"
    if max([last, *(ends for _starts, ends in waves.values())]) <= now:
        raise FieldError({path: "dates_past"})
    hours = _window(event, NewHours(first, last, None, None, waves), dates, now, zone)
    same = (hours.starts_at, hours.ends_at) == (event.starts_at, event.ends_at)
    if same and not event.date_to_come and all(waves[w.id] == (w.starts_at, w.ends_at) for w in event.waves):
        raise FieldError({path: "same_dates"})
    return hours


def deltas(event: EventRow, hours: NewHours) -> dict[int, timedelta]:
    """By how much each wave moves, in real time."""
    return {wave.id: hours.waves[wave.id][0] - wave.starts_at for wave in event.waves}


def moved_waves(event: EventRow, hours: NewHours | None) -> frozenset[int]:
    """The waves that lie elsewhere than people know: all of them when the date is to come, or was."""
    if hours is None or event.date_to_come:
        return frozenset(wave.id for wave in event.waves)
    return frozenset(wave.id for wave in event.waves if hours.waves[wave.id] != (wave.starts_at, wave.ends_at))


def asked_waves(event: EventRow, hours: NewHours | None, now: datetime) -> frozenset[int]:
    """Those of them whose people are asked whether they still come: what is over then asks nobody."""
    moved = moved_waves(event, hours)
    return moved if hours is None else frozenset(wave_id for wave_id in moved if hours.waves[wave_id][1] > now)


def to_local(moment: datetime, zone: ZoneInfo) -> datetime:
    """The hour on the wall, naive."""
    return moment.astimezone(zone).replace(tzinfo=None)


def to_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """The moment of an hour on the wall. One that the clocks leave out is as long after midnight as they would have shown.

    What is a moment already stays it: the second 2:30 of an October night too.
    """
    return (local if local.tzinfo is not None else local.replace(tzinfo=zone)).astimezone(UTC)


def _move(moment: datetime, by: timedelta, zone: ZoneInfo) -> datetime:
    return to_utc(to_local(moment, zone) + by, zone)


def _pair(starts_at: datetime, ends_at: datetime, by: timedelta, zone: ZoneInfo) -> Hours:
    """Both at their hours on the wall; in a night in which the clocks change, at least as long as before."""
    starts, ends = _move(starts_at, by, zone), _move(ends_at, by, zone)
    return starts, ends if ends > starts else starts + (ends_at - starts_at)


def _shifted(event: EventRow, shift: Shift, zone: ZoneInfo) -> dict[int, Hours]:
    if not -FARTHEST_DAYS <= shift.days <= FARTHEST_DAYS:
        raise FieldError({"shift_days": "out_of_range"})
    if shift.days == 0 and not event.date_to_come:
        raise FieldError({"shift_days": "same_dates"})
    by = timedelta(days=shift.days)
    return {wave.id: _pair(wave.starts_at, wave.ends_at, by, zone) for wave in event.waves}


def _chosen(event: EventRow, dates: ByWave, zone: ZoneInfo) -> dict[int, Hours]:
    known = {wave.id: wave for wave in event.waves}
    problems = {f"waves/{i}/id": "unknown_wave" for i in dates.waves if i not in known}
    problems |= {f"waves/{i}/starts_at": "required" for i in known if i not in dates.waves}
    if not known:
        problems["waves"] = "required"
    found: dict[int, Hours] = {}
    for wave_id, wave in known.items():
        if wave_id not in dates.waves:
            continue
        starts, ends = (to_utc(local, zone) for local in dates.waves[wave_id])
        if ends <= starts:
            problems[f"waves/{wave_id}/ends_at"] = "ends_before_start"
        elif abs((starts - wave.starts_at).days) > FARTHEST_DAYS or ends - starts > timedelta(days=31):
            problems[f"waves/{wave_id}/starts_at"] = "out_of_range"
        found[wave_id] = starts, ends
    if problems:
        raise FieldError(problems)
    return found


def _first(waves: tuple[WaveRow, ...]) -> WaveRow:
    return min(waves, key=lambda wave: (wave.starts_at, wave.id))


def _lead(event: EventRow, dates: Shift | ByWave, waves: Mapping[int, Hours], zone: ZoneInfo) -> timedelta:
    """How far the event's beginning moves, on the wall."""
    if isinstance(dates, Shift) or not event.waves:
        return timedelta(days=dates.days if isinstance(dates, Shift) else 0)
    new = min(starts for starts, _ends in waves.values())
    return to_local(new, zone) - to_local(_first(event.waves).starts_at, zone)


def _bounds(event: EventRow, dates: Shift | ByWave, waves: Mapping[int, Hours], zone: ZoneInfo) -> Hours:
    """The event's own hours: as they lay about its waves, and never so that a wave begins outside them."""
    if isinstance(dates, Shift):
        return _pair(event.starts_at, event.ends_at, timedelta(days=dates.days), zone)
    first = _move(event.starts_at, _lead(event, dates, waves, zone), zone)
    old_end = max(wave.ends_at for wave in event.waves)
    tail = to_local(max(ends for _starts, ends in waves.values()), zone) - to_local(old_end, zone)
    last = _move(event.ends_at, tail, zone)
    starts = [starts for starts, _ends in waves.values()]
    first = min([first, *starts])
    return first, max([last, first + _LEAST, *starts])


def _window(
    event: EventRow, hours: NewHours, dates: Shift | ByWave, now: datetime, zone: ZoneInfo
) -> NewHours:  # fmt: skip
    lead = _lead(event, dates, hours.waves, zone)
    opens, closes = event.registration_opens_at, event.registration_closes_at
    if opens is not None and opens > now:
        opens = _move(opens, lead, zone)
    if closes is not None:
        closes = _move(closes, lead, zone)
    if opens is not None and closes is not None and closes <= opens:
        opens = None
    days: dict[date, date] = {}
    for wave in sorted(event.waves, key=lambda row: (row.starts_at, row.id)):
        days.setdefault(to_local(wave.starts_at, zone).date(), to_local(hours.waves[wave.id][0], zone).date())
    moved = to_local(hours.starts_at, zone).date() - to_local(event.starts_at, zone).date()
    return NewHours(hours.starts_at, hours.ends_at, opens, closes, hours.waves, days, moved.days)

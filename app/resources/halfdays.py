"""Half-days and periods: the time in which things are lent. Pure; the time zone is always given (docs/boxes.md)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.resources.enums import Half

NOON = time(13)
"""Where the morning ends and the afternoon begins, on the clocks of the zone."""
_HALVES = (Half.AM, Half.PM)
FIRST_INSTANT, LAST_INSTANT = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, order=True)
class HalfDay:
    """One half of a day. They follow each other without a gap, whatever clocks do: earlier ones are smaller."""

    date: date
    half: Half

    @property
    def number(self) -> int:
        """Consecutive numbers for consecutive half-days."""
        return self.date.toordinal() * 2 + _HALVES.index(self.half)

    @classmethod
    def of_number(cls, number: int) -> "HalfDay":
        """The one of that `number`. Raises ValueError or OverflowError outside the calendar of Python."""
        return cls(date.fromordinal(number // 2), _HALVES[number % 2])

    def plus(self, halves: int) -> "HalfDay":
        """As many half-days later; earlier for a negative number."""
        return HalfDay.of_number(self.number + halves)

    def starts_at(self, zone: ZoneInfo) -> datetime:
        """The instant at which it begins, in UTC."""
        return _instant(self.date, time(0) if self.half is Half.AM else NOON, zone)

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """The instant at which the next one begins, in UTC."""
        if self.half is Half.AM:
            return _instant(self.date, NOON, zone)
        if self.date == date.max:
            return LAST_INSTANT
        return _instant(self.date + timedelta(days=1), time(0), zone)


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """In UTC; at either end of Python's calendar the first or last instant there is."""
    try:
        return datetime.combine(day, at, zone).astimezone(UTC)
    except OverflowError:
        return FIRST_INSTANT if day == date.min else LAST_INSTANT


def half_day_at(instant: datetime, zone: ZoneInfo) -> HalfDay:
    """The half-day of the zone in which an instant lies."""
    local = instant.astimezone(zone)
    return HalfDay(local.date(), Half.AM if local.time() < NOON else Half.PM)


@dataclass(frozen=True)
class Period:
    """From one half-day to another, both included. Raises ValueError when the last is before the first."""

    first: HalfDay
    last: HalfDay

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a period ends before it begins")

    def __iter__(self) -> Iterator[HalfDay]:
        return map(HalfDay.of_number, range(self.first.number, self.last.number + 1))

    def __len__(self) -> int:
        return self.last.number - self.first.number + 1

    def __contains__(self, half_day: HalfDay) -> bool:
        return self.first <= half_day <= self.last

    def overlaps(self, other: "Period") -> bool:
        """Whether they share a half-day."""
        return self.first <= other.last and other.first <= self.last

    def starts_at(self, zone: ZoneInfo) -> datetime:
        return self.first.starts_at(zone)

    def ends_at(self, zone: ZoneInfo) -> datetime:
        return self.last.ends_at(zone)


def whole_days(first_day: date, last_day: date) -> Period:
    """From the morning of one day to the evening of another."""
    return Period(HalfDay(first_day, Half.AM), HalfDay(last_day, Half.PM))

"""Days to copy an event to: series by week and by month, and what is particular about a day. Pure."""

import enum
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

WEEK = 7
SUNDAY = 6


class Rhythm(enum.StrEnum):
    """How a series goes on. MONTH_WEEKDAY: the first Thursday of each month, or whichever its first day is."""

    WEEK = "week"
    FORTNIGHT = "fortnight"
    MONTH_WEEKDAY = "month_weekday"
    MONTH_DATE = "month_date"


class Holiday(enum.StrEnum):
    """Public holidays of France (Code du travail, article L3133-1)."""

    NEW_YEAR = "new_year"
    EASTER_MONDAY = "easter_monday"
    LABOUR_DAY = "labour_day"
    VICTORY_DAY = "victory_day"
    ASCENSION = "ascension"
    WHIT_MONDAY = "whit_monday"
    NATIONAL_DAY = "national_day"
    ASSUMPTION = "assumption"
    ALL_SAINTS = "all_saints"
    ARMISTICE = "armistice"
    CHRISTMAS = "christmas"


@dataclass(frozen=True)
class DayNote:
    """What to think of before an event is put on a day."""

    day: date
    sunday: bool
    holiday: Holiday | None

    @property
    def is_usual(self) -> bool:
        return not self.sunday and self.holiday is None


def note_of(day: date) -> DayNote:
    return DayNote(day, day.weekday() == SUNDAY, holidays(day.year).get(day))


def notes_of(first_day: date, offsets: Sequence[int]) -> list[DayNote]:
    """What is particular about the days of an event, so many days after its first one each."""
    return [note_of(first_day + timedelta(days=offset)) for offset in offsets]


def keeps_weekday(before: date, after: date) -> bool:
    """Whether both are the same day of the week; then so are the days that follow."""
    return before.weekday() == after.weekday()


def same_weekday_in(before: date, year: int) -> date:
    """The day of that year nearest to the same date, on the same day of the week: Thursday 4 February 2027 → 3 February 2028."""
    day = min(before.day, monthrange(year, before.month)[1])
    near = date(year, before.month, day)
    ahead = (before.weekday() - near.weekday()) % WEEK
    return near + timedelta(days=ahead if ahead <= WEEK // 2 else ahead - WEEK)


def series(first: date, rhythm: Rhythm, number: int) -> list[date]:
    """So many days from the first on. A month too short for the date has its last day; for a fifth Friday, its last one."""
    if rhythm in {Rhythm.WEEK, Rhythm.FORTNIGHT}:
        step = WEEK if rhythm is Rhythm.WEEK else 2 * WEEK
        return [first + timedelta(days=step * n) for n in range(number)]
    return [_month_later(first, n, rhythm) for n in range(number)]


def _month_later(first: date, months: int, rhythm: Rhythm) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    month += 1
    length = monthrange(year, month)[1]
    if rhythm is Rhythm.MONTH_DATE:
        return date(year, month, min(first.day, length))
    start = date(year, month, 1)
    day = 1 + (first.weekday() - start.weekday()) % WEEK + WEEK * ordinal_of(first)
    return date(year, month, day if day <= length else day - WEEK)


def ordinal_of(day: date) -> int:
    """Which of its weekday in the month: 0 for the first, 4 for the fifth."""
    return (day.day - 1) // WEEK


@cache
def holidays(year: int) -> dict[date, Holiday]:
    """The public holidays of a year. Those that follow Easter may fall on the same day as a fixed one: one name is enough."""
    easter = easter_sunday(year)
    moving = {
        easter + timedelta(days=1): Holiday.EASTER_MONDAY,
        easter + timedelta(days=39): Holiday.ASCENSION,
        easter + timedelta(days=50): Holiday.WHIT_MONDAY,
    }
    return moving | {
        date(year, 1, 1): Holiday.NEW_YEAR,
        date(year, 5, 1): Holiday.LABOUR_DAY,
        date(year, 5, 8): Holiday.VICTORY_DAY,
        date(year, 7, 14): Holiday.NATIONAL_DAY,
        date(year, 8, 15): Holiday.ASSUMPTION,
        date(year, 11, 1): Holiday.ALL_SAINTS,
        date(year, 11, 11): Holiday.ARMISTICE,
        date(year, 12, 25): Holiday.CHRISTMAS,
    }


def easter_sunday(year: int) -> date:
    """Easter in the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    century, of_century = divmod(year, 100)
    golden = year % 19
    leaps, rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leaps - correction + 15) % 30
    leap_years, since = divmod(of_century, 4)
    weekday = (32 + 2 * rest + 2 * leap_years - moon - since) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)

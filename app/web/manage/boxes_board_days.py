"""The days of the planning board: which are shown, how each is named, and where its arrows lead."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from flask_babel import gettext as _

from app.core.i18n import Locale, format_date_by
from app.loans.words import half_day_words
from app.reports.queries.box_board import BoardBox
from app.resources.calendars import Closed, OpenDays
from app.resources.enums import Half
from app.resources.halfdays import HalfDay
from app.web import box_days
from app.web.i18n import current_locale

BASE = "/manage/boxes"
BACK_LENGTH = 600
"""Of a board's address, so many characters are read back."""
WEEKS, LONG, MOST_DAYS = 14, 12, 92
MONTH = "month"
KEPT = ("from", "days", "scenario", "depot", "state", "trouble", "q", "free")
"""What the address of the board may hold, and what is kept of it on the way to a question and back."""


class Column(NamedTuple):
    """A day of the board: its two half-days stand side by side, each with its number and its name. `why` it is closed."""

    day: date
    weekday: str
    number: str
    closed: bool
    why: str
    today: bool
    week: bool
    halves: tuple[tuple[int, str], tuple[int, str]]


@dataclass(frozen=True)
class Span:
    """The days asked for, both included. `asked`: the number of days as the address says it, or a whole month."""

    first: date
    last: date
    asked: str

    @property
    def is_month(self) -> bool:
        return self.asked == MONTH

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def month_of(day: date) -> Span:
    """The whole month in which a day lies."""
    first = day.replace(day=1)
    return Span(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1), MONTH)


def span_of(args: Mapping[str, str], today: date) -> Span:
    """`from` and `days` of an address: from a Monday on, two weeks unless more are asked for, or the month around `from`."""
    try:
        day = date.fromisoformat(args.get("from", "")) if len(args.get("from", "")) == 10 else today
    except ValueError:
        day = today
    if not 2000 <= day.year <= 2100:
        day = today
    text = args.get("days", "")
    if text == MONTH:
        return month_of(day)
    days = min(max(int(text), 7), MOST_DAYS) if text.isascii() and text.isdecimal() and len(text) < 4 else WEEKS
    first = day - timedelta(days=day.weekday())
    return Span(first, first + timedelta(days=days - 1), str(days))


def columns_of(span: Span, calendar: OpenDays, today: date, board: Iterable[BoardBox]) -> list[Column]:
    """In a month all days; else those on which the organiser lends, and any other on which something is taken or brought back."""
    days = [span.first + timedelta(days=n) for n in range(span.days)]
    if not span.is_month and calendar.weekdays:
        busy = {end // 2 for found in board for use in found.uses for end in (use.from_half, use.to_half)}
        days = [day for day in days if day.weekday() in calendar.weekdays or day.toordinal() in busy]
    return [_column(day, calendar.why_closed(day), today) for day in days]


def _column(day: date, closed: Closed | None, today: date) -> Column:
    weekday, halves = _names(day, current_locale())
    return Column(
        day, weekday, str(day.day), closed is not None, closed_words(closed), day == today, day.weekday() == 0, halves
    )


@lru_cache(maxsize=2048)
def _names(day: date, locale: Locale) -> tuple[str, tuple[tuple[int, str], tuple[int, str]]]:
    """What a day and its halves are called: kept, for boards show the same days again and again."""
    am, pm = (HalfDay(day, half) for half in (Half.AM, Half.PM))
    halves = ((am.number, half_day_words(am, locale, year=False)), (pm.number, half_day_words(pm, locale, year=False)))
    return format_date_by(day, "EEE", locale), halves


def closed_words(closed: Closed | None) -> str:
    """Why a day is closed; empty on an open one."""
    return box_days.closed_words(closed, str(_("closed")))


def named_closures(columns: Iterable[Column]) -> list[str]:
    """« lun. 1 : Toussaint », « ven. 25 – jeu. 31 : Fermeture »: days that follow each other for the same reason are told once.

    Days without a reason of their own, as weekends, are not told.
    """
    found: list[tuple[str, list[Column]]] = []
    for column in columns:
        if not column.closed or column.why == _("closed"):
            continue
        if found and found[-1][0] == column.why and column.day - found[-1][1][-1].day == timedelta(days=1):
            found[-1][1].append(column)
        else:
            found.append((column.why, [column]))
    return [_("%(day)s: %(why)s", day=_from_to(days), why=why) for why, days in found]


def _from_to(days: Sequence[Column]) -> str:
    ends = days if len(days) == 1 else (days[0], days[-1])
    return " – ".join(f"{column.weekday} {column.number}" for column in ends)


def months_of(columns: Iterable[Column]) -> list[tuple[str, int]]:
    """The months of the days shown, each with its number of half-days; none where all lie in one."""
    months = groupby(columns, key=lambda column: column.day.replace(day=1))
    found = [(format_date_by(first, "LLLL yyyy", current_locale()), 2 * len(list(days))) for first, days in months]
    return found if len(found) > 1 else []


class Axis:
    """The half-days shown, in order, so that a period finds its place among them."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self.numbers = [number for column in columns for number, _name in column.halves]

    def place(self, first: int, last: int) -> tuple[int, int]:
        """Where half-days from one to another begin and end (not included) among those shown."""
        return bisect_left(self.numbers, first), bisect_right(self.numbers, last)


def kept_of(args: Mapping[str, str]) -> dict[str, str]:
    """What the address of the board holds, without what it does not know and without empty values."""
    return {name: args[name][:80] for name in KEPT if args.get(name)}


def board_url(kept: Mapping[str, str], **changes: str) -> str:
    """The board with these values; an empty one leaves its value out."""
    values = {name: value for name, value in {**kept, **changes}.items() if value}
    return f"{BASE}?{urlencode(values)}" if values else BASE


def back_url(back: str, **changes: str) -> str:
    """The board as somebody left it, `back` being the part of its address behind the question mark."""
    return board_url(kept_of(dict(parse_qsl(back[:BACK_LENGTH]))), **changes)


def paging(span: Span, kept: Mapping[str, str], pick: str) -> dict[str, str]:
    """Addresses: a week and a month earlier and later, today, and the same days as a month or as two weeks."""

    def to(day: date, **changes: str) -> str:
        inside = min(max(day, date(2000, 1, 3)), date(2100, 12, 1))
        return board_url({**kept, "pick": pick}, **{"from": inside.isoformat(), **changes})

    week = timedelta(days=7)
    if span.is_month:
        earlier, later = span.first - timedelta(days=1), span.last + timedelta(days=1)
    else:
        earlier, later = span.first - 4 * week, span.first + 4 * week
    return {
        "week_before": to(span.first - week),
        "week_after": to(span.first + week),
        "month_before": to(earlier.replace(day=1) if span.is_month else earlier),
        "month_after": to(later),
        "today": board_url({**kept, "pick": pick}, **{"from": ""}),
    }

"""Half-days in the address and on calendars: what was typed, what is free, why a day is closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from flask_babel import gettext as _
from flask_babel import ngettext

from app.boxes.rows import ScenarioRow
from app.core.errors import FieldError
from app.core.i18n import translate
from app.loans.availability import availability
from app.loans.rules import Borrowing, Party, period_of
from app.resources.calendars import Closed, ClosedBy, lending_zone, open_days
from app.resources.enums import Half, SchoolZone
from app.resources.halfdays import HalfDay, Period, half_day_at
from app.web.filters import date_by
from app.web.i18n import current_locale

FARTHEST_MONTHS = 24


@dataclass(frozen=True)
class TypedDays:
    """What the address says of days; empty texts where it says nothing that is a day."""

    first: str = ""
    first_half: str = Half.AM.value
    last: str = ""
    last_half: str = Half.PM.value

    @property
    def period(self) -> Period | None:
        """None while something is missing. Raises FieldError (to: order)."""
        if not self.first or not self.last:
            return None
        return period_of(date.fromisoformat(self.first), self.first_half, date.fromisoformat(self.last), self.last_half)

    @property
    def query(self) -> str:
        """For an address: from, from_half, to, to_half."""
        said = {"from": self.first, "from_half": self.first_half, "to": self.last, "to_half": self.last_half}
        return urlencode({key: value for key, value in said.items() if value})


@dataclass(frozen=True)
class HalfView:
    """A half-day of a calendar: « Morning: 2 free of 3 », short « 2 free of 3 »; kind: ok, none, past."""

    free: int
    kind: str
    words: str
    short: str


@dataclass(frozen=True)
class DayView:
    """A day of a calendar; `closed` says why nothing is handed over then. `chosen`: in the period that was picked."""

    date: date
    in_month: bool
    closed: str
    past: bool
    chosen: bool
    name: str
    halves: tuple[HalfView, ...]


@dataclass(frozen=True)
class MonthView:
    """Weeks from Monday to Sunday. `previous` and `next` are months « 2027-03 », empty at either end."""

    name: str
    key: str
    weekdays: tuple[tuple[str, str], ...]
    weeks: tuple[tuple[DayView, ...], ...]
    previous: str
    next: str


def today_of(now: datetime) -> date:
    """The day in the time zone in which things are lent."""
    return now.astimezone(lending_zone()).date()


def borrower_at(now: datetime, zone: SchoolZone | None = None) -> Borrowing:
    """Somebody who borrows, at an instant; `zone` is that of a school's holidays."""
    here = half_day_at(now, lending_zone())
    return Borrowing(Party.BORROWER, here.date, zone, here.half)


def typed_days(said: Mapping[str, str]) -> TypedDays:
    return TypedDays(
        _day(said.get("from", "")), _half(said.get("from_half", ""), Half.AM), _day(said.get("to", "")),
        _half(said.get("to_half", ""), Half.PM),
    )  # fmt: skip


def days_problem(said: Mapping[str, str], typed: TypedDays) -> str:
    """The code of what is wrong with days that were sent: date, too_far, first_day, last_day, order; empty for nothing."""
    for name, found in (("from", typed.first), ("to", typed.last)):
        if said.get(name, "").strip() and not found:
            return "too_far" if _is_day(said[name]) else "date"
    if typed.first and not typed.last and "to" in said:
        return "last_day"
    if typed.last and not typed.first:
        return "first_day"
    try:
        typed.period  # noqa: B018
    except FieldError as error:
        return next(iter(error.problems.values()))
    return ""


def days_of(period: Period) -> TypedDays:
    first, last = period.first, period.last
    return TypedDays(first.date.isoformat(), first.half.value, last.date.isoformat(), last.half.value)


def typed_month(text: str, today: date) -> date:
    """The first day of the month « 2027-03 », this month for anything else and what is too far."""
    this = today.replace(day=1)
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return this
    return found if this <= found <= _months_on(this, FARTHEST_MONTHS) else this


def month_view(scenario: ScenarioRow, month: date, chosen: Period | None, *, now: datetime) -> MonthView:
    """A scenario's calendar, in five statements."""
    here = half_day_at(now, lending_zone())
    today = here.date
    first = month - timedelta(days=month.weekday())
    end = _months_on(month, 1) - timedelta(days=1)
    last = end + timedelta(days=6 - end.weekday())
    free = availability(scenario, first, last, now=now)
    calendar = open_days(scenario.organiser_id, first, last)
    days = []
    for morning, afternoon in free.days():
        past = morning.date < today
        halves = tuple(
            _half_view(half.half, half.free, half.total, HalfDay(half.date, half.half) < here)
            for half in (morning, afternoon)
        )
        closed = closed_words(calendar.why_closed(morning.date))
        picked = chosen is not None and chosen.first.date <= morning.date <= chosen.last.date
        name = date_by(morning.date, "EEEE d MMMM")
        days.append(DayView(morning.date, morning.date.month == month.month, closed, past, picked, name, halves))
    this = today.replace(day=1)
    names = tuple((date_by(first + timedelta(n), "EEE"), date_by(first + timedelta(n), "EEEE")) for n in range(7))
    return MonthView(
        date_by(month, "LLLL y"), month.strftime("%Y-%m"), names,
        tuple(tuple(days[n : n + 7]) for n in range(0, len(days), 7)),
        _months_on(month, -1).strftime("%Y-%m") if month > this else "",
        _months_on(month, 1).strftime("%Y-%m") if month < _months_on(this, FARTHEST_MONTHS) else "",
    )  # fmt: skip


def closed_words(closed: Closed | None, otherwise: str = "") -> str:
    """Why a day is closed, `otherwise` where nobody says why; empty for an open one."""
    if closed is None:
        return ""
    if closed.by is ClosedBy.PUBLIC_HOLIDAY:
        return translate(current_locale(), closed.label)
    return closed.label or otherwise or str(_("Closed"))


def free_words(free: int, total: int) -> str:
    if not free:
        return str(_("no box free"))
    return str(ngettext("%(num)d free of %(total)s", "%(num)d free of %(total)s", free, total=total))


def _half_view(half: Half, free: int, total: int, past: bool) -> HalfView:
    when = _("Morning") if half is Half.AM else _("Afternoon")
    kind = "past" if past else "ok" if free else "none"
    short = str(_("over")) if past else free_words(free, total)
    return HalfView(free, kind, _("%(when)s: %(free)s", when=when, free=short), short)


def _day(text: str) -> str:
    if not _is_day(text):
        return ""
    found = date.fromisoformat(text.strip())
    return found.isoformat() if 1990 < found.year < 2200 else ""


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return False
    return True


def _half(text: str, default: Half) -> str:
    return text if text in {Half.AM, Half.PM} else default.value


def _months_on(month: date, count: int) -> date:
    year, index = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(year, index + 1, 1)

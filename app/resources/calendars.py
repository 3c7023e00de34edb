"""When an organiser is open: weekdays, public holidays, its own closures. Buffers are counted in open half-days."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select

from app.accounts.models import Organiser
from app.core.db import db
from app.core.urls import settings
from app.resources.enums import SchoolZone
from app.resources.halfdays import HalfDay, Period
from app.resources.holidays import known_until, public_holidays, school_holidays, zone_of_uai
from app.resources.models import Closure, LendingSettings

__all__ = [
    "Closed", "ClosedBy", "OpenDays", "known_until", "lending_zone", "open_days", "public_holidays", "school_holidays",
    "zone_of_uai",
]  # fmt: skip

MARGIN = timedelta(days=400)
"""How far beyond the days asked for closures are read: further no buffer reaches."""
_FARTHEST = 2 * MARGIN.days
_FIRST, _LAST = date.min.toordinal() * 2, date.max.toordinal() * 2 + 1


class ClosedBy(StrEnum):
    WEEKEND = "weekend"
    PUBLIC_HOLIDAY = "public_holiday"
    CLOSURE = "closure"


class Closed(NamedTuple):
    """Why a day is closed. `label`: a public holiday's name (to be translated) or what the organiser wrote, else empty."""

    by: ClosedBy
    label: str


@dataclass(frozen=True)
class OpenDays:
    """An organiser's open days. `weekdays`: Monday is 0; `closures`: (first day, last day, label); `school_zone` is its own."""

    weekdays: frozenset[int]
    closures: tuple[tuple[date, date, str], ...] = ()
    school_zone: SchoolZone = SchoolZone.A

    def is_open(self, day: date) -> bool:
        return self.why_closed(day) is None

    def why_closed(self, day: date) -> Closed | None:
        """None on an open day. The organiser's own closure is told first, for it says most."""
        for first, last, label in self.closures:
            if first <= day <= last:
                return Closed(ClosedBy.CLOSURE, label)
        holiday = public_holidays(day.year).get(day)
        if holiday is not None:
            return Closed(ClosedBy.PUBLIC_HOLIDAY, holiday)
        return None if day.weekday() in self.weekdays else Closed(ClosedBy.WEEKEND, "")

    def with_buffers(self, period: Period, before_halves: int, after_halves: int) -> Period:
        """The period with so many open half-days before and after it; closed days on the way are taken as well."""
        return Period(self._walk(period.first, -1, before_halves), self._walk(period.last, 1, after_halves))

    def _walk(self, start: HalfDay, step: int, wanted: int) -> HalfDay:
        reached, left = start.number, wanted
        for _ in range(_FARTHEST):
            if not left or not _FIRST <= reached + step <= _LAST:
                break
            reached += step
            left -= self.is_open(date.fromordinal(reached // 2))
        return HalfDay.of_number(reached)


def open_days(organiser_id: int, first: date, last: date) -> OpenDays:
    """The open days of an organiser around those from `first` to `last`, in one statement."""
    first, last = max(first, date.min + MARGIN), min(last, date.max - MARGIN)
    rows = db.session.execute(
        select(
            LendingSettings.weekdays, LendingSettings.zone, Closure.starts_on, Closure.ends_on, Closure.label
        )
        .select_from(Organiser)
        .outerjoin(LendingSettings, LendingSettings.organiser_id == Organiser.id)
        .outerjoin(
            Closure,
            and_(
                Closure.organiser_id == Organiser.id,
                Closure.ends_on >= first - MARGIN,
                Closure.starts_on <= last + MARGIN,
            ),
        )
        .where(Organiser.id == organiser_id)
        .order_by(Closure.starts_on, Closure.id)
    ).all()  # fmt: skip
    if not rows:
        return OpenDays(frozenset(range(5)))
    return OpenDays(
        frozenset(int(figure) for figure in rows[0].weekdays or "01234"),
        tuple((r.starts_on, r.ends_on, r.label) for r in rows if r.starts_on is not None),
        rows[0].zone or SchoolZone.A,
    )


def lending_zone() -> ZoneInfo:
    """The time zone in which half-days are counted: the installation's."""
    return _zone(settings().default_timezone)


@lru_cache(maxsize=4)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)

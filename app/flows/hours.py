"""Minutes of a plan and moments of the world: what a plan's hours are counted from, day by day. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.flows.instance import DAY

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class PlanDay:
    """A local day of the plan. `zero` is the moment that its minute 0 stands for."""

    on: date
    zero: datetime


@dataclass(frozen=True)
class Hours:
    """The days of a plan in their order; the nth one's minutes begin at n × 1440, days without a wave are left out.

    A day's minutes are real ones, counted from its first wave, which stands at its local hour. So 9:00 is 540 on every day, and
    in a night in which the clocks change a stay of 30 minutes still takes 30.
    """

    days: tuple[PlanDay, ...]

    @classmethod
    def of(cls, begins: Iterable[datetime], timezone: str) -> "Hours":
        """The hours of the local days on which these moments lie."""
        zone, first = ZoneInfo(timezone), dict[date, datetime]()
        for moment in sorted(begins):
            first.setdefault(moment.astimezone(zone).date(), moment)
        return cls(
            tuple(PlanDay(day, at.astimezone(UTC) - _wall(at.astimezone(zone))) for day, at in sorted(first.items()))
        )

    @classmethod
    def read(cls, kept: Iterable[Any]) -> "Hours":
        """As `kept` wrote them."""
        return cls(tuple(PlanDay(date.fromisoformat(on), datetime.fromisoformat(zero)) for on, zero in kept))

    def kept(self) -> list[list[str]]:
        """As JSON."""
        return [[day.on.isoformat(), day.zero.astimezone(UTC).isoformat()] for day in self.days]

    def minute(self, moment: datetime, timezone: str) -> int | None:
        """The minute of a moment by its local day; None where the plan has no such day."""
        on = moment.astimezone(ZoneInfo(timezone)).date()
        number = next((n for n, day in enumerate(self.days) if day.on == on), None)
        return None if number is None else self.minute_on(number, moment)

    def minute_on(self, number: int, moment: datetime) -> int:
        """The minute of a moment as counted from the nth day, rounded down."""
        return number * DAY + (moment.astimezone(UTC) - self.days[number].zero) // MINUTE

    def moment(self, minute: int) -> datetime:
        """The moment of a minute."""
        number = min(minute // DAY, len(self.days) - 1)
        return self.days[number].zero + (minute - number * DAY) * MINUTE

    def number_of(self, on: date) -> int | None:
        """Which day of the plan a local day is."""
        return next((number for number, day in enumerate(self.days) if day.on == on), None)


def _wall(local: datetime) -> timedelta:
    return timedelta(hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond)

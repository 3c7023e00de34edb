"""What is on at a moment: who is in each space, who comes next, which wave arrives. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.events.enums import EventState
from app.events.queries import EventRow, SpaceRow, WaveRow
from app.events.route import begin_of
from app.flows.visits import Visit, Visits


class Phase(StrEnum):
    """Where a moment lies in an event. BREAK: on a day between two of its days, or after the last visit of one of them."""

    CANCELLED = "cancelled"
    TO_COME = "to_come"
    BEFORE = "before"
    ON = "on"
    BREAK = "break"
    OVER = "over"


def phase_of(event: EventRow, now: datetime) -> Phase:
    """The phase by the hours of the event, its waves and their delays."""
    if event.state is EventState.CANCELLED:
        return Phase.CANCELLED
    if event.date_to_come:
        return Phase.TO_COME
    zone = ZoneInfo(event.timezone)
    today, days = now.astimezone(zone).date(), days_of(event)
    if event.state is EventState.ARCHIVED or now >= event.last_ends_at or not days or today > days[-1]:
        return Phase.OVER
    if today < days[0]:
        return Phase.BEFORE
    return Phase.ON if today in days and now < day_ends_at(event, today) else Phase.BREAK


def days_of(event: EventRow) -> tuple[date, ...]:
    """The local days on which a wave arrives."""
    zone = ZoneInfo(event.timezone)
    return tuple(sorted({begin_of(wave).astimezone(zone).date() for wave in event.waves}))


def day_ends_at(event: EventRow, day: date) -> datetime:
    """When a day is over: the hour at which the event closes, or its last wave's end when that is later."""
    zone = ZoneInfo(event.timezone)
    closes = datetime.combine(day, event.ends_at.astimezone(zone).time(), tzinfo=zone)
    ends = [
        w.ends_at + timedelta(minutes=w.late_minutes) for w in event.waves if begin_of(w).astimezone(zone).date() == day
    ]
    return max([closes, *ends])


def next_begins_at(event: EventRow, now: datetime) -> datetime | None:
    """When the next wave of another day sets off: what a board waits for."""
    zone = ZoneInfo(event.timezone)
    today = now.astimezone(zone).date()
    return min(
        (at for wave in event.waves if (at := begin_of(wave)) > now and at.astimezone(zone).date() > today),
        default=None,
    )


@dataclass(frozen=True)
class Arrivals:
    """The waves that arrive now, and the next one of the same day."""

    now: tuple[WaveRow, ...]
    next: WaveRow | None


def arrivals_of(event: EventRow, now: datetime) -> Arrivals:
    """By the beginning of each wave, its delay added."""
    zone = ZoneInfo(event.timezone)
    on = tuple(w for w in event.waves if begin_of(w) <= now < w.ends_at + timedelta(minutes=w.late_minutes))
    today = now.astimezone(zone).date()
    coming = [w for w in event.waves if begin_of(w) > now and begin_of(w).astimezone(zone).date() == today]
    return Arrivals(on, min(coming, key=begin_of, default=None))


@dataclass(frozen=True)
class SpaceNow:
    """A space at a moment: who is in, who comes later that day. `people` are those who are in by their hours."""

    space: SpaceRow
    here: tuple[Visit, ...]
    coming: tuple[Visit, ...]

    @property
    def people(self) -> int:
        return sum(visit.people for visit in self.here)

    @property
    def next(self) -> tuple[Visit, ...]:
        """All who come at the next hour at which somebody comes."""
        return tuple(visit for visit in self.coming if visit.starts_at == self.coming[0].starts_at)


def space_at(event: EventRow, visits: Visits, space: SpaceRow, now: datetime) -> SpaceNow:
    """One space at a moment of its local day."""
    today = now.astimezone(ZoneInfo(event.timezone)).date()
    own = visits.of(space.id, today)
    here = tuple(visit for visit in own if visit.starts_at <= now < visit.ends_at)
    return SpaceNow(space, here, tuple(visit for visit in own if visit.starts_at > now))


def spaces_in_use(event: EventRow) -> tuple[SpaceRow, ...]:
    """Every space that is on the route, in their order."""
    used = {stop.space_id for stop in event.stops}
    return tuple(space for space in event.spaces if space.id in used)


@dataclass(frozen=True)
class Late:
    """A wave or a space that is late by so many minutes."""

    wave: WaveRow | None
    space: SpaceRow | None
    minutes: int


def lates_of(event: EventRow, now: datetime, *, space_id: int | None = None) -> tuple[Late, ...]:
    """What is said to be late today: waves that are not over, and spaces (one of them, where it is asked for)."""
    zone = ZoneInfo(event.timezone)
    today = now.astimezone(zone).date()
    waves: Sequence[WaveRow] = [
        w
        for w in event.waves
        if w.late_minutes > 0
        and begin_of(w).astimezone(zone).date() == today
        and now < w.ends_at + timedelta(minutes=w.late_minutes)
    ]
    spaces = [s for s in event.spaces if s.late_minutes > 0 and space_id in {None, s.id}]
    return (*(Late(w, None, w.late_minutes) for w in waves), *(Late(None, s, s.late_minutes) for s in spaces))

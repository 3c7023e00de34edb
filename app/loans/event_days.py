"""On which half-days an event takes place, and where its boxes go when it moves. Pure, in the time zone of lending."""

from datetime import datetime, timedelta
from typing import Protocol

from app.resources.calendars import lending_zone
from app.resources.halfdays import Period, half_day_at


class Dated(Protocol):
    """`app.events.queries.EventRow`."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


def event_period(event: Dated) -> Period:
    """From the half-day in which it begins to that in which it ends."""
    zone, end = lending_zone(), max(event.starts_at, event.ends_at - timedelta(microseconds=1))
    return Period(half_day_at(event.starts_at, zone), half_day_at(end, zone))


def moved_period(period: Period, before: Dated, after: Dated) -> Period:
    """Where boxes go with an event: the whole event's to the whole event, others as many days later as the event begins.

    Those that would then lie outside of the event (it has fewer days now) are for the whole event.
    """
    old, new = event_period(before), event_period(after)
    if period == old:
        return new
    halves = 2 * (new.first.date - old.first.date).days
    moved = Period(period.first.plus(halves), period.last.plus(halves))
    return moved if moved.overlaps(new) else new


def rest_of(period: Period, now: datetime) -> Period:
    """What is left of a period: all of it before it begins. Of one that is over, its last half-day."""
    return Period(min(period.last, max(period.first, half_day_at(now, lending_zone()))), period.last)

"""The nearest dates on which boxes are free, where those that were asked for are not."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from app.boxes.rows import ScenarioRow
from app.loans.availability import availability, count_free
from app.resources.calendars import open_days
from app.resources.halfdays import Period

REACH = 60
"""Days before and after those that were asked for."""
_TRIED = 6


def nearest_free(
    scenario: ScenarioRow,
    period: Period,
    boxes: int,
    *,
    today: date,
    allowed: Callable[[Period], bool],
    now: datetime,
    limit: int = 3,
) -> list[Period]:
    """As long as `period`, with the same halves, the nearest first; `allowed` says which days may be asked for at all.

    A few dozen statements at most, whatever the number of boxes and loans.
    """
    candidates, found = list(shifted(period, today)), list[Period]()
    if not candidates:
        return found
    first = min(p.first.date for p in candidates) - timedelta(days=30)
    last = max(p.last.date for p in candidates) + timedelta(days=30)
    free = availability(scenario, first, last, now=now)
    calendar = open_days(scenario.organiser_id, first, last)
    tried = 0
    for candidate in candidates:
        if not allowed(candidate) or any(free.free(half) < boxes for half in candidate):
            continue
        tried += 1
        if count_free(scenario, candidate, now=now, calendar=calendar) >= boxes:
            found.append(candidate)
        if len(found) == limit or tried == _TRIED * limit:
            break
    return sorted(found, key=lambda p: p.first)


def shifted(period: Period, today: date) -> Iterator[Period]:
    """The same half-days on other days from today on, the nearest first, up to REACH days away."""
    for days in range(1, REACH + 1):
        for halves in (2 * days, -2 * days):
            moved = Period(period.first.plus(halves), period.last.plus(halves))
            if moved.first.date >= today:
                yield moved

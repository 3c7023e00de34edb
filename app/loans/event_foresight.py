"""What an event's boxes would find if it moved, or were on again: as `app.loans.operations.following` does it, nothing written."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from app.boxes.queries import accredited_on, get_scenario_by_id
from app.events.queries import find_binned_event
from app.loans.availability import free_boxes
from app.loans.event_days import Dated, moved_period, rest_of
from app.loans.queries_events import EventBoxesRow, list_event_boxes, stands
from app.resources.calendars import lending_zone, open_days
from app.resources.halfdays import Period


@dataclass(frozen=True)
class Foreseen:
    """Of the boxes that an event wants on half-days to come, how many it would not have."""

    wanted: int
    missing: int


def foresee_boxes(event_id: int, before: Dated, after: Dated, *, now: datetime) -> Foreseen:
    """Boxes of the event as it is `before` when it takes place as `after`. Some five statements for each booking."""
    rows = [(row, moved_period(row.period, before, after)) for row in list_event_boxes(event_id)]
    rows = [(row, period) for row, period in rows if period.ends_at(lending_zone()) > now]
    own = [row.id for row, _period in rows]
    wanted = missing = 0
    taken = list[tuple[int, Period]]()
    for row, period in rows:
        found = _found(row, rest_of(period, now), period, own, taken, now)
        wanted, missing = wanted + row.boxes, missing + row.boxes - len(found)
        taken += found
    return Foreseen(wanted, missing)


def foresee_restored(event_id: int, *, now: datetime) -> Foreseen:
    """The same of an event that comes out of the bin as it was; nothing is wanted while it is off or without a date."""
    event = find_binned_event(event_id)
    if event is None or not stands(event.state, date_to_come=event.date_to_come, deleted=False):
        return Foreseen(0, 0)
    return foresee_boxes(event_id, event, event, now=now)


def count_kept(event_id: int, *, now: datetime) -> int:
    """How many boxes an event has that are not over: those that others get when it is off."""
    return sum(len(row.held) for row in list_event_boxes(event_id) if not row.is_over(now))


def _found(
    row: EventBoxesRow,
    rest: Period,
    period: Period,
    own: Collection[int],
    taken: Collection[tuple[int, Period]],
    now: datetime,
) -> list[tuple[int, Period]]:
    """The boxes that it would have, with buffers: those it has before others."""
    scenario = get_scenario_by_id(row.scenario_id)
    people = [person.id for person in row.people]
    if scenario.asks_accreditation and not accredited_on(
        scenario.id, people, period.first.date, period.last.date
    ):  # fmt: skip
        return []
    days = open_days(row.organiser_id, rest.first.date, rest.last.date)
    buffered = days.with_buffers(rest, scenario.before_halves, scenario.after_halves)
    gone = {box_id for box_id, other in taken if other.overlaps(buffered)}
    held = {box.box_id for box in row.held}
    free = free_boxes(scenario, rest, now=now, calendar=days, but_event_boxes=own)
    chosen = sorted((box.id for box in free if box.id not in gone), key=lambda box_id: box_id not in held)
    return [(box_id, buffered) for box_id in chosen[: row.boxes]]

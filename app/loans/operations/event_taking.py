"""How boxes and people of the ledger come to an event and go from it; who calls holds its row, then its scenario's.

A box that runs at an event stays with it when its half-days change, as long as it can: it is not given back and taken anew,
for its own buffers would stand in its way then.
"""

from collections.abc import Collection
from datetime import datetime

from app.boxes.queries import accredited_on
from app.boxes.rows import ScenarioRow
from app.loans.availability import PoolBox, count_free, free_boxes
from app.loans.errors import BoxesAskedFor, BoxNotFree, FacilitatorBusy, NoBoxFree
from app.loans.event_days import rest_of
from app.loans.queries_events import EventBox, EventBoxesRow, get_event_boxes
from app.resources.calendars import OpenDays, lending_zone, open_days
from app.resources.enums import Purpose, ResourceKind
from app.resources.errors import UsesOverlap
from app.resources.halfdays import Period, half_day_at
from app.resources.operations import release, shorten, take
from app.resources.queries import find_clashes, list_uses_of


def fill(
    row: EventBoxesRow,
    scenario: ScenarioRow,
    period: Period,
    rather: Collection[int],
    now: datetime,
    *,
    required: int,
    over_requests: bool,
) -> None:
    """Take what a row lacks for `period`: boxes of `rather` that are free, then by turn. It has at least `required` after that.

    What it lacks beyond is taken as far as it is free, and nobody asks for it. Raises NoBoxFree, BoxesAskedFor.
    """
    lacking, required = row.boxes - len(row.held), required - len(row.held)
    if lacking <= 0:
        return
    days = _days(row, period)
    free = free_for_event(row, scenario, period, now)
    if len(free) < required:
        raise NoBoxFree(f"{len(free)} of {required} boxes are free")
    left = count_free(scenario, period, now=now, calendar=days)
    if left < required and not over_requests:
        raise BoxesAskedFor(len(free) - left)
    if not over_requests:
        lacking = min(lacking, max(required, left))
    for box in _in_turn(free, rather)[:lacking]:
        take_box(row, scenario, box.id, period, now)


def free_for_event(row: EventBoxesRow, scenario: ScenarioRow, period: Period, now: datetime) -> list[PoolBox]:
    """The boxes that it could have besides those it has, whose turn it is first; its own uses do not stand in the way."""
    held = {box.box_id for box in row.held}
    free = free_boxes(scenario, period, now=now, calendar=_days(row, period), but_event_boxes=[row.id])
    return [box for box in free if box.id not in held]


def is_used(row: EventBoxesRow, scenario: ScenarioRow, box_id: int, period: Period) -> bool:
    """Whether anything but the row itself uses a box on a period with its buffers, wherever the box is."""
    zone = lending_zone()
    wanted = _days(row, period).with_buffers(period, scenario.before_halves, scenario.after_halves)
    clashes = find_clashes(ResourceKind.BOX, box_id, wanted.starts_at(zone), wanted.ends_at(zone))
    return any((use.purpose, use.purpose_id) != (Purpose.EVENT, row.id) for use in clashes)


def retake(
    row: EventBoxesRow, scenario: ScenarioRow, rather: Collection[int], now: datetime, *, only_those: bool = False
) -> EventBoxesRow:
    """Take what a row lacks as far as it is free, `rather` before others or only those; the row after that.

    Nothing of what is over. A box that could stay for a part of the time alone goes as soon as another one stands in for it.
    """
    if not row.is_current or row.is_over(now):
        return row
    if may_run(row, scenario, row.period):
        period = rest_of(row.period, now)
        free = free_for_event(row, scenario, period, now)
        if only_those:
            free = [box for box in free if box.id in rather]
        for box in _in_turn(free, rather)[: row.missing(now)]:
            take_box(row, scenario, box.id, period, now)
        row = get_event_boxes(row.id)
        for partly in [box for box in row.former if box.to_at > now][row.missing(now) :]:
            give_back_box(row, scenario, partly, now)
    return take_people(row.id, now, as_far_as_free=True)


def may_run(row: EventBoxesRow, scenario: ScenarioRow, period: Period) -> bool:
    """Whether somebody named is accredited on all days, where the scenario asks for it."""
    people = [person.id for person in row.people]
    days = period.first.date, period.last.date
    return not scenario.asks_accreditation or bool(accredited_on(scenario.id, people, *days))


def take_people(event_boxes_id: int, now: datetime, *, as_far_as_free: bool = False) -> EventBoxesRow:
    """Keep those who are named and not kept yet, without buffers; the row after that. Raises FacilitatorBusy."""
    row = get_event_boxes(event_boxes_id)
    for person in sorted((p for p in row.people if not p.is_kept), key=lambda p: p.id):
        periods = [row.period, rest_of(row.period, now)] if as_far_as_free else [row.period]
        if not any(_keep(row, person.id, period, now) for period in periods) and not as_far_as_free:
            raise _busy(person.id, person.name, row.period)
    return get_event_boxes(event_boxes_id)


def give_back(row: EventBoxesRow, scenario: ScenarioRow, now: datetime, *, goes_to: Period | None = None) -> None:
    """Release what did not begin, end now what runs; what is over stays in the ledger.

    `goes_to`: on these half-days the event goes on. A box that runs and is still wanted then is left as it is (`stay`).
    """
    for box in (*row.held, *row.former):
        if box.to_at > now and not (goes_to and _goes_on(row, scenario, box, goes_to, now)):
            give_back_box(row, scenario, box, now)
    release(Purpose.EVENT, row.id, kind=ResourceKind.FACILITATOR, since=now)


def stay(row: EventBoxesRow, scenario: ScenarioRow, now: datetime, *, wholly: bool = False) -> EventBoxesRow:
    """Let the boxes that run stay until the row's own end, as far as they are free; the row after that.

    `wholly`: those that are not free until then, buffers included, are given back.
    """
    running = [box for box in (*row.held, *row.former) if box.from_at <= now < box.to_at]
    if not running:
        return row
    rest, zone = rest_of(row.period, now), lending_zone()
    days = _days(row, row.period)
    free = free_boxes(scenario, rest, now=now, calendar=days, but_event_boxes=[row.id]) if wholly else []
    for box in running:
        if wholly and box.box_id not in {one.id for one in free}:
            give_back_box(row, scenario, box, now)
            continue
        period = Period(half_day_at(box.from_at, zone), row.period.last)
        buffered = days.with_buffers(period, 0, scenario.after_halves)
        shorten(Purpose.EVENT, row.id, ResourceKind.BOX, box.box_id, period, buffered, zone=zone)
    return get_event_boxes(row.id)


def give_back_box(row: EventBoxesRow, scenario: ScenarioRow, box: EventBox, now: datetime) -> None:
    """One box: nothing remains of a use to come; one that runs ends with the half-day before this one."""
    zone = lending_zone()
    if box.to_at <= now:
        return
    ended = _until_now(box, now)
    if ended is None:
        release(Purpose.EVENT, row.id, [box.box_id], kind=ResourceKind.BOX, since=now)
        return
    buffered = _days(row, ended).with_buffers(ended, 0, scenario.after_halves)
    shorten(Purpose.EVENT, row.id, ResourceKind.BOX, box.box_id, ended, buffered, zone=zone)


def take_box(row: EventBoxesRow, scenario: ScenarioRow, box_id: int, period: Period, now: datetime) -> None:
    """A box that the event had until now, or has still to check, goes on being used. Raises BoxNotFree."""
    zone, days = lending_zone(), _days(row, period)
    buffered = days.with_buffers(period, scenario.before_halves, scenario.after_halves)
    if period.first != row.period.first:  # it runs already: there is nothing left to prepare before
        buffered = Period(period.first, buffered.last)
    own = [use for use in list_uses_of(Purpose.EVENT, row.id) if use.resource_kind is ResourceKind.BOX]
    if any(u.resource_id == box_id and u.from_at <= now and u.ends_at > buffered.starts_at(zone) for u in own):
        shorten(Purpose.EVENT, row.id, ResourceKind.BOX, box_id, period, buffered, zone=zone)
        return
    try:
        _take(row, ResourceKind.BOX, box_id, period, buffered, now)
    except UsesOverlap as error:
        raise BoxNotFree(str(box_id)) from error


def _goes_on(row: EventBoxesRow, scenario: ScenarioRow, box: EventBox, to: Period, now: datetime) -> bool:
    """Whether a box runs, and is wanted on from now, or again before it would be prepared and checked in between."""
    present = half_day_at(now, lending_zone())
    if box.from_at > now or to.last < present:
        return False
    ended = _until_now(box, now)
    checked = present if ended is None else _days(row, ended).with_buffers(ended, 0, scenario.after_halves).last
    wanted = _days(row, to).with_buffers(to, scenario.before_halves, 0)
    return wanted.first <= max(checked, present)


def _until_now(box: EventBox, now: datetime) -> Period | None:
    """The half-days of a use that are over."""
    first, last = half_day_at(box.from_at, lending_zone()), half_day_at(now, lending_zone()).plus(-1)
    return None if last < first else Period(first, last)


def _in_turn(free: Collection[PoolBox], rather: Collection[int]) -> list[PoolBox]:
    """These first; by turn among themselves."""
    return sorted(free, key=lambda box: box.id not in rather)


def _days(row: EventBoxesRow, period: Period) -> OpenDays:
    return open_days(row.organiser_id, period.first.date, period.last.date)


def _keep(row: EventBoxesRow, facilitator_id: int, period: Period, now: datetime) -> bool:
    try:
        _take(row, ResourceKind.FACILITATOR, facilitator_id, period, period, now)
    except UsesOverlap:
        return False
    return True


def _take(
    row: EventBoxesRow, kind: ResourceKind, resource_id: int, period: Period, buffered: Period, now: datetime
) -> None:
    zone = lending_zone()
    take(kind, resource_id, Purpose.EVENT, row.id, period, buffered, organiser_id=row.organiser_id, zone=zone, now=now)


def _busy(facilitator_id: int, name: str, period: Period) -> FacilitatorBusy:
    """With the event for which they are kept then."""
    zone = lending_zone()
    clashes = find_clashes(ResourceKind.FACILITATOR, facilitator_id, period.starts_at(zone), period.ends_at(zone))
    for use in clashes:
        if use.purpose is Purpose.EVENT:
            other = get_event_boxes(use.purpose_id)
            return FacilitatorBusy(name, other.title_fr, other.title_en, other.slug)
    return FacilitatorBusy(name, "", "", "")

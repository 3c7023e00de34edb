"""Boxes at events: booked, changed, swapped and given back; what follows an event's own moves is in `following`.

The event's row is held first, then the scenario's: all that happens to the boxes of one scenario happens one after the other.
Counts of wear: a use at an event counts for its box from the day on which it is booked, as a loan's does.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from app.boxes.errors import ScenarioNotFound
from app.boxes.models import Box
from app.boxes.queries import accredited_on
from app.boxes.rows import ScenarioRow
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.events.errors import EventNotFound
from app.events.models import Event
from app.events.queries import EventRow, get_event_by_id
from app.loans.availability import count_free, free_boxes
from app.loans.drafts import EventBoxesDraft
from app.loans.errors import BoxesAskedFor, BoxNotFree, EventBoxesNotFound, EventIsOff, FacilitatorBusy, NoBoxFree
from app.loans.event_days import event_period, rest_of
from app.loans.models import EventBoxes, EventBoxesFacilitator
from app.loans.operations.asking import unknown_people
from app.loans.operations.storing import lock_scenario, require_accredited, today
from app.loans.queries_events import EventBoxesRow, get_event_boxes, stands
from app.loans.rules import MOST_BOXES, MOST_FACILITATORS, Borrowing, Party, party_of, period_problems
from app.resources.calendars import OpenDays, lending_zone, open_days
from app.resources.enums import Purpose, ResourceKind
from app.resources.errors import UsesOverlap
from app.resources.halfdays import Period, half_day_at
from app.resources.operations import release, shorten, take
from app.resources.queries import find_clashes, list_uses_of


def book_event_boxes(draft: EventBoxesDraft, *, by: Actor, now: datetime) -> int:
    """Choose boxes for an event as approval does for a loan, and keep them and the people who run them; the row's id.

    Raises EventNotFound, EventIsOff, ScenarioNotFound, FieldError (boxes, from, to, stop, facilitators), NoAccreditedFacilitator,
    NoBoxFree, BoxesAskedFor (unless `over_requests`), FacilitatorBusy, MoveNotAllowed for a borrower.
    """
    event = hold_event(draft.event_id, by)
    scenario = lock_scenario(draft.scenario_id)
    if scenario.archived_at is not None:
        raise ScenarioNotFound("scenario")
    _judge(draft, event, scenario, None, by, now)
    values = {"organiser_id": event.organiser_id, "event_id": event.id, "scenario_id": scenario.id, "created_at": now}
    event_boxes_id: int = db.session.execute(
        insert(EventBoxes).values(**values, **_columns(draft)).returning(EventBoxes.id)
    ).scalar_one()
    _name_people(event_boxes_id, draft.facilitator_ids)
    take_boxes(get_event_boxes(event_boxes_id), scenario, (), now, over_requests=draft.over_requests)
    row = take_people(event_boxes_id, now)
    say(row, "boxes_booked", by, now, boxes=list(row.box_codes))
    return event_boxes_id


def change_event_boxes(event_boxes_id: int, draft: EventBoxesDraft, *, by: Actor, now: datetime) -> None:
    """Other half-days, another number, stop or people; boxes stay the same ones where that is possible.

    Raises EventBoxesNotFound and what `book_event_boxes` raises; the scenario does not change (FieldError at scenario).
    """
    event, scenario, before = hold(event_boxes_id, by)
    _require_standing(event)
    if draft.event_id != before.event_id:
        raise EventBoxesNotFound(str(event_boxes_id))
    if draft.scenario_id != before.scenario_id:
        raise FieldError({"scenario": "choice"})
    _judge(draft, event, scenario, before, by, now)
    db.session.execute(update(EventBoxes).where(EventBoxes.id == event_boxes_id).values(**_columns(draft)))
    db.session.execute(
        delete(EventBoxesFacilitator).where(EventBoxesFacilitator.event_boxes_id == event_boxes_id)
    )  # fmt: skip
    _name_people(event_boxes_id, draft.facilitator_ids)
    held = [box.box_id for box in before.held]
    release(Purpose.EVENT, event_boxes_id, kind=ResourceKind.FACILITATOR)
    if draft.period == before.period:
        _more_or_fewer(get_event_boxes(event_boxes_id), scenario, held, now, over_requests=draft.over_requests)
    else:
        release(Purpose.EVENT, event_boxes_id, held, kind=ResourceKind.BOX)
        take_boxes(get_event_boxes(event_boxes_id), scenario, held, now, over_requests=draft.over_requests)
    row = take_people(event_boxes_id, now)
    say(row, "boxes_changed", by, now, before=list(before.box_codes), boxes=list(row.box_codes))


def end_event_boxes(event_boxes_id: int, *, by: Actor, now: datetime) -> None:
    """The event needs them no more: what did not begin is given back, what runs ends now, what is over stays in the ledger.

    Raises EventBoxesNotFound, MoveNotAllowed for a borrower.
    """
    _event, scenario, row = hold(event_boxes_id, by)
    give_back(row, scenario, now)
    db.session.execute(update(EventBoxes).where(EventBoxes.id == row.id).values(ended_at=now))
    say(row, "boxes_ended", by, now, boxes=list(row.box_codes))


def swap_event_box(event_boxes_id: int, box_id: int, new_box_id: int, *, by: Actor, now: datetime) -> None:
    """Give an event a free box of the same scenario instead of one that it has; while the event runs, from now on.

    Raises EventBoxesNotFound, EventIsOff, BoxNotFree, NoAccreditedFacilitator, MoveNotAllowed (for a borrower, or when it is over).
    """
    event, scenario, row = hold(event_boxes_id, by)
    _require_standing(event)
    held = next((box for box in row.held if box.box_id == box_id), None)
    if row.is_over(now):
        raise MoveNotAllowed("swap", "over")
    code = db.session.execute(
        select(Box.code).where(Box.id == new_box_id, Box.scenario_id == scenario.id, Box.archived_at.is_(None))
    ).scalar_one_or_none()
    if held is None or code is None or new_box_id == box_id:
        raise BoxNotFree(str(new_box_id))
    require_accredited(scenario, [person.id for person in row.people], row.period)
    period = rest_of(row.period, now)
    days = _days(row, period)
    if new_box_id not in {box.id for box in free_boxes(scenario, period, now=now, calendar=days)}:
        raise BoxNotFree(code)
    _give_back_box(row, scenario, box_id, days, now)
    _take_box(row, scenario, new_box_id, period, days, now)
    say(get_event_boxes(row.id), "box_swapped", by, now, **{"from": held.code, "to": code})


def try_event_boxes(event_boxes_id: int, *, by: Actor, now: datetime) -> int:
    """Take as many of the missing boxes and people as are free by now; how many boxes are still missing.

    Raises EventBoxesNotFound, EventIsOff, MoveNotAllowed for a borrower.
    """
    event, scenario, before = hold(event_boxes_id, by)
    _require_standing(event)
    after = retake(before, scenario, (), now)
    if after != before:
        say(after, "boxes_changed", by, now, before=list(before.box_codes), boxes=list(after.box_codes))
    return after.missing(now)


# --- What the operations on them and `following` share ---------------------------------------------------------------


def hold_event(event_id: int, by: Actor) -> EventRow:
    """Hold an event that stands until the transaction ends. Raises EventNotFound, EventIsOff, MoveNotAllowed for a borrower."""
    event = _lock_event(event_id, by)
    _require_standing(event)
    return event


def hold(event_boxes_id: int, by: Actor) -> tuple[EventRow, ScenarioRow, EventBoxesRow]:
    """Hold the event and the scenario of boxes that were not given back. Raises EventBoxesNotFound, MoveNotAllowed."""
    ids = db.session.execute(
        select(EventBoxes.event_id, EventBoxes.scenario_id).where(EventBoxes.id == event_boxes_id)
    ).one_or_none()
    if ids is None:
        raise EventBoxesNotFound(str(event_boxes_id))
    try:
        event = _lock_event(ids.event_id, by)
    except EventNotFound as error:
        raise EventBoxesNotFound(str(event_boxes_id)) from error
    scenario = lock_scenario(ids.scenario_id)
    row = get_event_boxes(event_boxes_id)
    if row.ended_at is not None:
        raise EventBoxesNotFound(str(event_boxes_id))
    return event, scenario, row


def take_boxes(
    row: EventBoxesRow, scenario: ScenarioRow, rather: Collection[int], now: datetime, *, over_requests: bool
) -> None:
    """Take all the boxes that a row wants: those of `rather` that are free, then by turn. Raises NoBoxFree, BoxesAskedFor."""
    days = _days(row, row.period)
    free = free_boxes(scenario, row.period, now=now, calendar=days)
    if len(free) < row.boxes:
        raise NoBoxFree(f"{len(free)} of {row.boxes} boxes are free")
    left = count_free(scenario, row.period, now=now, calendar=days)
    if left < row.boxes and not over_requests:
        raise BoxesAskedFor(len(free) - left)
    chosen = sorted(free, key=lambda box: box.id not in rather)[: row.boxes]  # stable: by turn among themselves
    for box in chosen:
        _take_box(row, scenario, box.id, row.period, days, now)


def take_people(event_boxes_id: int, now: datetime, *, as_far_as_free: bool = False) -> EventBoxesRow:
    """Keep those who are named and not kept yet, without buffers; the row after that. Raises FacilitatorBusy."""
    row = get_event_boxes(event_boxes_id)
    for person in sorted((p for p in row.people if not p.is_kept), key=lambda p: p.id):
        try:
            _take(row, ResourceKind.FACILITATOR, person.id, row.period, row.period, now)
        except UsesOverlap as error:
            if not as_far_as_free:
                raise _busy(person.id, person.name, row.period) from error
    return get_event_boxes(event_boxes_id)


def retake(row: EventBoxesRow, scenario: ScenarioRow, rather: Collection[int], now: datetime) -> EventBoxesRow:
    """Take what a row lacks as far as it is free, `rather` before others; the row after that. Nothing of what is over."""
    if not row.is_current or row.is_over(now):
        return row
    people = [person.id for person in row.people]
    days = _days(row, row.period)
    asks = scenario.asks_accreditation
    if not asks or accredited_on(scenario.id, people, row.period.first.date, row.period.last.date):
        period = rest_of(row.period, now)
        free = free_boxes(scenario, period, now=now, calendar=days)
        chosen = sorted(free, key=lambda box: box.id not in rather)[: row.missing(now)]
        for box in chosen:
            _take_box(row, scenario, box.id, period, days, now)
    return take_people(row.id, now, as_far_as_free=True)


def give_back(row: EventBoxesRow, scenario: ScenarioRow, now: datetime) -> None:
    """Release what did not begin, end now what runs; what is over stays in the ledger."""
    days = _days(row, row.period)
    for box in row.held:
        _give_back_box(row, scenario, box.box_id, days, now)
    for use in list_uses_of(Purpose.EVENT, row.id):
        if use.resource_kind is ResourceKind.FACILITATOR and use.to_at > now:
            release(Purpose.EVENT, row.id, [use.resource_id], kind=ResourceKind.FACILITATOR)


def say(row: EventBoxesRow, what: str, by: Actor, now: datetime, **details: Any) -> None:
    """One line of the event's history."""
    line = {"scenario": row.scenario_code, **details}
    if missing := row.missing(now):
        line["missing"] = missing
    record(by, f"event.{what}", f"event:{row.event_id}", now=now, organiser_id=row.organiser_id, details=line)


def _lock_event(event_id: int, by: Actor) -> EventRow:
    if party_of(by) is Party.BORROWER:
        raise MoveNotAllowed("event_boxes", "borrower")
    statement = select(Event.organiser_id).where(Event.id == event_id, Event.deleted_at.is_(None))
    organiser_id = db.session.execute(statement.with_for_update(key_share=True)).scalar_one_or_none()
    if organiser_id is None or by.organiser_id not in (None, organiser_id):
        raise EventNotFound(str(event_id))
    return get_event_by_id(event_id)


def _require_standing(event: EventRow) -> None:
    if not stands(event.state, date_to_come=event.date_to_come, deleted=False):
        raise EventIsOff(event.slug)


def _judge(
    draft: EventBoxesDraft,
    event: EventRow,
    scenario: ScenarioRow,
    before: EventBoxesRow | None,
    by: Actor,
    now: datetime,
) -> None:
    """Raises ScenarioNotFound, FieldError, NoAccreditedFacilitator."""
    if scenario.organiser_id != event.organiser_id:
        raise ScenarioNotFound("scenario")
    period = draft.period
    days = open_days(event.organiser_id, period.first.date, period.last.date)
    problems = period_problems(period, scenario, days, Borrowing(party_of(by), today(now)))
    if before is not None and period.first == before.period.first:
        problems.pop("from", None)
    if period.ends_at(lending_zone()) <= now:
        problems["to"] = "past"
    if not problems and not period.overlaps(event_period(event)):
        problems["from"] = "outside_event"
    if not 1 <= draft.boxes <= MOST_BOXES:
        problems["boxes"] = "number_too_low" if draft.boxes < 1 else "number_too_high"
    if draft.stop_id is not None and draft.stop_id not in {stop.id for stop in event.stops}:
        problems["stop"] = "unknown_id"
    if len(draft.facilitator_ids) > MOST_FACILITATORS:
        problems["facilitators"] = "too_many"
    problems |= unknown_people(event.organiser_id, draft.facilitator_ids, None)
    if problems:
        raise FieldError(problems)
    require_accredited(scenario, draft.facilitator_ids, period)


def _columns(draft: EventBoxesDraft) -> dict[str, Any]:
    first, last = draft.period.first, draft.period.last
    return {
        "boxes": draft.boxes, "stop_id": draft.stop_id, "from_date": first.date, "from_half": first.half,
        "to_date": last.date, "to_half": last.half,
    }  # fmt: skip


def _name_people(event_boxes_id: int, ids: Iterable[int]) -> None:
    rows = [{"event_boxes_id": event_boxes_id, "facilitator_id": found} for found in dict.fromkeys(ids)]
    if rows:
        db.session.execute(insert(EventBoxesFacilitator), rows)


def _more_or_fewer(
    row: EventBoxesRow, scenario: ScenarioRow, held: Collection[int], now: datetime, *, over_requests: bool
) -> None:
    """Of the same half-days another number: those that are held stay, also one that is out of service or late."""
    spare, days = len(row.held) - row.boxes, _days(row, row.period)
    if spare > 0:
        for box in row.held[-spare:]:
            _give_back_box(row, scenario, box.box_id, days, now)
        return
    period = rest_of(row.period, now)
    free = free_boxes(scenario, period, now=now, calendar=days)
    if len(free) < -spare:
        raise NoBoxFree(f"{len(free)} of {-spare} boxes are free")
    left = count_free(scenario, period, now=now, calendar=days)
    if left < -spare and not over_requests:
        raise BoxesAskedFor(len(free) - left)
    for new in free[:-spare] if spare else ():
        _take_box(row, scenario, new.id, period, days, now)


def _days(row: EventBoxesRow, period: Period) -> OpenDays:
    return open_days(row.organiser_id, period.first.date, period.last.date)


def _take_box(
    row: EventBoxesRow, scenario: ScenarioRow, box_id: int, period: Period, days: OpenDays, now: datetime
) -> None:
    """Raises BoxNotFree."""
    buffered = days.with_buffers(period, scenario.before_halves, scenario.after_halves)
    if period.first != row.period.first:  # it runs already: there is nothing left to prepare before
        buffered = Period(period.first, buffered.last)
    try:
        _take(row, ResourceKind.BOX, box_id, period, buffered, now)
    except UsesOverlap as error:
        raise BoxNotFree(str(box_id)) from error


def _take(
    row: EventBoxesRow, kind: ResourceKind, resource_id: int, period: Period, buffered: Period, now: datetime
) -> None:
    zone = lending_zone()
    take(kind, resource_id, Purpose.EVENT, row.id, period, buffered, organiser_id=row.organiser_id, zone=zone, now=now)


def _give_back_box(row: EventBoxesRow, scenario: ScenarioRow, box_id: int, days: OpenDays, now: datetime) -> None:
    """One box: nothing remains of a use to come; one that runs ends with the half-day before this one."""
    zone = lending_zone()
    held = next(box for box in row.held if box.box_id == box_id)
    if held.to_at <= now:
        return
    last = half_day_at(now, zone).plus(-1)
    if last.ends_at(zone) <= held.from_at:
        release(Purpose.EVENT, row.id, [box_id], kind=ResourceKind.BOX)
        return
    ended = Period(half_day_at(held.from_at, zone), last)
    buffered = days.with_buffers(ended, 0, scenario.after_halves)
    shorten(Purpose.EVENT, row.id, ResourceKind.BOX, box_id, ended, buffered, zone=zone)


def _busy(facilitator_id: int, name: str, period: Period) -> FacilitatorBusy:
    """With the event for which they are kept then."""
    zone = lending_zone()
    clashes = find_clashes(ResourceKind.FACILITATOR, facilitator_id, period.starts_at(zone), period.ends_at(zone))
    for use in clashes:
        if use.purpose is Purpose.EVENT:
            other = get_event_boxes(use.purpose_id)
            return FacilitatorBusy(name, other.title_fr, other.title_en, other.slug)
    return FacilitatorBusy(name, "", "", "")

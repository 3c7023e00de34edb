"""Boxes at events: booked, changed, swapped and given back; what follows an event's own moves is in `following`.

The event's row is held first, then the scenario's: all that happens to the boxes of one scenario happens one after the other.
Counts of wear: a use at an event counts for its box from the day on which it is booked, as a loan's does.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from app.boxes.errors import ScenarioNotFound
from app.boxes.models import Box
from app.boxes.rows import ScenarioRow
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.core.tokens import digest
from app.events.errors import EventNotFound
from app.events.models import Event
from app.events.queries import EventRow, get_event_by_id
from app.loans.drafts import EventBoxesDraft
from app.loans.errors import BookedAlready, BoxNotFree, EventBoxesChanged, EventBoxesNotFound, EventIsOff
from app.loans.event_days import event_period, rest_of
from app.loans.models import EventBoxes, EventBoxesFacilitator
from app.loans.operations.asking import unknown_people
from app.loans.operations.event_taking import (
    fill,
    free_for_event,
    give_back,
    give_back_box,
    is_used,
    retake,
    stay,
    take_box,
    take_people,
)
from app.loans.operations.sendings import is_booked
from app.loans.operations.storing import lock_scenario, require_accredited, today
from app.loans.queries_events import EventBoxesRow, get_event_boxes, stands
from app.loans.rules import MOST_BOXES, MOST_FACILITATORS, Borrowing, Party, party_of, period_problems
from app.resources.calendars import lending_zone, open_days
from app.resources.enums import Purpose, ResourceKind
from app.resources.halfdays import half_day_at
from app.resources.operations import release


def book_event_boxes(draft: EventBoxesDraft, *, by: Actor, now: datetime, form: str = "") -> int:
    """Choose boxes for an event as approval does for a loan, and keep them and the people who run them; the row's id.

    `form` is the key that the form was shown with: sent again it books nothing (BookedAlready).
    Raises EventNotFound, EventIsOff, ScenarioNotFound, FieldError (boxes, from, to, stop, facilitators), NoAccreditedFacilitator,
    NoBoxFree, BoxesAskedFor (unless `over_requests`), FacilitatorBusy, MoveNotAllowed for a borrower.
    """
    event = hold_event(draft.event_id, by)
    if form and is_booked(event.id, form):
        raise BookedAlready(event.slug)
    scenario = lock_scenario(draft.scenario_id)
    if scenario.archived_at is not None:
        raise ScenarioNotFound("scenario")
    _judge(draft, event, scenario, None, by, now)
    values = {"organiser_id": event.organiser_id, "event_id": event.id, "scenario_id": scenario.id, "created_at": now}
    event_boxes_id: int = db.session.execute(
        insert(EventBoxes).values(**values, **_columns(draft)).returning(EventBoxes.id)
    ).scalar_one()
    _name_people(event_boxes_id, draft.facilitator_ids)
    empty = get_event_boxes(event_boxes_id)
    fill(empty, scenario, draft.period, (), now, required=draft.boxes, over_requests=draft.over_requests)
    row = take_people(event_boxes_id, now)
    key: dict[str, Any] = {"key": digest(form)} if form else {}
    say(row, "boxes_booked", by, now, boxes=list(row.box_codes), **key)
    return event_boxes_id


def change_event_boxes(
    event_boxes_id: int, draft: EventBoxesDraft, *, by: Actor, now: datetime, seen: str | None = None
) -> None:
    """Other half-days, another number, stop or people; boxes stay the same ones where that is possible.

    What was missing before may go on missing: as many as it had, and what is asked for in addition, are to be had.

    Raises EventBoxesNotFound, EventBoxesChanged (they are not as `seen`, `EventBoxesRow.seen` of what was read) and what
    `book_event_boxes` raises; the scenario does not change (FieldError at scenario).
    """
    event, scenario, before = hold(event_boxes_id, by, seen)
    require_standing(event)
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
    release(Purpose.EVENT, event_boxes_id, _not_named(before, draft), kind=ResourceKind.FACILITATOR)
    release(Purpose.EVENT, event_boxes_id, kind=ResourceKind.FACILITATOR, since=now)
    _fit(before, draft, scenario, now)
    row = take_people(event_boxes_id, now)
    say(row, "boxes_changed", by, now, had=before, before=list(before.box_codes), boxes=list(row.box_codes))


def end_event_boxes(event_boxes_id: int, *, by: Actor, now: datetime, seen: str | None = None) -> None:
    """The event needs them no more: what did not begin is given back, what runs ends now, what is over stays in the ledger.

    Raises EventBoxesNotFound, EventBoxesChanged, MoveNotAllowed for a borrower.
    """
    _event, scenario, row = hold(event_boxes_id, by, seen)
    give_back(row, scenario, now)
    db.session.execute(update(EventBoxes).where(EventBoxes.id == row.id).values(ended_at=now))
    say(get_event_boxes(row.id), "boxes_ended", by, now, had=row, boxes=list(row.box_codes))


def swap_event_box(
    event_boxes_id: int,
    box_id: int,
    new_box_id: int,
    *,
    by: Actor,
    now: datetime,
    seen: str | None = None,
    even_away: bool = False,
) -> None:
    """Give an event a free box of the same scenario instead of one that it has; while the event runs, from now on.

    `even_away`: the new box may be out of service or late: when a swap is taken back. For the box of a loan or of another event
    see `event_exchanging`. Raises EventBoxesNotFound, EventBoxesChanged, EventIsOff, BoxNotFree, NoAccreditedFacilitator,
    MoveNotAllowed (for a borrower, or when it is over).
    """
    event, scenario, row = hold(event_boxes_id, by, seen)
    require_standing(event)
    held = next((box for box in (*row.held, *row.former) if box.box_id == box_id and box.to_at > now), None)
    if row.is_over(now):
        raise MoveNotAllowed("swap", "over")
    code = db.session.execute(
        select(Box.code).where(Box.id == new_box_id, Box.scenario_id == scenario.id, Box.archived_at.is_(None))
    ).scalar_one_or_none()
    if held is None or code is None or new_box_id == box_id:
        raise BoxNotFree(str(new_box_id))
    require_accredited(scenario, [person.id for person in row.people], row.period)
    period = rest_of(row.period, now)
    if even_away:
        if new_box_id in {box.box_id for box in row.held} or is_used(row, scenario, new_box_id, period):
            raise BoxNotFree(code)
    elif new_box_id not in {box.id for box in free_for_event(row, scenario, period, now)}:
        raise BoxNotFree(code)
    give_back_box(row, scenario, held, now)
    take_box(row, scenario, new_box_id, period, now)
    say_swapped(row, held.code, code, by, now)


def try_event_boxes(event_boxes_id: int, *, by: Actor, now: datetime) -> int:
    """Take as many of the missing boxes and people as are free by now; how many boxes are still missing.

    Raises EventBoxesNotFound, EventIsOff, MoveNotAllowed for a borrower.
    """
    event, scenario, before = hold(event_boxes_id, by)
    require_standing(event)
    after = retake(before, scenario, (), now)
    if after != before:
        say(after, "boxes_changed", by, now, had=before, before=list(before.box_codes), boxes=list(after.box_codes))
    return after.missing(now)


# --- What the operations on them and `following` share ---------------------------------------------------------------


def hold_event(event_id: int, by: Actor) -> EventRow:
    """Hold an event that stands until the transaction ends. Raises EventNotFound, EventIsOff, MoveNotAllowed for a borrower."""
    event = _lock_event(event_id, by)
    require_standing(event)
    return event


def hold(event_boxes_id: int, by: Actor, seen: str | None = None) -> tuple[EventRow, ScenarioRow, EventBoxesRow]:
    """Hold the event and the scenario of boxes that were not given back.

    Raises EventBoxesNotFound, MoveNotAllowed, EventBoxesChanged (when they are not as `seen`).
    """
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
    if seen is not None and seen != row.seen:
        raise EventBoxesChanged(str(event_boxes_id))
    return event, scenario, row


def say(
    row: EventBoxesRow, what: str, by: Actor, now: datetime, *, had: EventBoxesRow | None = None, **details: Any
) -> None:
    """One line of the event's history. `had` is the row as it was before: what it used and no longer does is kept in the line,
    for calendars to tell: each [id of the row, id of the box, numbers of its first and last half-day].
    """
    line = {"scenario": row.scenario_code, **details}
    if missing := row.missing(now):
        line["missing"] = missing
    if had is not None and (gone := _gone(had, row)):
        line["gone"] = gone
    record(by, f"event.{what}", f"event:{row.event_id}", now=now, organiser_id=row.organiser_id, details=line)


def say_swapped(before: EventBoxesRow, from_box: str, to_box: str, by: Actor, now: datetime) -> None:
    say(get_event_boxes(before.id), "box_swapped", by, now, had=before, **{"from": from_box, "to": to_box})


def _gone(had: EventBoxesRow, row: EventBoxesRow) -> list[list[int]]:
    zone, kept = lending_zone(), {box.box_id for box in (*row.held, *row.former)}
    return [
        [row.id, box.box_id, half_day_at(box.from_at, zone).number, half_day_at(box.to_at, zone).number - 1]
        for box in (*had.held, *had.former)
        if box.box_id not in kept
    ]


def _lock_event(event_id: int, by: Actor) -> EventRow:
    if party_of(by) is Party.BORROWER:
        raise MoveNotAllowed("event_boxes", "borrower")
    statement = select(Event.organiser_id).where(Event.id == event_id, Event.deleted_at.is_(None))
    organiser_id = db.session.execute(statement.with_for_update(key_share=True)).scalar_one_or_none()
    if organiser_id is None or by.organiser_id not in (None, organiser_id):
        raise EventNotFound(str(event_id))
    return get_event_by_id(event_id)


def require_standing(event: EventRow) -> None:
    """Raises EventIsOff."""
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
    if problems.get("to") == "loan_too_long":
        problems["to"] = "booking_too_long"
    if before is not None and period.first == before.period.first:
        problems.pop("from", None)
    if period.ends_at(lending_zone()) <= now:
        problems["to"] = "past"
    if not problems and not period.overlaps(event_period(event)):
        problems["from"] = "not_of_the_event"
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


def _not_named(before: EventBoxesRow, draft: EventBoxesDraft) -> list[int]:
    """Who was to run the boxes and no longer is."""
    return [person.id for person in before.people if person.id not in draft.facilitator_ids]


def _fit(before: EventBoxesRow, draft: EventBoxesDraft, scenario: ScenarioRow, now: datetime) -> None:
    """The boxes of a row that was written as `draft`: too many go, too few are filled. Raises NoBoxFree, BoxesAskedFor.

    Of the same half-days those that are held stay, also one that is out of service or late.
    """
    if draft.period != before.period:
        give_back(before, scenario, now, goes_to=draft.period)
        row = stay(get_event_boxes(before.id), scenario, now, wholly=True)
    else:
        row = get_event_boxes(before.id)
    for box in row.held[draft.boxes :]:
        give_back_box(row, scenario, box, now)
    required = min(draft.boxes, len(before.held) + max(0, draft.boxes - before.boxes))
    rather = [box.box_id for box in before.held]
    period = rest_of(draft.period, now)
    fill(row, scenario, period, rather, now, required=required, over_requests=draft.over_requests)

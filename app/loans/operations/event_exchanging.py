"""Exchange of a box of an event for the box of a loan, or of another event, of the same scenario: both get the other's.

Until both begin: what runs, or was handed over, is where it is. Each box must be free on all of the other's half-days with
their buffers; the borrower is told as of any swap.
"""

from datetime import datetime

from sqlalchemy import select

from app.boxes.rows import ScenarioRow
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.events.models import Event
from app.loans.availability import free_boxes
from app.loans.drafts import OtherEvent, OtherLoan
from app.loans.errors import (
    BoxAway,
    BoxNotFree,
    EventBoxesChanged,
    EventBoxesNotFound,
    EventIsOff,
    ExchangeOff,
    LoanChanged,
)
from app.loans.models import EventBoxes
from app.loans.operations.at_events import hold, require_standing, say_swapped
from app.loans.operations.changing import assign, swappable, tell_swapped
from app.loans.operations.event_taking import give_back_box, take_box
from app.loans.operations.storing import lock_loan, require_accredited
from app.loans.queries_events import EventBox, EventBoxesRow
from app.resources.enums import Purpose, ResourceKind
from app.resources.operations import release


def exchange_event_box(
    event_boxes_id: int,
    box_id: int,
    new_box_id: int,
    other: OtherLoan | OtherEvent,
    *,
    by: Actor,
    now: datetime,
    seen: str | None = None,
) -> None:
    """Give an event the box that another one has, and that one the event's, as somebody read both.

    Raises EventBoxesNotFound, EventBoxesChanged, EventIsOff, ExchangeOff (the other one is not as it was read, no longer has the
    box, or one of both has begun), BoxNotFree, NoAccreditedFacilitator, MoveNotAllowed for a borrower, LoanNotFound for another
    organiser's.
    """
    rows = [event_boxes_id, *([other.id] if isinstance(other, OtherEvent) else [])]
    _hold_events(rows)
    event, scenario, row = hold(event_boxes_id, by, seen)
    require_standing(event)
    held = _waiting(row, box_id, now)
    if held is None:
        raise ExchangeOff(str(box_id))
    if isinstance(other, OtherLoan):
        _with_loan(row, held, scenario, new_box_id, other, by, now)
    else:
        _with_event(row, held, scenario, new_box_id, other, by, now)


def _with_loan(
    row: EventBoxesRow,
    held: EventBox,
    scenario: ScenarioRow,
    new_box_id: int,
    other: OtherLoan,
    by: Actor,
    now: datetime,
) -> None:
    try:
        loan, others_scenario = lock_loan(other.id, revision=other.revision, by=by)
        theirs = swappable(loan, new_box_id, by)
    except (LoanChanged, MoveNotAllowed, BoxAway) as error:
        raise ExchangeOff(str(new_box_id)) from error
    if others_scenario.id != scenario.id:
        raise ExchangeOff(str(new_box_id))
    give_back_box(row, scenario, held, now)
    release(Purpose.LOAN, loan.id, [new_box_id], kind=ResourceKind.BOX)
    if held.box_id not in {box.id for box in free_boxes(scenario, loan.period, now=now)}:
        raise BoxNotFree(held.code)
    _take(row, scenario, new_box_id, theirs.code, now)
    assign(loan, scenario, theirs, held.box_id, now)
    tell_swapped(loan, theirs.code, held.code, by, now)
    say_swapped(row, held.code, theirs.code, by, now)


def _with_event(
    row: EventBoxesRow,
    held: EventBox,
    scenario: ScenarioRow,
    new_box_id: int,
    other: OtherEvent,
    by: Actor,
    now: datetime,
) -> None:
    try:
        event, others_scenario, others = hold(other.id, by, other.seen)
        require_standing(event)
    except (EventBoxesNotFound, EventBoxesChanged, EventIsOff) as error:
        raise ExchangeOff(str(new_box_id)) from error
    theirs = _waiting(others, new_box_id, now)
    if theirs is None or others_scenario.id != scenario.id or others.id == row.id:
        raise ExchangeOff(str(new_box_id))
    give_back_box(row, scenario, held, now)
    give_back_box(others, scenario, theirs, now)
    _take(row, scenario, theirs.box_id, theirs.code, now)
    _take(others, scenario, held.box_id, held.code, now)
    say_swapped(row, held.code, theirs.code, by, now)
    say_swapped(others, theirs.code, held.code, by, now)


def _take(row: EventBoxesRow, scenario: ScenarioRow, box_id: int, code: str, now: datetime) -> None:
    require_accredited(scenario, [person.id for person in row.people], row.period)
    if box_id not in {box.id for box in free_boxes(scenario, row.period, now=now)}:
        raise BoxNotFree(code)
    take_box(row, scenario, box_id, row.period, now)


def _waiting(row: EventBoxesRow, box_id: int, now: datetime) -> EventBox | None:
    """The box that a row has and that did not begin to be used."""
    if row.has_begun(now):
        return None
    return next((box for box in row.held if box.box_id == box_id and box.from_at > now), None)


def _hold_events(event_boxes_ids: list[int]) -> None:
    """Events first, by id: the order in which all lock them, so that nobody waits for each other. Raises EventBoxesNotFound."""
    ids = select(EventBoxes.event_id).where(EventBoxes.id.in_(event_boxes_ids))
    events = select(Event.id).where(Event.id.in_(ids)).order_by(Event.id)
    if not db.session.execute(events.with_for_update(key_share=True)).all():
        raise EventBoxesNotFound(str(event_boxes_ids[0]))

"""Boxes at events go with their event: to other days, back when it is called off or deleted, and again when it is on."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from app.boxes.rows import ScenarioRow
from app.core.actor import Actor
from app.core.db import db
from app.events.followers import register_follower
from app.events.parts import Binning, Moved, Part, register_part
from app.events.queries import EventRow, get_event_by_id
from app.loans.event_days import event_period, moved_period
from app.loans.models import EventBoxes, EventBoxesFacilitator
from app.loans.operations.at_events import say
from app.loans.operations.event_taking import give_back, may_run, retake, stay
from app.loans.operations.storing import lock_scenario
from app.loans.queries_events import EventBoxesRow, get_event_boxes, list_event_boxes, stands
from app.resources.enums import Purpose
from app.resources.halfdays import Period
from app.resources.operations import release


def follow_event(before: EventRow, after: EventRow, by: Actor, now: datetime) -> None:
    """What an event's boxes do when it changes. Nothing is refused: what is not free on new days is missing, and said.

    Half-days go with the event's (`app.loans.event_days.moved_period`); the same boxes are kept where they are free. While it is
    called off, or its date is to come, it holds none; when it is on again they are taken anew, as far as they are free. A box
    that runs stays. A stop that is no more is forgotten.
    """
    stood, is_on = _stands(before), _stands(after)
    moved = event_period(before) != event_period(after)
    stops = {stop.id for stop in before.stops} - {stop.id for stop in after.stops}
    if stops:
        gone = update(EventBoxes).where(EventBoxes.event_id == after.id, EventBoxes.stop_id.in_(stops))
        db.session.execute(gone.values(stop_id=None))
    if stood == is_on and not moved:
        return
    rows = _rows(after.id)
    _go_along(rows, [moved_period(row.period, before, after) if moved else row.period for row in rows], by, now)


def _go_along(rows: Sequence[EventBoxesRow], periods: Sequence[Period], by: Actor, now: datetime) -> None:
    """Give everything back, and take it on the new days where the event is on; the event's own row is written already.

    One step after the other of all rows, that none finds in its way where another one was: first what runs stays, then each has
    the same boxes again, then what lacks is taken.
    """
    scenarios = {row.scenario_id: lock_scenario(row.scenario_id) for row in rows}
    befores = [get_event_boxes(row.id) for row in rows]
    for before, period in zip(befores, periods, strict=True):
        _move(before, period, scenarios[before.scenario_id], now)
    for before in befores:
        stay(get_event_boxes(before.id), scenarios[before.scenario_id], now)
    for only_those in (True, False):
        for before in befores:
            row, scenario = get_event_boxes(before.id), scenarios[before.scenario_id]
            retake(row, scenario, _last_had(before), now, only_those=only_those)
    for before in befores:
        after = get_event_boxes(before.id)
        if (before.held, before.period) != (after.held, after.period):
            _say_changed(before, by, now)


def _say_changed(before: EventBoxesRow, by: Actor, now: datetime) -> None:
    after = get_event_boxes(before.id)
    codes = {"before": list(before.box_codes), "boxes": list(after.box_codes)}
    say(after, "boxes_changed", by, now, had=before, **codes)


def _move(before: EventBoxesRow, period: Period, scenario: ScenarioRow, now: datetime) -> None:
    """Write a row's half-days, and give back what does not run on."""
    first, last = period.first, period.last
    db.session.execute(
        update(EventBoxes)
        .where(EventBoxes.id == before.id)
        .values(from_date=first.date, from_half=first.half, to_date=last.date, to_half=last.half)
    )
    goes_on = get_event_boxes(before.id).is_current and may_run(before, scenario, period)
    give_back(before, scenario, now, goes_to=period if goes_on else None)


def _last_had(row: EventBoxesRow) -> list[int]:
    """The boxes that it has, or that it had last."""
    until = max((box.to_at for box in row.former), default=None)
    return [box.box_id for box in row.held or row.former if row.held or box.to_at == until]


def _stands(event: EventRow) -> bool:
    return stands(event.state, date_to_come=event.date_to_come, deleted=False)


def _rows(event_id: int) -> list[EventBoxesRow]:
    """In the order in which scenarios are locked, everywhere."""
    return sorted(list_event_boxes(event_id), key=lambda row: (row.scenario_id, row.id))


def _delete(binning: Binning) -> Moved:
    """Into the bin: what is not over is given back. The rows stay, for the event may come back."""
    for row in _rows(binning.event_id):
        scenario = lock_scenario(row.scenario_id)
        before = get_event_boxes(row.id)
        give_back(before, scenario, binning.now)
        if get_event_boxes(row.id).held != before.held:
            _say_changed(before, binning.by, binning.now)
    return Moved()


def _restore(binning: Binning) -> Moved:
    if _stands(get_event_by_id(binning.event_id)):
        rows = _rows(binning.event_id)
        _go_along(rows, [row.period for row in rows], binning.by, binning.now)
    return Moved()


def _remove(event_id: int, most: int, now: datetime) -> int:
    """For good: with what the ledger still says of it."""
    ids = db.session.execute(select(EventBoxes.id).where(EventBoxes.event_id == event_id).limit(most)).scalars().all()
    for event_boxes_id in ids:
        release(Purpose.EVENT, event_boxes_id)
    if ids:
        db.session.execute(delete(EventBoxesFacilitator).where(EventBoxesFacilitator.event_boxes_id.in_(ids)))
        db.session.execute(delete(EventBoxes).where(EventBoxes.id.in_(ids)))
    return len(ids)


register_follower("boxes", follow_event)
register_part("boxes", Part(delete=_delete, restore=_restore, remove=_remove))

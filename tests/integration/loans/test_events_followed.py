"""An event's boxes go with it: other days, called off and on again, into the bin and out, copied, its stops."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.db import db
from app.core.transaction import transaction
from app.events.cloning import CopyDraft
from app.events.drafts import WaveDraft
from app.events.enums import EventMove
from app.events.operations import edit_event, move_event
from app.events.operations.cloning import clone_event
from app.events.operations.deleting import KEPT, delete_event, remove_some, restore_event
from app.events.operations.reopening import reopen_event
from app.events.queries import EventRow, get_event, get_event_by_id
from app.flows.date_mapping import DATE_TO_COME, NewDates, Shift
from app.flows.postponing import postpone_event
from app.loans.event_days import event_period, moved_period
from app.loans.models import EventBoxes
from app.loans.queries_events import EventBoxesRow, get_event_boxes, list_event_boxes, list_short_events
from app.resources.enums import Purpose
from app.resources.queries import list_uses_of
from app.web.manage.event_sections import draft_of
from tests.factories import DAY_ONE, NOW, PARIS, forum, make_event
from tests.integration.loans.event_world import DAY, assert_whole, book, forum_of
from tests.integration.loans.world import LoanWorld, make_world, period


def postpone(event: EventRow, dates: NewDates) -> None:
    with transaction():
        postpone_event(event.id, dates, by=SYSTEM, now=NOW)


def move(event: EventRow, move: EventMove) -> None:
    with transaction():
        move_event(event.id, move, by=SYSTEM, now=NOW)


def uses(row: EventBoxesRow) -> int:
    return len(list_uses_of(Purpose.EVENT, row.id))


def test_postponed_it_keeps_its_boxes_where_they_are_free(whole_app: Flask) -> None:
    world = make_world(boxes=3)
    event = forum_of(world)
    row = book(world, event, boxes=2)
    lent = world.enter("2027-02-11 am", "2027-02-11 pm", facilitator_ids=(world.facilitator_id,))
    postpone(event, Shift(7))
    after = get_event_boxes(row.id)
    assert after.period == period("2027-02-11 am", "2027-02-11 pm")
    assert after.box_codes == row.box_codes  # the loan had the third
    assert (after.missing(NOW), after.busy(NOW), lent.state.value) == (0, (), "approved")
    assert_whole()


def test_postponed_to_days_that_are_taken_it_says_what_is_missing(whole_app: Flask) -> None:
    world = make_world(boxes=3)
    begins = DAY_ONE + timedelta(days=7)
    ends = begins + timedelta(hours=3)
    event = forum_of(world)
    other = forum_of(world, forum(starts_at=begins, ends_at=ends, waves=(WaveDraft(begins, ends, 60),)))
    row = book(world, event, boxes=2)
    theirs = book(world, other, "2027-02-11 am", "2027-02-11 pm", boxes=2)
    assert set(theirs.box_codes) & set(row.box_codes)
    postpone(event, Shift(7))
    after = get_event_boxes(row.id)
    assert (len(after.held), after.missing(NOW)) == (1, 1)
    assert [person.id for person in after.busy(NOW)] == [world.facilitator_id]
    assert list_short_events(world.organiser_id, now=NOW) == [after]
    line = [entry for entry in list_history(f"event:{event.id}") if entry.verb == "event.boxes_changed"][-1]
    assert (line.details["missing"], line.details["boxes"]) == (1, list(after.box_codes))
    assert_whole()


def test_without_a_date_or_called_off_it_holds_nothing_and_tries_again(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    event = forum_of(world)
    row = book(world, event, boxes=2)
    move(event, EventMove.CANCEL)
    assert (uses(row), get_event_boxes(row.id).missing(NOW), list_event_boxes(event.id)[0].stands) == (0, 0, False)
    world.enter(f"{DAY} am", f"{DAY} pm")
    with transaction():
        reopen_event(event.id, by=SYSTEM, now=NOW)
    assert get_event_boxes(row.id).missing(NOW) == 1
    postpone(event, DATE_TO_COME)
    assert (uses(row), list_short_events(world.organiser_id, now=NOW)) == (0, [])
    postpone(event, Shift(14))
    after = get_event_boxes(row.id)
    assert (after.period, len(after.held)) == (period("2027-02-18 am", "2027-02-18 pm"), 2)
    assert_whole()


def test_the_bin_gives_back_and_takes_again(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    event = forum_of(world)
    row = book(world, event)
    with transaction():
        delete_event(event.id, by=SYSTEM, now=NOW)
    assert uses(row) == 0
    assert_whole()
    with transaction():
        restore_event(event.id, by=SYSTEM, now=NOW)
    assert get_event_boxes(row.id).box_codes == row.box_codes
    with transaction():
        delete_event(event.id, by=SYSTEM, now=NOW)
    later = NOW + KEPT + timedelta(days=1)
    with transaction():
        while remove_some(event.id, now=later):
            pass
    assert db.session.execute(select(func.count()).select_from(EventBoxes)).scalar_one() == 0
    assert_whole(later)


def test_edited_hours_and_stops_are_followed(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    event = forum_of(world)
    row = book(world, event, stop_id=event.stops[0].id)
    draft = draft_of(event)
    with transaction():
        edit_event(event.id, replace(draft, summary_fr="Un mot", stops=draft.stops[1:]), by=SYSTEM, now=NOW)
    after = get_event_boxes(row.id)
    assert (after.stop_id, after.stop("fr"), after.held) == (None, "", row.held)
    shorter = replace(draft_of(get_event_by_id(event.id)), ends_at=DAY_ONE + timedelta(hours=3))
    with transaction():
        edit_event(event.id, shorter, by=SYSTEM, now=NOW)
    assert get_event_boxes(row.id).period == period(f"{DAY} am", f"{DAY} am")
    assert_whole()


def test_what_is_over_stays_in_the_ledger(sqlite_app: Flask) -> None:
    world = make_world(boxes=1)
    event = make_event(world.organiser_id, forum(ends_at=DAY_ONE + timedelta(days=1, hours=8)))
    row = book(world, event, f"{DAY} am", f"{DAY} pm")
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=DAY_ONE + timedelta(days=1))
    assert uses(row) == 2
    assert_whole(DAY_ONE + timedelta(days=1))


def test_a_copy_has_no_boxes_of_its_own_yet(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    event = forum_of(world)
    row = book(world, event)
    with transaction():
        (slug,) = clone_event(event.id, [CopyDraft(date(2028, 2, 3), "Forum 2028")], by=SYSTEM, now=NOW)
    assert [kept.id for kept in list_event_boxes(event.id)] == [row.id]
    assert list_event_boxes(get_event(slug).id) == []


@pytest.mark.parametrize(
    ("kept", "to", "expected"),
    [
        (("2027-02-04 am", "2027-02-05 pm"), 7, ("2027-02-11 am", "2027-02-12 pm")),  # the whole event’s
        (("2027-02-05 pm", "2027-02-05 pm"), 7, ("2027-02-12 pm", "2027-02-12 pm")),
        (("2027-02-03 pm", "2027-02-04 am"), -4, ("2027-01-30 pm", "2027-01-31 am")),
    ],
)
def test_half_days_go_with_the_events(
    kept: tuple[str, str], to: int, expected: tuple[str, str], world_event: EventRow
) -> None:
    days = timedelta(days=to)
    after = replace(world_event, starts_at=world_event.starts_at + days, ends_at=world_event.ends_at + days)
    assert moved_period(period(*kept), world_event, after) == period(*expected)


def test_of_a_shorter_event_no_half_day_is_outside(world_event: EventRow) -> None:
    shorter = replace(world_event, ends_at=datetime(2027, 2, 4, 13, tzinfo=PARIS))
    assert event_period(shorter) == period("2027-02-04 am", "2027-02-04 am")  # until one: not a minute of the afternoon
    assert moved_period(period("2027-02-05 am", "2027-02-05 pm"), world_event, shorter) == event_period(shorter)


@pytest.fixture
def world_event(sqlite_app: Flask) -> EventRow:
    """A forum of two days."""
    world: LoanWorld = make_world(boxes=0)
    return make_event(world.organiser_id, forum(ends_at=DAY_ONE + timedelta(days=1, hours=8)))

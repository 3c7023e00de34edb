"""An event that runs keeps the boxes that stand there, its bookings do not stand in each other's way, what was stays told."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from flask import Flask

from app.boxes.drafts import BoxDraft
from app.boxes.operations.boxes import create_box
from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.events.drafts import EventDraft, WaveDraft
from app.events.enums import EventMove
from app.events.operations import edit_event, move_event
from app.events.operations.reopening import reopen_event
from app.events.queries import EventRow, get_event_by_id
from app.flows.date_mapping import DATE_TO_COME, NewDates, Shift
from app.flows.postponing import postpone_event
from app.loans.enums import LoanCancel, LoanMove
from app.loans.errors import BoxesAskedFor, EventBoxesChanged, NoBoxFree
from app.loans.event_days import event_period
from app.loans.event_foresight import Foreseen, count_kept, foresee_boxes
from app.loans.operations import move_loan
from app.loans.operations.at_events import change_event_boxes, end_event_boxes, swap_event_box
from app.loans.queries import get_loan
from app.loans.queries_events import EventBoxesRow, get_event_boxes, list_event_boxes
from app.resources.enums import Purpose, ResourceKind
from app.resources.queries import UseRow, list_uses_of
from app.web.manage.event_sections import draft_of
from tests.factories import DAY_ONE, NOW, PARIS, forum
from tests.integration.loans.event_world import DAY, assert_whole, book, change, forum_of, wanted
from tests.integration.loans.world import STAFF, grant, make_facilitator, make_world, period

FRIDAY = datetime(2027, 2, 5, 10, tzinfo=PARIS)


def days(number: int) -> EventDraft:
    """A forum from Thursday morning on."""
    ends = DAY_ONE + timedelta(days=number - 1, hours=8)
    return forum(starts_at=DAY_ONE, ends_at=ends, waves=(WaveDraft(DAY_ONE, DAY_ONE + timedelta(hours=3), 60),))


def postpone(event: EventRow, dates: NewDates, now: datetime = NOW) -> None:
    with transaction():
        postpone_event(event.id, dates, by=SYSTEM, now=now)


def ends(event: EventRow, at: datetime, now: datetime) -> None:
    with transaction():
        edit_event(event.id, replace(draft_of(get_event_by_id(event.id)), ends_at=at), by=STAFF, now=now)


def box_uses(row: EventBoxesRow) -> list[UseRow]:
    return [use for use in list_uses_of(Purpose.EVENT, row.id) if use.resource_kind is ResourceKind.BOX]


def test_bookings_of_one_event_are_not_in_each_others_way(whole_app: Flask) -> None:
    """Thursday and Friday with one box and one person: a day later, Thursday's go to where Friday's were."""
    world = make_world(boxes=1, before_halves=0, after_halves=0)
    event = forum_of(world, days(2))
    one = book(world, event, f"{DAY} am", f"{DAY} pm")
    two = book(world, event, "2027-02-05 am", "2027-02-05 pm")
    assert one.box_codes == two.box_codes
    later = replace(event, starts_at=event.starts_at + timedelta(days=1), ends_at=event.ends_at + timedelta(days=1))
    assert foresee_boxes(event.id, event, later, now=NOW) == Foreseen(2, 0)
    postpone(event, Shift(1))
    rows = list_event_boxes(event.id)
    assert [(row.missing(NOW), row.busy(NOW)) for row in rows] == [(0, ()), (0, ())]
    assert_whole()


def test_each_booking_keeps_its_boxes_before_one_that_is_short_gets_them(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    event = forum_of(world)
    with transaction():
        person = make_facilitator(world.organiser_id)
        grant(world.organiser_id, person, world.scenario_id)
    lent = get_loan(world.enter("2027-02-11 am", "2027-02-11 pm").id).box_codes
    first = book(world, event, boxes=1)
    second = book(world, event, boxes=1, facilitator_ids=(person,))
    kept = {row.id for row in (first, second) if row.box_codes != lent}
    postpone(event, Shift(7))
    assert {row.id for row in list_event_boxes(event.id) if row.held} == kept
    assert_whole()


@pytest.mark.parametrize(("boxes", "after"), [(1, 0), (1, 2), (2, 1)])
def test_a_running_event_made_longer_keeps_the_box_that_is_there(boxes: int, after: int, whole_app: Flask) -> None:
    """Also with a spare one in the depot, and whatever its own buffers are."""
    world = make_world(boxes=boxes, after_halves=after)
    event = forum_of(world, days(2))
    row = book(world, event, f"{DAY} am", "2027-02-05 pm")
    ends(event, DAY_ONE + timedelta(days=2, hours=8), FRIDAY)
    got = get_event_boxes(row.id)
    assert (got.period, got.box_codes, got.missing(FRIDAY)) == (
        period(f"{DAY} am", "2027-02-06 pm"), row.box_codes, 0,
    )  # fmt: skip
    assert len(box_uses(row)) == 1
    assert_whole(FRIDAY)


def test_on_the_day_itself_a_box_stays_as_long_as_nobody_else_has_it(whole_app: Flask) -> None:
    """Friday's loan begins as planned: the event keeps its box until then, and says that one is missing afterwards."""
    world = make_world(boxes=1, before_halves=0, after_halves=0)
    event = forum_of(world)
    row = book(world, event)
    world.enter("2027-02-05 pm", "2027-02-05 pm")
    now = datetime(2027, 2, 4, 14, tzinfo=PARIS)
    ends(event, DAY_ONE + timedelta(days=1, hours=8), now)
    got = get_event_boxes(row.id)
    assert (got.missing(now), [box.code for box in got.former]) == (1, list(row.box_codes))
    assert got.former[0].to_at.astimezone(PARIS) == datetime(2027, 2, 5, 13, tzinfo=PARIS)
    assert_whole(now)


def test_another_box_stands_in_for_one_that_cannot_stay(whole_app: Flask) -> None:
    world = make_world(boxes=1, before_halves=0, after_halves=0)
    event = forum_of(world)
    row = book(world, event)
    world.enter("2027-02-05 pm", "2027-02-05 pm")
    now = datetime(2027, 2, 4, 14, tzinfo=PARIS)
    with transaction():
        draft = BoxDraft("NEUVE")
        spare = create_box(world.scenario_id, draft, organiser_id=world.organiser_id, by=SYSTEM, now=NOW)
    ends(event, DAY_ONE + timedelta(days=1, hours=8), now)
    got = get_event_boxes(row.id)
    assert ([box.box_id for box in got.held], got.missing(now)) == ([spare], 0)
    assert [box.to_at.astimezone(PARIS).hour for box in got.former] == [13]
    assert_whole(now)


def test_called_off_and_on_again_while_it_runs(whole_app: Flask) -> None:
    world = make_world(boxes=1, after_halves=2)
    event = forum_of(world, days(2))
    row = book(world, event, f"{DAY} am", "2027-02-05 pm")
    assert count_kept(event.id, now=FRIDAY) == 1
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=FRIDAY)
    with transaction():
        reopen_event(event.id, by=SYSTEM, now=FRIDAY)
    assert (get_event_boxes(row.id).box_codes, len(box_uses(row))) == (row.box_codes, 1)
    assert_whole(FRIDAY)


def test_what_is_over_stays_when_the_rest_is_given_back(whole_app: Flask) -> None:
    """A box ran on Thursday; the event goes on two weeks later, and then needs it no more. Its people are kept for those days."""
    world = make_world(boxes=1)
    event = forum_of(world, days(3))
    row = book(world, event, f"{DAY} am", f"{DAY} pm")
    postpone(event, Shift(14), now=FRIDAY)
    got = get_event_boxes(row.id)
    assert (len(box_uses(row)), got.missing(FRIDAY), got.busy(FRIDAY)) == (2, 0, ())
    kept = [use for use in list_uses_of(Purpose.EVENT, row.id) if use.resource_kind is ResourceKind.FACILITATOR]
    assert max(use.to_at for use in kept) == got.period.ends_at(PARIS)
    change(world, event, got, "2027-02-18 am", "2027-02-19 pm", now=FRIDAY)
    assert len(box_uses(row)) == 2
    with transaction():
        end_event_boxes(row.id, by=STAFF, now=FRIDAY + timedelta(days=3))
    (left,) = box_uses(row)
    assert left.to_at == period(f"{DAY} am", f"{DAY} pm").ends_at(PARIS)
    assert_whole(FRIDAY + timedelta(days=3))


def test_swapped_there_and_back_and_made_shorter(whole_app: Flask) -> None:
    world = make_world(boxes=2, after_halves=2)
    event = forum_of(world, days(3))
    row = book(world, event, f"{DAY} am", "2027-02-06 pm")
    (first,) = (box.box_id for box in row.held)
    other = next(box for box in world.box_ids if box != first)
    for one, new in ((first, other), (other, first)):
        with transaction():
            swap_event_box(row.id, one, new, by=STAFF, now=FRIDAY)
    assert [box.box_id for box in get_event_boxes(row.id).held] == [first]
    assert len(box_uses(row)) == 1
    ends(event, FRIDAY + timedelta(hours=2), FRIDAY)
    assert get_event_boxes(row.id).box_codes == row.box_codes
    assert_whole(FRIDAY)


def test_of_a_booking_that_is_short_the_rest_may_change(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    event = forum_of(world)
    row = book(world, event, boxes=2)
    postpone(event, DATE_TO_COME)
    world.enter("2027-02-11 am", "2027-02-11 pm")
    postpone(event, Shift(7))
    with transaction():
        person = make_facilitator(world.organiser_id)
        grant(world.organiser_id, person, world.scenario_id)
    half_days = "2027-02-11 am", "2027-02-11 pm"
    after = change(world, event, row, *half_days, boxes=2, facilitator_ids=(person,))
    assert ([p.id for p in after.people], after.missing(NOW)) == ([person], 1)
    after = change(world, event, row, half_days[0], half_days[0], boxes=2, facilitator_ids=(person,))
    assert (after.missing(NOW), after.period) == (1, period(half_days[0], half_days[0]))
    with pytest.raises(NoBoxFree):
        change(world, event, row, half_days[0], half_days[0], boxes=3, facilitator_ids=(person,))
    assert_whole()


def test_what_is_missing_is_not_taken_from_requests_in_passing(whole_app: Flask) -> None:
    world = make_world(boxes=3)
    event = forum_of(world)
    row = book(world, event, boxes=2)
    lent = world.enter("2027-02-11 am", "2027-02-11 pm", boxes=2)
    postpone(event, Shift(7))
    assert get_event_boxes(row.id).missing(NOW) == 1
    with transaction():
        move_loan(lent.id, LoanMove.CANCEL, by=STAFF, now=NOW, reason=LoanCancel.BORROWER_CHANGED)
    world.ask("2027-02-11 am", "2027-02-11 pm", boxes=2)
    half_days = "2027-02-11 am", "2027-02-11 pm"
    assert change(world, event, row, *half_days, boxes=2).missing(NOW) == 1
    with pytest.raises(BoxesAskedFor):
        change(world, event, row, *half_days, boxes=3)
    assert change(world, event, row, *half_days, boxes=2, over_requests=True).missing(NOW) == 0
    assert_whole()


def test_only_what_was_read_is_changed_given_back_or_swapped(whole_app: Flask) -> None:
    world = make_world(boxes=3)
    event = forum_of(world)
    row = book(world, event)
    assert change(world, event, row, boxes=2).seen != row.seen
    box, free = row.held[0].box_id, world.box_ids[2]
    for attempt in (
        partial(change_event_boxes, row.id, wanted(world, event)),
        partial(end_event_boxes, row.id),
        partial(swap_event_box, row.id, box, free),
    ):
        with pytest.raises(EventBoxesChanged), transaction():
            attempt(by=STAFF, now=NOW, seen=row.seen)
    now = get_event_boxes(row.id)
    assert now.boxes == 2
    with transaction():
        swap_event_box(row.id, box, free, by=STAFF, now=NOW, seen=now.seen)
    assert event_period(event) == now.period

"""Boxes at events: chosen as for loans, with the people who run them, changed, swapped and given back."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.boxes.enums import OutReason
from app.boxes.errors import ScenarioNotFound
from app.boxes.operations.boxes import put_out_of_service
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed, WriteConflict
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.errors import EventNotFound
from app.events.operations import move_event
from app.loans.availability import availability, free_boxes
from app.loans.errors import (
    BoxesAskedFor,
    BoxNotFree,
    EventBoxesNotFound,
    EventIsOff,
    FacilitatorBusy,
    NoAccreditedFacilitator,
    NoBoxFree,
)
from app.loans.operations.at_events import end_event_boxes, swap_event_box, try_event_boxes
from app.loans.queries import get_loan
from app.loans.queries_events import (
    count_event_uses,
    get_event_boxes,
    list_event_boxes,
    list_event_uses,
    list_short_events,
)
from app.resources.enums import Purpose, ResourceKind
from app.resources.queries import list_uses_of
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, NOW, PARIS, forum, make_event
from tests.integration.loans.event_world import DAY, assert_whole, book, change, forum_of
from tests.integration.loans.world import BORROWER, LoanWorld, grant, make_facilitator, make_world, period

DURING = datetime(2027, 2, 4, 15, tzinfo=PARIS)


def second_person(world: LoanWorld) -> int:
    with transaction():
        person = make_facilitator(world.organiser_id)
        grant(world.organiser_id, person, world.scenario_id)
    return person


def test_boxes_are_kept_with_buffers_and_people_without(whole_app: Flask) -> None:
    world = make_world(before_halves=1, after_halves=2)
    event = forum_of(world)
    row = book(world, event, boxes=2, stop_id=event.stops[1].id)
    assert row.box_codes == (world.code(world.box_ids[0]), world.code(world.box_ids[1]))
    assert (row.stop("fr"), row.title("en"), row.missing(NOW)) == (event.stops[1].name_fr, "The Path of Talents", 0)
    boxes = [use for use in list_uses_of(Purpose.EVENT, row.id) if use.resource_kind is ResourceKind.BOX]
    assert {(u.starts_at.astimezone(UTC), u.ends_at.astimezone(UTC)) for u in boxes} == {
        (datetime(2027, 2, 3, 12, tzinfo=UTC), datetime(2027, 2, 5, 23, tzinfo=UTC))
    }
    (person,) = [use for use in list_uses_of(Purpose.EVENT, row.id) if use.resource_kind is ResourceKind.FACILITATOR]
    assert (person.resource_id, person.starts_at, person.ends_at) == (
        world.facilitator_id, datetime(2027, 2, 3, 23, tzinfo=UTC), datetime(2027, 2, 4, 23, tzinfo=UTC),
    )  # fmt: skip
    free = availability(world.scenario, date(2027, 2, 3), date(2027, 2, 8), now=NOW)
    assert [half.free for half in free.halves] == [3, 1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3]
    (line,) = [entry for entry in list_history(f"event:{event.id}") if entry.verb == "event.boxes_booked"]
    assert line.details == {"scenario": row.scenario_code, "boxes": list(row.box_codes)}
    with counted_statements() as counted:
        assert list_event_uses(world.organiser_id) == [row]
    assert int(counted) == 3
    assert list_event_boxes(event.id) == [row]
    assert list_event_uses(world.organiser_id, facilitator_id=world.facilitator_id, since=date(2027, 2, 4)) == [row]
    assert list_event_uses(world.organiser_id, box_ids=world.box_ids[2:]) == []
    assert list_event_uses(world.organiser_id, since=date(2027, 2, 5)) == []
    assert list_event_uses(world.organiser_id, until=date(2027, 2, 3)) == []
    assert_whole()


def test_a_use_at_an_event_counts_as_one_of_the_boxs_turns(sqlite_app: Flask) -> None:
    world = make_world(boxes=2)
    first = book(world, forum_of(world))
    later = period("2027-03-01 am", "2027-03-02 pm")
    (_never, used) = free_boxes(world.scenario, later, now=NOW)
    assert (used.code, used.uses, used.last_used_on) == (first.box_codes[0], 1, date(2027, 2, 4))
    loan = get_loan(world.enter("2027-03-01 am", "2027-03-02 pm").id)
    assert loan.box_codes != first.box_codes
    assert count_event_uses(world.organiser_id, now=DURING) == {first.held[0].box_id: 1}
    assert count_event_uses(world.organiser_id, now=NOW) == {}


def test_an_event_and_a_loan_never_have_the_same_box(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    event = forum_of(world)
    world.enter("2027-02-01 am", "2027-02-03 pm")  # back on the evening before, checked on the morning
    with pytest.raises(NoBoxFree):
        book(world, event)
    assert list_event_boxes(event.id) == []
    other = make_world(boxes=1)
    book(other, forum_of(other))
    with pytest.raises(NoBoxFree):
        other.enter(f"{DAY} pm", "2027-02-06 am")
    assert_whole()


def test_requests_that_wait_are_said_and_may_be_passed_over(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    event = forum_of(world)
    world.ask(f"{DAY} am", f"{DAY} pm")
    with pytest.raises(BoxesAskedFor) as asked:
        book(world, event, boxes=2)
    assert asked.value.asked == 1
    row = book(world, event, boxes=1)
    with pytest.raises(BoxesAskedFor):
        change(world, event, row, boxes=2)
    assert len(change(world, event, row, boxes=2, over_requests=True).held) == 2
    assert_whole()


def test_who_may_run_it_and_nobody_twice_at_once(whole_app: Flask) -> None:
    world = make_world(boxes=3)
    event, other = forum_of(world), forum_of(world, forum(title_fr="Forum du soir", title_en="Evening fair"))
    with pytest.raises(NoAccreditedFacilitator):
        book(world, event, facilitator_ids=())
    book(world, event)
    with pytest.raises(FacilitatorBusy) as busy:
        book(world, other, f"{DAY} pm", f"{DAY} pm")
    assert (busy.value.title("fr"), busy.value.slug) == (event.title_fr, event.slug)
    assert "Karim Bernard" in busy.value.name
    assert list_event_boxes(other.id) == []
    later = book(world, other, f"{DAY} pm", f"{DAY} pm", facilitator_ids=(second_person(world),))
    world.enter(f"{DAY} am", f"{DAY} pm")  # a loan names whom it likes
    assert later.people[0].is_kept
    assert_whole()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"boxes": 0}, {"boxes": "number_too_low"}),
        ({"boxes": 101}, {"boxes": "number_too_high"}),
        ({"stop_id": 10**6}, {"stop": "unknown_id"}),
        ({"facilitator_ids": (10**6,)}, {"facilitators/0": "unknown_id"}),
        ({"period": period("2027-02-05 am", "2027-02-05 pm")}, {"from": "not_of_the_event"}),
        ({"period": period("2027-02-04 am", "2028-04-04 pm")}, {"to": "booking_too_long"}),
        ({"period": period("2027-01-08 am", "2027-02-04 pm")}, {"from": "past"}),
        ({"period": period("2027-02-04 am", "2037-02-04 pm")}, {"to": "too_far"}),
    ],
)
def test_what_cannot_be_is_said_at_its_field(changes: dict[str, Any], problem: object, sqlite_app: Flask) -> None:
    world = make_world()
    with pytest.raises(FieldError) as refused:
        book(world, forum_of(world), **changes)
    assert refused.value.problems == problem


def test_only_ones_own_and_only_what_takes_place(whole_app: Flask) -> None:
    world, strange = make_world(), make_world()
    event = forum_of(world)
    with pytest.raises(ScenarioNotFound):
        book(world, event, scenario_id=strange.scenario_id)
    with pytest.raises(EventNotFound):
        book(world, event, by=type(SYSTEM)(SYSTEM.kind, "Programme", None, strange.organiser_id))
    with pytest.raises(MoveNotAllowed):
        book(world, event, by=BORROWER)
    row = book(world, event)
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW)
    with pytest.raises(EventIsOff):
        book(world, event, f"{DAY} am", f"{DAY} am")
    with pytest.raises(EventIsOff):
        change(world, event, row, boxes=2)
    assert_whole()


def test_changes_keep_the_boxes_where_they_can(whole_app: Flask) -> None:
    world = make_world(boxes=3)
    event = make_event(world.organiser_id, forum(ends_at=DAY_ONE + timedelta(days=1, hours=8)))
    row = book(world, event, f"{DAY} am", f"{DAY} pm", boxes=2)
    first, second = (box.box_id for box in row.held)
    with transaction():  # what was promised stays promised, whoever else is named
        put_out_of_service(
            first, OutReason.BROKEN, until=None, organiser_id=world.organiser_id, today=NOW.date(), by=SYSTEM, now=NOW
        )
    person = second_person(world)
    after = change(world, event, row, boxes=3, facilitator_ids=(person,))
    assert {box.box_id for box in after.held} == set(world.box_ids)
    assert [p.id for p in after.people] == [person]
    assert [box.box_id for box in change(world, event, row, boxes=1).held] == [first]
    moved = change(world, event, row, "2027-02-05 am", "2027-02-05 pm", boxes=2)  # on other days it is to be usable
    assert {box.box_id for box in moved.held} == {second, world.box_ids[2]}
    with pytest.raises(NoBoxFree):
        change(world, event, row, f"{DAY} am", f"{DAY} pm", boxes=3)
    assert get_event_boxes(row.id) == moved
    assert_whole()


def test_swapping_and_giving_back(whole_app: Flask) -> None:
    world = make_world(boxes=3)
    event = forum_of(world)
    row = book(world, event)
    taken = get_loan(world.enter(f"{DAY} am", f"{DAY} pm").id).loan_boxes[0].box_id
    for bad in (taken, row.held[0].box_id, make_world(boxes=1).box_ids[0]):
        with pytest.raises(BoxNotFree), transaction():
            swap_event_box(row.id, row.held[0].box_id, bad, by=SYSTEM, now=NOW)
    with transaction():
        swap_event_box(row.id, row.held[0].box_id, world.box_ids[2], by=SYSTEM, now=NOW)
    assert get_event_boxes(row.id).box_codes == (world.code(world.box_ids[2]),)
    with transaction():  # in the afternoon: the morning stays
        swap_event_box(row.id, world.box_ids[2], row.held[0].box_id, by=SYSTEM, now=DURING)
    now = get_event_boxes(row.id)
    assert [box.box_id for box in now.held] == [row.held[0].box_id]
    assert [(b.box_id, b.to_at.astimezone(PARIS).hour) for b in now.former] == [(world.box_ids[2], 13)]
    with transaction():
        end_event_boxes(row.id, by=SYSTEM, now=DURING)
    assert [use.resource_kind for use in list_uses_of(Purpose.EVENT, row.id)] == [ResourceKind.BOX]
    with pytest.raises(EventBoxesNotFound), transaction():
        end_event_boxes(row.id, by=SYSTEM, now=DURING)
    assert list_event_boxes(event.id) == []
    assert [kept.id for kept in list_event_boxes(event.id, ended=True)] == [row.id]
    assert_whole(DURING)


def test_what_is_missing_is_taken_as_soon_as_it_is_free(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    event = forum_of(world)
    row = book(world, event, boxes=2)
    with transaction():
        db.session.execute(text("DELETE FROM uses WHERE resource_id = :box"), {"box": row.held[1].box_id})
    assert [(short.id, short.missing(NOW)) for short in list_short_events(world.organiser_id, now=NOW)] == [(row.id, 1)]
    with transaction():
        assert try_event_boxes(row.id, by=SYSTEM, now=NOW) == 0
    assert get_event_boxes(row.id).box_codes == row.box_codes
    assert list_short_events(world.organiser_id, now=NOW) == []


def test_the_database_itself_keeps_uses_at_events_accredited(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    row = book(world, forum_of(world))
    with transaction():
        db.session.execute(text("UPDATE accreditations SET withdrawn_at = granted_on"))
    values = {"box": world.box_ids[1], "own": world.box_ids[0]}
    with pytest.raises((IntegrityError, WriteConflict)), transaction():
        db.session.execute(
            text(
                "INSERT INTO uses (organiser_id, resource_kind, resource_id, purpose, purpose_id, starts_at, from_at, to_at,"
                " ends_at, created_at) SELECT organiser_id, resource_kind, :box, purpose, purpose_id, starts_at, from_at,"
                " to_at, ends_at, created_at FROM uses WHERE resource_kind = 'box' AND resource_id = :own"
            ),
            values,
        )
    with pytest.raises((IntegrityError, WriteConflict)), transaction():
        db.session.execute(text("UPDATE uses SET resource_id = :box WHERE resource_kind = 'box'"), values)
    assert list_uses_of(Purpose.EVENT, row.id)[0].resource_id == world.box_ids[0]


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "UPDATE uses SET to_at = from_at, from_at = starts_at WHERE resource_kind = 'box'",
            "is not within the half-days",
        ),
        ("UPDATE events SET state = 'cancelled'", "which is off"),
        ("DELETE FROM event_boxes_facilitators", "which names them not"),
        ("UPDATE accreditations SET granted_on = '2027-12-31'", "nobody named was accredited"),
        ("UPDATE event_boxes SET ended_at = created_at", "has no such box"),
        ("UPDATE event_boxes SET scenario_id = scenario_id + 1", "has no such box"),
    ],
)
def test_doctor_sees_each_fault_of_boxes_at_events(statement: str, problem: str, sqlite_app: Flask) -> None:
    world = make_world(before_halves=2)
    make_world()
    book(world, forum_of(world))
    assert_whole()
    with transaction():
        db.session.execute(text(statement))
    assert any(problem in said for result in run_checks(NOW) for said in result.problems)

"""Some of a group enter a space, people whom two doors saw, and people who left while nobody knew of them."""

from dataclasses import replace

import pytest
from flask import Flask

from app.checkin.conflict_queries import list_conflicts
from app.checkin.enums import Direction
from app.checkin.queries import get_occupancy
from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.operations import cancel_registration
from tests.factories import NOW, make_event, make_organiser, make_registration, person_draft
from tests.integration.door.test_counting import NOBODY, NOON, inside, passage, send

ALL = Headcount(28, 2)
HALL, SMALL = 1, 2


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_event(make_organiser())


def in_spaces(event: EventRow) -> list[int]:
    return [space.present for space in get_occupancy(event, now=NOON).spaces]


def test_a_few_go_alone_and_the_others_stay(event: EventRow) -> None:
    made = make_registration(event)
    send(event, "A", passage(event, made, 1, ALL), replace(passage(event, made, 2, ALL, HALL), known=ALL))
    few = replace(passage(event, made, 3, Headcount(3, 1), SMALL), known=ALL)
    assert [a.result for a in send(event, "B", few)] == ["accepted"]
    assert in_spaces(event) == [26, 4]
    send(event, "B", replace(passage(event, made, 4, Headcount(3, 1), SMALL), known=ALL, direction=Direction.OUT))
    assert in_spaces(event) == [26, 0]
    send(event, "B", replace(passage(event, made, 5, ALL, SMALL), known=ALL))
    assert in_spaces(event) == [0, 30]
    assert inside(event, made) == (ALL, ALL)
    assert list_conflicts(event) == []


def test_they_alone_need_room(event: EventRow) -> None:
    room = event.spaces[1].capacity
    other = make_registration(event)
    send(event, "A", replace(passage(event, other, 1, Headcount(room - 1, 0), SMALL), known=None))
    taken = in_spaces(event)[1]
    assert taken == room - 1
    made = make_registration(event)
    send(event, "A", passage(event, made, 178, ALL))
    two = replace(passage(event, made, 179, Headcount(2, 0), SMALL), known=ALL)
    one = replace(passage(event, made, 179, Headcount(1, 0), SMALL), known=ALL)
    assert [(a.result, a.reason) for a in send(event, "B", replace(two, scanned_at=NOON, known=None))] == [
        ("refused", "space_full")
    ]
    assert [a.result for a in send(event, "B", replace(one, scanned_at=NOON))] == ["accepted"]
    assert in_spaces(event)[1] == room


def test_a_family_may_part_too(event: EventRow) -> None:
    made = make_registration(event, replace(person_draft(event), headcount=Headcount(4, 0)))
    four = Headcount(4, 0)
    send(event, "A", passage(event, made, 1, four))
    for minute, people in ((2, 1), (3, 1), (4, 2)):
        send(event, "B", replace(passage(event, made, minute, Headcount(people, 0), HALL), known=four))
    assert in_spaces(event) == [4, 0]
    assert inside(event, made) == (four, four)


def test_one_person_whom_two_doors_saw_is_one_person(event: EventRow) -> None:
    made = make_registration(event, person_draft(event))
    send(event, "A", passage(event, made, 1))
    send(event, "B", passage(event, made, 2))
    assert inside(event, made) == (Headcount(1, 0), Headcount(1, 0))
    assert list_conflicts(event) == []


@pytest.mark.parametrize("exit_first", [True, False])
@pytest.mark.parametrize("people", [None, Headcount(28, 2)])
def test_who_left_by_a_phone_that_did_not_know_of_them_is_out(
    event: EventRow, exit_first: bool, people: Headcount | None
) -> None:
    made = make_registration(event)
    came = passage(event, made, 1, ALL)
    left = replace(passage(event, made, 2, people), direction=Direction.OUT, known=NOBODY)
    for phone, item in [("B", left), ("A", came)] if exit_first else [("A", came), ("B", left)]:
        send(event, phone, item)
    assert inside(event, made) == (NOBODY, ALL)


def test_who_is_inside_may_leave_though_their_ticket_was_cancelled(event: EventRow) -> None:
    made = make_registration(event)
    send(event, "A", passage(event, made, 1, ALL))
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW)
    out = replace(passage(event, made, 2, Headcount(8, 0)), direction=Direction.OUT, known=ALL)
    assert [a.result for a in send(event, "A", out)] == ["accepted"]
    assert inside(event, made) == (Headcount(20, 2), ALL)
    assert [a.reason for a in send(event, "A", passage(event, made, 3))] == ["cancelled"]

"""Some of a group leave a space, and the others stay: who is where, whatever phones know and in whichever order they send."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask

from app.checkin.conflict_queries import list_conflicts
from app.checkin.drafts import ScanInput
from app.checkin.enums import Direction
from app.checkin.models import Scan
from app.checkin.operations import ScanAnswer, record_scans
from app.checkin.queries import get_occupancy
from app.checkin.stays import list_stays
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.operations import Registered
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, make_event, make_organiser, make_registration, person_draft
from tests.integration.door.test_counting import NOON, inside, passage, send

ALL = Headcount(28, 2)
ENTRANCE, HALL, SMALL = 0, 1, 2
NEXT_DAY = DAY_ONE + timedelta(days=1)


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_event(make_organiser())


@pytest.fixture
def made(event: EventRow) -> Registered:
    """A class that is in the hall."""
    made = make_registration(event)
    send(event, "A", passage(event, made, 1, ALL), replace(passage(event, made, 2, door=HALL), known=ALL))
    return made


def move(
    event: EventRow,
    made: Registered,
    minutes: int,
    way: Direction,
    door: int,
    people: Headcount | None,
    *,
    says: bool = True,
) -> ScanInput:
    """As a phone says it, or (not `says`) a program, which does not say whom it knew of."""
    item = passage(event, made, minutes, people, door)
    return replace(item, direction=way, known=ALL if says else None)


def in_spaces(event: EventRow) -> list[int]:
    return [space.present for space in get_occupancy(event, now=NOON).spaces]


@pytest.mark.parametrize("says", [True, False])
def test_who_leaves_a_space_leaves_the_others_there(event: EventRow, made: Registered, says: bool) -> None:
    five, two = Headcount(5, 0), Headcount(2, 0)
    assert in_spaces(event) == [30, 0]
    send(event, "B", move(event, made, 10, Direction.OUT, HALL, five, says=says))
    assert in_spaces(event) == [25, 0]
    send(event, "B", move(event, made, 11, Direction.IN, SMALL, two, says=says))
    assert in_spaces(event) == [25, 2]
    send(event, "B", move(event, made, 12, Direction.IN, HALL, Headcount(3, 0), says=says))
    assert in_spaces(event) == [28, 2]
    send(event, "B", move(event, made, 13, Direction.OUT, SMALL, None, says=says))
    assert in_spaces(event) == [28, 0]
    assert inside(event, made) == (ALL, ALL)
    assert list_conflicts(event) == []
    send(event, "B", move(event, made, 14, Direction.IN, HALL, None, says=says))
    assert in_spaces(event) == [30, 0]
    assert inside(event, made)[0] == ALL


def test_those_who_walk_about_leave_the_event_first(event: EventRow, made: Registered) -> None:
    five = Headcount(5, 0)
    send(event, "B", move(event, made, 10, Direction.OUT, HALL, five))
    send(event, "A", move(event, made, 11, Direction.OUT, ENTRANCE, Headcount(4, 0)))
    assert in_spaces(event) == [25, 0]
    assert inside(event, made)[0] == Headcount(24, 2)
    send(event, "A", move(event, made, 12, Direction.OUT, ENTRANCE, Headcount(3, 0)))
    assert in_spaces(event) == [23, 0]
    assert inside(event, made)[0] == Headcount(21, 2)


def test_the_last_to_leave_a_space_meet_those_before(event: EventRow, made: Registered) -> None:
    send(event, "B", move(event, made, 10, Direction.OUT, HALL, Headcount(20, 1)))
    send(event, "B", move(event, made, 11, Direction.OUT, HALL, Headcount(8, 1)))
    assert in_spaces(event) == [0, 0]
    send(event, "B", move(event, made, 12, Direction.IN, HALL, None))
    assert in_spaces(event) == [30, 0]
    assert inside(event, made)[0] == ALL


def test_the_order_of_sending_does_not_matter(event: EventRow, made: Registered) -> None:
    left = move(event, made, 10, Direction.OUT, HALL, Headcount(5, 0))
    into = move(event, made, 11, Direction.IN, SMALL, Headcount(5, 0))
    send(event, "C", into)
    send(event, "B", left)
    assert in_spaces(event) == [25, 5]
    assert inside(event, made)[0] == ALL


def test_the_day_s_stays_know_teams_and_who_left_alone(event: EventRow, made: Registered) -> None:
    team = replace(passage(event, made, 10, Headcount(10, 1), SMALL), known=ALL, team=1)
    send(event, "B", team, move(event, made, 20, Direction.OUT, HALL, Headcount(4, 0)))
    hall, small = (space.id for space in event.spaces[:2])
    stays = {
        (s.space_id, s.people, minutes(s.starts_at), s.ends_at and minutes(s.ends_at))
        for s in list_stays(event, DAY_ONE.date())
    }
    assert stays == {(hall, 30, 2, 10), (small, 11, 10, None), (hall, 19, 10, 20), (hall, 15, 20, None)}


def minutes(moment: object) -> int:
    return int((moment - DAY_ONE) / timedelta(minutes=1))  # type: ignore[operator]


def test_a_passage_of_yesterday_is_taken_back_today_by_as_much_as_it_added(event: EventRow) -> None:
    made = make_registration(event)
    first = replace(passage(event, made, 1, Headcount(10, 0)), known=None)
    second = replace(passage(event, made, 2, Headcount(6, 0)), known=None)
    today = replace(passage(event, made, 1, Headcount(3, 0)), scanned_at=NEXT_DAY, known=None)
    for item in (first, second, today):
        later(event, item)
    later(event, replace(passage(event, made, 3), scanned_at=NEXT_DAY, undoes=second.id, known=None))
    rows = db.session.execute(Scan.__table__.select().order_by(Scan.id)).all()
    assert [row.delta_participants for row in rows] == [10, 6, 3, -6]


def later(event: EventRow, item: ScanInput) -> ScanAnswer:
    with transaction():
        (answer,) = record_scans(event, "A", [item], now=NEXT_DAY)
    return answer


def test_a_batch_takes_as_many_statements_for_forty_as_for_two(event: EventRow) -> None:
    """Passages out of order, of people that others counted, some of whom are taken back."""
    counts = []
    for size in (2, 40):
        several = [make_registration(event, person_draft(event)) for _ in range(size)]
        firsts = [passage(event, one, 5) for one in several]
        send(event, "A", *firsts)
        late = [replace(passage(event, one, 3), known=None) for one in several]
        gone = [replace(passage(event, one, 9), direction=Direction.OUT, known=None) for one in several]
        taken_back = [
            replace(passage(event, one, 12), undoes=first.id) for one, first in zip(several, firsts, strict=True)
        ]
        again = [replace(passage(event, one, 8), id=str(uuid4())) for one in several]
        with counted_statements() as counted:
            send(event, "B", *late, *gone, *taken_back, *again)
        counts.append(int(counted))
    assert counts[0] == counts[1]

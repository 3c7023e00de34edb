"""Counts settled by several people at once, and while somebody comes in: one of them settles, and presence is what all say."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from flask import Flask

from app.checkin.conflict_queries import list_conflicts
from app.checkin.enums import Direction
from app.checkin.errors import ConflictSettled
from app.checkin.operations import ScanInput, record_scans, settle_conflict
from app.checkin.queries import get_whereabouts
from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.operations import Registered
from tests.factories import DAY_ONE, make_event, make_organiser, make_registration
from tests.races.together import assert_whole, count, together

NOON = DAY_ONE + timedelta(hours=3)


def passage(
    event: EventRow, made: Registered, number: int, way: Direction, people: Headcount, known: Headcount
) -> ScanInput:
    at = DAY_ONE + timedelta(minutes=number)
    return ScanInput(str(UUID(int=number)), made.ticket_code, event.checkpoints[0].id, way, at, people, known=known)


def counted_twice(event: EventRow) -> tuple[Registered, int]:
    made = make_registration(event)
    for number, people in ((1, Headcount(27, 2)), (2, Headcount(24, 2))):
        with transaction():
            item = passage(event, made, number, Direction.IN, people, Headcount(0, 0))
            record_scans(event, f"phone {number}", [item], now=NOON)
    (row,) = list_conflicts(event)
    return made, row.id


def test_eight_people_settle_the_same_counts(whole_app: Flask) -> None:
    event = make_event(make_organiser())
    made, conflict = counted_twice(event)
    works = [partial(settle_conflict, conflict, Headcount(20 + n, 2), by=SYSTEM, now=NOON) for n in range(6)]
    answers = together(
        whole_app, [*works, *(partial(settle_conflict, conflict, None, by=SYSTEM, now=NOON) for _ in range(2))]
    )
    assert Counter(type(answer) for answer in answers) == {type(None): 1, ConflictSettled: 7}
    (settled,) = list_conflicts(event)
    wanted = settled.settled or Headcount(51, 4)
    assert get_whereabouts(event, made.id, now=NOON)[0] == wanted
    assert count("scans") == 3
    assert_whole(event.id)


def test_settling_while_they_go_out_and_a_count_is_taken_back(whole_app: Flask) -> None:
    event = make_event(make_organiser())
    made, conflict = counted_twice(event)
    out = passage(event, made, 9, Direction.OUT, Headcount(10, 0), Headcount(24, 2))
    back = ScanInput(
        str(UUID(int=8)), made.ticket_code, event.checkpoints[0].id, Direction.IN, NOON, undoes=str(UUID(int=1))
    )
    works: list[Callable[[], object]] = [
        partial(settle_conflict, conflict, Headcount(24, 2), by=SYSTEM, now=NOON),
        partial(record_scans, event, "phone 3", [out], now=NOON),
        partial(record_scans, event, "phone 1", [back], now=NOON),
    ]
    together(whole_app, works)
    assert get_whereabouts(event, made.id, now=NOON)[0] == Headcount(14, 2)
    assert [row.status for row in list_conflicts(event)] == ["settled"]
    assert_whole(event.id)

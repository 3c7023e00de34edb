"""What the door answers, passage by passage."""

from datetime import UTC, date, datetime

import pytest

from app.checkin.enums import Direction, Reason
from app.checkin.operations import code_of
from app.checkin.replaying import PastScan, first_in, replay
from app.checkin.rules import (
    NOBODY,
    Passage,
    Whereabouts,
    decide,
    is_wrong_day,
    refuse_status,
)
from app.registrations.drafts import Headcount
from app.registrations.enums import RegistrationStatus

IN, OUT = Direction.IN, Direction.OUT
CLASS = Headcount(28, 2)
HALL, DESK = 1, 2
NOWHERE = Whereabouts()
ALL_IN = Whereabouts(CLASS, CLASS)
IN_HALL = Whereabouts(CLASS, CLASS, HALL)
CODE = "0123456789ABCDEFGHJKMNPQRS"


def answer(
    at: Whereabouts, way: Direction, space: int | None, people: Headcount | None = None, room: int | None = None
) -> tuple[str, str | None, Whereabouts, Headcount, bool]:
    decision = decide(at, CLASS, Passage(way, space, people), room=room)
    return decision.result, decision.reason, decision.after, decision.delta, decision.over


def test_a_class_comes_in_at_once_or_in_parts() -> None:
    assert answer(NOWHERE, IN, None) == ("accepted", None, ALL_IN, CLASS, False)
    first = Whereabouts(Headcount(10, 1), Headcount(10, 1))
    assert answer(NOWHERE, IN, None, Headcount(10, 1)) == ("accepted", None, first, Headcount(10, 1), False)
    assert answer(first, IN, None) == ("accepted", None, ALL_IN, Headcount(18, 1), False)
    assert answer(ALL_IN, IN, None) == ("duplicate", "already_in", ALL_IN, NOBODY, False)
    assert answer(ALL_IN, IN, None, Headcount(1, 0)) == ("duplicate", "already_in", ALL_IN, NOBODY, False)


def test_more_than_expected_is_let_in_and_marked() -> None:
    more = Headcount(30, 2)
    assert answer(NOWHERE, IN, None, more) == ("accepted", None, Whereabouts(more, more), more, True)
    fewer_adults = Whereabouts(Headcount(28, 0), Headcount(28, 0))
    late = Headcount(1, 2)
    after = Whereabouts(Headcount(29, 2), Headcount(29, 2))
    assert answer(fewer_adults, IN, None, late) == ("accepted", None, after, late, True)


def test_leaving_takes_out_who_is_in_and_no_more() -> None:
    assert answer(ALL_IN, OUT, None) == ("accepted", None, Whereabouts(NOBODY, CLASS), Headcount(-28, -2), False)
    assert answer(NOWHERE, OUT, None) == ("refused", "not_in", NOWHERE, NOBODY, False)
    some = Whereabouts(Headcount(20, 2), CLASS, HALL)
    assert answer(IN_HALL, OUT, None, Headcount(8, 0)) == ("accepted", None, some, Headcount(-8, 0), False)
    gone = Whereabouts(NOBODY, CLASS)
    assert answer(IN_HALL, OUT, None, Headcount(40, 2)) == ("accepted", None, gone, Headcount(-28, -2), True)


def test_nobody_passing_is_no_passage() -> None:
    for way in Direction:
        assert answer(ALL_IN, way, None, NOBODY) == ("refused", "invalid", ALL_IN, NOBODY, False)


def test_entering_a_space_leaves_the_one_before() -> None:
    assert answer(ALL_IN, IN, HALL, room=30) == ("accepted", None, IN_HALL, NOBODY, False)
    assert answer(IN_HALL, IN, DESK, room=30) == ("accepted", None, Whereabouts(CLASS, CLASS, DESK), NOBODY, False)
    assert answer(IN_HALL, IN, HALL, room=99) == ("duplicate", "already_in", IN_HALL, NOBODY, False)
    assert answer(IN_HALL, OUT, HALL) == ("accepted", None, ALL_IN, NOBODY, False)
    assert answer(IN_HALL, OUT, DESK) == ("refused", "not_in", IN_HALL, NOBODY, False)


def test_who_was_not_scanned_at_the_entrance_is_in_from_a_space_on() -> None:
    assert answer(NOWHERE, IN, HALL, room=30) == ("accepted", None, IN_HALL, CLASS, False)
    some = Whereabouts(Headcount(5, 0), Headcount(5, 0), HALL)
    assert answer(NOWHERE, IN, HALL, Headcount(5, 0), room=30) == ("accepted", None, some, Headcount(5, 0), False)


def test_a_full_space_refuses() -> None:
    assert answer(ALL_IN, IN, HALL, room=29) == ("refused", "space_full", ALL_IN, NOBODY, False)
    assert answer(ALL_IN, IN, HALL, room=None)[0] == "accepted"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (RegistrationStatus.CONFIRMED, None),
        (RegistrationStatus.WAITLISTED, Reason.WAITLISTED),
        (RegistrationStatus.OFFERED, Reason.WAITLISTED),
        (RegistrationStatus.CANCELLED, Reason.CANCELLED),
        (RegistrationStatus.LAPSED, Reason.CANCELLED),
    ],
)
def test_only_who_is_confirmed_comes_in(status: RegistrationStatus, reason: Reason | None) -> None:
    assert refuse_status(status) is reason


def test_a_ticket_for_friday_is_wrong_on_thursday_and_not_on_a_practice_day() -> None:
    thursday, friday, monday = date(2027, 2, 4), date(2027, 2, 5), date(2027, 2, 1)
    assert is_wrong_day(thursday, [friday], [thursday, friday])
    assert not is_wrong_day(friday, [friday], [thursday, friday])
    assert not is_wrong_day(monday, [friday], [thursday, friday])


def past(
    number: int, way: Direction, delta: Headcount, space: int | None = None, undoes: int | None = None
) -> PastScan:
    at = datetime(2027, 2, 4, 8, number, tzinfo=UTC)
    return PastScan(str(number), way, space, delta, at, None if undoes is None else str(undoes))


def test_undone_scans_and_their_undoing_do_not_count() -> None:
    came = past(1, IN, Headcount(10, 1))
    rest = past(2, IN, Headcount(18, 1))
    hall = past(3, IN, NOBODY, HALL)
    assert replay([came, rest, hall]) == IN_HALL
    assert replay([came, rest, hall, past(4, IN, NOBODY, undoes=3)]) == ALL_IN
    without_first = Whereabouts(Headcount(18, 1), Headcount(18, 1), HALL)
    assert replay([came, rest, hall, past(4, IN, Headcount(-10, -1), undoes=1)]) == without_first
    assert first_in([came, rest]) == came.scanned_at
    assert first_in([came, rest, past(4, IN, NOBODY, undoes=1)]) == rest.scanned_at
    assert first_in([]) is None


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        CODE.lower(),
        f" {CODE}\n",
        f"https://example.org/t/{CODE}",
        f"http://127.0.0.1:8000/t/{CODE}/",
        f"/t/{CODE}",
    ],
)
def test_a_code_is_found_in_what_a_camera_reads(text: str) -> None:
    assert code_of(text) == CODE


@pytest.mark.parametrize(
    "text",
    [
        "",
        CODE[:-1],
        f"{CODE}0",
        f"https://example.org/r/{CODE}",
        f"{CODE} {CODE}",
        f"{CODE[:-1]}\N{KELVIN SIGN}",
        "é" * 26,
    ],
)
def test_anything_else_is_no_code(text: str) -> None:
    assert code_of(text) is None

"""Open days and buffers, by hand around the feasts where they go wrong most easily."""

from datetime import date, timedelta

import pytest

from app.resources.calendars import ClosedBy, OpenDays
from app.resources.enums import Half, SchoolZone
from app.resources.halfdays import HalfDay, Period
from app.resources.holidays import known_until, public_holidays, school_holidays, zone_of_uai

WEEK = OpenDays(frozenset(range(5)))


def half(text: str) -> HalfDay:
    day, part = text.split()
    return HalfDay(date.fromisoformat(day), Half(part))


def buffered(days: OpenDays, first: str, last: str, before: int, after: int) -> tuple[HalfDay, HalfDay]:
    found = days.with_buffers(Period(half(first), half(last)), before, after)
    return found.first, found.last


def test_the_eleven_public_holidays_of_2027() -> None:
    # Easter Sunday is 28 March 2027
    assert sorted(public_holidays(2027)) == [
        date(2027, 1, 1), date(2027, 3, 29), date(2027, 5, 1), date(2027, 5, 6), date(2027, 5, 8), date(2027, 5, 17),
        date(2027, 7, 14), date(2027, 8, 15), date(2027, 11, 1), date(2027, 11, 11), date(2027, 12, 25),
    ]  # fmt: skip


def test_two_holidays_on_one_day_are_one_closed_day() -> None:
    # Ascension Day 2008 was the first of May: ten days that year
    assert len(public_holidays(2008)) == 10


@pytest.mark.parametrize(
    ("first", "last", "before", "after", "from_", "to"),
    [
        # an ordinary Tuesday to Thursday
        ("2027-02-02 am", "2027-02-04 pm", 1, 1, "2027-02-01 pm", "2027-02-05 am"),
        # none: the period itself
        ("2027-02-02 am", "2027-02-04 pm", 0, 0, "2027-02-02 am", "2027-02-04 pm"),
        # from a Monday to a Friday: both weekends are jumped, and taken
        ("2027-02-01 am", "2027-02-05 pm", 1, 1, "2027-01-29 pm", "2027-02-08 am"),
        ("2027-02-01 am", "2027-02-05 pm", 3, 2, "2027-01-28 pm", "2027-02-08 pm"),
        # Easter: back on Friday 26 March, the Monday is closed
        ("2027-03-25 am", "2027-03-26 pm", 0, 1, "2027-03-25 am", "2027-03-30 am"),
        # out on Tuesday 30 March, prepared on Friday
        ("2027-03-30 am", "2027-03-31 am", 2, 1, "2027-03-26 am", "2027-03-31 pm"),
        # 1 November 2027 is a Monday
        ("2027-10-28 am", "2027-10-29 pm", 1, 2, "2027-10-27 pm", "2027-11-02 pm"),
        ("2027-11-02 am", "2027-11-02 pm", 1, 1, "2027-10-29 pm", "2027-11-03 am"),
        # 11 November 2027 is a Thursday: Friday is open
        ("2027-11-10 am", "2027-11-10 pm", 1, 1, "2027-11-09 pm", "2027-11-12 am"),
        ("2027-11-12 am", "2027-11-12 pm", 1, 1, "2027-11-10 pm", "2027-11-15 am"),
        # Christmas 2026 is a Friday, New Year’s Day the Friday after
        ("2026-12-23 am", "2026-12-24 pm", 1, 1, "2026-12-22 pm", "2026-12-28 am"),
        ("2026-12-30 am", "2026-12-31 am", 1, 2, "2026-12-29 pm", "2027-01-04 am"),
        # Ascension Day (Thursday) and Whit Monday 2027
        ("2027-05-05 am", "2027-05-05 pm", 1, 3, "2027-05-04 pm", "2027-05-10 am"),
        ("2027-05-18 am", "2027-05-18 am", 1, 1, "2027-05-14 pm", "2027-05-18 pm"),
        # the clock changes on Sunday 28 March and 31 October: counted like any other
        ("2027-10-29 pm", "2027-11-02 am", 1, 1, "2027-10-29 am", "2027-11-02 pm"),
    ],
)
def test_buffers_are_counted_in_open_half_days(
    first: str, last: str, before: int, after: int, from_: str, to: str
) -> None:
    assert buffered(WEEK, first, last, before, after) == (half(from_), half(to))


@pytest.mark.parametrize(
    ("first", "last", "after", "to"),
    [
        # Labour Day 2027 is a Saturday, Victory Day the next one
        ("2027-04-30 am", "2027-04-30 pm", 1, "2027-05-03 am"),
        ("2027-05-05 am", "2027-05-05 pm", 3, "2027-05-10 am"),
        # National Day 2027 is a Wednesday, Assumption Day a Sunday
        ("2027-07-13 am", "2027-07-13 pm", 1, "2027-07-15 am"),
        ("2027-08-13 am", "2027-08-13 pm", 3, "2027-08-16 am"),
    ],
)
def test_buffers_of_an_organiser_that_opens_on_saturdays(first: str, last: str, after: int, to: str) -> None:
    assert buffered(OpenDays(frozenset(range(6))), first, last, 0, after) == (half(first), half(to))


def test_buffers_jump_the_organisers_own_closures() -> None:
    days = OpenDays(frozenset(range(5)), ((date(2026, 12, 24), date(2027, 1, 3), "Fermeture de fin d’année"),))
    assert buffered(days, "2026-12-22 am", "2026-12-23 pm", 1, 1) == (half("2026-12-21 pm"), half("2027-01-04 am"))
    assert days.why_closed(date(2026, 12, 25)) == (ClosedBy.CLOSURE, "Fermeture de fin d’année")


def test_why_a_day_is_closed() -> None:
    assert WEEK.why_closed(date(2027, 2, 6)) == (ClosedBy.WEEKEND, "")
    assert WEEK.why_closed(date(2027, 3, 29)) == (ClosedBy.PUBLIC_HOLIDAY, "Easter Monday")
    assert WEEK.is_open(date(2027, 3, 30))
    assert OpenDays(frozenset({5})).is_open(date(2027, 2, 6))


def test_nobody_waits_for_ever_for_an_organiser_that_never_opens() -> None:
    days = OpenDays(frozenset(range(5)), ((date(2020, 1, 1), date(2040, 1, 1), "Travaux"),))
    first, last = buffered(days, "2027-02-02 am", "2027-02-02 am", 1, 1)
    assert first < half("2027-02-02 am") < last


@pytest.mark.parametrize(
    ("uai", "zone"),
    [
        ("0210001M", SchoolZone.A), ("0710001A", SchoolZone.A), ("0690001X", SchoolZone.A), ("0750001Z", SchoolZone.C),
        ("0340001B", SchoolZone.C), ("0590001C", SchoolZone.B), ("0670001D", SchoolZone.B), ("6200001E", SchoolZone.B),
        ("9740001F", SchoolZone.B), ("", SchoolZone.B),
    ],
)  # fmt: skip
def test_a_schools_zone_is_its_departments(uai: str, zone: SchoolZone) -> None:
    assert zone_of_uai(uai, SchoolZone.B) is zone


def test_school_holidays_by_zone() -> None:
    # winter 2027: A from 13 to 28 February, B from 20 February, C from 6 February
    assert school_holidays(SchoolZone.A, date(2027, 2, 15)) == "winter holidays"
    assert school_holidays(SchoolZone.C, date(2027, 2, 8)) == "winter holidays"
    assert school_holidays(SchoolZone.A, date(2027, 2, 8)) is None
    assert school_holidays(SchoolZone.A, date(2027, 3, 3)) is None
    assert known_until() == date(2028, 8, 31)
    assert school_holidays(SchoolZone.A, date(2035, 7, 20)) is None


def test_the_first_and_last_days_of_the_school_holidays_of_2026_2027() -> None:
    # the ministry's calendar: from the Saturday on, until the eve of the Monday on which school begins again
    own = {
        "A": "2027-02-13 2027-02-28 2027-04-10 2027-04-25",
        "B": "2027-02-20 2027-03-07 2027-04-17 2027-05-02",
        "C": "2027-02-06 2027-02-21 2027-04-03 2027-04-18",
    }
    everybodys = "2026-10-17 2026-11-01 2026-12-19 2027-01-03 2027-05-06 2027-05-08 2027-07-03 2027-08-31"
    for zone, days in own.items():
        found = [date(2026, 9, 1) + timedelta(n) for n in range(365)]
        closed = [day for day in found if school_holidays(SchoolZone(zone), day)]
        ends = [d for d in closed if d - timedelta(1) not in closed] + [
            d for d in closed if d + timedelta(1) not in closed
        ]
        assert sorted(d.isoformat() for d in ends) == sorted(f"{days} {everybodys}".split()), zone

"""A loan that begins on another half-day is as long as it was."""

from datetime import date

import pytest

from app.loans.rules import moved_to
from app.resources.calendars import OpenDays
from app.resources.enums import Half
from app.resources.halfdays import HalfDay, Period

OPEN = OpenDays(frozenset(range(5)), ((date(2027, 2, 17), date(2027, 2, 17), "Inventaire"),))


def half(text: str) -> HalfDay:
    day, part = text.split()
    return HalfDay(date.fromisoformat(f"2027-{day}"), Half(part))


@pytest.mark.parametrize(
    ("first", "last", "to", "until"),
    [
        ("02-01 am", "02-02 pm", "02-03 am", "02-04 pm"),  # within a week
        ("02-01 am", "02-02 pm", "02-05 am", "02-08 pm"),  # over a weekend: two days stay two days
        ("02-05 pm", "02-08 am", "02-02 pm", "02-03 am"),  # and back into a week
        ("02-01 am", "02-02 am", "02-16 am", "02-18 am"),  # over a closure
        ("03-25 am", "03-26 pm", "03-26 am", "03-30 pm"),  # over Easter Monday
        ("02-01 pm", "02-01 pm", "02-03 am", "02-03 am"),  # one half-day
        ("02-01 am", "02-02 pm", "02-06 am", "02-07 pm"),  # staff lends on a weekend: half-days are counted
        ("02-06 am", "02-06 pm", "02-05 pm", "02-06 am"),  # it was lent on a Saturday
    ],
)
def test_it_keeps_its_open_half_days(first: str, last: str, to: str, until: str) -> None:
    assert moved_to(Period(half(first), half(last)), half(to), OPEN) == Period(half(to), half(until))

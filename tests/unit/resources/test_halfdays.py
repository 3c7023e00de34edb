"""Half-days follow each other without a gap, whatever clocks do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.resources.enums import Half
from app.resources.halfdays import HalfDay, Period, half_day_at, whole_days

PARIS = ZoneInfo("Europe/Paris")
days = st.dates(date(2000, 1, 1), date(2090, 12, 31))
half_days = st.builds(HalfDay, days, st.sampled_from(Half))


@given(half_days)
def test_numbers_are_consecutive_and_lead_back(half_day: HalfDay) -> None:
    assert HalfDay.of_number(half_day.number) == half_day
    following = half_day.plus(1)
    assert following.number == half_day.number + 1
    assert half_day < following
    assert half_day.ends_at(PARIS) == following.starts_at(PARIS)


@given(half_days)
def test_an_instant_is_in_the_half_day_that_holds_it(half_day: HalfDay) -> None:
    begins, ends = half_day.starts_at(PARIS), half_day.ends_at(PARIS)
    assert begins < ends
    assert half_day_at(begins, PARIS) == half_day
    assert half_day_at(ends - timedelta(seconds=1), PARIS) == half_day
    assert half_day_at(ends, PARIS) == half_day.plus(1)


@pytest.mark.parametrize(
    ("day", "morning", "afternoon"),
    [(date(2027, 3, 28), 12, 11), (date(2027, 10, 31), 14, 11), (date(2027, 2, 1), 13, 11)],
)
def test_a_morning_is_an_hour_shorter_or_longer_when_clocks_change(day: date, morning: int, afternoon: int) -> None:
    first, second = HalfDay(day, Half.AM), HalfDay(day, Half.PM)
    assert first.ends_at(PARIS) - first.starts_at(PARIS) == timedelta(hours=morning)
    assert second.ends_at(PARIS) - second.starts_at(PARIS) == timedelta(hours=afternoon)


def test_a_loan_over_a_clock_change_ends_when_clocks_say_so() -> None:
    loan = Period(HalfDay(date(2027, 3, 26), Half.PM), HalfDay(date(2027, 3, 29), Half.AM))
    assert loan.starts_at(PARIS) == datetime(2027, 3, 26, 12, tzinfo=UTC)
    assert loan.ends_at(PARIS) == datetime(2027, 3, 29, 11, tzinfo=UTC)
    assert len(loan) == 6


def test_a_period_holds_both_its_ends() -> None:
    period = whole_days(date(2027, 2, 1), date(2027, 2, 2))
    assert [(h.date.day, h.half) for h in period] == [(1, "am"), (1, "pm"), (2, "am"), (2, "pm")]
    assert HalfDay(date(2027, 2, 2), Half.PM) in period
    assert HalfDay(date(2027, 2, 3), Half.AM) not in period
    with pytest.raises(ValueError, match="ends before it begins"):
        Period(period.last, period.first)


@given(half_days, st.integers(0, 20), st.integers(-30, 30), st.integers(0, 20))
def test_periods_overlap_when_they_share_a_half_day(first: HalfDay, length: int, shift: int, other: int) -> None:
    one = Period(first, first.plus(length))
    two = Period(first.plus(shift), first.plus(shift + other))
    assert one.overlaps(two) == two.overlaps(one) == bool(set(one) & set(two))

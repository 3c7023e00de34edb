"""Years and sums of what is lent."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reports.lending import LendingYear, Lent, OpenHalves, Played, YearKind, days_within, merged, sum_up

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda t: (t[0], t[0] + t[1])), max_size=8)


@pytest.mark.parametrize(
    ("day", "school", "calendar"),
    [
        (date(2027, 8, 31), "2026-2027", "2027"),
        (date(2027, 9, 1), "2027-2028", "2027"),
        (date(2027, 12, 31), "2027-2028", "2027"),
        (date(2028, 1, 1), "2027-2028", "2028"),
        (date(2028, 2, 29), "2027-2028", "2028"),
    ],
)
def test_a_day_lies_in_one_year_of_each_kind(day: date, school: str, calendar: str) -> None:
    assert LendingYear.of(day, YearKind.SCHOOL).code == school
    assert LendingYear.of(day, YearKind.CALENDAR).code == calendar


@given(DAYS, st.sampled_from(YearKind))
def test_years_follow_each_other_without_a_gap(day: date, kind: YearKind) -> None:
    year = LendingYear.of(day, kind)
    assert day in year
    assert day not in year.before
    assert year.before.last + timedelta(days=1) == year.first
    assert f"{day:%Y-%m}" in year.months
    assert (year.months[0], year.months[-1], len(year.months)) == (f"{year.first:%Y-%m}", f"{year.last:%Y-%m}", 12)


@given(SPANS)
def test_merged_spans_hold_the_same_half_days_once(spans: list[tuple[int, int]]) -> None:
    found = merged(spans)
    told = [half for first, last in found for half in range(first, last + 1)]
    assert sorted({half for first, last in spans for half in range(first, last + 1)}) == told


@given(SPANS, st.integers(-4, 80), st.integers(-4, 80))
def test_open_half_days_are_counted_as_one_by_one(spans: list[tuple[int, int]], begin: int, end: int) -> None:
    """Four weeks from a Monday, its weekends and the second Thursday closed."""
    first, closed = date(2027, 2, 1), date(2027, 2, 11)
    base = first.toordinal() * 2

    def is_open(day: date) -> bool:
        return day.weekday() < 5 and day != closed

    halves = OpenHalves(first, first + timedelta(days=27), is_open)
    one_by_one = [n for n in range(56) if is_open(first + timedelta(days=n // 2)) and begin <= n <= end]
    assert halves.between(base + begin, base + end) == len(one_by_one)
    shifted = merged([(base + a, base + b) for a, b in spans])
    assert halves.used(shifted, base + begin, base + end) == sum(any(a <= n <= b for a, b in spans) for n in one_by_one)


def test_a_loan_of_two_boxes_is_two_uses_and_its_players_once() -> None:
    day = date(2027, 2, 1)
    loan = {"loan_id": 7, "structure_id": 3, "announced": 12, "counted": 0}
    uses = [Lent(day, 1, 1, **loan), Lent(day, 2, 1, **loan), Lent(day, 3, 1)]  # type: ignore[arg-type]
    assert sum_up(uses, (5, 40)) == Played(1, 2, 1, 1, 12, 0, 1, 5, 40)
    assert sum_up(uses, (5, 40)).occupancy == 12.5
    assert sum_up([]).occupancy is None


def test_days_of_an_outage_end_before_the_day_it_came_back_with_the_year_and_today() -> None:
    first, last, today = date(2027, 1, 1), date(2027, 12, 31), date(2027, 6, 10)
    assert days_within(date(2027, 3, 3), date(2027, 3, 5), first, last, today) == 2
    assert days_within(date(2026, 12, 30), date(2027, 1, 1), first, last, today) == 0
    assert days_within(date(2026, 12, 30), date(2027, 1, 2), first, last, today) == 1
    assert days_within(date(2027, 6, 9), None, first, last, today) == 2
    assert days_within(date(2027, 12, 31), date(2028, 2, 1), first, last, date(2028, 3, 1)) == 1
    assert days_within(date(2027, 3, 3), date(2027, 3, 3), first, last, today) == 0

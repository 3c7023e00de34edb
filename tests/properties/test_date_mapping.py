"""New dates for any event: hours on the wall, lengths and the order of waves are kept, whatever the clocks do between."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import assume, given
from hypothesis import strategies as st

from app.core.errors import FieldError
from app.events.queries import EventRow, WaveRow
from app.flows.date_mapping import ByWave, Shift, deltas, map_dates, to_local, to_utc
from tests.factories import make_event, make_organiser

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def local(*figures: int) -> datetime:
    """An hour on the wall."""
    return datetime(*figures)  # type: ignore[arg-type]  # noqa: DTZ001 - which is what has no zone


BEGINNINGS = st.builds(
    lambda day, minutes: local(2027, 1, 1, 8) + timedelta(days=day, minutes=5 * minutes),
    st.integers(0, 400),
    st.integers(0, 120),
)
LENGTHS = st.integers(1, 24).map(lambda fives: timedelta(minutes=5 * fives))
PAIRS = st.lists(st.tuples(BEGINNINGS, LENGTHS), min_size=1, max_size=6)


@pytest.fixture
def model(sqlite_app: Flask) -> EventRow:
    return make_event(make_organiser())


@cache
def wave(number: int, starts_at: datetime, ends_at: datetime) -> WaveRow:
    return WaveRow(number, starts_at, ends_at, 30, "", "", ())


def event_of(model: EventRow, pairs: list[tuple[datetime, timedelta]]) -> EventRow:
    """An event with these waves, an hour longer on both sides, its registration closing a day before."""
    waves = [wave(i, to_utc(at, PARIS), to_utc(at + length, PARIS)) for i, (at, length) in enumerate(pairs, start=1)]
    waves.sort(key=lambda row: (row.starts_at, row.id))
    starts_at = min(w.starts_at for w in waves) - timedelta(hours=1)
    ends_at = max(w.ends_at for w in waves) + timedelta(hours=1)
    return replace(
        model, timezone="Europe/Paris", waves=tuple(waves), starts_at=starts_at, ends_at=ends_at,
        registration_opens_at=None, registration_closes_at=starts_at - timedelta(days=1),
    )  # fmt: skip


def check_shift(model: EventRow, pairs: list[tuple[datetime, timedelta]], days: int) -> None:
    event = event_of(model, pairs)
    new = map_dates(event, Shift(days), NOW)
    by = timedelta(days=days)
    for row in event.waves:
        starts, ends = new.waves[row.id]
        assert to_local(starts, PARIS) == to_local(row.starts_at, PARIS) + by
        assert to_local(ends, PARIS) == to_local(row.ends_at, PARIS) + by
        assert ends - starts == row.ends_at - row.starts_at
        assert new.day(to_local(row.starts_at, PARIS).date()) == to_local(starts, PARIS).date()
    order = sorted(event.waves, key=lambda row: (new.waves[row.id][0], row.id))
    assert order == list(event.waves)
    assert to_local(new.starts_at, PARIS) == to_local(event.starts_at, PARIS) + by
    assert to_local(new.ends_at, PARIS) == to_local(event.ends_at, PARIS) + by
    assert new.closes_at is not None
    assert event.registration_closes_at is not None
    assert to_local(new.closes_at, PARIS) == to_local(event.registration_closes_at, PARIS) + by
    assert all(abs(moved - by) <= timedelta(hours=1) for moved in deltas(event, new).values())


def test_a_shift_keeps_hours_lengths_and_order(model: EventRow) -> None:
    @given(PAIRS, st.integers(-200, 400).filter(bool))
    def check(pairs: list[tuple[datetime, timedelta]], days: int) -> None:
        check_shift(model, pairs, days)

    check()


def test_chosen_hours_hold_and_the_event_stays_around_them(model: EventRow) -> None:
    @given(PAIRS, st.data())
    def check(pairs: list[tuple[datetime, timedelta]], data: st.DataObject) -> None:
        event = event_of(model, pairs)
        chosen = {row.id: data.draw(st.tuples(BEGINNINGS, LENGTHS)) for row in event.waves}
        hours = {key: (at, at + length) for key, (at, length) in chosen.items()}
        assume(any(hours[w.id] != (to_local(w.starts_at, PARIS), to_local(w.ends_at, PARIS)) for w in event.waves))
        new = map_dates(event, ByWave(hours), NOW)
        for key, (starts, ends) in hours.items():
            assert new.waves[key] == (to_utc(starts, PARIS), to_utc(ends, PARIS))
            assert new.starts_at <= new.waves[key][0] <= new.ends_at
        assert new.ends_at > new.starts_at

    check()


def test_summer_time_between_the_two_dates_keeps_the_hour_on_the_wall(model: EventRow) -> None:
    event = event_of(model, [(local(2027, 3, 22, 9, 40), timedelta(minutes=20))])
    starts, _ends = map_dates(event, Shift(7), NOW).waves[1]
    assert starts == datetime(2027, 3, 29, 7, 40, tzinfo=UTC)
    assert starts - event.waves[0].starts_at == timedelta(days=7, hours=-1)


def test_an_hour_that_the_clocks_leave_out_still_ends_after_it_begins(model: EventRow) -> None:
    event = event_of(model, [(local(2027, 3, 27, 2, 30), timedelta(minutes=45))])
    starts, ends = map_dates(event, Shift(1), NOW).waves[1]
    assert starts == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert ends - starts == timedelta(minutes=45)


def test_registration_that_opened_already_stays_open_and_a_later_opening_moves(model: EventRow) -> None:
    event = event_of(model, [(local(2027, 2, 4, 9), timedelta(minutes=40))])
    opened = replace(event, registration_opens_at=datetime(2025, 12, 1, tzinfo=UTC))
    assert map_dates(opened, Shift(30), NOW).opens_at == datetime(2025, 12, 1, tzinfo=UTC)
    coming = replace(event, registration_opens_at=datetime(2027, 1, 4, 8, tzinfo=UTC))
    assert map_dates(coming, Shift(30), NOW).opens_at == datetime(2027, 2, 3, 8, tzinfo=UTC)


def test_days_go_where_their_first_wave_goes(model: EventRow) -> None:
    event = event_of(
        model,
        [(local(2027, 2, 4, 9), timedelta(minutes=40)), (local(2027, 2, 5, 9), timedelta(minutes=40))],
    )
    both = {1: (local(2027, 5, 3, 9), local(2027, 5, 3, 10)), 2: (local(2027, 5, 3, 14), local(2027, 5, 3, 15))}
    new = map_dates(event, ByWave(both), NOW)
    assert new.day(date(2027, 2, 4)) == new.day(date(2027, 2, 5)) == date(2027, 5, 3)
    assert to_local(new.starts_at, PARIS) == local(2027, 5, 3, 8)
    assert to_local(new.ends_at, PARIS) == local(2027, 5, 3, 16)


@pytest.mark.parametrize(
    ("dates", "problems"),
    [
        (Shift(0), {"shift_days": "same_dates"}),
        (Shift(4000), {"shift_days": "out_of_range"}),
        (Shift(-700), {"shift_days": "dates_past"}),
        (ByWave({}), {"waves/1/starts_at": "required"}),
        (ByWave({9: (local(2027, 5, 3, 9), local(2027, 5, 3, 10))}),
         {"waves/9/id": "unknown_wave", "waves/1/starts_at": "required"}),
        (ByWave({1: (local(2027, 5, 3, 9), local(2027, 5, 3, 9))}), {"waves/1/ends_at": "ends_before_start"}),
        (ByWave({1: (local(2060, 5, 3, 9), local(2060, 5, 3, 10))}), {"waves/1/starts_at": "out_of_range"}),
        (ByWave({1: (local(2027, 2, 4, 9), local(2027, 2, 4, 9, 40))}), {"waves": "same_dates"}),
    ],
)  # fmt: skip
def test_what_is_no_new_date_is_refused(model: EventRow, dates: Shift | ByWave, problems: dict[str, str]) -> None:
    event = event_of(model, [(local(2027, 2, 4, 9), timedelta(minutes=40))])
    with pytest.raises(FieldError) as refusal:
        map_dates(event, dates, NOW)
    assert refusal.value.problems == problems


def test_after_a_date_to_come_the_old_date_may_hold_again(model: EventRow) -> None:
    event = replace(event_of(model, [(local(2027, 2, 4, 9), timedelta(minutes=40))]), date_to_come=True)
    assert map_dates(event, Shift(0), NOW).waves[1] == (event.waves[0].starts_at, event.waves[0].ends_at)

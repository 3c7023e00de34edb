"""Who is next, and until when: decided from values alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events.enums import WaitingPolicy
from app.registrations.waiting import Party, Room, next_offers, offer_until, walk

NOW = datetime(2027, 1, 11, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
A, B = 1, 2


def party(number: int, people: int, *waves: int, audience: str = "school", group: bool = True) -> Party:
    return Party(number, waves or (A,), audience, people, group)


def ids(queue: list[Party], room: Room, policy: WaitingPolicy) -> list[int]:
    return [one.id for one in next_offers(queue, room, policy)]


def test_hold_lets_nobody_pass_in_the_same_waves() -> None:
    queue = [party(1, 5, A), party(2, 1, A), party(3, 2, B), party(4, 1, A, B), party(5, 1, B)]
    room = Room(None, {A: 4, B: 4})
    assert ids(queue, room, WaitingPolicy.HOLD) == [3]  # who waits behind another holds up their own waves as well
    assert walk(queue, room, WaitingPolicy.HOLD).held_up == {A, B}
    assert ids(queue, room, WaitingPolicy.SKIP) == [2, 3, 4, 5]
    assert walk(queue, room, WaitingPolicy.SKIP).held_up == frozenset()


@pytest.mark.parametrize(
    ("room", "chosen"),
    [
        (Room(3, {A: 9}), [1, 2]),
        (Room(None, {A: 9}, people={(A, "school"): 2}), [1, 3]),
        (Room(None, {A: 9}, groups={(A, "school"): 0}), [3]),
        (Room(None, {A: 9}, groups={(A, "school"): 1}), [1, 3]),
        (
            Room(None, {A: 9}, held=frozenset({(A, "family")}), excluded={(A, "school"): frozenset({(A, "family")})}),
            [3],
        ),
        (Room(None, {}), []),
    ],
)
def test_each_limit_is_looked_at(room: Room, chosen: list[int]) -> None:
    queue = [party(1, 2), party(2, 1), party(3, 1, audience="job_seeker", group=False)]
    assert ids(queue, room, WaitingPolicy.SKIP) == chosen


def test_who_is_offered_a_place_keeps_out_whom_they_may_not_meet() -> None:
    apart = {(A, "school"): frozenset({(A, "family")}), (A, "family"): frozenset({(A, "school")})}
    queue = [party(1, 1, audience="family"), party(2, 1), party(3, 1, audience="family")]
    assert ids(queue, Room(None, {A: 9}, excluded=apart), WaitingPolicy.SKIP) == [1, 3]
    assert ids(queue, Room(None, {A: 9}, excluded=apart), WaitingPolicy.HOLD) == [1]


@given(
    st.lists(st.tuples(st.integers(1, 6), st.sets(st.sampled_from([A, B]), min_size=1)), max_size=12),
    st.integers(0, 12), st.integers(0, 12), st.none() | st.integers(0, 12), st.sampled_from(WaitingPolicy),
)  # fmt: skip
def test_what_is_chosen_fits_together_and_in_order(
    asked: list[tuple[int, set[int]]], a: int, b: int, left: int | None, policy: WaitingPolicy
) -> None:
    queue = [party(n, people, *sorted(waves)) for n, (people, waves) in enumerate(asked)]
    chosen = next_offers(queue, Room(left, {A: a, B: b}), policy)
    assert [p.id for p in chosen] == sorted(p.id for p in chosen)
    for wave, places in ((A, a), (B, b)):
        assert sum(p.people for p in chosen if wave in p.waves) <= places
    assert left is None or sum(p.people for p in chosen) <= left


@pytest.mark.parametrize(
    ("hours", "before_start", "lasts"),
    [(24, HOUR * 100, HOUR * 24), (24, HOUR * 30, HOUR * 10), (1, HOUR * 30, HOUR), (168, HOUR * 9, HOUR * 3)],
)
def test_an_offer_lasts_a_third_of_the_time_left_at_most(
    hours: int, before_start: timedelta, lasts: timedelta
) -> None:  # fmt: skip
    assert offer_until(NOW, hours, NOW + before_start) == NOW + lasts


def test_within_the_last_hour_nothing_is_offered() -> None:
    assert offer_until(NOW, 24, NOW + HOUR) is None
    assert offer_until(NOW, 24, NOW - HOUR) is None
    assert offer_until(NOW, 24, NOW + HOUR + timedelta(minutes=3)) == NOW + timedelta(minutes=21)


@given(st.integers(1, 168), st.integers(0, 200_000))
def test_an_offer_ends_before_the_visit_begins(hours: int, minutes: int) -> None:
    start = NOW + timedelta(minutes=minutes, seconds=17)
    until = offer_until(NOW, hours, start)
    assert until is None or NOW < until < start

"""The simulated spread of individuals: who stays how long where, and how many that makes."""

import time
from dataclasses import replace

import pytest

from app.flows.spread import Crowd, Leg, spread


def test_nobody_makes_nothing() -> None:
    assert spread([]) == {}
    assert spread([Crowd(0, 540, 580, ((Leg("S", 20),),)), Crowd(5, 540, 580, ())]) == {}


def test_who_arrives_at_once_is_there_at_once() -> None:
    found = spread([Crowd(30, 540, 540, ((Leg("S", 20),),))])["S"]
    assert (found[540].median, found[540].high) == (30, 30)
    assert max(found) <= 540 + 28


@pytest.mark.parametrize("people", [1, 40, 200])
def test_nobody_is_counted_twice_and_nobody_is_lost(people: int) -> None:
    """A stay of 100 minutes on the average in a wave of 10: for an hour, everybody is there."""
    found = spread([Crowd(people, 540, 550, ((Leg("S", 100),),))])["S"]
    assert {found[minute].median for minute in range(550, 600, 10)} == {people}
    assert all(expected.median <= expected.high <= people for expected in found.values())


def test_half_go_to_what_is_optional() -> None:
    found = spread([Crowd(100, 540, 540, ((Leg("S", 60), Leg("O", 100, optional=True)),))])["O"]
    assert 44 <= max(expected.median for expected in found.values()) <= 56
    assert max(expected.high for expected in found.values()) <= 65


def test_who_walks_in_either_order_is_spread_over_both() -> None:
    one, other = Leg("A", 30), Leg("B", 30)
    at_once = spread([Crowd(100, 540, 540, ((one, other),))])
    spread_out = spread([Crowd(100, 540, 540, ((one, other), (other, one)))])
    assert at_once["A"][540].median == 100
    assert 40 <= spread_out["A"][540].median <= 60


def test_walks_and_stops_without_a_space_take_their_time() -> None:
    found = spread([Crowd(10, 540, 540, ((Leg(None, 30), Leg("S", 20, walk=15)),))])["S"]
    assert min(found) >= 540 + 18 + 15 - 10
    assert max(expected.median for expected in found.values()) > 0


def test_each_day_has_its_own_people() -> None:
    way = ((Leg("S", 20),),)
    found = spread([Crowd(10, 540, 540, way), Crowd(20, 1440 + 540, 1440 + 540, way)])["S"]
    assert (found[540].median, found[1980].median) == (10, 20)


def test_the_same_seed_tells_the_same() -> None:
    crowds = [Crowd(50, 540, 580, ((Leg("S", 20), Leg("T", 10, 5)),))]
    assert spread(crowds, seed=3) == spread(crowds, seed=3)
    assert spread(crowds, seed=3) != spread(crowds, seed=4)


def test_900_people_at_six_stops_are_played_in_time() -> None:
    way = tuple(Leg(f"S{number}", 20, 3, optional=number == 5) for number in range(6))
    crowds = [Crowd(90, 540 + 40 * number, 580 + 40 * number, (way,)) for number in range(10)]
    began = time.process_time()
    found = spread(crowds)
    assert time.process_time() - began < 2
    assert max(expected.high for expected in found["S0"].values()) < 100


def test_very_many_are_played_by_a_part_of_them() -> None:
    way = tuple(Leg(f"S{number}", 20, 3) for number in range(6))
    crowds = [Crowd(100_000, 540 + 40 * number, 580 + 40 * number, (way,)) for number in range(4)]
    began = time.process_time()
    found = spread(crowds)
    assert time.process_time() - began < 10
    waits = spread([Crowd(100_000, 540, 550, ((Leg("S", 100),),))])["S"]
    assert {waits[minute].median for minute in range(550, 600, 10)} == {100_000}
    few = spread([replace(crowd, people=1_000) for crowd in crowds])
    for minute, expected in few["S3"].items():
        assert found["S3"][minute].median == pytest.approx(100 * expected.median, rel=0.15, abs=2_500)

"""The shortest way through stops in any order: the planner's answer and the checker's are the same, and quick."""

import time
from itertools import pairwise, permutations
from random import Random
from typing import Any

import pytest

from app.flows.checker import _least_walk, check_plan
from app.flows.costs import make_plan
from app.flows.instance import Passage
from app.flows.reading import as_json, read_instance
from app.flows.routes import least_walking

Json = dict[str, Any]


def free_route(seed: int, *blocks: int, groups: int = 1) -> Json:
    """Groups that go through blocks of so many stops, each in a space of its own, with walks of every length between them."""
    random, count = Random(seed), sum(blocks)
    stops, names = [], iter(range(count))
    order = [[f"t{next(names)}" for _ in range(block)] for block in blocks]
    stops = [{"id": f"t{number}", "space": f"s{number}", "minutes": 10} for number in range(count)]
    return {
        "format": "parcours-plan-instance/1",
        "days": [{"name": "Thursday", "from": 540, "until": 1400}],
        "spaces": [{"id": f"s{number}", "capacity": 5_000} for number in range(count)],
        "stops": stops,
        "groups": [
            {"id": f"g{number}", "people": 30, "stops": order, "windows": [{"from": 540, "until": 540}]}
            for number in range(groups)
        ],
        "transfers": [
            {"from": f"s{one}", "to": f"s{other}", "minutes": random.randint(0, 25), "both_ways": False}
            for one in range(count)
            for other in range(count)
            if one != other
        ],
    }  # fmt: skip


def tried(instance: Json) -> int:
    """By trying every order of every block."""
    walks: dict[tuple[str, str], int] = {(w["from"], w["to"]): w["minutes"] for w in instance["transfers"]}
    spaces = {stop["id"]: stop["space"] for stop in instance["stops"]}
    ways: list[tuple[str, ...]] = [()]
    for block in instance["groups"][0]["stops"]:
        ways = [(*way, *order) for way in ways for order in permutations(block)]
    return min(sum(walks[spaces[a], spaces[b]] for a, b in pairwise(way)) for way in ways)


@pytest.mark.parametrize("seed", range(15))
@pytest.mark.parametrize("blocks", [(1,), (4,), (3, 2), (1, 4, 1), (6,)])
def test_it_is_the_shortest_of_all_orders(seed: int, blocks: tuple[int, ...]) -> None:
    instance = free_route(seed, *blocks)
    read = read_instance(instance)
    assert _least_walk(instance, instance["groups"][0]) == tried(instance) == least_walking(read, read.groups[0])


@pytest.mark.parametrize("seed", range(4))
def test_twelve_stops_in_any_order_take_no_time_and_cost_the_same_to_both(seed: int) -> None:
    instance = free_route(seed, 12, groups=40)
    read = read_instance(instance)
    began = time.process_time()
    passages = []
    for group in read.groups:
        at = 540
        for stop in group.stops:
            passages.append(Passage(group.id, 1, 30, stop, read.stops[stop].space, at, at + 10))
            at += 35
    plan = as_json(make_plan(read, passages))
    assert check_plan(instance, plan) == []
    assert time.process_time() - began < 4

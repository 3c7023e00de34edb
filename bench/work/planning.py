"""Plans of passages: how long they take, how good they are beside CP-SAT's, how little of what was told moves."""

import time
from typing import Any

from app.flows.checker import check_plan
from app.flows.instance import Instance
from app.flows.instance import Plan as Passages
from app.flows.planner import solve
from app.flows.reading import as_json, read_instance
from bench.client import NotMeasurable
from bench.figures import Figure, at_most, exactly, shown, spread_of
from bench.in_turn import Plan
from bench.planning_data import make_instance
from bench.stage import Stage

SMALL_S, LARGE_S = 1.0, 30.0
SEEDS = {1: 1.0, 2: 1.0, 3: 0.8, 4: 0.8}
"""Easy ones, and tight ones: what the spaces hold, scaled."""
MOST_MOVED = 10.0
YARDSTICK_S = 60.0


def planning(_stage: Stage, plan: Plan) -> list[Figure]:
    """Four instances of 40 groups, one of 400; then one more group in each plan of 40."""
    times, ratios, moved, wrong = [], [], [], 0
    for seed, room in SEEDS.items():
        asked = make_instance(seed, groups=40, spaces=8, days=2, room=room)
        instance = read_instance(asked)
        seconds, found = _timed(instance)
        times.append(seconds)
        wrong += len(check_plan(asked, as_json(found)))
        if not plan.quick:
            ratios += _beside_the_yardstick(instance, found)
        moved.append(_moved_by_one_more(asked, found))
    asked = make_instance(1, groups=400, spaces=40, days=5)
    large, found = _timed(read_instance(asked))
    wrong += len(check_plan(asked, as_json(found)))
    figures = [
        at_most("plan 40 groups, 8 spaces, 2 days", max(times), "s", SMALL_S, spread_of(times)),
        at_most("plan 400 groups, 40 spaces, 5 days", large, "s", LARGE_S),
        at_most("one group more: passages that move", max(moved), "%", MOST_MOVED, spread_of(moved)),
        exactly("plans: promises broken, by the checker", wrong, "problems", 0),
    ]
    if ratios:
        name = "plan beside CP-SAT's best in 60 s (1.1 times it and a minute a team)"
        figures.append(at_most(name, max(ratios), "of it", 1, spread_of(ratios)))
    else:
        figures.append(shown("plan beside CP-SAT's best: OR-tools is not installed, or --quick", 0, "rounds"))
    return figures


def _timed(instance: Instance) -> tuple[float, Passages]:
    began = time.perf_counter()
    found = solve(instance)
    return time.perf_counter() - began, found


def _beside_the_yardstick(instance: Instance, found: Passages) -> list[float]:
    """Our cost as a part of what is allowed; nothing where OR-tools is not there or finds no plan in its time."""
    try:
        from app.flows.exact import solve_exactly
    except ImportError:
        return []
    best, _bound = solve_exactly(instance, seconds=YARDSTICK_S)
    if best is None:
        return []
    teams = sum(len(instance.teams(group)) for group in instance.groups)
    return [found.cost.total / (1.1 * best.cost.total + teams)]


def _moved_by_one_more(asked: dict[str, Any], found: Passages) -> float:
    """Percent of the passages told that start at another time once one more class of 28 is planned with them."""
    told = as_json(found)["passages"]
    stops = [[stop["id"]] for stop in asked["stops"][1:4]]
    late = {"id": "one more", "people": 28, "stops": stops, "windows": [{"from": 540, "until": 720}]}
    more = solve(read_instance({**asked, "groups": [*asked["groups"], late], "previous": told}))
    if more.left_out:
        raise NotMeasurable(f"no room was found for {more.left_out}")
    return 100 * more.cost.moved / len(told)

"""A thousand instances made from a seed, easy and tight: whatever comes of them, the checker accepts it."""

import os
from typing import Any

import pytest

from app.flows.causes import find_causes
from app.flows.checker import check_cause, check_plan
from app.flows.planner import solve
from app.flows.reading import as_json, read_instance
from bench.planning_data import make_instance

LONG = os.environ.get("TEST_LONG") == "1"
LOT = 1000 if LONG else 100
MOST_MOVED = 0.1


def some_instance(seed: int) -> dict[str, Any]:
    made = make_instance(
        seed, groups=2 + seed % 9, spaces=2 + seed % 5, days=1 + seed % 3, room=(1.0, 0.7, 0.45, 0.3)[seed % 4],
        step=(5, 10, 15)[seed % 3],
    )  # fmt: skip
    if seed % 5 == 0:
        made["flow"].append({"space": "S1", "from": 540, "until": 720, "people": 25})
    return made


@pytest.mark.parametrize("lot", range(10))
def test_the_checker_accepts_every_plan(lot: int) -> None:
    left_out = 0
    for seed in range(lot * LOT, (lot + 1) * LOT):
        asked = some_instance(seed)
        instance = read_instance(asked)
        found = solve(instance, effort=1, seed=seed)
        causes = [] if found.found else find_causes(instance)
        made = as_json(found, causes)
        assert check_plan(asked, made) == [], seed
        assert [check_cause(asked, cause) for cause in made["causes"]] == [[]] * len(causes), seed
        left_out += len(found.left_out)
    assert left_out > 0  # some of them are tight


@pytest.mark.parametrize("seed", range(40 if LONG else 8))
def test_pins_and_what_was_told_hold_when_it_is_planned_again(seed: int) -> None:
    asked = make_instance(seed, groups=20, spaces=6, days=2)
    told = as_json(solve(read_instance(asked), effort=3))["passages"]
    pins = [{key: p[key] for key in ("group", "team", "stop", "start")} for p in told[::5]]
    late = {"id": "late", "people": 20, "stops": [["s1"], ["s2"]], "windows": [{"from": 540, "until": 720}]}
    again = {**asked, "groups": [*asked["groups"], late], "pins": pins, "previous": told}
    found = as_json(solve(read_instance(again), effort=3))
    assert check_plan(again, found) == []
    assert found["objective"]["moved"] <= MOST_MOVED * len(told)

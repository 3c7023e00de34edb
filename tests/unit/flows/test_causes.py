"""What is said to be in the way is counted anew by code of its own; where there is no plan, something proved is named."""

from copy import deepcopy
from typing import Any

import pytest

from app.flows.causes import CauseKind, find_causes
from app.flows.checker import check_cause
from app.flows.planner import solve
from app.flows.reading import CauseSchema, as_json, read_instance
from bench.planning_data import make_impossible, make_instance

Json = dict[str, Any]
REASONS = ["too_long", "wave_too_large", "wave_too_large", "space_short", "pins_conflict"]


def causes_of(instance: Json) -> list[Json]:
    return [CauseSchema().dump(cause) for cause in find_causes(read_instance(instance))]


@pytest.mark.parametrize("seed", range(60))
def test_impossible_instances_name_a_proved_cause(seed: int) -> None:
    instance = make_impossible(seed)
    read = read_instance(instance)
    plan = as_json(solve(read, effort=1), find_causes(read))
    assert not plan["found"]
    assert REASONS[seed % 5] in {cause["kind"] for cause in plan["causes"]}
    assert [check_cause(instance, cause) for cause in plan["causes"]] == [[]] * len(plan["causes"])


@pytest.mark.parametrize("seed", range(80))
def test_causes_of_tight_instances_hold(seed: int) -> None:
    room = (1.0, 0.6, 0.35)[seed % 3]
    instance = make_instance(seed, groups=6 + seed % 20, spaces=2 + seed % 5, days=1 + seed % 2, room=room)
    instance["flow"].append({"space": "S1", "from": 600, "until": 640, "people": 200})
    if seed % 4 == 0:
        passages = as_json(solve(read_instance(instance), effort=0))["passages"]
        instance["pins"] = [{key: p[key] for key in ("group", "team", "stop", "start")} for p in passages[::3]]
        instance["pins"] = [{**pin, "start": pin["start"] + 75 * (n == 0)} for n, pin in enumerate(instance["pins"])]
    found = causes_of(instance)
    assert [check_cause(instance, cause) for cause in found] == [[]] * len(found)


def test_a_crowd_of_individuals_takes_no_more_than_a_space_holds() -> None:
    """For an hour the space is overrun; that takes nothing of the hours after it."""
    instance: Json = {
        "format": "parcours-plan-instance/1",
        "days": [{"name": "1", "from": 540, "until": 720}],
        "spaces": [{"id": "A", "capacity": 30}],
        "stops": [{"id": "a", "space": "A", "minutes": 30}],
        "groups": [
            {"id": str(n), "people": 30, "stops": [["a"]], "windows": [{"from": 540, "until": 540}]} for n in range(4)
        ],
        "flow": [{"space": "A", "from": 540, "until": 600, "people": 500}],
    }
    assert causes_of(instance) == []
    assert solve(read_instance(instance)).found


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 7, 8, 9])
def test_a_wrong_cause_is_found_out(seed: int) -> None:
    instance = make_impossible(seed)
    cause = causes_of(instance)[0]
    wrong = {"wanted": cause["wanted"] + 1, "there": cause["there"] - 1, "unit": "people_hours", "groups": ["x"]}
    for name, value in wrong.items():
        assert check_cause(instance, {**cause, name: value}), name
    assert check_cause(instance, {**cause, "wanted": cause["there"]})


def test_a_cause_that_more_room_removes_no_longer_holds() -> None:
    instance = make_impossible(1)
    (cause,) = [cause for cause in causes_of(instance) if cause["wanted"] == 95][:1]
    assert cause["kind"] == CauseKind.WAVE_TOO_LARGE
    larger = deepcopy(instance)
    for space in larger["spaces"]:
        space["capacity"] = 500
    assert check_cause(larger, cause)

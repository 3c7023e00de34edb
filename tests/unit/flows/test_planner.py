"""Plans keep what is asked, whoever looks; what is said to be in the way is; what was told is moved as little as can be."""

from copy import deepcopy
from typing import Any

import pytest

from app.flows.causes import CauseKind, find_causes
from app.flows.checker import check_plan
from app.flows.planner import solve
from app.flows.reading import as_json, read_instance
from bench.planning_data import make_instance

Json = dict[str, Any]


def planned(instance: Json, effort: int = 3, seed: int = 1) -> Json:
    read = read_instance(instance)
    found = solve(read, effort=effort, seed=seed)
    return as_json(found, [] if found.found else find_causes(read))


def small(**changes: Any) -> Json:
    """One class for two stops of half an hour, 5 minutes apart."""
    instance = {
        "format": "parcours-plan-instance/1",
        "days": [{"name": "Thursday", "from": 540, "until": 720}],
        "spaces": [{"id": "Stands", "capacity": 60}, {"id": "Orientation", "capacity": 30}],
        "stops": [
            {"id": "stands", "space": "Stands", "minutes": 30},
            {"id": "orientation", "space": "Orientation", "minutes": 30},
        ],
        "groups": [
            {"id": "3e B", "people": 30, "stops": [["stands", "orientation"]], "windows": [{"from": 540, "until": 540}]}
        ],
        "default_transfer": 5,
    }
    return {**instance, **changes}


def group(name: str, people: int = 30, **changes: Any) -> Json:
    return {**small()["groups"][0], "id": name, "people": people, **changes}


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("room", [1.0, 0.5])
def test_plans_keep_what_is_asked(seed: int, room: float) -> None:
    instance = make_instance(seed, groups=3 + seed % 10, spaces=2 + seed % 5, days=1 + seed % 3, room=room)
    assert check_plan(instance, planned(instance)) == []


@pytest.mark.parametrize("seed", range(30))
def test_a_cause_is_given_only_where_no_plan_exists(seed: int) -> None:
    instance = make_instance(seed, groups=14, spaces=4, days=1, room=0.8)
    read = read_instance(instance)
    if find_causes(read):
        assert not solve(read, effort=3).found


def test_two_classes_take_turns() -> None:
    plan = planned(small(groups=[group("3e A"), group("3e B")]))
    assert plan["found"]
    assert plan["objective"]["waiting"] == 0
    orders: dict[str, list[str]] = {}
    for passage in sorted(plan["passages"], key=lambda p: int(p["start"])):
        orders.setdefault(passage["group"], []).append(passage["stop"])
    assert sorted(orders.values()) == [["orientation", "stands"], ["stands", "orientation"]]


def test_a_group_larger_than_a_stand_is_split_and_goes_round_in_turn() -> None:
    stops = [{**stop, "largest_team": 16} for stop in small()["stops"]]
    spaces = [{"id": "Stands", "capacity": 60, "stands": 1}, {"id": "Orientation", "capacity": 30, "stands": 1}]
    plan = planned(small(stops=stops, spaces=spaces))
    assert check_plan(small(stops=stops, spaces=spaces), plan) == []
    assert {(p["team"], p["people"]) for p in plan["passages"]} == {(1, 15), (2, 15)}
    assert plan["objective"]["waiting"] == 0


def test_pins_hold() -> None:
    instance = small(pins=[{"group": "3e B", "team": 1, "stop": "stands", "start": 600}])
    plan = planned(instance)
    assert check_plan(instance, plan) == []
    assert [p["start"] for p in plan["passages"] if p["stop"] == "stands"] == [600]


def test_one_more_group_moves_next_to_nothing() -> None:
    instance = make_instance(5, groups=20, spaces=6, days=2)
    before = planned(instance, effort=10)
    assert before["found"]
    more = {**instance, "groups": [*instance["groups"], group("new", 12, stops=[["s1"], ["s2"]])]}
    more["previous"] = before["passages"]
    after = planned(more, effort=10)
    assert check_plan(more, after) == []
    assert after["found"]
    assert after["objective"]["moved"] <= len(before["passages"]) / 10


def test_days_are_used_evenly() -> None:
    days = [{"name": "1", "from": 540, "until": 720}, {"name": "2", "from": 1980, "until": 2160}]
    windows = [{"from": 540, "until": 600}, {"from": 1980, "until": 2040}]
    groups = [group(f"G{n}", 10, windows=windows) for n in range(6)]
    plan = planned(small(days=days, groups=groups), effort=10)
    assert (plan["objective"]["waiting"], plan["objective"]["uneven"]) == (0, 0)


def test_stands_are_used_evenly() -> None:
    spaces = [{"id": "Stands", "capacity": 90, "stands": 3}, {"id": "Orientation", "capacity": 90}]
    groups = [group(f"G{n}", 10, windows=[{"from": 540 + 10 * n, "until": 540 + 10 * n}]) for n in range(6)]
    plan = planned(small(spaces=spaces, groups=groups))
    used = [p["stand"] for p in plan["passages"] if p["space"] == "Stands"]
    assert sorted(used) == [1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize(
    ("change", "kind", "unit"),
    [
        ({"groups": [group("3e B", leave_by=600)]}, CauseKind.TOO_LONG, "minutes"),
        ({"groups": [group("3e B", 31)]}, CauseKind.WAVE_TOO_LARGE, "people"),
        ({"groups": [group(f"G{n}") for n in range(7)]}, CauseKind.WAVE_TOO_LARGE, "people_minutes"),
        (
            {"groups": [group(f"G{n}", windows=[{"from": 540 + n, "until": 540 + n}]) for n in range(7)]},
            CauseKind.SPACE_SHORT,
            "people_minutes",
        ),
        (
            {
                "spaces": [{"id": "Stands", "capacity": 600, "stands": 1}, {"id": "Orientation", "capacity": 300}],
                "groups": [group(f"G{n}") for n in range(7)],
            },
            CauseKind.WAVE_TOO_LARGE,
            "team_minutes",
        ),
        (
            {
                "pins": [
                    {"group": "3e B", "team": 1, "stop": "stands", "start": 600},
                    {"group": "3e B", "team": 1, "stop": "orientation", "start": 620},
                ]
            },
            CauseKind.PINS_CONFLICT,
            "minutes",
        ),
        (
            {
                "groups": [group("3e A"), group("3e B")],
                "pins": [
                    {"group": "3e A", "team": 1, "stop": "orientation", "start": 600},
                    {"group": "3e B", "team": 1, "stop": "orientation", "start": 620},
                ],
            },
            CauseKind.PINS_CONFLICT,
            "people",
        ),
    ],
)
def test_what_is_in_the_way_is_named(change: Json, kind: CauseKind, unit: str) -> None:
    plan = planned(small(**change))
    assert not plan["found"]
    assert (plan["causes"][0]["kind"], plan["causes"][0]["unit"]) == (kind, unit)
    assert plan["causes"][0]["wanted"] > plan["causes"][0]["there"]


def test_a_plan_in_which_something_is_wrong_is_found_out() -> None:
    instance = make_instance(3, groups=8)
    plan = planned(instance)
    assert check_plan(instance, plan) == []
    for number, passage in enumerate(plan["passages"]):
        for name, value in (
            ("start", passage["start"] - 5),
            ("start", passage["start"] + 5),
            ("people", passage["people"] + 1),
            ("space", "nowhere"),
        ):
            wrong = deepcopy(plan)
            wrong["passages"][number][name] = value
            if name == "start":
                wrong["passages"][number]["end"] += value - passage["start"]
            assert check_plan(instance, wrong), (number, name)
    assert check_plan(instance, {**plan, "passages": plan["passages"][1:]})
    cheaper = {**plan["objective"], "waiting": plan["objective"]["waiting"] - 5}
    assert check_plan(instance, {**plan, "objective": cheaper})


def test_the_same_seed_gives_the_same_plan() -> None:
    instance = make_instance(11, groups=15)
    assert planned(instance, seed=4) == planned(instance, seed=4)

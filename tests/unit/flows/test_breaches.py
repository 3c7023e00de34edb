"""Breaches say of any passages what the checker, which shares no code with them, finds wrong too."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from app.flows.breaches import BreachKind, list_breaches
from app.flows.checker import check_plan
from app.flows.costs import cost_of, make_plan
from app.flows.instance import Instance, Passage
from app.flows.planner import solve
from app.flows.reading import as_json, read_instance
from bench.planning_data import make_instance

Json = dict[str, Any]


def rally(**changes: Any) -> Instance:
    """Two classes of 30 and a team of 10, two stops 5 minutes apart; B comes first, 40 people at once, one stand."""
    groups = [
        {"id": name, "people": people, "stops": [["b"], ["a"]], "windows": [{"from": 540, "until": 560}]}
        for name, people in (("X", 30), ("Y", 30), ("Z", 10))
    ]
    values: Json = {
        "format": "parcours-plan-instance/1",
        "days": [{"name": "Thursday", "from": 540, "until": 720}],
        "spaces": [{"id": "A", "capacity": 60}, {"id": "B", "capacity": 40, "stands": 1}],
        "stops": [{"id": "a", "space": "A", "minutes": 30}, {"id": "b", "space": "B", "minutes": 20}],
        "groups": groups,
        "default_transfer": 5,
    }
    return read_instance({**values, **changes})


def at(group: str, stop: str, start: int, people: int = 30, stand: int | None = None) -> Passage:
    space, minutes = {"a": ("A", 30), "b": ("B", 20)}[stop]
    return Passage(group, 1, people, stop, space, start, start + minutes, stand)


def kinds(*passages: Passage, instance: Instance | None = None) -> list[BreachKind]:
    return [breach.kind for breach in list_breaches(instance or rally(), passages)]


GOOD = (at("X", "b", 540, stand=1), at("X", "a", 565))


def test_nothing_is_broken() -> None:
    assert kinds(*GOOD) == []


@pytest.mark.parametrize(
    ("passages", "expected"),
    [
        ((at("X", "b", 545, stand=1), at("X", "a", 560)), [BreachKind.OVERLAP]),
        ((at("X", "b", 545, stand=1), at("X", "a", 565)), [BreachKind.TRANSFER]),
        ((at("X", "a", 540), at("X", "b", 600, stand=1)), [BreachKind.ORDER]),
        ((at("X", "b", 535, stand=1), at("X", "a", 565)), [BreachKind.OUTSIDE_WINDOW]),
        ((at("X", "b", 540, stand=1), at("X", "a", 700)), [BreachKind.AFTER_END]),
        ((at("X", "b", 541, stand=1), at("X", "a", 570)), [BreachKind.STEP]),
        ((at("X", "b", 540, stand=1),), [BreachKind.MISSING]),
        (
            (*GOOD, at("Z", "b", 555, 10, 1), at("Z", "a", 580, 10)),
            [BreachKind.STANDS_FULL, BreachKind.STAND_TAKEN],
        ),
        (
            (*GOOD, at("Y", "b", 550, stand=2), at("Y", "a", 600)),
            [BreachKind.SPACE_FULL, BreachKind.STANDS_FULL],
        ),
    ],
)
def test_each_breach_is_told(passages: tuple[Passage, ...], expected: list[BreachKind]) -> None:
    assert kinds(*passages) == expected


def test_a_space_too_full_is_told_once_with_its_time_and_figures() -> None:
    instance = rally(flow=[{"space": "A", "from": 570, "until": 580, "people": 31}])
    (breach,) = list_breaches(instance, GOOD)
    assert (breach.kind, breach.space, breach.at, breach.until) == (BreachKind.SPACE_FULL, "A", 570, 580)
    assert (breach.wanted, breach.there, breach.passages) == (61, 60, (("X", 1, "a"),))


def test_individuals_alone_break_nothing() -> None:
    assert kinds(*GOOD, instance=rally(flow=[{"space": "A", "from": 640, "until": 650, "people": 200}])) == []


def test_a_pinned_passage_elsewhere_is_told() -> None:
    instance = rally(pins=[{"group": "X", "team": 1, "stop": "a", "start": 570}])
    (breach,) = list_breaches(instance, GOOD)
    assert (breach.kind, breach.at, breach.until) == (BreachKind.PIN, 565, 570)


@pytest.mark.parametrize("seed", range(60))
def test_the_checker_agrees_about_what_is_changed_by_hand(seed: int) -> None:
    random = Random(seed)
    asked = make_instance(seed, groups=6, spaces=4, days=1 + seed % 2)
    instance = read_instance(asked)
    found = solve(instance, effort=2, seed=seed)
    passages = list(found.passages)
    left = [group for group in asked["groups"] if group["id"] not in found.left_out]
    asked = {**asked, "groups": left}
    instance = read_instance(asked)
    assert list_breaches(instance, passages) == ()
    assert check_plan(asked, as_json(make_plan(instance, passages))) == []
    for _ in range(25):
        number = random.randrange(len(passages))
        by = random.choice((-60, -20, -10, -5, -3, 5, 10, 20, 60))
        changed = passages[number]
        tried = [*passages]
        tried[number] = replace(changed, start=changed.start + by, end=changed.end + by)
        wrong = check_plan(asked, as_json(make_plan(instance, tried)))
        assert bool(list_breaches(instance, tried)) == bool(wrong), (wrong, list_breaches(instance, tried))


@pytest.mark.parametrize("seed", range(30))
def test_costs_are_counted_as_the_planner_counts_them(seed: int) -> None:
    asked = make_instance(seed, groups=8, spaces=4, days=2)
    before = solve(read_instance(asked), effort=1, seed=seed)
    asked["previous"] = as_json(solve(read_instance(asked), effort=1, seed=seed + 1))["passages"]
    instance = read_instance(asked)
    plan = solve(instance, effort=1, seed=seed)
    assert cost_of(instance, plan.arrivals, plan.passages) == plan.cost
    assert before.cost.moved == 0

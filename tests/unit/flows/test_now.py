"""Planning while the day is on: what began holds, and nothing else is put into the past."""

from datetime import timedelta

from app.flows.breaches import BreachKind, list_breaches
from app.flows.building import GroupToPlan, TeamStop, build_instance
from app.flows.checker import check_plan
from app.flows.planner import solve
from app.flows.reading import as_json, read_instance
from tests.unit.flows.test_building import at, event, wave

LATE = GroupToPlan(8, "school", 12, (1,))
THERE = GroupToPlan(7, "school", 30, (1,))


def test_before_the_first_day_nothing_is_said_of_now() -> None:
    assert "not_before" not in build_instance(event(), [LATE], {}, now=at(12) - timedelta(days=5)).instance


def test_who_registers_on_the_day_is_not_led_back_in_time() -> None:
    built = build_instance(event(), [LATE], {}, now=at(9, 31) + timedelta(seconds=5))
    assert built.instance["not_before"] == 575
    read = read_instance(built.instance)
    found = solve(read, effort=2)
    assert found.found
    assert min(passage.start for passage in found.passages) >= 575
    assert check_plan(built.instance, as_json(found)) == []
    earlier = [{**p, "start": p["start"] - 60, "end": p["end"] - 60} for p in as_json(found)["passages"]]
    assert any("before 575" in said for said in check_plan(built.instance, {**as_json(found), "passages": earlier}))
    first = min(found.passages, key=lambda p: p.start)
    moved = [
        p if p is not first else type(p)(**{**p.__dict__, "start": 560, "end": 560 + p.end - p.start})
        for p in found.passages
    ]
    assert BreachKind.OUTSIDE_WINDOW in {breach.kind for breach in list_breaches(read, moved)}


def test_what_began_stays_where_it_was_though_its_wave_is_late_since() -> None:
    made = event(waves=(wave(1, at(9), late_minutes=20), wave(2, at(14, day=5))))
    first = next(stop for stop in made.stops if stop.space_id is not None and stop.minutes and stop.is_for("school"))
    told = [TeamStop(7, 1, 1, first.id, at(9, 5)), TeamStop(7, 1, 2, first.id, at(9, 5))]
    built = build_instance(made, [THERE, LATE], {}, previous=told, now=at(9, 22))
    assert built.instance["pins"] == [{"group": "7-1", "team": 1, "stop": str(first.id), "start": 545}]
    found = solve(read_instance(built.instance), effort=2)
    assert found.found
    (begun,) = [p for p in found.passages if p.start < 560]
    assert (begun.group, begun.start) == ("7-1", 545)
    assert check_plan(built.instance, as_json(found)) == []

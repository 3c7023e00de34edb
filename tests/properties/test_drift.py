"""Whatever is late: what is pushed keeps all that a plan has to keep, and nothing moves that need not."""

from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.flows.checker import check_plan
from app.flows.costs import make_plan
from app.flows.drift import Drift, Late, TooLate, push, shift_instance
from app.flows.instance import Instance, Plan
from app.flows.planner import solve
from app.flows.reading import as_json, read_instance
from tests.unit.flows.test_random_instances import some_instance

SEEDS = st.integers(0, 40)
MINUTES = st.sampled_from([5, 10, 15, 30])


@cache
def planned(seed: int) -> tuple[dict[str, Any], Instance, Plan]:
    asked = some_instance(seed)
    instance = read_instance(asked)
    return asked, instance, solve(instance, effort=1, seed=seed)


def some_late(draw: Any, instance: Instance, plan: Plan, before: int = 0) -> Late:
    minutes = draw.draw(MINUTES)
    going = sorted({p.group for p in plan.passages})
    if going and draw.draw(st.booleans()):
        one = draw.draw(st.sampled_from(going))
        window = next(g for g in instance.groups if g.id == one).windows
        same = frozenset(g.id for g in instance.groups if g.windows == window)
        return Late(minutes, before, groups=same)
    return Late(minutes, before, space=draw.draw(st.sampled_from(sorted(instance.spaces))))


def check(asked: dict[str, Any], drift: Drift, late: list[Late]) -> list[str]:
    shifted = shift_instance(asked, drift, late)
    return check_plan(shifted, as_json(make_plan(read_instance(shifted), drift.passages), []))


@given(SEEDS, st.data())
def test_what_is_pushed_is_a_plan_and_nothing_moves_earlier(seed: int, draw: st.DataObject) -> None:
    asked, instance, plan = planned(seed)
    late = some_late(draw, instance, plan)
    now = draw.draw(st.integers(400, 1100))
    try:
        drift = push(instance, plan.passages, [late], now, arrivals={a.group: a.at for a in plan.arrivals})
    except TooLate:
        return
    assert check(asked, drift, [late]) == []
    for told, found in zip(plan.passages, drift.passages, strict=True):
        assert found.start >= told.start
        assert (found.group, found.team, found.stop, found.people) == (told.group, told.team, told.stop, told.people)
        assert found.start == told.start or found.start >= now
        if late.space == told.space and told.start > now:
            assert found.start >= told.start + late.minutes
    arrivals = {a.group: a.at for a in plan.arrivals}
    for name in late.groups & arrivals.keys() - drift.begun:
        assert min(p.start for p in drift.passages if p.group == name) >= arrivals[name] + late.minutes


@given(SEEDS, st.data())
def test_no_delay_changes_nothing(seed: int, draw: st.DataObject) -> None:
    _asked, instance, plan = planned(seed)
    none = Late(0, 0, groups=frozenset(p.group for p in plan.passages))
    now = draw.draw(st.integers(0, 1400))
    assert push(instance, plan.passages, [none], now).passages == plan.passages
    elsewhere = Late(10, 0, groups=frozenset())  # somebody is late who has no passage: worked out, and nothing moves
    assert push(instance, plan.passages, [elsewhere], 0).passages == plan.passages


@given(SEEDS, st.data())
def test_on_time_again_everything_is_as_planned(seed: int, draw: st.DataObject) -> None:
    _asked, instance, plan = planned(seed)
    late = some_late(draw, instance, plan)
    arrivals = {a.group: a.at for a in plan.arrivals}
    try:
        drift = push(instance, plan.passages, [late], 0, arrivals=arrivals)
    except TooLate:
        return
    again = replace(late, minutes=0, before=late.minutes)
    back = push(instance, drift.passages, [again], 0, planned=plan.passages, arrivals=arrivals)
    assert [p.start for p in back.passages] == [p.start for p in plan.passages]


@given(SEEDS, st.data())
def test_who_moves_is_named(seed: int, draw: st.DataObject) -> None:
    _asked, instance, plan = planned(seed)
    late = some_late(draw, instance, plan)
    try:
        drift = push(instance, plan.passages, [late], 0, arrivals={a.group: a.at for a in plan.arrivals})
    except TooLate:
        return
    moved = {p.group for p, q in zip(plan.passages, drift.passages, strict=True) if p.start != q.start}
    assert {m.group for m in drift.consequences.moved} == moved
    for one in drift.consequences.moved:
        shifts = [q.start - p.start for p, q in zip(plan.passages, drift.passages, strict=True) if p.group == one.group]
        assert one.minutes == max(shifts)
        assert one.ends == max(p.end for p in drift.passages if p.group == one.group)

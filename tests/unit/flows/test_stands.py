"""Who stays at their hour stays at their stand, and nobody stands where another team is."""

from itertools import combinations

import pytest

from app.flows.checker import check_plan
from app.flows.planner import solve
from app.flows.reading import as_json, read_instance
from app.flows.stands import keep_stands
from bench.planning_data import make_instance


@pytest.mark.parametrize("seed", range(20))
def test_stands_are_kept_and_never_shared(seed: int) -> None:
    instance = make_instance(seed, groups=12, spaces=4, days=1)
    read = read_instance(instance)
    plan = solve(read, effort=2)
    count = {name: space.stands or 0 for name, space in read.spaces.items()}
    told = [type(p)(**{**p.__dict__, "stand": count[p.space] + 1 - p.stand}) if p.stand else p for p in plan.passages]
    kept = keep_stands(read, plan.passages, told)
    assert [p.stand for p in kept] == [p.stand for p in told]
    assert check_plan(instance, {**as_json(plan), "passages": [dict(p.__dict__) for p in kept]}) == []
    some = keep_stands(read, plan.passages, told[::2])
    assert check_plan(instance, {**as_json(plan), "passages": [dict(p.__dict__) for p in some]}) == []
    for one, other in combinations([p for p in some if p.stand], 2):
        if (one.space, one.stand) == (other.space, other.stand):
            assert one.end <= other.start or other.end <= one.start

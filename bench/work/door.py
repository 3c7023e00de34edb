"""At the door: one scan a call beside the bare handler, and a phone that empties its store, 500 scans a call."""

import itertools
from collections.abc import Iterator

from bench import bare
from bench.client import NotMeasurable, Reply, json_request, run_load
from bench.figures import Figure, at_least, middle, shown, spread_of
from bench.in_turn import Plan, measure_in_turn
from bench.stage import Stage

SCANS_A_CALL = 500
CALLS = 24
LONGEST = 60.0
SINGLE_RATIO = 0.4
BATCH_RATE = 5_000


def bare_requests(item_count: int = bare.ITEMS) -> Iterator[bytes]:
    """Uses of one item after the other, of that many."""
    for number in itertools.cycle(range(item_count)):
        yield json_request("/take", {"code": bare.code_of(number), "device": "benchmark"})


def is_taken(reply: Reply) -> bool:
    return reply.status == 200 and b"accepted" in reply.body


def scans(stage: Stage, plan: Plan) -> list[Figure]:
    """One scan a call, beside the bare handler."""
    ours, beside = stage.doors.calls(1), bare_requests()
    pair = measure_in_turn(
        lambda seconds: run_load(stage.ours.address, ours, expected=_is_accepted, seconds=seconds),
        lambda seconds: run_load(stage.bare.address, beside, expected=is_taken, seconds=seconds),
        plan,
    )
    name = f"one scan a call, {stage.kind}"
    return [
        at_least(name, pair.ratio, "of bare", SINGLE_RATIO, pair.spread),
        shown(f"  {name}: ours", middle(pair.ours), "/s", spread_of(pair.ours)),
        shown(f"  {name}: bare", middle(pair.bare), "/s", spread_of(pair.bare)),
    ]


def _is_accepted(reply: Reply) -> bool:
    return reply.status == 200 and reply.body.count(b'"accepted"') == 1


def batches(stage: Stage, plan: Plan) -> list[Figure]:
    """500 scans a call, from 8 phones at once."""
    calls, rates = stage.doors.calls(SCANS_A_CALL), []
    for _ in range(plan.rounds):
        ready = list(itertools.islice(calls, CALLS))  # made before: writing 500 scans as JSON takes time too
        load = run_load(stage.ours.address, iter(ready), expected=_are_accepted, seconds=LONGEST)
        if load.done != CALLS:
            raise NotMeasurable(f"only {load.done} calls of {SCANS_A_CALL} scans were answered in {LONGEST} s")
        rates.append(load.rate * SCANS_A_CALL)
    name = f"{SCANS_A_CALL} scans a call, {stage.kind}"
    return [at_least(name, middle(rates), "scans/s", BATCH_RATE, spread_of(rates))]


def _are_accepted(reply: Reply) -> bool:
    return reply.status == 200 and reply.body.count(b'"accepted"') == SCANS_A_CALL

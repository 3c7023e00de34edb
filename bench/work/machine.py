"""What a process costs: memory after load, loading the demo, one ticket as PDF."""

import itertools
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from app import ROOT
from bench.client import Connection, NotMeasurable, request, run_load
from bench.figures import Figure, at_most, middle, shown, spread_of
from bench.in_turn import Plan
from bench.servers import our_environment
from bench.stage import Stage
from bench.work.calendars import feed
from bench.work.door import CALLS, LONGEST, SCANS_A_CALL
from bench.work.pages import event_page_requests, is_page, list_requests, log_in
from bench.work.registering import is_registered, registration_requests

MEMORY_MB = 120
DEMO_SECONDS = 300
PDFS = 40


def ticket(stage: Stage, plan: Plan) -> list[Figure]:
    """One ticket after the other as PDF."""
    connection = Connection(stage.ours.address)
    times = []
    for code in itertools.islice(stage.ground.codes, 8 if plan.quick else 24):
        reply = connection.ask(request("GET", f"/t/{code}.pdf"))
        if reply.status != 200 or not reply.body.startswith(b"%PDF"):
            raise NotMeasurable(f"/t/<code>.pdf answered {reply.status}")
        times.append(reply.seconds * 1000)
    connection.close()
    return [shown("a ticket as PDF", middle(times), "ms", spread_of(times))]


def memory(stage: Stage, plan: Plan) -> list[Figure]:
    """The web processes after every kind of work, and again after many tickets as PDF."""
    seconds = min(plan.seconds, 1.5)
    address, cookie = stage.ours.address, log_in(stage)
    run_load(address, stage.doors.calls(1), expected=lambda r: r.status == 200, seconds=seconds)
    batches = itertools.islice(stage.doors.calls(SCANS_A_CALL), CALLS)
    run_load(address, batches, expected=lambda r: r.status == 200, seconds=LONGEST)
    run_load(address, registration_requests(stage, stage.ground.open), expected=is_registered, seconds=seconds)
    run_load(address, event_page_requests(stage.ground.open), expected=is_page, seconds=seconds)
    run_load(address, list_requests(stage.ground.many, cookie), expected=is_page, seconds=seconds)
    feed(stage, Plan.short())
    before = stage.ours.memory()
    codes = itertools.cycle(stage.ground.codes)
    tickets = (request("GET", f"/t/{next(codes)}.pdf") for _ in itertools.count())
    run_load(address, tickets, expected=lambda r: r.status == 200, seconds=2 * seconds)
    after = stage.ours.memory()
    return [
        at_most(f"a web process after load, {stage.kind}", after[-1], "MB PSS", MEMORY_MB, spread_of(after)),
        shown(f"  a web process before it made tickets as PDF, {stage.kind}", before[-1], "MB PSS", spread_of(before)),
    ]


def demo(_stage: Stage, _plan: Plan) -> list[Figure]:
    """`demo load` into an empty installation."""
    with TemporaryDirectory(prefix="parcours-bench-") as folder:
        instance = Path(folder)
        environment = our_environment(f"sqlite:///{instance}/demo.db", instance)
        flask = [sys.executable, "-m", "flask", "--app", "bench.served:create_served"]
        for command, name in ((["db", "upgrade"], "db upgrade"), (["demo", "load"], "demo load")):
            began = time.perf_counter()
            done = subprocess.run(
                [*flask, *command], cwd=ROOT, env=environment, capture_output=True, timeout=DEMO_SECONDS, check=False
            )
            seconds = time.perf_counter() - began
            if done.returncode != 0:
                raise NotMeasurable(f"{name} ended with {done.returncode}: {done.stderr.decode()[-300:]}")
        if not json.loads((instance / "demo.json").read_text("utf-8"))["events"]:
            raise NotMeasurable("the demo has no events")
    return [shown("demo load", seconds, "s")]

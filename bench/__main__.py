"""python -m bench [--json FILE] [--only NAME…] [--quick]: measure, print one table.

A goal that is missed is shown, not judged: the exit code is 1 only when something could not be measured at all.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.client import NotMeasurable
from bench.figures import Figure, as_table, exactly, write_json
from bench.in_turn import Plan
from bench.stage import Stage, postgresql_stage, sqlite_stage
from bench.work import (
    boxes,
    bulk,
    calendars,
    dashboards,
    door,
    door_list,
    exports,
    lists,
    live_board,
    machine,
    pages,
    palette,
    paper,
    planning,
    promotions,
    queued,
    registering,
    screens,
    verdict,
)

Work = Callable[[Stage, Plan], list[Figure]]

ON_BOTH: dict[str, Work] = {
    "scans": door.scans,
    "batches": door.batches,
    "door-list": door_list.door_list,
    "queued": queued.queued,
    "registrations": registering.registrations,
    "rush": registering.rush,
    "palette": palette.palette,
    "lists": lists.lists,
    "bulk": bulk.bulk,
    "boxes": boxes.boxes,
    "promotions": promotions.promotions,
    "dashboards": dashboards.dashboards,
    "exports": exports.exports,
    "live-board": live_board.live_board,
    "paper": paper.paper,
    "memory": machine.memory,
}
ON_SQLITE: dict[str, Work] = {
    "page": pages.page,
    "list": pages.registration_list,
    "feed": calendars.feed,
    "start": calendars.start,
    "ticket": machine.ticket,
    "demo": machine.demo,
    "planning": planning.planning,
    "screens": screens.screens,
    "verdict": verdict.verdict,
}
DATABASES = ("sqlite", "postgresql")


class Bench:
    """One run: what was measured, and what could not be."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.figures: list[Figure] = []
        self.failures: list[str] = []

    def run(self, stage: Stage, works: dict[str, Work]) -> None:
        """Measure each work, then ask doctor whether the database kept its promises meanwhile."""
        for name, work in works.items():
            began = time.perf_counter()
            try:
                self.figures += work(stage, self._plan)
            except (NotMeasurable, OSError, subprocess.TimeoutExpired) as error:
                self.failures.append(f"{name}, {stage.kind}: {error}")
            _say(f"{stage.kind}: {name}, {time.perf_counter() - began:.0f} s")
        problems = stage.broken_promises()
        self.figures.append(exactly(f"broken promises found by doctor, {stage.kind}", len(problems), "problems", 0))
        for problem in problems[:10]:
            _say(f"  doctor: {problem}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[*ON_BOTH, *ON_SQLITE], help="these works alone")
    parser.add_argument("--databases", nargs="+", metavar="KIND", choices=DATABASES, default=list(DATABASES))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: to try, not to compare")
    chosen = parser.parse_args(arguments)
    bench = Bench(Plan.short() if chosen.quick else Plan())
    wanted = set(chosen.only or [*ON_BOTH, *ON_SQLITE])
    both = {name: work for name, work in ON_BOTH.items() if name in wanted}
    alone = {name: work for name, work in ON_SQLITE.items() if name in wanted}
    load_before = os.getloadavg()[0]
    if "sqlite" in chosen.databases and (both or alone):
        # memory last, for it is what all the others left behind
        _on(sqlite_stage, bench, dict(sorted((both | alone).items(), key=lambda work: work[0] == "memory")))
    if "postgresql" in chosen.databases and both:
        _on(postgresql_stage, bench, both)
    print(f"\n{as_table(bench.figures)}\n")
    print(f"{os.cpu_count()} processors, {load_before:.1f} busy before; both servers: 2 processes, 8 clients, medians.")
    for failure in bench.failures:
        print(f"NOT MEASURED  {failure}", file=sys.stderr)
    if chosen.json is not None:
        write_json(bench.figures, chosen.json)
    return 1 if bench.failures else 0


def _on(stage: Callable[[Path], AbstractContextManager[Stage]], bench: Bench, works: dict[str, Work]) -> None:
    """Run works on one database, in a folder that is gone afterwards."""
    with TemporaryDirectory(prefix="parcours-bench-", ignore_cleanup_errors=True) as folder:
        began = time.perf_counter()
        with stage(Path(folder)) as ready:
            _say(f"{ready.kind}: data and servers, {time.perf_counter() - began:.0f} s")
            bench.run(ready, works)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""The live board of an event under way: what fifty people who watch it cost the server while somebody comes in every second."""

import os
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.operations import create_event, move_event
from app.events.queries import EventRow, get_event
from app.web.manage.live_board import LOOKS_AGAIN
from bench.client import Connection, NotMeasurable, Reply, json_request, request
from bench.data import GROUP_EVERY, MANY, draft, register_many
from bench.figures import Figure, at_most, middle, shown, spread_of
from bench.in_turn import Plan
from bench.stage import Stage
from bench.work.pages import log_in

WATCHERS = 50
COST_PERCENT = 10.0
OLDEST_SECONDS = 5.0
HERE, BATCH = 10_000, 500
PRESENT = re.compile(rb'class="live-big"><b>([^<]+)</b>')
TICKS = os.sysconf("SC_CLK_TCK")


def live_board(stage: Stage, plan: Plan) -> list[Figure]:
    """An event with 20,000 registrations, half of which are in. What the scans alone cost is taken off."""
    with stage.app.app_context():
        now = clock.now()
        event, codes = _event(stage, now)
        db.session.remove()
    doors, cookie = _Doors(stage, event, codes, now), log_in(stage)
    seconds = 6 if plan.quick else 15
    costs: list[float] = []
    ages: list[float] = []
    _round(stage, event, doors, cookie, watchers=WATCHERS, seconds=3)
    for _ in range(2 if plan.quick else 3):
        alone, _nobody = _round(stage, event, doors, cookie, watchers=0, seconds=seconds)
        watched, seen = _round(stage, event, doors, cookie, watchers=WATCHERS, seconds=seconds)
        costs.append(watched - alone)
        ages += seen
    name = f"live board, {MANY} registrations"
    return [
        at_most(
            f"{name}: {WATCHERS} watchers, {stage.kind}", middle(costs), "% of a core", COST_PERCENT, spread_of(costs)
        ),
        at_most(f"{name}: a scan shows after at most, {stage.kind}", max(ages), "s", OLDEST_SECONDS),
        shown(f"  a scan shows after, {stage.kind}", middle(ages), "s"),
    ]


class _Doors:
    """People who come in alone, one after the other: how many are in tells who of them a board has seen."""

    def __init__(self, stage: Stage, event: EventRow, codes: Sequence[str], now: datetime) -> None:
        self._now, self._codes, self._here, self.times = now.isoformat(), iter(codes[HERE:]), HERE, dict[int, float]()
        self._path, self._token = f"/api/v1/events/{event.slug}/scans", stage.ground.token
        self._door = str(next(c.id for c in event.checkpoints if c.space_id is None))

    def come(self, connection: Connection) -> None:
        scan = {
            "id": str(uuid4()), "code": next(self._codes), "checkpoint": self._door, "direction": "in",
            "scanned_at": self._now,
        }  # fmt: skip
        reply = connection.ask(json_request(self._path, {"device": "benchmark", "scans": [scan]}, self._token))
        if reply.status != 200 or b'"accepted"' not in reply.body:
            raise NotMeasurable(f"a scan answered {reply.status} {reply.body[:200]!r}")
        self._here += 1
        self.times[self._here] = time.perf_counter()


def _round(
    stage: Stage, event: EventRow, doors: _Doors, cookie: str, *, watchers: int, seconds: int
) -> tuple[float, list[float]]:
    """(hundredths of a core that the web processes used, seconds after which watchers saw each of the scans)."""
    over, errors = threading.Event(), list[str]()
    ages: list[float] = []

    def watch(number: int) -> None:
        over.wait(LOOKS_AGAIN * number / watchers)
        try:
            _watch(stage, event, cookie, doors, ages, over)
        except (OSError, NotMeasurable) as error:
            errors.append(f"{type(error).__name__} {error}")

    threads = [threading.Thread(target=watch, args=(number,), daemon=True) for number in range(watchers)]
    for thread in threads:
        thread.start()
    processes, connection = stage.ours.workers(), Connection(stage.ours.address)
    before, began = _cpu(processes), time.perf_counter()
    for second in range(1, seconds + 1):
        doors.come(connection)
        time.sleep(max(0.0, began + second - time.perf_counter()))
    took, used = time.perf_counter() - began, _cpu(processes) - before
    over.set()
    connection.close()
    for thread in threads:
        thread.join()
    if errors:
        raise NotMeasurable(f"{len(errors)} of {watchers} watchers failed: {errors[0]}")
    return 100 * used / took, ages


def _watch(stage: Stage, event: EventRow, cookie: str, doors: _Doors, ages: list[float], over: threading.Event) -> None:
    """Ask as the page asks until it is over, and note how old each scan is when its board comes."""
    connection, tag, seen = Connection(stage.ours.address), "", 0
    while not over.is_set():
        headers = {"Cookie": cookie} | ({"If-None-Match": tag} if tag else {})
        reply = connection.ask(request("GET", f"/manage/events/{event.slug}/live/now", headers))
        if reply.status not in {200, 304}:
            raise NotMeasurable(f"the board answered {reply.status}")
        if reply.status == 200:
            here, now = _present(reply), time.perf_counter()
            ages += [now - doors.times[n] for n in range(seen + 1, here + 1) if seen and n in doors.times]
            seen, tag = here, reply.header("ETag")
        over.wait(LOOKS_AGAIN)
    connection.close()


def _present(reply: Reply) -> int:
    found = PRESENT.search(reply.body)
    if found is None:
        raise NotMeasurable("the board does not say how many are present")
    return int(b"".join(re.findall(rb"\d+", found[1])))


def _cpu(processes: Sequence[int]) -> float:
    """Seconds of processor time that they used so far."""
    used = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / TICKS


def _event(stage: Stage, now: datetime) -> tuple[EventRow, list[str]]:
    """An event whose first wave began an hour ago, and the codes of who comes alone, the first HERE of whom are in."""
    begins = now - timedelta(hours=1)
    made = draft("En direct", now=now, in_days=0)
    waves = tuple(
        replace(wave, starts_at=begins + n * timedelta(minutes=20), ends_at=begins + (n + 2) * timedelta(minutes=20))
        for n, wave in enumerate(made.waves)
    )
    whole = replace(made, starts_at=begins, ends_at=begins + timedelta(hours=8), waves=waves)
    with transaction():
        slug = create_event(whole, organiser_id=stage.ground.organiser_id, by=SYSTEM, now=begins - timedelta(days=1))
        move_event(get_event(slug).id, EventMove.PUBLISH, by=SYSTEM, now=begins - timedelta(days=1))
    event = get_event(slug)
    codes = register_many(event, MANY, now=begins - timedelta(days=1))
    alone = [code for number, code in enumerate(codes) if number % GROUP_EVERY]
    door = next(c.id for c in event.checkpoints if c.space_id is None)
    for first in range(0, HERE, BATCH):
        scans = [ScanInput(str(uuid4()), code, door, Direction.IN, now) for code in alone[first : first + BATCH]]
        with transaction():
            record_scans(event, "benchmark", scans, now=now)
    return event, alone

"""Network is back in the hall: twenty phones send what they kept, all at once, while people look at pages."""

import json
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import random
from statistics import quantiles
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select

from app.checkin.devices.operations import enrol, make_code
from app.checkin.enums import DeviceMode
from app.checkin.models import Scan
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow
from bench.client import Connection, NotMeasurable, Reply, ask_once, json_request, request
from bench.data import make_event, register_many
from bench.figures import Figure, at_least, at_most, exactly, middle, spread_of
from bench.in_turn import Plan
from bench.stage import Stage
from bench.work.pages import is_page, log_in

PHONES, KEPT = 20, 500
RATE = 3_000
PAGE_MS = 300
LOOK_EVERY = 0.05
PAUSE = 0.15  # s, and as much again by chance: as a phone waits that was told to come again
PATIENCE = 60.0


def queued(stage: Stage, plan: Plan) -> list[Figure]:
    """20 phones with 500 passages each, every one on a connection of its own: people come in, then leave, and so on."""
    with stage.app.app_context():
        now = clock.now()
        event = make_event(stage.ground.organiser_id, "Forum sans réseau", now=now)
        codes = register_many(event, PHONES * KEPT, now=now)
        phones = [_phone(event, number) for number in range(PHONES)]
        db.session.remove()
    pages = [
        request("GET", f"/events/{event.slug}"),
        request("GET", "/door/events", {"Cookie": log_in(stage)}),
    ]
    rates, times, rounds = [], list[float](), 2 if plan.quick else 6
    for turn in range(rounds):
        with stage.app.app_context():
            now = clock.now()
        calls = [_call(event, phone, codes[n * KEPT : (n + 1) * KEPT], turn, now) for n, phone in enumerate(phones)]
        seconds, looked = _round(stage, calls, pages)
        rates.append(PHONES * KEPT / seconds)
        times += looked
    with stage.app.app_context():
        stored = db.session.execute(select(func.count()).where(Scan.event_id == event.id)).scalar_one()
        db.session.remove()
    name = f"{PHONES} phones send {KEPT} kept passages each, {stage.kind}"
    slowest = quantiles(times, n=20)[-1]
    return [
        at_least(name, middle(rates), "scans/s", RATE, spread_of(rates)),
        exactly(f"  {name}: stored", stored, "scans", rounds * PHONES * KEPT),
        at_most(f"  {name}: pages meanwhile, 19 of 20 within", slowest, "ms", PAGE_MS, spread_of(times)),
    ]


def _phone(event: EventRow, number: int) -> str:
    """The token of a phone of the event."""
    now = clock.now()
    with transaction():
        secret = make_code(event, (), DeviceMode.DOOR, by=SYSTEM, now=now)
    with transaction():
        return enrol(secret, f"Téléphone {number + 1}", now=now).token


def _call(event: EventRow, token: str, codes: Sequence[str], turn: int, now: datetime) -> bytes:
    door = str(next(c.id for c in event.checkpoints if c.space_id is None))
    way = "out" if turn % 2 else "in"
    scans: list[dict[str, Any]] = [
        {
            "id": str(uuid4()), "code": code, "checkpoint": door, "direction": way,
            "scanned_at": (now - timedelta(milliseconds=len(codes) - n)).isoformat(),
        }
        for n, code in enumerate(codes)
    ]  # fmt: skip
    if way == "in":
        scans = [{**scan, "known": {"participants": 0, "companions": 0}} for scan in scans]
    return json_request("/door/api/sync", {"now": now.isoformat(), "unsent": 0, "scans": scans, "walk_ins": []}, token)


def _round(stage: Stage, calls: Sequence[bytes], pages: Sequence[bytes]) -> tuple[float, list[float]]:
    """(seconds until the last phone had its answer, the milliseconds that each page took meanwhile)."""
    over, errors, times = threading.Event(), list[str](), list[float]()
    barrier = threading.Barrier(len(calls) + 1)

    def send(call: bytes) -> None:
        try:
            barrier.wait()
            _send(stage, call)
        except (OSError, NotMeasurable) as error:
            errors.append(f"{type(error).__name__} {error}")

    def look(page: bytes) -> None:
        connection = Connection(stage.ours.address)
        while not over.is_set():
            try:
                reply = connection.ask(page)
            except OSError as error:
                errors.append(f"{type(error).__name__} {error}")
                return
            if not is_page(reply):
                errors.append(f"a page answered {reply.status}")
                return
            times.append(reply.seconds * 1000)
            over.wait(LOOK_EVERY)
        connection.close()

    senders = [threading.Thread(target=send, args=(call,), daemon=True) for call in calls]
    lookers = [threading.Thread(target=look, args=(page,), daemon=True) for page in pages]
    for thread in senders:
        thread.start()
    barrier.wait()
    began = time.perf_counter()
    for thread in lookers:
        thread.start()
    for thread in senders:
        thread.join()
    seconds = time.perf_counter() - began
    over.set()
    for thread in lookers:
        thread.join()
    if errors:
        raise NotMeasurable(f"{len(errors)} failed: {errors[0]}")
    return seconds, times


def _send(stage: Stage, call: bytes) -> None:
    """As a phone does: again after a while when the server has no hand free."""
    until = time.perf_counter() + PATIENCE
    while (reply := ask_once(stage.ours.address, call)).status == 503 and time.perf_counter() < until:
        time.sleep(PAUSE * (1 + random()))
    _require_taken(reply)


def _require_taken(reply: Reply) -> None:
    if reply.status != 200:
        raise NotMeasurable(f"a phone was answered {reply.status} {reply.body[:200]!r}")
    taken = sum(result["result"] == "accepted" for result in json.loads(reply.body)["results"])
    if taken != KEPT:
        raise NotMeasurable(f"{taken} of {KEPT} passages of a phone were accepted")

"""The list that a phone holds, of 20,000 tickets: how large, how long it takes, and what 100 changes take."""

import gzip
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from app.checkin.devices.operations import enrol, make_code
from app.checkin.devices.rules import list_ends_at
from app.checkin.enums import DeviceMode, Direction
from app.checkin.operations import ScanInput, record_scans
from app.core import clock
from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.events.queries import EventRow
from bench.client import Connection, NotMeasurable, Reply, request
from bench.data import MANY, make_event, register_many
from bench.figures import Figure, at_most, middle, spread_of
from bench.in_turn import Plan
from bench.stage import Stage

LIST_MB, LIST_SECONDS, CHANGES_MS = 1.5, 1.0, 50.0
CHANGED = 100
EARLIER = timedelta(minutes=2)
"""When the passages were received: those of the last minute are told again, and a round is not to tell those of the one before."""


def door_list(stage: Stage, plan: Plan) -> list[Figure]:
    """As a phone asks, packed, on one connection; before each list of changes 100 people passed a door."""
    rounds = 3 if plan.quick else 9
    with stage.app.app_context():
        event, codes = _event(stage)
        token, connection = _phone(event), Connection(stage.ours.address)
        whole = [_ask(connection, token) for _ in range(rounds + 1)][1:]
        cursor, changes = str(_read(whole[-1])["cursor"]), []
        for number in range(rounds + 1):
            _pass(event, codes[number * CHANGED : (number + 1) * CHANGED])
            reply = _ask(connection, token, f"?since={cursor}")
            told = _read(reply)
            if told["full"] or len(told["tickets"]) != CHANGED:
                raise NotMeasurable(f"{len(told['tickets'])} changes were told")
            cursor = told["cursor"]
            changes.append(reply.seconds * 1000)
        connection.close()
    seconds, milliseconds = [reply.seconds for reply in whole], changes[1:]
    return [
        at_most(f"door list of {MANY}, packed, {stage.kind}", len(whole[-1].body) / 1e6, "MB", LIST_MB),
        at_most(f"door list of {MANY}, whole, {stage.kind}", middle(seconds), "s", LIST_SECONDS, spread_of(seconds)),
        at_most(
            f"door list of {MANY}, {CHANGED} changes, {stage.kind}", middle(milliseconds), "ms", CHANGES_MS,
            spread_of(milliseconds),
        ),
    ]  # fmt: skip


def _event(stage: Stage) -> tuple[EventRow, list[str]]:
    now = clock.now()
    event = make_event(stage.ground.organiser_id, "Forum à la porte", now=now)
    assert list_ends_at(event.last_ends_at) > now
    return event, register_many(event, MANY, now=now)


def _phone(event: EventRow) -> str:
    now = clock.now()
    with transaction():
        secret = make_code(event, (), DeviceMode.DOOR, by=SYSTEM, now=now)
    with transaction():
        return enrol(secret, "Téléphone de la mesure", now=now).token


def _pass(event: EventRow, codes: Sequence[str]) -> None:
    received, door = clock.now() - EARLIER, next(c.id for c in event.checkpoints if c.space_id is None)
    scans = [ScanInput(str(uuid4()), code, door, Direction.IN, received) for code in codes]
    with transaction():
        record_scans(event, "benchmark", scans, now=received)


def _ask(connection: Connection, token: str, query: str = "") -> Reply:
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
    reply = connection.ask(request("GET", f"/door/api/list{query}", headers))
    if reply.status != 200:
        raise NotMeasurable(f"the door list answered {reply.status}")
    return reply


def _read(reply: Reply) -> Any:
    return json.loads(gzip.decompress(reply.body))

"""What runs in processes of its own, to race and to be killed."""

import os
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from uuid import UUID, uuid4

from flask import Flask

from app import create_app
from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.errors import DomainError
from app.core.transaction import transaction
from app.events.queries import EventRow, get_event
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft
from app.registrations.enums import RegistrationKind
from app.registrations.operations import (
    accept_offer,
    cancel_registration,
    change_registration,
    decline_offer,
    offer_places,
    register,
)
from app.registrations.queries import get_registration, list_ids_alive
from tests.factories import DAY_ONE, NOW
from tests.races.together import write


def open_app(database_url: str, instance: str) -> Flask:
    app = create_app({"DATABASE_URL": database_url}, instance_path=Path(instance), testing=True)
    set_clock(app.extensions, NOW)
    return app


def someone(event: EventRow, name: str, people: int = 1) -> RegistrationDraft:
    kind = RegistrationKind.GROUP if people > 1 else RegistrationKind.INDIVIDUAL
    waves = (random.choice(event.waves).id,)
    contact = Contact("Hugo Dupont", f"hugo.{name}@example.org")
    organisation = Organisation("Collège des Trois-Rivières", class_label="3e B")
    return RegistrationDraft(kind, "school", waves, contact, Headcount(people, 0), organisation)


def register_many(database_url: str, instance: str, slug: str, count: int, sold: Connection) -> None:
    """Try `count` registrations in four threads and send how many succeeded."""
    app = open_app(database_url, instance)
    made: list[int] = []

    def run(number: int) -> None:
        with app.app_context():
            event = get_event(slug)
            for n in range(count // 4):
                draft = someone(event, f"{os.getpid()}-{number}-{n}")
                try:
                    made.append(write(lambda draft=draft: register(event, draft, by=SYSTEM, now=NOW).id))  # type: ignore[misc]
                except DomainError:
                    continue

    threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sold.send(len(made))


def stop_inside(database_url: str, instance: str, slug: str, told: Connection) -> None:
    """Do all of a registration and a scan, say so, and never commit."""
    app = open_app(database_url, instance)
    with app.app_context():
        event = get_event(slug)
        with transaction():
            made = register(event, someone(event, "halfway", 5), by=SYSTEM, now=NOW)
            item = ScanInput(str(uuid4()), made.ticket_code, event.checkpoints[0].id, Direction.IN, DAY_ONE)
            record_scans(event, "door", [item], now=DAY_ONE)
            told.send(made.reference)
            threading.Event().wait()


def promote_and_answer(database_url: str, instance: str, slug: str, seed: int, told: Connection) -> None:
    """Cancel, offer, accept, decline and register in two threads; send the faults, of which there should be none."""
    app = open_app(database_url, instance)
    faults: list[str] = []

    def run(number: int) -> None:
        chance = random.Random(10 * seed + number)
        with app.app_context():
            event = get_event(slug)
            for n in range(25):
                try:
                    write(lambda n=n: _one_move(event, chance, f"{os.getpid()}-{number}-{n}"))  # type: ignore[misc]
                except DomainError:
                    continue
                except Exception as fault:
                    faults.append(repr(fault))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.send(faults)


def _one_move(event: EventRow, chance: random.Random, name: str) -> None:
    found = chance.choice(list_ids_alive(event.id))
    moves: list[Callable[[], object]] = [
        lambda: cancel_registration(found, by=SYSTEM, now=NOW),
        lambda: accept_offer(found, by=SYSTEM, now=NOW),
        lambda: decline_offer(found, by=SYSTEM, now=NOW),
        lambda: offer_places(event.id, now=NOW),
        lambda: register(event, someone(event, name, chance.randint(1, 3)), by=SYSTEM, now=NOW),
        lambda: register(event, replace(someone(event, name), waitlist=True), by=SYSTEM, now=NOW),
    ]
    chance.choice(moves)()


def be_busy(database_url: str, instance: str, slug: str, seed: int) -> None:
    """Register, change, cancel and scan without end."""
    app = open_app(database_url, instance)
    random.seed(seed)
    with app.app_context():
        event = get_event(slug)
        number = 0
        while True:
            number += 1
            work = random.choice([_register, _register, _change, _cancel, _scan])
            try:
                write(lambda number=number, work=work: work(event, f"{os.getpid()}-{number}"))  # type: ignore[misc]
            except DomainError:
                continue


def _register(event: EventRow, name: str) -> None:
    register(event, someone(event, name, random.randint(1, 5)), by=SYSTEM, now=NOW)


def _some(event: EventRow) -> int | None:
    ids = list_ids_alive(event.id)
    return random.choice(ids) if ids else None


def _change(event: EventRow, _name: str) -> None:
    found = _some(event)
    if found is not None:
        waves = (random.choice(event.waves).id,)
        change_registration(found, waves=waves, by=SYSTEM, now=NOW)


def _cancel(event: EventRow, _name: str) -> None:
    found = _some(event)
    if found is not None:
        cancel_registration(found, by=SYSTEM, now=NOW)


def _scan(event: EventRow, _name: str) -> None:
    found = _some(event)
    if found is None:
        return
    code = get_registration(found).ticket.code
    doors = [c.id for c in event.checkpoints]
    items = [
        ScanInput(str(uuid4()), code, random.choice(doors), random.choice(list(Direction)), DAY_ONE) for _ in range(4)
    ]
    record_scans(event, "door", items, now=DAY_ONE)


def send_passages(database_url: str, instance: str, slug: str, told: Connection) -> None:
    """A phone that sends its 10,000 passages, 500 a call, from the first on; says after each call how many it has sent."""
    app = open_app(database_url, instance)
    with app.app_context():
        event = get_event(slug)
        kept = kept_passages(event)
        for start in range(0, len(kept), 500):
            part = kept[start : start + 500]
            write(lambda part=part: record_scans(event, "phone", part, now=kept[-1].scanned_at))  # type: ignore[misc]
            told.send(start + len(part))


def kept_passages(event: EventRow) -> list[ScanInput]:
    """A hundred people go in and out, every other one the other way round, a hundred times each."""
    codes = [get_registration(found).ticket.code for found in list_ids_alive(event.id)]
    door = event.checkpoints[0].id
    return [
        ScanInput(
            str(UUID(int=len(codes) * turn + who + 1)), code, door, Direction.OUT if (turn + who) % 2 else Direction.IN,
            DAY_ONE + timedelta(seconds=turn), known=Headcount((turn + who) % 2 if turn else 0, 0),
        )
        for turn in range(100)
        for who, code in enumerate(codes)
    ]  # fmt: skip

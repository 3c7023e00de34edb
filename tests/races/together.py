"""Doing things at once: threads that start on one signal, each in its own application context and transaction."""

import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

from flask import Flask
from sqlalchemy import func, select, text

from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import DatabaseBusy, DomainError, WriteConflict
from app.core.transaction import transaction
from app.events.models import Allotment, Event, Wave
from app.registrations.models import Registration, RegistrationWave
from tests.factories import NOW

T = TypeVar("T")
ATTEMPTS = 3


def write(work: Callable[[], T]) -> T:
    """Do `work` in one transaction, again when somebody else was first, as the edge does."""
    for _ in range(ATTEMPTS - 1):
        try:
            with transaction():
                return work()
        except (WriteConflict, DatabaseBusy):
            continue
    with transaction():
        return work()


def together(app: Flask, works: Iterable[Callable[[], T]]) -> list[T | DomainError]:
    """What each work gave back, or its refusal, in their order. Anything else that is raised fails the test."""
    works = list(works)
    answers: list[T | DomainError | None] = [None] * len(works)
    faults: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(number: int, work: Callable[[], T]) -> None:
        try:
            with app.app_context():
                start.wait(60)
                try:
                    answers[number] = write(work)
                except DomainError as refusal:
                    answers[number] = refusal
        except BaseException as fault:
            faults.append(fault)

    db.session.rollback()  # this thread looks again afterwards, not at what it read before
    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    if faults:
        raise faults[0]
    return answers  # type: ignore[return-value]


def assert_whole(event_id: int) -> None:
    """Nothing above a capacity, counters as counted here, and doctor content."""
    db.session.rollback()
    event = db.session.execute(select(Event.taken, Event.capacity).where(Event.id == event_id)).one()
    assert event.capacity is None or event.taken <= event.capacity
    people = func.coalesce(func.sum(Registration.participants + Registration.companions), 0)
    held = db.session.execute(
        select(people).where(Registration.event_id == event_id, Registration.status == "confirmed")
    ).scalar_one()
    assert int(held) == event.taken
    for wave in db.session.execute(select(Wave.id, Wave.taken, Wave.capacity).where(Wave.event_id == event_id)):
        counted = db.session.execute(
            select(func.coalesce(func.sum(RegistrationWave.people), 0)).where(RegistrationWave.wave_id == wave.id)
        ).scalar_one()
        assert int(counted) == wave.taken <= wave.capacity
        by_audience = db.session.execute(
            select(func.sum(Allotment.people)).where(Allotment.wave_id == wave.id)
        ).scalar_one()
        assert int(by_audience) == wave.taken
    assert [r for r in run_checks(NOW) if not r.ok] == []
    db.session.rollback()


def count(table: str, where: str = "1 = 1") -> int:
    found = db.session.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one()
    db.session.rollback()
    return int(found)

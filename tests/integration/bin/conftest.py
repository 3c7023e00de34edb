"""What the tests of the bin share: an event, a worker, and hands that delete and bring back."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from flask import Flask

from app.core.actor import Actor, ActorKind
from app.core.checks import run_checks
from app.core.transaction import transaction
from app.events.operations import delete_event, restore_event
from app.events.parts import Moved
from app.events.queries import EventRow
from app.jobs.worker import run_worker
from app.registrations.enums import RegistrationStatus
from app.registrations.operations import delete_registration, restore_registration
from tests.factories import NOW, make_event, make_organiser

INES = Actor(ActorKind.STAFF, "Inès Roux", 1)


@pytest.fixture
def event(whole_app: Flask) -> Iterator[EventRow]:
    yield make_event(make_organiser())
    assert [found for found in run_checks(NOW) if not found.ok] == []


@pytest.fixture
def drain(whole_app: Flask) -> Callable[[], None]:
    return lambda: run_worker(whole_app, drain=True, stop=threading.Event(), concurrency=1)


def delete(registration_id: int, *, now: datetime = NOW, notify: bool = False) -> None:
    with transaction():
        delete_registration(registration_id, by=INES, now=now, notify=notify)


def restore(registration_id: int, *, now: datetime = NOW) -> RegistrationStatus:
    with transaction():
        return restore_registration(registration_id, by=INES, now=now)


def delete_whole(event_id: int, *, now: datetime = NOW, reason: str = "") -> Moved:
    with transaction():
        return delete_event(event_id, by=INES, now=now, reason=reason)


def restore_whole(event_id: int, *, now: datetime = NOW) -> Moved:
    with transaction():
        return restore_event(event_id, by=INES, now=now)

"""PostgreSQL: between being refused and standing on the list, nobody frees a place that is then seen by no one."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, text

from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.operations.waiting import OFFER_JOB
from app.jobs.models import Job
from app.registrations.enums import RegistrationStatus
from app.registrations.operations import cancel_registration, registering
from tests.conftest import running_app
from tests.factories import NOW, make_event, make_organiser, make_registration, one_wave, person_draft
from tests.integration.dbs import empty_tables, wait_until

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.fixture
def app(postgresql_url: str, tmp_path: Path) -> Iterator[Flask]:
    with running_app(postgresql_url, tmp_path) as made:
        empty_tables(made)
        with made.app_context():
            yield made


def test_a_place_that_is_freed_while_somebody_begins_to_wait_is_offered_to_them(
    app: Flask, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = make_event(make_organiser(), one_wave(1))
    holder = make_registration(event, person_draft(event))
    done = threading.Event()

    def cancel() -> None:
        with app.app_context(), transaction():
            cancel_registration(holder.id, by=SYSTEM, now=NOW)
        done.set()

    thread, hope = threading.Thread(target=cancel), registering._require_hope
    engine = create_engine(postgresql_url)
    with engine.connect() as looking:

        def in_the_gap(*asked: Any) -> None:
            thread.start()
            wait_until(_waits_or(done, looking))
            hope(*asked)

        monkeypatch.setattr(registering, "_require_hope", in_the_gap)
        made = make_registration(event, replace(person_draft(event), waitlist=True))
        thread.join(60)
    engine.dispose()
    assert made.status is RegistrationStatus.WAITLISTED
    db.session.rollback()
    assert db.session.query(Job).filter(Job.name == OFFER_JOB).count() == 1


def _waits_or(done: threading.Event, looking: Connection) -> Callable[[], bool]:
    """Whether the other one waits for the event's row, or had it already."""

    def waits() -> bool:
        found = looking.execute(WAITING).scalar_one()
        looking.rollback()
        return bool(found) or done.is_set()

    return waits

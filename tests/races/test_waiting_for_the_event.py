"""PostgreSQL: what somebody commits while a registration waits for the event's row is seen by that registration."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, text

from app.core.actor import SYSTEM
from app.core.db import db
from app.core.errors import DomainError
from app.core.transaction import transaction
from app.events.errors import AudienceFull, WaveFull
from app.events.queries import EventRow, get_event
from app.registrations.drafts import Contact, RegistrationDraft
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import AlreadyRegistered, RegistrationClosed
from app.registrations.operations import Registered, register
from tests.conftest import running_app
from tests.factories import NOW, make_event, make_organiser, make_registration, one_wave, person_draft
from tests.integration.dbs import empty_tables, wait_until
from tests.races.together import assert_whole, write

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.fixture
def app(postgresql_url: str, tmp_path: Path) -> Iterator[Flask]:
    with running_app(postgresql_url, tmp_path) as made:
        empty_tables(made)
        with made.app_context():
            yield made


@pytest.fixture
def event(app: Flask) -> EventRow:
    return make_event(make_organiser(), one_wave(3))


@contextmanager
def somebody_else(url: str) -> Iterator[Connection]:
    """A connection whose transaction is open until the block ends."""
    engine = create_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def meanwhile(app: Flask, url: str, draft: RegistrationDraft, event: EventRow, *statements: str) -> Any:
    """What a registration comes to that began to wait while somebody else had run `statements`, not yet committed."""
    answers: list[Any] = []

    def work() -> None:
        with app.app_context():
            try:
                answers.append(write(lambda: register(event, draft, by=SYSTEM, now=NOW)))
            except DomainError as refusal:
                answers.append(refusal)

    thread = threading.Thread(target=work)
    engine = create_engine(url)
    with engine.connect() as looking:
        with somebody_else(url) as other:
            for statement in statements:
                other.execute(text(statement))
            thread.start()
            wait_until(_waits(looking))
        thread.join(60)
    engine.dispose()
    assert not thread.is_alive()
    return answers[0]


def _waits(looking: Connection) -> Callable[[], bool]:
    def waits() -> bool:
        found = looking.execute(WAITING).scalar_one()
        looking.rollback()
        return bool(found)

    return waits


TAKE_EVENT = "UPDATE events SET taken = taken + 3, version = version + 1"
LAST_PLACES = {
    "wave": ([TAKE_EVENT, "UPDATE waves SET taken = taken + 3"], WaveFull),
    "event": ([f"{TAKE_EVENT}, capacity = 3"], WaveFull),
    "audience": ([TAKE_EVENT, "UPDATE allotments SET max_people = 0 WHERE audience = 'job_seeker'"], AudienceFull),
    "closed": (["UPDATE events SET state = 'closed', revision = revision + 1"], RegistrationClosed),
}


@pytest.mark.parametrize("what", LAST_PLACES)
def test_what_was_taken_meanwhile_is_not_taken_twice(
    what: str, app: Flask, postgresql_url: str, event: EventRow
) -> None:
    statements, refusal = LAST_PLACES[what]
    assert type(meanwhile(app, postgresql_url, person_draft(event), event, *statements)) is refusal
    with transaction():
        for table in ("registrations", "tickets", "registration_waves", "messages", "jobs"):
            assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
        taken = db.session.execute(text("SELECT sum(people) FROM allotments")).scalar_one()
        assert taken == 0


def test_a_place_given_back_meanwhile_is_had(app: Flask, postgresql_url: str, event: EventRow) -> None:
    for _ in range(3):
        make_registration(event, person_draft(event))
    gone = (
        "UPDATE events SET taken = taken - 1, version = version + 1",
        "UPDATE waves SET taken = taken - 1",
        "UPDATE allotments SET people = people - 1 WHERE audience = 'job_seeker'",
        "UPDATE registrations SET status = 'cancelled' WHERE id = 1",
        "UPDATE registration_waves SET people = 0 WHERE registration_id = 1",
    )
    made = meanwhile(app, postgresql_url, person_draft(event), event, *gone)
    assert isinstance(made, Registered)
    assert made.status is RegistrationStatus.CONFIRMED
    assert_whole(event.id)


def test_an_event_edited_meanwhile_is_read_again(app: Flask, postgresql_url: str, event: EventRow) -> None:
    """The registration waits with what it read before; then it reads the event again."""
    edit = "UPDATE events SET revision = revision + 1, capacity = 2, version = version + 1"
    made = meanwhile(app, postgresql_url, person_draft(event), event, edit)
    assert isinstance(made, Registered)
    assert get_event(event.slug).capacity == 2
    assert_whole(event.id)


def test_the_same_person_meanwhile(app: Flask, postgresql_url: str, event: EventRow) -> None:
    contact = Contact("Ana Petit", "ana@example.org")
    make_registration(event, person_draft(event, contact=Contact("Léo Petit", "leo@example.org")))
    became = "UPDATE registrations SET same_key = 'i:ana@example.org' WHERE id = 1"
    version = "UPDATE events SET version = version + 1"
    refusal = meanwhile(app, postgresql_url, person_draft(event, contact=contact), event, version, became)
    assert isinstance(refusal, AlreadyRegistered)
    assert refusal.registration_id == 1
    assert_whole(event.id)

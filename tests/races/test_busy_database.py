"""A write lock held longer than one waits: nothing is written, and programs are told when to come back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, text

from app.core.actor import SYSTEM
from app.core.db import db
from app.core.errors import DatabaseBusy
from app.core.transaction import transaction
from app.registrations.operations import register
from tests.factories import NOW, make_api_token, make_event, make_organiser, person_draft
from tests.races.together import assert_whole, count

WAIT_MS = 80


@contextmanager
def impatient(url: str) -> Iterator[None]:
    """New connections wait a moment only."""

    def shorten(connection: Any, _record: object) -> None:
        if url.startswith("sqlite"):
            connection.execute(f"PRAGMA busy_timeout = {WAIT_MS}")
        else:
            connection.execute(f"SET lock_timeout = {WAIT_MS}")
            connection.commit()

    db.session.remove()
    engine = db.engine
    event.listen(engine, "connect", shorten)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "connect", shorten)
        db.session.remove()
        engine.dispose()


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody else's connection is in the middle of a write."""
    other = create_engine(url)
    with other.connect() as connection:
        if url.startswith("sqlite"):
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.isolation_level = None
            raw.execute("BEGIN IMMEDIATE")
            yield
            raw.execute("ROLLBACK")
        else:
            connection.execute(text("SELECT id FROM events FOR UPDATE"))
            yield
            connection.rollback()
    other.dispose()


def test_an_operation_is_refused_and_writes_nothing(whole_app: Flask, whole_url: str) -> None:
    found = make_event(make_organiser())
    with impatient(whole_url):
        with locked(whole_url), pytest.raises(DatabaseBusy), transaction():
            register(found, person_draft(found), by=SYSTEM, now=NOW)
        assert count("registrations") == 0
        with transaction():
            register(found, person_draft(found), by=SYSTEM, now=NOW)
    assert_whole(found.id)


def test_a_program_is_told_when_to_come_back(whole_app: Flask, whole_url: str, tmp_path: Path) -> None:
    organiser = make_organiser()
    found = make_event(organiser)
    headers = {"Authorization": f"Bearer {make_api_token(organiser)}"}
    body = {
        "kind": "individual",
        "audience": "job_seeker",
        "waves": [str(found.waves[0].id)],
        "contact": {"name": "Ana Petit", "email": "ana.petit@example.org"},
    }
    client, path = whole_app.test_client(), f"/api/v1/events/{found.slug}/registrations"
    with impatient(whole_url):
        with locked(whole_url):
            answer = client.post(path, json=body, headers=headers)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "2"
        assert answer.content_type == "application/problem+json"
        assert answer.get_json()["code"] == "busy"
        assert count("registrations") == 0
        again = client.post(path, json=body, headers=headers)
        assert (again.status_code, again.get_json()["status"]) == (201, "confirmed")
    assert_whole(found.id)

"""Fixtures for all tests: whole applications on SQLite and on PostgreSQL, each with an empty database."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from sqlalchemy import event as sqlalchemy_event

from app import create_app
from app.core.clock import set_clock
from app.core.db import db
from app.registrations import papers
from tests.factories import NOW
from tests.integration.dbs import KINDS, Databases, databases, empty_tables, import_models
from tests.sharing import quicken_database, share

__all__ = ["databases"]

gc.disable()  # until all is imported, see pytest_collection_finish
import_models()
share()

LONG = os.environ.get("TEST_LONG") == "1"

# Few examples and always the same ones in everyday runs, many and new ones with TEST_LONG=1. Here, before any test is
# imported, for a test takes its settings as it is defined; none is timed, for the machine may be busy.
settings.register_profile(
    "parcours",
    max_examples=2000 if LONG else 100,
    derandomize=not LONG,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("parcours")


def pytest_collection_finish() -> None:
    """What was imported stays for good: the garbage collector need not look through it again after each application.

    Nor does it after every few hundred things that are made, most of which are needed until their test is over.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 10)


@pytest.fixture(scope="session")
def postgresql_url(databases: Databases) -> Iterator[str]:
    """One PostgreSQL database for a test process: whoever takes it empties it first."""
    with databases.fresh("postgresql") as url:
        yield url


@pytest.fixture(params=KINDS)
def whole_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """A database of each kind: SQLite by its own file, PostgreSQL emptied by whoever takes it."""
    if request.param == "postgresql":
        yield request.getfixturevalue("postgresql_url")
    else:
        with databases.fresh("sqlite") as url:
            yield url


@contextmanager
def running_app(url: str, instance: Path) -> Iterator[Flask]:
    """The whole application on a database, its clock at NOW (Monday 11 January 2027, 10:00 in Paris)."""
    app = create_app({"DATABASE_URL": url, "BASE_URL": "http://127.0.0.1:8000"}, instance_path=instance, testing=True)
    set_clock(app.extensions, NOW)
    quicken_database(app)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def whole_app(whole_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The whole application, on both databases, with an application context open for factories and queries."""
    with running_app(whole_url, tmp_path) as app:
        if whole_url.startswith("postgresql"):
            empty_tables(app)
        with app.app_context():
            yield app


@pytest.fixture
def sqlite_app(databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    """The whole application on SQLite alone, for what does not depend on the database."""
    with databases.fresh("sqlite") as url, running_app(url, tmp_path) as app, app.app_context():
        yield app


@pytest.fixture
def whole_client(whole_app: Flask) -> FlaskClient:
    return whole_app.test_client()


@pytest.fixture
def sqlite_client(sqlite_app: Flask) -> FlaskClient:
    return sqlite_app.test_client()


@pytest.fixture
def blank_tickets(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which many mails leave and nobody reads them: typesetting each one's ticket takes longer than all else."""
    monkeypatch.setattr(papers, "ticket_pdf", lambda _document: b"%PDF-1.7")


class StatementCount:
    """How many statements ran inside the block."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __int__(self) -> int:
        return len(self.statements)


@contextmanager
def counted_statements() -> Iterator[StatementCount]:
    """Count the SQL statements that the current application's engine runs, without BEGIN, COMMIT and savepoints."""
    counted = StatementCount()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.lstrip().upper().startswith(("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA")):
            counted.statements.append(statement)

    sqlalchemy_event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield counted
    finally:
        sqlalchemy_event.remove(db.engine, "before_cursor_execute", note)

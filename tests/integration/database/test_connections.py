"""How each database is read and written: transactions where something is written, and only there."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg.pq import TransactionStatus
from sqlalchemy import text

from app.accounts.operations.people import create_organiser
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.errors import NotFound
from app.core.transaction import transaction
from app.events.queries import get_event
from tests.conftest import running_app
from tests.factories import NOW, make_event, make_organiser
from tests.integration.dbs import Databases

COUNT = text("SELECT count(*) FROM organisers")


def driver() -> Any:
    """The driver's own connection of this context's session."""
    return db.session.connection().connection.driver_connection


def names() -> int:
    return int(db.session.execute(COUNT).scalar_one())


def make_then(fail: bool) -> None:
    with transaction():
        create_organiser("Creativ’", by=SYSTEM, now=NOW)
        assert names() == 1
        if fail:
            raise NotFound("something else")


def test_what_an_error_ends_is_not_written(whole_app: Flask) -> None:
    assert names() == 0
    with pytest.raises(NotFound):
        make_then(fail=True)
    assert names() == 0
    make_then(fail=False)
    assert names() == 1


def test_reading_on_postgresql_opens_no_transaction(postgresql_url: str, tmp_path: Path) -> None:
    with running_app(postgresql_url, tmp_path) as app, app.app_context():
        slug = make_event(make_organiser()).slug
        for _ in range(9):
            get_event(slug)
            assert driver().info.transaction_status == TransactionStatus.IDLE
            db.session.rollback()
        prepared = db.session.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one()
        assert prepared > 0  # a ROLLBACK between would have dropped them
        with transaction():
            get_event(slug)
            assert driver().info.transaction_status == TransactionStatus.INTRANS
        get_event(slug)
        assert driver().info.transaction_status == TransactionStatus.IDLE
        db.session.rollback()
        with db.engine.connect() as connection:  # a migration's, say
            connection.execute(COUNT)
            raw: Any = connection.connection.driver_connection
            assert raw.info.transaction_status == TransactionStatus.INTRANS


def test_a_connection_that_the_server_closed_is_replaced(databases: Databases, tmp_path: Path) -> None:
    with databases.fresh("postgresql") as url, running_app(url, tmp_path) as app, app.app_context():
        make_organiser()
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
            ended = admin.execute(
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchall()
        assert ended
        assert all(gone for (gone,) in ended)
        make_organiser("Autre Cap")
        assert names() == 2

"""The database: one engine, typed models, UTC times, and the pragmas that make SQLite keep its promises."""

import enum
import os
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from select import POLLIN, poll
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, DateTime, Dialect, Engine, Enum, MetaData, event
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, registry
from sqlalchemy.types import TypeDecorator

from app.core.text import fold

if TYPE_CHECKING:
    from flask_migrate import Migrate

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, stored in UTC. A naive value is refused, for nobody knows what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def text_enum(kind: type[enum.StrEnum]) -> Enum:
    """A column type that stores an enum's values as text."""
    return Enum(
        kind, native_enum=False, create_constraint=False, length=32, values_callable=lambda e: [m.value for m in e]
    )


class Model(DeclarativeBase):
    """Base of all models. Enums are stored as text, so that adding a value needs no migration of a type."""

    registry = registry(metadata=MetaData(naming_convention=NAMING), type_annotation_map={datetime: UtcDateTime()})


db = SQLAlchemy(model_class=Model, session_options={"expire_on_commit": False, "autoflush": False})

# True while `transaction()` is open: then SQLite must begin IMMEDIATE, for a plain BEGIN oversells, and PostgreSQL must
# begin at all.
writing: ContextVar[bool] = ContextVar("parcours_writing", default=False)


def insert_or_skip(model: type[Model], unique: str) -> Any:
    """An INSERT that does nothing where `unique` (a column) already has that value; add `.values()` and `.returning()`."""
    make = sqlite_insert if db.engine.dialect.name == "sqlite" else postgresql_insert
    return make(model).on_conflict_do_nothing(index_elements=[unique])


def engine_options(database_url: str) -> Mapping[str, Any]:
    """Engine settings by database. SQLite waits up to 10 s for its write lock; PostgreSQL refuses to wait longer."""
    if database_url.startswith("sqlite"):
        return {"connect_args": {"timeout": 10, "check_same_thread": False}, "hide_parameters": True}
    return {
        "hide_parameters": True,  # an error's text reaches logs and pages: no names in it
        "pool_size": 12,
        "max_overflow": 8,
        "pool_pre_ping": False,  # `_prepare_postgresql` sees for less whether the server closed a connection
        "pool_recycle": 900,
        "connect_args": {"options": "-c lock_timeout=10000 -c timezone=UTC"},
    }


def init_db(app: Flask) -> None:
    """Bind the database to the application and set up each connection."""
    db.init_app(app)
    app.extensions["migrate"] = Migrations()
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _prepare_sqlite(db.engine)
        else:
            _prepare_postgresql(db.engine)


class Migrations:
    """What Flask-Migrate looks for in `app.extensions`. It is imported when a migration runs: with alembic it takes a third
    of a second and several MB, which a web process has no use for.
    """

    directory = "migrations"

    @cached_property
    def migrate(self) -> "Migrate":
        from flask_migrate import Migrate

        return Migrate(db=db)


@event.listens_for(db.session, "after_begin")
def _read_without_transaction(_session: Session, begun: SessionTransaction, connection: Connection) -> None:
    """On PostgreSQL, reading takes no transaction: each statement sees what is committed, as in READ COMMITTED anyway.

    That saves BEGIN and ROLLBACK, two of the three messages of a request that reads once. And psycopg forgets its prepared
    statements at every ROLLBACK: without them PostgreSQL spends more time on reading a statement than on running it.
    """
    if connection.dialect.name != "postgresql" or begun.nested:
        return
    raw: Any = connection.connection.driver_connection
    if raw.autocommit is writing.get():
        raw.autocommit = not writing.get()


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "checkout")
    def replace_closed(connection: Any, _record: object, _proxy: object) -> None:
        """A connection that the server closed (restart, failover) is replaced, and nobody sees it.

        Nothing is ever to be read from an idle connection, but the news that it ends. So most are taken without asking
        the server anything.
        """
        waiting = poll()
        waiting.register(connection.fileno(), POLLIN)
        if not waiting.poll(0):
            return
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    @event.listens_for(engine, "checkin")
    def end_reading(connection: Any, _record: object) -> None:
        """Whoever takes the connection without a session (a migration) finds it as SQLAlchemy expects it."""
        if connection is not None and connection.autocommit and not connection.closed:
            connection.autocommit = False


def _prepare_sqlite(engine: Engine) -> None:
    @lru_cache(maxsize=4096)
    def folded(text: str | None) -> str | None:
        """`fold` for SQL. Towns and schools come again and again: most calls are answered from memory."""
        return None if text is None else fold(text)

    @event.listens_for(engine, "do_connect")
    def make_for_its_owner(_dialect: Dialect, _record: object, arguments: list[Any], _named: object) -> None:
        """A new file is nobody else's to read: names stand in it. SQLite gives its -wal and -shm the same mode."""
        path = str(arguments[0]) if arguments else ""
        if path and not path.startswith((":memory:", "file:")):
            with suppress(OSError):  # it is there already; or SQLite says what keeps it from being made
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's begin event below starts transactions, not the driver
        for pragma in (
            "busy_timeout = 10000",  # first: switching to WAL itself needs the lock for a moment
            "journal_mode = WAL",
            "foreign_keys = ON",
            "synchronous = FULL",
            "temp_store = MEMORY",
            "cache_size = -2000",  # 2 MB for each connection, of which every thread has one; the system keeps the file
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("folded", 1, folded, deterministic=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing.get() else "BEGIN")

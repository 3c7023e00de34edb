"""The database: one engine, typed models, UTC times, and the pragmas that make SQLite keep its promises."""

import enum
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, Engine, Enum, MetaData, event
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

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
migrate = Migrate()

# True while `transaction()` is open: then SQLite must begin IMMEDIATE, for a plain BEGIN oversells.
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
        "pool_pre_ping": False,
        "pool_recycle": 900,
        "connect_args": {"options": "-c lock_timeout=10000 -c timezone=UTC"},
    }


def init_db(app: Flask) -> None:
    """Bind the database to the application and set up each SQLite connection."""
    db.init_app(app)
    migrate.init_app(app, db, render_as_batch=True, compare_type=True)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _prepare_sqlite(db.engine)


def _prepare_sqlite(engine: Engine) -> None:
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

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing.get() else "BEGIN")

"""The yardstick: the least that a server of such work must do. It is measured beside Parcours and never slowed.

Flask and SQLAlchemy Core: one indexed read, one conditional update, one insert, one commit. Beside it, a « hello ».
It stands alone: what changes in Parcours changes nothing here.
"""

import os
from typing import Any

from flask import Flask, Response, request
from sqlalchemy import (
    Column,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
    select,
    update,
)

URL_VARIABLE = "BENCH_BARE_URL"
ITEMS = 20_000
CAPACITY = 1_000_000

metadata = MetaData()
items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(40), unique=True, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
)
uses = Table(
    "uses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("item_id", ForeignKey("items.id"), nullable=False),
    Column("device", String(80), nullable=False),
)


def code_of(number: int) -> str:
    return f"ITEM{number:022d}"


def make_engine(url: str) -> Engine:
    """The same engine settings as Parcours: WAL, synchronous=FULL and BEGIN IMMEDIATE on SQLite."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=12, max_overflow=8)
    engine = create_engine(url, connect_args={"timeout": 10, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("busy_timeout = 10000", "journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def fill(url: str) -> None:
    """Make the tables and their items."""
    engine = make_engine(url)
    with engine.begin() as connection:
        metadata.create_all(connection)
        rows = [{"code": code_of(n), "capacity": CAPACITY, "taken": 0} for n in range(ITEMS)]
        connection.execute(insert(items), rows)
    engine.dispose()


def create_bare() -> Flask:
    """The application, on the database that the environment names."""
    app = Flask("bare")
    engine = make_engine(os.environ[URL_VARIABLE])

    @app.get("/hello")
    def hello() -> str:
        return "hello"

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.post("/take")
    def take() -> tuple[dict[str, Any], int] | Response:
        body = request.get_json()
        with engine.begin() as connection:
            found = connection.execute(select(items.c.id, items.c.taken).where(items.c.code == body["code"])).one()
            taken = connection.execute(
                update(items)
                .where(items.c.id == found.id, items.c.taken < items.c.capacity)
                .values(taken=items.c.taken + 1)
            )
            if taken.rowcount != 1:
                return {"result": "full"}, 409
            connection.execute(insert(uses).values(item_id=found.id, device=body["device"]))
        return {"result": "accepted", "id": found.id}, 200

    return app

"""PostgreSQL reads a list well whichever way it plans: for these values or once for all, with statistics or without."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from psycopg import sql
from sqlalchemy import event as events
from sqlalchemy import text

from app.accounts.enums import Role
from app.accounts.rules import Access
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.reports.lists import ListQuery
from app.reports.queries.registration_list import list_registrations
from tests.conftest import running_app
from tests.factories import make_event, make_organiser, make_registration, person_draft
from tests.integration.dbs import Databases, empty_tables

MANY, SHOWN = 6_000, 50
PLANS = ("force_custom_plan", "force_generic_plan")
_COPY = """
INSERT INTO registrations ({columns})
SELECT {values} FROM registrations, generate_series(2, :many) AS n WHERE id = :first
"""


@pytest.fixture(scope="module")
def counted_url(databases: Databases) -> Iterator[str]:
    """A database of its own, for its statistics stay when its tables are emptied."""
    with databases.fresh("postgresql") as url:
        yield url


@pytest.fixture
def app(counted_url: str, tmp_path: Path) -> Iterator[Flask]:
    with running_app(counted_url, tmp_path) as made:
        empty_tables(made)
        with made.app_context():
            yield made


def count(counted: bool) -> None:
    """Take PostgreSQL's statistics of what the lists read, or forget them: as right after a rush or a restored backup."""
    forget = (
        "SELECT pg_clear_attribute_stats(schemaname, tablename, attname, inherited) FROM pg_stats WHERE tablename = :name",
        "SELECT pg_clear_relation_stats('public', :name)",
    )
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name in ("registrations", "registration_waves", "presences"):
            if counted:
                connection.execute(text(f"ANALYZE {name}"))
            else:
                for statement in forget:
                    connection.execute(text(statement), {"name": name})


@pytest.fixture
def event(app: Flask) -> EventRow:
    """MANY registrations at once, so that nothing has counted them yet; each asks for the first wave or the second."""
    made = make_event(make_organiser())
    first = make_registration(made, person_draft(made)).id
    own = {
        "id": "id + n", "reference": "'VT-' || n", "token": "'t' || n", "same_key": "'k' || n", "mail_key": "'m' || n",
        "sort_name": "'Nom ' || n",
    }  # fmt: skip
    names = [column.name for column in db.metadata.tables["registrations"].columns]
    statement = _COPY.format(columns=", ".join(names), values=", ".join(own.get(name, name) for name in names))
    with transaction():
        db.session.execute(text(statement), {"many": MANY, "first": first})
        db.session.execute(
            text("INSERT INTO registration_waves SELECT id, :even + id % 2, 0 FROM registrations WHERE id > :first"),
            {"even": made.waves[0].id, "first": first},
        )
    return made


def plan_nodes(statement: str, values: dict[str, Any], mode: str) -> list[dict[str, Any]]:
    """Each step of the statement's plan, with what it really did."""
    names: list[str] = []

    def numbered(match: re.Match[str]) -> str:
        names.append(match[1])
        return f"${len(names)}"

    prepared = re.sub(r"%\((\w+)\)s", numbered, statement)
    said = sql.SQL(", ").join(sql.Literal(values[name]) for name in names)
    raw: Any = db.session.connection().connection.driver_connection
    with raw.cursor() as cursor:
        cursor.execute(f"SET plan_cache_mode = {mode}")
        cursor.execute(f"PREPARE listed AS {prepared}")
        cursor.execute(sql.SQL("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE listed({})").format(said))
        (whole,) = cursor.fetchone()
        cursor.execute("DEALLOCATE listed")
        cursor.execute("RESET plan_cache_mode")
    return list(_nodes(whole[0]["Plan"]))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def statements_of(event: EventRow, query: ListQuery) -> list[tuple[str, dict[str, Any]]]:
    """What is asked of the registrations for one page of their list."""
    asked: list[tuple[str, dict[str, Any]]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if "registrations" in statement:
            asked.append((statement, values))

    events.listen(db.engine, "before_cursor_execute", note)
    try:
        page = list_registrations(event, query, Access(event.organiser_id, role=Role.OWNER))
    finally:
        events.remove(db.engine, "before_cursor_execute", note)
    assert len(page.lines) == SHOWN
    return asked


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("mode", PLANS)
def test_no_step_is_done_for_each_registration(event: EventRow, mode: str, counted: bool) -> None:
    count(counted)
    asked = statements_of(event, ListQuery(waves=frozenset(wave.id for wave in event.waves[1:])))
    steps = [plan_nodes(statement, values, mode) for statement, values in asked]
    assert max(node["Actual Loops"] for nodes in steps for node in nodes) <= SHOWN
    # the rows of the page are read by their ids, and no others are looked at
    page = next(nodes for (statement, _), nodes in zip(asked, steps, strict=True) if "contact_email" in statement)
    assert sum(node.get("Rows Removed by Filter", 0) for node in page) == 0

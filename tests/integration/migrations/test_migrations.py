"""Migrations go up, down and up again on both databases, and build exactly what the models say."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import CheckConstraint, inspect, text

from app.checkin.append_only import missing_triggers
from app.checkin.drafts import ScanInput
from app.checkin.enums import Direction
from app.checkin.operations import record_scans
from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.db import Model, db
from app.core.readiness import find_obstacle
from app.core.transaction import transaction
from app.events.operations import delete_event
from app.registrations.drafts import Headcount
from tests.factories import DAY_ONE, NOW, class_draft, make_event, make_member, make_organiser, make_registration
from tests.integration.loans.event_world import book, forum_of
from tests.integration.loans.world import make_world
from tests.integration.migrations.conftest import tables

MIGRATIONS = str(Path(__file__).resolve().parents[3] / "migrations")
KEPT_BY_ALEMBIC = {"alembic_version"}


def up(revision: str = "head") -> None:
    db.session.remove()
    upgrade(MIGRATIONS, revision)


def down(revision: str = "base") -> None:
    db.session.remove()
    downgrade(MIGRATIONS, revision)


def checks_of_database() -> dict[str, set[str]]:
    """Names of the CHECK constraints of each table."""
    inspector = inspect(db.engine)
    return {
        table: {str(c["name"]) for c in inspector.get_check_constraints(table)}
        for table in inspector.get_table_names()
        if table not in KEPT_BY_ALEMBIC
    }


def triggers() -> set[str]:
    if db.engine.dialect.name == "sqlite":
        statement = "SELECT tbl_name || ': ' || name || ': ' || sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        statement = (
            "SELECT tgrelid::regclass || ': ' || tgname || ': ' || pg_get_triggerdef(oid) || pg_get_functiondef(tgfoid)"
            " FROM pg_trigger WHERE NOT tgisinternal"
        )
    with db.engine.connect() as connection:
        return {str(line) for line in connection.execute(text(statement)).scalars()}


def shape() -> dict[str, Any]:
    """Constraints, indexes and keys by table, in words that both ways of making them share."""
    inspector = inspect(db.engine)
    found: dict[str, Any] = {}
    for table in inspector.get_table_names():
        if table in KEPT_BY_ALEMBIC:
            continue
        checks = {(str(c["name"]), str(c["sqltext"])) for c in inspector.get_check_constraints(table)}
        foreign = {
            (tuple(f["constrained_columns"]), f["referred_table"], str(f["options"].get("ondelete")))
            for f in inspector.get_foreign_keys(table)
        }
        indexes = {
            (
                i["name"],
                tuple(i["column_names"]),
                bool(i["unique"]),
                str(i["dialect_options"].get("sqlite_where", i["dialect_options"].get("postgresql_where", ""))),
            )
            for i in inspector.get_indexes(table)
        }
        unique = {(str(u["name"]), tuple(u["column_names"])) for u in inspector.get_unique_constraints(table)}
        columns = {(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)}
        found[table] = (columns, checks, foreign, indexes, unique, inspector.get_pk_constraint(table))
    return found


def test_up_down_and_up_again(bare_app: Flask, kind: str) -> None:
    assert tables() == set()
    assert find_obstacle() == "the database is not migrated: run flask --app app db upgrade"
    db.session.remove()
    up()
    first = shape(), triggers()
    assert tables() == {*Model.metadata.tables, *KEPT_BY_ALEMBIC}
    assert find_obstacle() is None
    down()
    assert tables() == KEPT_BY_ALEMBIC
    if kind == "postgresql":
        with db.engine.connect() as connection:
            own = (  # an extension stays: it may have been there before, or serve others
                "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
                " AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"
            )
            assert connection.execute(text(own)).all() == []
    up()
    assert (shape(), triggers()) == first


def test_models_and_migrations_do_not_drift(bare_app: Flask) -> None:
    up()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        differences = compare_metadata(context, Model.metadata)
    assert differences == []


def test_checks_of_models_and_migrations_are_the_same(bare_app: Flask) -> None:
    up()
    wanted = {
        table.name: {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
        for table in Model.metadata.sorted_tables
    }
    assert checks_of_database() == wanted
    assert wanted["waves"] == {"ck_waves_places", "ck_waves_dates", "ck_waves_waiting"}


def test_the_models_build_what_the_migrations_build(kind: str, built_app: Flask, bare_app: Flask) -> None:
    up()
    migrated = shape(), triggers()
    db.session.remove()
    with built_app.app_context():
        assert (shape(), triggers()) == migrated


def test_the_migrated_database_works_and_guards_its_scans(bare_app: Flask) -> None:
    up()
    organiser = make_organiser()
    make_member(organiser)
    event = make_event(organiser)
    make_registration(event)
    assert [r for r in run_checks(NOW) if not r.ok] == []
    assert missing_triggers(db.session.connection()) == []
    down()
    assert tables() == KEPT_BY_ALEMBIC


def test_presences_of_before_are_counted_by_day(bare_app: Flask) -> None:
    """Until 0002 whoever was not scanned out stayed inside overnight."""
    up()
    event = make_event(make_organiser())
    code, door = make_registration(event, class_draft(event)).ticket_code, event.checkpoints[0].id
    days = [(DAY_ONE, Headcount(20, 2)), (DAY_ONE + timedelta(days=1), Headcount(8, 0))]
    scans = [ScanInput(str(UUID(int=n)), code, door, Direction.IN, at, people) for n, (at, people) in enumerate(days)]
    with transaction():
        record_scans(event, "door", scans, now=days[1][0])
    before = figures_of_presences()
    assert before == [(8, 0, 20, 2)]
    down("0001")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE presences SET participants = 28, companions = 2, came_participants = 28"))
    up()
    assert figures_of_presences() == before
    assert [r for r in run_checks(NOW) if not r.ok] == []


def test_going_back_publishes_nothing_that_was_deleted(bare_app: Flask) -> None:
    """Before 0002 there is no bin: a deleted event is a called-off one there, a draft stays a draft."""
    up()
    organiser = make_organiser()
    stands, gone, draft = make_event(organiser), make_event(organiser), make_event(organiser, publish=False)
    make_registration(gone)
    with transaction():
        for event in (gone, draft):
            delete_event(event.id, by=SYSTEM, now=NOW)
    down("0001")
    with db.engine.connect() as connection:
        states = {row.id: row.state for row in connection.execute(text("SELECT id, state FROM events"))}
    assert states == {stands.id: "published", gone.id: "cancelled", draft.id: "draft"}
    up()
    assert [r for r in run_checks(NOW) if not r.ok] == []


def test_boxes_at_events_are_given_back_before_who_runs_them_is_forgotten(bare_app: Flask) -> None:
    up()
    world = make_world(boxes=3, asks_accreditation=True)
    make_member(world.organiser_id)
    book(world, forum_of(world))
    loan_id = world.enter("2027-03-01 am", "2027-03-02 pm").id
    assert {use.purpose for use in purposes()} == {"event", "loan"}
    down("0005")
    up()
    assert [(use.purpose, use.purpose_id) for use in purposes()] == [("loan", loan_id)]
    assert [(r.name, r.problems) for r in run_checks(NOW) if not r.ok] == []


def purposes() -> list[Any]:
    with db.engine.connect() as connection:
        return list(connection.execute(text("SELECT purpose, purpose_id FROM uses ORDER BY id")))


def figures_of_presences() -> list[tuple[int, ...]]:
    columns = "participants, companions, came_participants, came_companions"
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT {columns} FROM presences"))]


def test_recreating_a_parent_table_keeps_its_children(
    bare_app: Flask, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batch mode drops the old table on SQLite: with foreign keys on, waves and tickets would go with it."""
    up()
    event = make_event(make_organiser())
    made = make_registration(event, class_draft(event))
    counted = (
        "waves",
        "allotments",
        "spaces",
        "stops",
        "checkpoints",
        "event_audiences",
        "tickets",
        "registration_waves",
    )
    before = {table: rows(table) for table in counted}
    assert all(before.values())
    copy = tmp_path / "migrations"
    copy.mkdir()
    for part in Path(MIGRATIONS).rglob("*"):
        if part.is_file() and "__pycache__" not in part.parts:
            target = copy / part.relative_to(MIGRATIONS)
            target.parent.mkdir(exist_ok=True, parents=True)
            target.write_bytes(part.read_bytes())
    (copy / "versions" / "9999_recreate.py").write_text(RECREATE.format(head=head_of(MIGRATIONS)), "utf-8")
    db.session.remove()
    upgrade(str(copy), "head")
    assert {table: rows(table) for table in counted} == before
    assert {"extra"} <= {c["name"] for c in inspect(db.engine).get_columns("events")}
    with db.engine.connect() as connection:
        if kind == "sqlite":
            assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            assert checks_of_database()["events"] == {"ck_events_dates", "ck_events_places"}
    db.session.remove()
    downgrade(str(copy), "-1")
    assert {table: rows(table) for table in counted} == before
    assert made.id == 1


RECREATE = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade():
    for table in ("events", "registrations"):
        with op.batch_alter_table(table, recreate="always" if op.get_bind().dialect.name == "sqlite" else "never") as batch:
            batch.add_column(sa.Column("extra", sa.Integer(), nullable=True))


def downgrade():
    for table in ("events", "registrations"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("extra")
"""


def head_of(folder: str) -> str:
    head = ScriptDirectory(folder).get_current_head()
    assert head is not None
    return head


def rows(table: str) -> int:
    with db.engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())

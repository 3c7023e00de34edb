"""What keeps uses of one resource apart in the database itself (the migration holds its own copy).

PostgreSQL has a constraint for it; on SQLite triggers do the same. Alembic's batch mode drops triggers with the table that it
makes anew: a migration that changes `uses` in that way makes them again, and `doctor` looks.
"""

from sqlalchemy import Connection, Table, event, text

_OVERLAP = (
    "SELECT RAISE(ABORT, 'uses overlap') WHERE EXISTS (SELECT 1 FROM uses WHERE uses.resource_kind = NEW.resource_kind"
    " AND uses.resource_id = NEW.resource_id AND uses.id IS NOT NEW.id"
    " AND uses.starts_at < NEW.ends_at AND uses.ends_at > NEW.starts_at);"
)
SQLITE = (
    f"CREATE TRIGGER uses_no_overlap_insert BEFORE INSERT ON uses BEGIN {_OVERLAP} END",
    f"CREATE TRIGGER uses_no_overlap_update BEFORE UPDATE ON uses BEGIN {_OVERLAP} END",
)
POSTGRESQL = (
    "ALTER TABLE uses ADD CONSTRAINT uses_no_overlap EXCLUDE USING gist"
    " (resource_kind WITH =, resource_id WITH =, tstzrange(starts_at, ends_at) WITH &&)"
)
EXTENSION = "CREATE EXTENSION IF NOT EXISTS btree_gist"


def guard(table: Table) -> None:
    """Make the triggers or the constraint with the table where the models make it themselves, as tests do."""
    for trigger in SQLITE:
        run_after("after_create", table, trigger, "sqlite")
    run_after("before_create", table, EXTENSION, "postgresql")
    run_after("after_create", table, POSTGRESQL, "postgresql")


def run_after(moment: str, table: Table, statement: str, dialect: str) -> None:
    """Run a statement at a moment of a table's life (SQLAlchemy's event names), on one kind of database."""

    def run(_table: object, connection: Connection, **_rest: object) -> None:
        if connection.dialect.name == dialect:
            connection.exec_driver_sql(statement)

    event.listen(table, moment, run)


def missing_guards(connection: Connection) -> list[str]:
    """Names of what should keep uses apart in this database and is not there, or is switched off."""
    if connection.dialect.name == "sqlite":
        wanted = {"uses_no_overlap_insert", "uses_no_overlap_update"}
        found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'uses'"))
    else:
        wanted = {"uses_no_overlap"}
        found = connection.execute(
            text("SELECT conname FROM pg_constraint WHERE conrelid = 'uses'::regclass AND contype = 'x'")
        )
    return sorted(wanted - set(found.scalars()))

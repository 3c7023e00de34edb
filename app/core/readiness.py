"""Whether the database is as this version of Parcours needs it, and can be written to."""

from functools import cache
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import db
from app.core.errors import DatabaseBusy
from app.core.transaction import transaction

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def find_obstacle() -> str | None:
    """What keeps the database from being used, in a few words; None when it is migrated to head and writable."""
    try:
        current = MigrationContext.configure(db.session.connection()).get_current_heads()
        if set(current) != set(_heads()):
            return "the database is not migrated: run flask --app app db upgrade"
        with transaction():
            _write_nothing()
    except DatabaseBusy:
        return "the database is locked"
    except SQLAlchemyError as error:
        return f"the database does not answer: {type(error).__name__}"
    return None


def _write_nothing() -> None:
    """Change no row, by a statement that a read-only database refuses."""
    db.session.execute(text("UPDATE alembic_version SET version_num = version_num WHERE version_num = ''"))
    if db.engine.dialect.name == "postgresql":
        read_only = db.session.execute(text("SHOW transaction_read_only")).scalar_one()
        if read_only == "on":
            raise DatabaseBusy


@cache
def _heads() -> tuple[str, ...]:
    return tuple(ScriptDirectory(str(MIGRATIONS)).get_heads())

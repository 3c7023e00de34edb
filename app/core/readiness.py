"""Whether the database is as this version of Parcours needs it, and can be written to."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import db
from app.core.errors import DatabaseBusy
from app.core.transaction import transaction

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"


def find_obstacle() -> str | None:
    """What keeps the database from being used, in a few words; None when it is migrated to head and writable."""
    try:
        if _current() != _heads():
            return "the database is not migrated: run flask --app app db upgrade"
        with transaction():
            _write_nothing()
    except DatabaseBusy:
        return "the database is locked"
    except SQLAlchemyError as error:
        return f"the database does not answer: {type(error).__name__}"
    return None


def _current() -> set[str]:
    """The revisions that alembic noted in the database."""
    if not inspect(db.session.connection()).has_table("alembic_version"):
        return set()
    return set(db.session.execute(text("SELECT version_num FROM alembic_version")).scalars())


def _write_nothing() -> None:
    """Change no row, by a statement that a read-only database refuses."""
    db.session.execute(text("UPDATE alembic_version SET version_num = version_num WHERE version_num = ''"))
    if db.engine.dialect.name == "postgresql":
        read_only = db.session.execute(text("SHOW transaction_read_only")).scalar_one()
        if read_only == "on":
            raise DatabaseBusy


@cache
def _heads() -> set[str]:
    """The revisions that no other follows. Read from the files: alembic is large, and a web process needs it for this alone."""
    revisions: set[str] = set()
    followed: set[str] = set()
    for file in MIGRATIONS.glob("*.py"):
        said = _assigned(file)
        revisions.add(said["revision"])
        before = said["down_revision"]
        followed |= {before} if isinstance(before, str) else set(before or ())
    return revisions - followed


def _assigned(file: Path) -> dict[str, Any]:
    """What a migration's file says of itself: the values of its `revision` and `down_revision`."""
    lines = (line for line in ast.parse(file.read_text("utf-8")).body if isinstance(line, ast.Assign))
    named = ((line.targets[0], line.value) for line in lines)
    return {
        target.id: ast.literal_eval(value)
        for target, value in named
        if isinstance(target, ast.Name) and target.id in {"revision", "down_revision"}
    }

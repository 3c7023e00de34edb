"""How migrations run: on the application's engine, in one transaction each, on SQLite with foreign keys off meanwhile.

Alembic's batch mode recreates a table on SQLite; with foreign keys on, dropping the old one would delete its children.
"""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from app.core.db import db, writing

target_metadata = db.metadata


def process_revision_directives(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Write no empty migration."""
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=target_metadata,
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=True,
        process_revision_directives=process_revision_directives,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_on_sqlite() -> None:
    with db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA foreign_keys = OFF")
        token = writing.set(True)
        try:
            run(connection)
            connection.commit()
            broken = connection.execute(text("PRAGMA foreign_key_check")).all()
            connection.rollback()
            if broken:
                raise RuntimeError(f"the migration left rows without their parent: {broken[:5]}")
        finally:
            writing.reset(token)
            raw.execute("PRAGMA foreign_keys = ON")


with current_app.app_context():
    if db.engine.dialect.name == "sqlite":
        run_on_sqlite()
    else:
        with db.engine.connect() as postgresql:
            run(postgresql)
            postgresql.commit()

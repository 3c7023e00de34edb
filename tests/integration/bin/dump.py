"""The whole of a database as values, to compare before and after."""

from typing import Any

from sqlalchemy import select

from app.core.db import Model, db

STAMPS = {"version", "revision", "updated_at", "changed_in"}
LOGS = {"audit_entries", "jobs", "messages", "calendar_sequences"}
"""What only grows: who did what, what was sent, how often a calendar's entry changed."""


def whole_rows() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table but the logs, without the stamps that rise with each change."""
    db.session.rollback()
    found = {}
    for table in Model.metadata.sorted_tables:
        if table.name in LOGS:
            continue
        rows = db.session.execute(select(table).order_by(*table.primary_key.columns)).mappings()
        found[table.name] = [{name: value for name, value in row.items() if name not in STAMPS} for row in rows]
    db.session.rollback()
    return found

"""What a batch of passages asks is answered by looking each one up, however many are stored and whatever the planner knows."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, event

from app.checkin.operations.lookups import lookups
from app.core.db import db

MANY = 500
LISTS = [
    ("stored", {"organiser": 1, "sent": [f"{n:036}" for n in range(MANY)]}, "uq_scans_uuid"),
    ("holders", {"organiser": 1, "codes": [f"{n:026}" for n in range(MANY)]}, "uq_tickets_code"),
    ("attempts", {"ids": list(range(MANY))}, "ix_scans_registration"),
]


def plan_of(statement: Select[Any], given: dict[str, Any]) -> str:
    """How the database means to answer, as it says itself."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, text: str, given: Any, _context: Any, _many: bool) -> None:
        sent.append((text, given))

    event.listen(db.engine, "before_cursor_execute", note)
    assert db.session.execute(statement, given).all() == []
    event.remove(db.engine, "before_cursor_execute", note)
    text, values = sent[-1]
    explain = "EXPLAIN" if db.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    rows = db.session.connection().exec_driver_sql(f"{explain} {text}", values)
    return "\n".join(str(row) for row in rows)


@pytest.mark.parametrize(("name", "given", "index"), LISTS)
def test_each_is_found_by_its_index(whole_app: Flask, name: str, given: dict[str, Any], index: str) -> None:
    plan = plan_of(getattr(lookups(), name), given)
    if index == "uq_tickets_code" and db.engine.dialect.name == "sqlite":
        index = "sqlite_autoindex_tickets"
    assert index in plan
    assert "Seq Scan on scans" not in plan
    assert "SCAN scans" not in plan
    assert "SCAN tickets" not in plan

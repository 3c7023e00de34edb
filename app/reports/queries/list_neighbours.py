"""Which registrations stand beside one in a list, for the page of that one."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.accounts.rules import Access
from app.core.db import db
from app.events.queries import EventRow
from app.registrations.models import Registration
from app.reports.lists import ListQuery
from app.reports.queries.list_sql import list_sql


@dataclass(frozen=True)
class Neighbours:
    """Where a registration stands in a list, from 1; the references beside it, None at an end."""

    position: int
    before: str | None
    after: str | None


def find_neighbours(
    event: EventRow, query: ListQuery, access: Access, registration_id: int, *, position: int = 0
) -> Neighbours | None:
    """Where a registration stands in a list, None when it is not in it. One statement where `position` is still right."""
    found = list_sql(event, query, access)
    if position > 0:
        start = max(0, position - 2)
        statement = found.select(Registration.id, Registration.reference).order_by(*found.order)
        rows = db.session.execute(statement.limit(3).offset(start)).all()
        at = position - 1 - start
        if at < len(rows) and rows[at].id == registration_id:
            before = rows[at - 1].reference if at else None
            return Neighbours(position, before, rows[at + 1].reference if at + 1 < len(rows) else None)
    over: dict[str, Any] = {"order_by": found.order}
    placed = found.select(
        Registration.id,
        func.row_number().over(**over).label("position"),
        func.lag(Registration.reference).over(**over).label("before"),
        func.lead(Registration.reference).over(**over).label("after"),
    ).subquery()
    row = db.session.execute(
        select(placed.c.position, placed.c.before, placed.c.after).where(placed.c.id == registration_id)
    ).first()
    return None if row is None else Neighbours(row.position, row.before, row.after)

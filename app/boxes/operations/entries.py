"""What boxes and scenarios have alike when they are written: a code of their own, and what differs from what was read."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.boxes.errors import EntryChanged
from app.boxes.models import Box, Scenario
from app.boxes.rows import BoxRow, ScenarioRow
from app.core.audit import changes_between
from app.core.db import db
from app.core.errors import FieldError


def what_changes(before: BoxRow | ScenarioRow, values: Mapping[str, object], revision: int) -> dict[str, list[Any]]:
    """What of `values` differs from the row, for its history. Raises EntryChanged unless `revision` is the row's."""
    if before.revision != revision:
        raise EntryChanged(before.code)
    return changes_between({name: getattr(before, name) for name in values}, values)


def require_free_code(table: type[Box] | type[Scenario], code: str, organiser_id: int, own_id: int | None) -> None:
    """Raises FieldError (code: code_taken) when another one of the organiser's has it."""
    taken = db.session.execute(
        select(table.id).where(table.organiser_id == organiser_id, table.code == code)
    ).scalar_one_or_none()
    if taken is not None and taken != own_id:
        raise FieldError({"code": "code_taken"})

"""Who uses what, and when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.core.db import db
from app.resources.enums import Purpose, ResourceKind
from app.resources.models import Use


@dataclass(frozen=True)
class UseRow:
    """One use: from `starts_at` to `ends_at` with its buffers, from `from_at` to `to_at` without them."""

    id: int
    resource_kind: ResourceKind
    resource_id: int
    purpose: Purpose
    purpose_id: int
    starts_at: datetime
    from_at: datetime
    to_at: datetime
    ends_at: datetime


_COLUMNS = (
    Use.id, Use.resource_kind, Use.resource_id, Use.purpose, Use.purpose_id, Use.starts_at, Use.from_at, Use.to_at,
    Use.ends_at,
)  # fmt: skip


def list_uses(kind: ResourceKind, resource_ids: Collection[int], from_at: datetime, to_at: datetime) -> list[UseRow]:
    """Uses of these resources that touch the time between two instants, in the order in which they begin. One statement."""
    rows = db.session.execute(
        select(*_COLUMNS)
        .where(
            Use.resource_kind == kind,
            Use.resource_id.in_(resource_ids),
            Use.starts_at < to_at,
            Use.ends_at > from_at,
        )
        .order_by(Use.starts_at, Use.id)
    )
    return [UseRow(*row) for row in rows]


def list_uses_of(purpose: Purpose, purpose_id: int) -> list[UseRow]:
    """What one loan, event or session uses, by resource."""
    rows = db.session.execute(
        select(*_COLUMNS)
        .where(Use.purpose == purpose, Use.purpose_id == purpose_id)
        .order_by(Use.resource_kind, Use.resource_id)
    )
    return [UseRow(*row) for row in rows]


def find_clashes(
    kind: ResourceKind, resource_id: int, from_at: datetime, to_at: datetime, *, but: int | None = None
) -> list[UseRow]:
    """Uses that stand in the way; `but` is the id of a use that does not count."""
    return [use for use in list_uses(kind, [resource_id], from_at, to_at) if use.id != but]

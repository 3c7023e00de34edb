"""What doctor looks at in the ledger of uses. The overlaps are found by going through all in order, as nothing else here does."""

from collections import defaultdict
from datetime import UTC, datetime

from sqlalchemy import text

from app.core.checks import check
from app.core.db import db
from app.resources.no_overlap import missing_guards


@check("resources.guards", "The database itself refuses uses that overlap")
def check_guards(now: datetime) -> list[str]:
    return [f"{name} is missing from the database" for name in missing_guards(db.session.connection())]


@check("resources.overlaps", "No two uses of one box, facilitator or room overlap, buffers included")
def check_overlaps(now: datetime) -> list[str]:
    rows = db.session.execute(text("SELECT id, resource_kind, resource_id, starts_at, ends_at FROM uses"))
    by_resource = defaultdict[tuple[str, int], list[tuple[datetime, int, datetime]]](list)
    for row in rows:
        by_resource[row.resource_kind, row.resource_id].append((_instant(row.starts_at), row.id, _instant(row.ends_at)))
    found = []
    for (kind, resource_id), uses in sorted(by_resource.items()):
        uses.sort()
        for n, (_, one, ends_at) in enumerate(uses):
            for starts_at, other, _ in uses[n + 1 :]:
                if starts_at >= ends_at:
                    break
                found.append(f"uses {one} and {other} of {kind} {resource_id} overlap")
    return found


def _instant(value: datetime | str) -> datetime:
    """SQLite gives text, in UTC and however somebody wrote it."""
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)

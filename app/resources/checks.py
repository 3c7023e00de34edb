"""What doctor looks at in the ledger of uses. The overlaps are found by comparing every two, as nothing else here does."""

from collections import defaultdict
from datetime import datetime
from itertools import combinations

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
    by_resource = defaultdict(list)
    for row in rows:
        by_resource[row.resource_kind, row.resource_id].append(row)
    found = []
    for (kind, resource_id), uses in sorted(by_resource.items()):
        for one, other in combinations(sorted(uses, key=lambda use: (str(use.starts_at), use.id)), 2):
            if str(other.starts_at) >= str(one.ends_at):
                continue
            found.append(f"uses {one.id} and {other.id} of {kind} {resource_id} overlap")
    return found

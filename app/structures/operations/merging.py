"""Two rows for one structure become one, and two again for 30 days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from app.core.actor import Actor
from app.core.audit import AuditEntry, record
from app.core.db import db
from app.structures.drafts import FIELDS, StructureDraft
from app.structures.errors import MergeOver, StructureChanged, StructureNotFound
from app.structures.models import StructureKind, StructurePair
from app.structures.operations.directory import lock_own, without_numbers, write_structure
from app.structures.queries import StructureRow, find_number, find_root, get_structure, list_apart
from app.structures.registry import list_belongings
from app.structures.rules import may_undo

MERGED_AWAY = "structure.merged_away"


@dataclass(frozen=True)
class Sides:
    """Which revision of each side was looked at."""

    kept: int
    dropped: int


@dataclass(frozen=True)
class MergeRecord:
    """A merge that can be undone: when it was made, by whom, and how many rows of each feature moved."""

    dropped_id: int
    name: str
    at: datetime
    by: str
    moved: Mapping[str, int]


def count_belongings(structure_id: int) -> dict[str, int]:
    """How many rows of each feature would move, by the feature's name."""
    return {name: len(b.ids(structure_id)) for name, b in list_belongings().items()}


def merge_structures(
    kept_id: int, dropped_id: int, take: frozenset[str], *, sides: Sides, organiser_id: int, by: Actor, now: datetime
) -> dict[str, int]:
    """Move everything of one structure to another; how many rows of each feature moved. `take` are the fields (FIELDS)
    whose value comes from the one that goes.

    The one that goes stays as a sign, without its numbers. Raises StructureNotFound, StructureMerged, StructureChanged when
    a side is not as it was looked at.
    """
    if kept_id == dropped_id:
        raise StructureNotFound("a structure is not merged into itself")
    locked = {i: lock_own(i, organiser_id) for i in sorted((kept_id, dropped_id))}
    kept, dropped = locked[kept_id], locked[dropped_id]
    for row, revision in ((kept, sides.kept), (dropped, sides.dropped)):
        if row.revision != revision:
            raise StructureChanged(row.revision)
    after: Any = replace(kept.draft, **{name: getattr(dropped.draft, name) for name in FIELDS if name in take})
    moved = {name: b.ids(dropped_id) for name, b in list_belongings().items()}
    write_structure(dropped_id, without_numbers(dropped.draft), now=now, merged_into_id=kept_id)
    used = any(moved[name] for name, b in list_belongings().items() if b.used)
    write_structure(kept_id, after, now=now, **({"archived_at": None} if used else {}))
    for name, belonging in list_belongings().items():
        belonging.move(moved[name], dropped_id, kept_id, now)
    counts = {name: len(ids) for name, ids in moved.items() if ids}
    details = {
        "into_id": kept_id, "into_name": after.name, "moved": moved, "dropped": _as_json(dropped.draft),
        "kept_before": _as_json(kept.draft), "kept_after": _as_json(after),
    }  # fmt: skip
    record(by, MERGED_AWAY, f"structure:{dropped_id}", now=now, organiser_id=organiser_id, details=details)
    told = {"structure_id": dropped_id, "name": dropped.name, "moved": counts}
    record(by, "structure.merged", f"structure:{kept_id}", now=now, organiser_id=organiser_id, details=told)
    return counts


def undo_merge(dropped_id: int, *, organiser_id: int, by: Actor, now: datetime) -> dict[str, int]:
    """Give a structure back what moved; how many rows of each feature did.

    What has gone elsewhere since stays there, and what was changed since on the one that was kept stays so. Raises
    StructureNotFound, MergeOver (not_merged, too_late, uai_taken, siret_taken).
    """
    root_id = find_root(dropped_id)
    for structure_id in sorted({dropped_id, root_id}):
        get_structure(structure_id, organiser_id=organiser_id, lock=True)
    dropped = get_structure(dropped_id, organiser_id=organiser_id)
    entry = _find_entry(dropped_id)
    if dropped.merged_into_id is None or entry is None:
        raise MergeOver("not_merged")
    if not may_undo(entry.at, now):
        raise MergeOver("too_late")
    told: dict[str, Any] = entry.details
    kept = get_structure(int(told["into_id"]), organiser_id=organiser_id, lock=True)
    _give_back(kept, told["kept_before"], told["kept_after"], now)
    back = _draft(told["dropped"])
    for name in ("uai", "siret"):
        if getattr(back, name) and find_number(organiser_id, name, getattr(back, name)) is not None:
            raise MergeOver(f"{name}_taken")
    write_structure(dropped_id, back, now=now, merged_into_id=None)
    moved = {
        name: b.move(told["moved"].get(name, []), root_id, dropped_id, now) for name, b in list_belongings().items()
    }
    counts = {name: count for name, count in moved.items() if count}
    details = {"structure_id": dropped_id, "name": back.name, "moved": counts}
    for structure_id in (kept.id, dropped_id):
        subject = f"structure:{structure_id}"
        record(by, "structure.unmerged", subject, now=now, organiser_id=organiser_id, details=details)
    return counts


def list_merges(dropped: Sequence[StructureRow], *, now: datetime) -> list[MergeRecord]:
    """Of structures that are merged, the merges that can still be undone."""
    found = []
    for row in dropped:
        entry = _find_entry(row.id)
        if entry is not None and may_undo(entry.at, now):
            counts = {name: len(ids) for name, ids in entry.details.get("moved", {}).items() if ids}
            found.append(MergeRecord(row.id, row.name, entry.at, entry.actor_label, counts))
    return found


def keep_apart(one_id: int, other_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Remember that two structures are two: they are proposed no more. Raises StructureNotFound, StructureMerged."""
    first_id, second_id = sorted((one_id, other_id))
    if first_id == second_id:
        raise StructureNotFound("one structure is no pair")
    for structure_id in (first_id, second_id):
        lock_own(structure_id, organiser_id)
    if (first_id, second_id) in list_apart(organiser_id):
        return
    db.session.execute(
        insert(StructurePair).values(
            first_id=first_id, second_id=second_id, organiser_id=organiser_id, created_at=now
        )
    )  # fmt: skip
    details = {"other_id": second_id}
    record(by, "structure.kept_apart", f"structure:{first_id}", now=now, organiser_id=organiser_id, details=details)


def _find_entry(dropped_id: int) -> Any:
    return db.session.execute(
        select(AuditEntry.at, AuditEntry.actor_label, AuditEntry.details)
        .where(AuditEntry.subject == f"structure:{dropped_id}", AuditEntry.verb == MERGED_AWAY)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).first()


def _give_back(kept: StructureRow, before: dict[str, str], after: dict[str, str], now: datetime) -> None:
    """Undo on the kept one what the merge wrote there, unless somebody changed it since."""
    differing = [name for name in FIELDS if before[name] != after[name] and kept.value(name) == after[name]]
    if not differing:
        return
    values: dict[str, Any] = {name: before[name] for name in differing}
    if "kind" in values:
        values["kind"] = StructureKind(values["kind"])
    write_structure(kept.id, replace(kept.draft, **values), now=now)


def _as_json(draft: StructureDraft) -> dict[str, str]:
    return {name: str(getattr(draft, name)) for name in FIELDS}


def _draft(stored: dict[str, str]) -> StructureDraft:
    texts: dict[str, Any] = {name: stored[name] for name in FIELDS if name != "kind"}
    return StructureDraft(StructureKind(stored["kind"]), **texts)

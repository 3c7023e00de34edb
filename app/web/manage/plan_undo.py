"""The last move by hand, kept in the browser's session: where its passages were, good for the plan as the move left it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import session

from app.flows.queries import PassageRow, PlanRow

KEY = "plan_undo"


@dataclass(frozen=True)
class Place:
    """Where a passage was."""

    passage_id: int
    starts_at: datetime
    stand: int | None
    pinned: bool


def keep_undo(plan_id: int, revision: int, rows: Iterable[PassageRow]) -> None:
    """`revision` is what the move made of the plan; `rows` are the passages as they were before."""
    session[KEY] = [plan_id, revision, [[row.id, row.starts_at.isoformat(), row.stand, row.pinned] for row in rows]]


def find_undo(plan: PlanRow) -> tuple[Place, ...] | None:
    """Where to put them back, as long as nothing else changed the plan."""
    kept = session.get(KEY)
    if not isinstance(kept, list) or kept[:2] != [plan.id, plan.revision]:
        return None
    return tuple(Place(passage_id, datetime.fromisoformat(at), *rest) for passage_id, at, *rest in kept[2])


def follow_undo(revision: int) -> None:
    """The last move can still be undone: what changed the plan to this revision moved nothing."""
    kept = session[KEY]
    session[KEY] = [kept[0], revision, kept[2]]


def drop_undo() -> None:
    session.pop(KEY, None)

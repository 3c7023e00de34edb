"""Writing what a batch of scans came to: the scans, where people are, which counts are to be confirmed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.checkin.device_models import Conflict
from app.checkin.enums import ConflictKind, ConflictStatus
from app.checkin.ledger import Ledger
from app.checkin.operations.reading import PRESENCES, SCANS, TEAMS, Reading
from app.core.db import db

_CONFLICTS = cast(Table, Conflict.__table__)
_INSERT_SCANS, _INSERT_PRESENCES, _INSERT_TEAMS = insert(SCANS), insert(PRESENCES), insert(TEAMS)
_UPDATE_PRESENCE = update(PRESENCES).where(PRESENCES.c.registration_id == bindparam("whose"))
_DELETE_TEAMS = delete(TEAMS).where(TEAMS.c.registration_id.in_(bindparam("ids", expanding=True)))


MOST_LATE = 200
"""How many open questions about passages that do not count an event has at most: whoever found a phone cannot bury the others."""


def count_late(event_id: int) -> int:
    """How many are open."""
    late = _CONFLICTS.c.kind == ConflictKind.LATE, _CONFLICTS.c.status == ConflictStatus.OPEN
    asked = select(func.count()).where(_CONFLICTS.c.event_id == event_id, *late)
    return db.session.execute(asked).scalar_one()


def write(batch: Reading, conflicts: Sequence[dict[str, Any]], undone: Sequence[str]) -> None:
    """Three statements, and one each for teams that moved, counts to confirm, and counts that nobody need confirm now."""
    if batch.rows:
        db.session.execute(_INSERT_SCANS, batch.rows)
    write_people(batch.people, batch.event.id)
    if undone:
        settle_undone(batch.event.organiser_id, undone, batch.now)
    if conflicts:
        make = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
        ask = make(_CONFLICTS).on_conflict_do_nothing(index_elements=["organiser_id", "second_scan"])
        asked = {row["second_scan"]: row for row in reversed(conflicts)}
        db.session.execute(ask, [asked[scan_id] for scan_id in sorted(asked)])


def write_people(people: Ledger, event_id: int) -> None:
    """Where those are who moved."""
    new = [people.row(r, event_id) for r in people.touched if r not in people.known]
    if new:
        db.session.execute(_INSERT_PRESENCES, new)
    old = [people.row(r, event_id) for r in people.touched if r in people.known]
    if old:
        db.session.execute(_UPDATE_PRESENCE, [{"whose": row.pop("registration_id"), **row} for row in old])
    split = people.split & people.touched
    if split:
        db.session.execute(_DELETE_TEAMS, {"ids": list(split)})
    teams = [team for r in people.touched for team in people.teams(r, event_id)]
    if teams:
        db.session.execute(_INSERT_TEAMS, teams)


def settle_undone(organiser_id: int, undone: Sequence[str], now: datetime) -> None:
    """Counts of which one was taken back: the other one stands."""
    other_first = _CONFLICTS.c.first_scan.not_in(undone)
    for stands, side in ((other_first, "first"), (_CONFLICTS.c.second_scan.not_in(undone), "second")):
        db.session.execute(
            update(_CONFLICTS)
            .where(
                _CONFLICTS.c.organiser_id == organiser_id, _CONFLICTS.c.status == ConflictStatus.OPEN, stands,
                or_(_CONFLICTS.c.first_scan.in_(undone), _CONFLICTS.c.second_scan.in_(undone)),
            )
            .values(
                status=ConflictStatus.SETTLED, settled_at=now, settled_participants=_CONFLICTS.c[f"{side}_participants"],
                settled_companions=_CONFLICTS.c[f"{side}_companions"],
            )
        )  # fmt: skip
    db.session.execute(
        update(_CONFLICTS)
        .where(
            _CONFLICTS.c.organiser_id == organiser_id, _CONFLICTS.c.status == ConflictStatus.OPEN,
            _CONFLICTS.c.first_scan.in_(undone), _CONFLICTS.c.second_scan.in_(undone),
        )
        .values(status=ConflictStatus.SETTLED, settled_at=now, settled_participants=0, settled_companions=0)
    )  # fmt: skip


__all__ = ["MOST_LATE", "count_late", "settle_undone", "write", "write_people"]

"""What pages and jobs read of actions on many registrations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, or_, select

from app.accounts.queries import find_signed_in
from app.accounts.rules import Ability, Access, RowLimit, may, row_limit
from app.core.db import db
from app.core.errors import NotFound
from app.events.parts import list_parts
from app.jobs.models import Job, JobState
from app.registrations.bulk.rules import (
    BulkCounts,
    BulkItem,
    BulkLine,
    Outcome,
    Stage,
    count_items,
    is_theirs,
    stage_of,
)
from app.registrations.enums import BulkKind
from app.registrations.models import BulkAction, Registration, RegistrationWave

_AT_ONCE = 1_000


class BulkNotFound(NotFound):
    """No such action for the one who asks."""


@dataclass(frozen=True)
class BulkRow:
    """One action. `items` are those dealt with, in the order of `registration_ids`."""

    id: int
    organiser_id: int
    event_id: int
    account_id: int | None
    actor_label: str
    kind: BulkKind
    params: Mapping[str, Any]
    registration_ids: tuple[int, ...]
    items: tuple[BulkItem, ...]
    job_id: int | None
    job_state: JobState | None
    created_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None
    stage: Stage

    @property
    def at_work(self) -> bool:
        return self.stage in {Stage.AT_WORK, Stage.UNDOING}

    @property
    def total(self) -> int:
        return len(self.registration_ids)

    @property
    def done(self) -> tuple[BulkItem, ...]:
        """Those with whom it was done, whatever came of them since."""
        return tuple(item for item in self.items if item.result is Outcome.DONE)

    @property
    def failures(self) -> tuple[BulkItem, ...]:
        """Those with whom the action, or its undoing, could not be done."""
        undone = "undo" in self.params
        return tuple(item for item in self.items if (item.undo not in {None, Outcome.DONE} if undone else item.failed))

    @property
    def undone(self) -> int:
        """How many were dealt with by the undoing, whatever came of it."""
        return sum(item.undo is not None for item in self.items)

    @property
    def left(self) -> bool:
        """Whether the undoing passed over some that were not, or no longer, those of who undid it."""
        return any(item.undo is Outcome.NOT_YOURS for item in self.items)

    @property
    def counts(self) -> BulkCounts:
        return count_items(self.total, self.items)


@dataclass(frozen=True)
class BulkBrief:
    """One action as the list of them tells it: without the registrations themselves."""

    id: int
    actor_label: str
    kind: BulkKind
    created_at: datetime
    stage: Stage
    counts: BulkCounts


_ROW = (
    BulkAction.id, BulkAction.organiser_id, BulkAction.event_id, BulkAction.account_id, BulkAction.actor_label,
    BulkAction.kind, BulkAction.params, BulkAction.registration_ids, BulkAction.items, BulkAction.job_id,
    Job.state.label("job_state"), BulkAction.created_at, BulkAction.finished_at, BulkAction.undone_at,
)  # fmt: skip
_BRIEF = (
    BulkAction.id, BulkAction.actor_label, BulkAction.kind, BulkAction.params, BulkAction.total, BulkAction.done,
    BulkAction.failed, BulkAction.put_back, BulkAction.job_id, Job.state.label("job_state"), BulkAction.created_at,
    BulkAction.finished_at, BulkAction.undone_at,
)  # fmt: skip


def get_bulk(bulk_id: int, *, event_id: int | None = None, lock: bool = False) -> BulkRow:
    """An action, of that event if one is named. Raises BulkNotFound.

    With `lock` its row is held until the transaction ends: then nobody else begins it, or does a part of it.
    """
    where = [BulkAction.id == bulk_id] + ([BulkAction.event_id == event_id] if event_id is not None else [])
    if lock:  # by itself: a statement that waited for a lock goes on with the jobs that there were when it began
        db.session.execute(select(BulkAction.id).where(*where).with_for_update(key_share=True))
    found = _list(where, 1)
    if not found:
        raise BulkNotFound(str(bulk_id))
    return found[0]


def list_bulks(
    event_id: int, *, account_id: int | None, before: int | None = None, limit: int = 50
) -> tuple[BulkBrief, ...]:
    """An event's actions that were begun, latest first, and those that this account only prepared. After `before`.

    What they were done to, thousands perhaps, is not read: their figures are kept beside it.
    """
    where = [
        BulkAction.event_id == event_id,
        or_(BulkAction.job_id.is_not(None), BulkAction.account_id == account_id),
    ]
    if before is not None:
        where.append(BulkAction.id < before)
    rows = db.session.execute(
        select(*_BRIEF)
        .outerjoin(Job, Job.id == BulkAction.job_id)
        .where(*where)
        .order_by(BulkAction.id.desc())
        .limit(limit)
    ).mappings()
    return tuple(
        BulkBrief(
            row["id"],
            row["actor_label"],
            row["kind"],
            row["created_at"],
            _stage(row),
            BulkCounts(row["total"], row["done"], row["failed"], row["put_back"]),
        )
        for row in rows
    )


def count_bulks(event_id: int) -> int:
    """How many actions of an event were begun."""
    return db.session.execute(
        select(func.count())
        .select_from(BulkAction)
        .where(BulkAction.event_id == event_id, BulkAction.job_id.is_not(None))
    ).scalar_one()


def _list(where: Sequence[ColumnElement[bool]], limit: int) -> list[BulkRow]:
    rows = db.session.execute(
        select(*_ROW)
        .outerjoin(Job, Job.id == BulkAction.job_id)
        .where(*where)
        .order_by(BulkAction.id.desc())
        .limit(limit)
    ).mappings()
    return [_row(row) for row in rows]


def _stage(row: RowMapping) -> Stage:
    return stage_of(
        row["params"],
        finished=row["finished_at"] is not None,
        undone=row["undone_at"] is not None,
        job_id=row["job_id"],
        job_state=row["job_state"],
    )


def _row(row: RowMapping) -> BulkRow:
    values = {**dict(row), "registration_ids": tuple(row["registration_ids"]), "stage": _stage(row)}
    return BulkRow(**{**values, "items": tuple(BulkItem.from_json(item) for item in row["items"])})


def get_texts(bulk_id: int) -> Mapping[str, Any]:
    """The fields of an action, among them the words of a message. Raises BulkNotFound."""
    params = db.session.execute(select(BulkAction.params).where(BulkAction.id == bulk_id)).scalar_one_or_none()
    if params is None:
        raise BulkNotFound(str(bulk_id))
    found: Mapping[str, Any] = params
    return found


_LINE = tuple(getattr(Registration, name) for name in BulkLine.__dataclass_fields__ if name not in {"waves", "came"})


def list_lines(event_id: int, ids: Sequence[int]) -> list[BulkLine]:
    """These registrations of an event, in the order of `ids`; those that are not there, or in the bin, are left out."""
    found: dict[int, BulkLine] = {}
    for start in range(0, len(ids), _AT_ONCE):
        found |= {line.id: line for line in _lines(event_id, ids[start : start + _AT_ONCE])}
    return [found[i] for i in ids if i in found]


def _lines(event_id: int, ids: Sequence[int]) -> Iterator[BulkLine]:
    waves: dict[int, list[int]] = {}
    for registration_id, wave_id in db.session.execute(
        select(RegistrationWave.registration_id, RegistrationWave.wave_id)
        .where(RegistrationWave.registration_id.in_(ids))
        .order_by(RegistrationWave.wave_id)
    ):
        waves.setdefault(registration_id, []).append(wave_id)
    rows = db.session.execute(
        select(*_LINE).where(
            Registration.id.in_(ids), Registration.event_id == event_id, Registration.deleted_at.is_(None)
        )
    ).mappings()
    came = {found for part in list_parts() for found in part.visited(ids)}
    for row in rows:
        yield BulkLine(**row, waves=tuple(waves.get(row["id"], ())), came=row["id"] in came)


def holds_all(access: Access | None, event_id: int, ids: Sequence[int]) -> bool:
    """Whether somebody who holds that access may change all of these registrations; those that are gone do not count."""
    if access is None or not may(access, Ability.REGISTRATIONS_CHANGE):
        return False
    return row_limit(access) is RowLimit.ALL or all(is_theirs(access, line) for line in list_lines(event_id, ids))


def find_access(account_id: int | None, organiser_id: int, event_id: int, now: datetime) -> Access | None:
    """What an account holds of an event at that moment, as the guards of its pages see it; None for nothing."""
    account = None if account_id is None else find_signed_in(account_id, now)
    if account is None:
        return None
    role = next((m.role for m in account.memberships if m.organiser.id == organiser_id), None)
    entrusted = next((e.functions for e in account.entrusted if e.event_id == event_id), frozenset())
    return Access(organiser_id, event_id, role, frozenset(entrusted)) if role or entrusted else None

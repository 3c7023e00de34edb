"""Preparing an action on many registrations, its last word, and undoing it. The work itself is `working`'s."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.events.queries import EventRow
from app.jobs.operations import enqueue
from app.registrations.bulk.queries import BulkRow, find_access, get_bulk, holds_all
from app.registrations.bulk.rules import KEPT, MOST, RUN_JOB, UNDO_JOB, Outcome, Stage, is_ready, may_begin, may_undo
from app.registrations.enums import BulkKind
from app.registrations.models import BulkAction


def prepare(event: EventRow, kind: BulkKind, ids: Sequence[int], *, by: Actor, now: datetime) -> int:
    """Remember what is to be done with whom; nothing is done yet. Return the action's id.

    `ids` are registrations that the person may see, in the order in which they are to be dealt with. Raises FieldError
    (`ids`: required, too_many), and MoveNotAllowed where the event does not admit the action.
    """
    wanted = list(dict.fromkeys(ids))
    if not wanted or len(wanted) > MOST:
        raise FieldError({"ids": "too_many" if wanted else "required"})
    if not may_begin(kind, event):
        raise MoveNotAllowed(kind, event.state)
    bulk_id: int = db.session.execute(
        insert(BulkAction)
        .values(
            organiser_id=event.organiser_id,
            event_id=event.id,
            account_id=by.id,
            actor_label=by.label,
            kind=kind,
            params={},
            registration_ids=wanted,
            items=[],
            total=len(wanted),
            created_at=now,
        )
        .returning(BulkAction.id)
    ).scalar_one()
    return bulk_id


def set_params(bulk_id: int, params: Mapping[str, Any]) -> None:
    """Keep the fields of an action that is not begun. Raises MoveNotAllowed, BulkNotFound."""
    row = get_bulk(bulk_id, lock=True)
    if row.stage is not Stage.PREPARED:
        raise MoveNotAllowed("change", row.stage)
    _update(row.id, params=dict(params))


def start(bulk_id: int, event: EventRow, *, by: Actor, now: datetime) -> None:
    """The last word: do it in the background, or go on where it stopped. Pressed twice, it begins once.

    Whoever lets it go on answers for the rest of it: by their name, and as far as their rows go. Raises MoveNotAllowed when
    something is missing, the event no longer admits it, or the rest is not all theirs; BulkNotFound.
    """
    row = get_bulk(bulk_id, event_id=event.id, lock=True)
    if row.stage not in {Stage.PREPARED, Stage.STOPPED}:
        return
    if not is_ready(row.kind, row.params) or not may_begin(row.kind, event):
        raise MoveNotAllowed("start", row.stage)
    if row.stage is Stage.STOPPED:
        if by.id != row.account_id and not _holds(row, row.registration_ids[len(row.items) :], by, now):
            raise MoveNotAllowed("start", row.stage)
        _update(row.id, params={**row.params, "resumed": _who(by, now)})
    _enqueue(RUN_JOB, row, now)
    _record("registrations.bulk_started", row, row.total, by=by, now=now)


def start_undo(bulk_id: int, event: EventRow, *, by: Actor, now: datetime) -> None:
    """Undo it in the background, or go on undoing. Pressed twice, it begins once.

    There is one undoing for all: only who may change all that was done begins it or goes on with it. Those that an earlier
    one passed over as not theirs get their turn. Raises MoveNotAllowed for what cannot be undone, no more, or not by them;
    BulkNotFound.
    """
    row = get_bulk(bulk_id, event_id=event.id, lock=True)
    if row.stage is Stage.UNDOING or (row.stage is Stage.UNDONE and not row.left):
        return
    open_to = row.stage is Stage.UNDO_STOPPED or may_undo(row.kind, row.stage, row.finished_at, now, left=row.left)
    if not open_to or not row.done or not _holds(row, [item.id for item in row.done], by, now):
        raise MoveNotAllowed("undo", row.stage)
    items = [replace(i, undo=None) if i.undo is Outcome.NOT_YOURS else i for i in row.items]
    again = {"items": [item.to_json() for item in items]} if row.left else {}
    _update(row.id, params={**row.params, "undo": _who(by, now)}, undone_at=None, **again)
    _enqueue(UNDO_JOB, row, now)
    _record("registrations.bulk_undo_started", row, len(row.done), by=by, now=now)


def give_up(bulk_id: int, event: EventRow, *, by: Actor) -> None:
    """Drop an action that was only prepared. Raises MoveNotAllowed once it was begun, BulkNotFound for another person's."""
    row = get_bulk(bulk_id, event_id=event.id, lock=True)
    if row.stage is not Stage.PREPARED or row.account_id != by.id:
        raise MoveNotAllowed("give_up", row.stage)
    db.session.execute(delete(BulkAction).where(BulkAction.id == row.id))


def purge_prepared(*, now: datetime) -> None:
    """Drop what was prepared more than a day ago and never begun."""
    old = (BulkAction.job_id.is_(None)) & (BulkAction.created_at < now - KEPT)
    db.session.execute(delete(BulkAction).where(old))


def _holds(row: BulkRow, ids: Sequence[int], by: Actor, now: datetime) -> bool:
    return holds_all(find_access(by.id, row.organiser_id, row.event_id, now), row.event_id, ids)


def _who(by: Actor, now: datetime) -> dict[str, Any]:
    return {"account_id": by.id, "label": by.label, "at": now.isoformat()}


def _enqueue(name: str, row: BulkRow, now: datetime) -> None:
    subject = f"bulk:{row.id}"
    job_id = enqueue(name, {"bulk_id": row.id}, now=now, subject=subject, organiser_id=row.organiser_id)
    _update(row.id, job_id=job_id)


def _record(verb: str, row: BulkRow, registrations: int, *, by: Actor, now: datetime) -> None:
    details = {"bulk": row.id, "kind": row.kind.value, "registrations": registrations}
    record(by, verb, f"event:{row.event_id}", now=now, organiser_id=row.organiser_id, details=details)


def _update(bulk_id: int, **values: Any) -> None:
    db.session.execute(update(BulkAction).where(BulkAction.id == bulk_id).values(**values))

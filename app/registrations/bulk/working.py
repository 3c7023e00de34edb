"""Doing an action on many registrations, and undoing it: some of them in each transaction, each of them once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.accounts.rules import Access
from app.core.actor import Actor, ActorKind
from app.core.db import db
from app.core.errors import Conflict, FieldError
from app.events.models import Event
from app.events.queries import EventRow, get_event_by_id
from app.registrations.bulk.queries import BulkRow, find_access, get_bulk, list_lines
from app.registrations.bulk.rules import (
    BulkItem,
    BulkLine,
    Outcome,
    count_items,
    is_theirs,
    may_begin,
    moved_waves,
    outcome_of,
    why_not,
)
from app.registrations.enums import BulkKind, RegistrationStatus
from app.registrations.errors import RegistrationNotFound
from app.registrations.models import BulkAction
from app.registrations.notifications import Kind, tell
from app.registrations.operations.cancelling import cancel_registration
from app.registrations.operations.changing import change_registration
from app.registrations.operations.reinstating import reinstate, wait_again

CHUNK = 25


def run_chunk(bulk_id: int, job_id: int, *, now: datetime) -> tuple[int, int] | None:
    """Deal with some more, and write what came of each; (how many are dealt with, of how many), or None when all are.

    None as well when another job does it by now. Raises BulkNotFound when the action went with its event.
    """
    row = _hold(bulk_id, job_id)
    if row is None or row.finished_at is not None:
        return None
    event = get_event_by_id(row.event_id)
    ids = row.registration_ids[len(row.items) :][:CHUNK]
    who = row.params.get("resumed", {"account_id": row.account_id, "label": row.actor_label})
    actor = Actor(ActorKind.STAFF, who["label"], who["account_id"], row.organiser_id)
    access = find_access(who["account_id"], row.organiser_id, row.event_id, now)
    lines = {line.id: line for line in list_lines(row.event_id, ids)}
    new = [_do(row, event, lines.get(i), i, access, by=actor, now=now) for i in ids]
    items = [*row.items, *new]
    over = len(items) >= row.total
    _store(row, items, **({"finished_at": now} if over else {}))
    return None if over else (len(items), row.total)


def undo_chunk(bulk_id: int, job_id: int, *, now: datetime) -> tuple[int, int] | None:
    """As `run_chunk`, giving back what was done: those with whom nothing was done are passed over."""
    row = _hold(bulk_id, job_id)
    if row is None or row.undone_at is not None:
        return None
    event = get_event_by_id(row.event_id)
    todo = [item for item in row.done if item.undo is None]
    chunk = {item.id: item for item in todo[:CHUNK]}
    who = row.params["undo"]
    actor = Actor(ActorKind.STAFF, who["label"], who["account_id"], row.organiser_id)
    access = find_access(who["account_id"], row.organiser_id, row.event_id, now)
    lines = {line.id: line for line in list_lines(row.event_id, list(chunk))}
    undone = {
        item.id: replace(item, undo=_undo(row, event, lines.get(item.id), item, access, by=actor, now=now))
        for item in chunk.values()
    }
    over = len(todo) <= len(chunk)
    _store(row, [undone.get(i.id, i) for i in row.items], **({"undone_at": now} if over else {}))
    return None if over else (len(row.done) - len(todo) + len(chunk), len(row.done))


def _hold(bulk_id: int, job_id: int) -> BulkRow | None:
    """The event's row first, as everybody who changes registrations, then the action's; None when it is another job's."""
    event_id = get_bulk(bulk_id).event_id
    db.session.execute(select(Event.id).where(Event.id == event_id).with_for_update(key_share=True))
    row = get_bulk(bulk_id, lock=True)
    return row if row.job_id == job_id else None


def _store(row: BulkRow, items: Sequence[BulkItem], **values: Any) -> None:
    """What came of each, and the figures of it that the list of actions reads."""
    values |= {**asdict(count_items(row.total, items)), "items": [item.to_json() for item in items]}
    db.session.execute(update(BulkAction).where(BulkAction.id == row.id).values(**values))


def _do(
    row: BulkRow,
    event: EventRow,
    line: BulkLine | None,
    line_id: int,
    access: Access | None,
    *,
    by: Actor,
    now: datetime,
) -> BulkItem:
    if line is None:
        return BulkItem(line_id, Outcome.GONE, {})
    if not is_theirs(access, line):
        return BulkItem(line_id, Outcome.NOT_YOURS, {})
    refused = why_not(row.kind, row.params, line, event) if may_begin(row.kind, event) else Outcome.CLOSED
    if refused is not None:
        return BulkItem(line_id, refused, {})
    work = _WORKS[row.kind]
    result = _try(lambda: work(row, event, line, by, now))
    return BulkItem(line_id, result, _before(row.kind, line) if result is Outcome.DONE else {})


def _try(work: Callable[[], object]) -> Outcome:
    """Do it; what a refusal left behind is undone by a savepoint, and the others are not touched."""
    try:
        with db.session.begin_nested():
            work()
    except (Conflict, FieldError, RegistrationNotFound) as refusal:
        return outcome_of(refusal)
    return Outcome.DONE


def _before(kind: BulkKind, line: BulkLine) -> Mapping[str, Any]:
    if kind is BulkKind.MOVE:
        return {"waves": list(line.waves), "status": line.status.value}
    return {"status": line.status.value} if kind is BulkKind.CANCEL else {}


def _mail(row: BulkRow, event: EventRow, line: BulkLine, by: Actor, now: datetime) -> None:
    waits = line.status is RegistrationStatus.WAITLISTED
    news: Kind = "waitlisted" if waits else "confirmed"
    tell(news, line.id, line.contact_email, line.locale, organiser_id=event.organiser_id, now=now)


def _message(row: BulkRow, event: EventRow, line: BulkLine, by: Actor, now: datetime) -> None:
    about = {"bulk_id": row.id}
    tell("message", line.id, line.contact_email, line.locale, organiser_id=event.organiser_id, now=now, more=about)


def _move(row: BulkRow, event: EventRow, line: BulkLine, by: Actor, now: datetime) -> None:
    waves = moved_waves(line.waves, row.params, event)
    change_registration(line.id, waves=waves, by=by, now=now, quiet=not row.params["tell"])


def _cancel(row: BulkRow, event: EventRow, line: BulkLine, by: Actor, now: datetime) -> None:
    said = row.params
    cancel_registration(
        line.id, by=by, now=now, reason=said["reason"], code=said["code"], quiet=not said["tell"]
    )  # fmt: skip


_Work = Callable[[BulkRow, EventRow, BulkLine, Actor, datetime], None]
_WORKS: dict[BulkKind, _Work] = {
    BulkKind.MAIL: _mail,
    BulkKind.MESSAGE: _message,
    BulkKind.MOVE: _move,
    BulkKind.CANCEL: _cancel,
}


def _undo(
    row: BulkRow,
    event: EventRow,
    line: BulkLine | None,
    item: BulkItem,
    access: Access | None,
    *,
    by: Actor,
    now: datetime,
) -> Outcome:
    if line is None:
        return Outcome.GONE
    if not is_theirs(access, line):
        return Outcome.NOT_YOURS
    if not _is_as_it_was_left(row, event, line, item):
        return Outcome.CHANGED_SINCE
    notify, had = bool(row.params["tell"]), RegistrationStatus(item.before["status"])
    if row.kind is BulkKind.CANCEL:
        return _try(lambda: reinstate(line.id, by=by, now=now, notify=notify, status=had))
    waves = tuple(item.before["waves"])
    if had is RegistrationStatus.WAITLISTED:
        return _try(lambda: wait_again(line.id, waves=waves, by=by, now=now, notify=notify))
    return _try(lambda: change_registration(line.id, waves=waves, by=by, now=now, quiet=not notify))


def _is_as_it_was_left(row: BulkRow, event: EventRow, line: BulkLine, item: BulkItem) -> bool:
    """Whether nobody changed since what the action had changed."""
    if row.kind is BulkKind.CANCEL:
        ended = row.finished_at
        cancelled = line.status is RegistrationStatus.CANCELLED and line.cancelled_at is not None
        return cancelled and ended is not None and row.created_at <= line.cancelled_at <= ended  # type: ignore[operator]
    moved = moved_waves(tuple(item.before["waves"]), row.params, event)
    return line.status is RegistrationStatus.CONFIRMED and set(line.waves) == set(moved)

"""Phones at the doors send what happened: passages and walk-ins, each kept once whatever is sent again (docs/door.md)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.checkin.devices.errors import DeviceRevoked, EventOver
from app.checkin.devices.operations import Heard, note_contact
from app.checkin.devices.queries import DeviceRow
from app.checkin.devices.rules import DeviceState, opens
from app.checkin.drafts import AHEAD, ScanInput
from app.checkin.enums import DeviceMode
from app.checkin.operations.walk_ins import take_walk_ins
from app.checkin.walk_in_drafts import WalkInAnswer, WalkInInput, WalkInUndo
from app.core import clock
from app.core.actor import Actor, ActorKind
from app.core.errors import DatabaseBusy, FieldError
from app.core.transaction import in_transaction
from app.events.enums import EventState
from app.events.errors import EventReadOnly
from app.events.queries import EventRow
from app.web.api.calls import as_response, read_json
from app.web.api.fields import as_instant
from app.web.api.recording import recorder
from app.web.api.scans import MOST_SCANS, TooManyScans, result_of
from app.web.bearers import current_device
from app.web.door.api import event_of, present_now, told
from app.web.door.passages import read_passage, read_walk_in, told_walk_in
from app.web.guards import device

blueprint = Blueprint("door_sync", __name__, url_prefix="/door/api")

MOST_WALK_INS = 50
MOST_UNSENT = 1_000_000
MILLISECOND = timedelta(milliseconds=1)
LONG = 8_000
"""Bytes of a call with many passages (forty or so), which takes long enough to keep others waiting."""
_HANDS = BoundedSemaphore(3)
"""Calls with many passages at once in this process: they wait for each other in the database, and each holds a thread meanwhile
that pages and single passages would miss. The others are told to come again."""


@dataclass(frozen=True)
class Batch:
    """What a phone sent: its passages and walk-ins as they came, and what it says of itself."""

    scans: Sequence[Any]
    walk_ins: Sequence[Any]
    heard: Heard


@blueprint.post("/sync")
@device
def sync() -> Response:
    """Record up to 500 passages and 50 walk-ins, in their order, whatever the answer to each is.

    A bad item, and one of a moment at which this phone was no device any more, is refused alone (`invalid`). Passages are one
    transaction, so that all of them are kept or none. 503 `busy` where too many phones send many at once: nothing was kept.
    """
    with hand_for(request.content_length):
        return _sync(current_device(), clock.now())


def _sync(phone: DeviceRow, now: datetime) -> Response:
    batch = _read_batch(read_json(), now)
    _require_use(phone, batch, now)
    event = event_of(phone)
    if event.state is EventState.ARCHIVED:
        raise EventReadOnly("the event is archived")
    results = _record(phone, event, batch, now)
    walk_ins = _take_walk_ins(phone, event, batch, now) if batch.walk_ins else []
    body = {"now": told(now, event), "state": phone.state(now).value, "results": results, "walk_ins": walk_ins}
    return as_response(200, {**body, **present_now(event, now)})


@contextmanager
def hand_for(length: int | None) -> Iterator[None]:
    """Raises DatabaseBusy where a call of so many bytes has to come again: it is told so before it is read."""
    if length is not None and length < LONG:
        yield
        return
    if not _HANDS.acquire(blocking=False):
        raise DatabaseBusy("many phones send at once")
    try:
        yield
    finally:
        _HANDS.release()


def _require_use(phone: DeviceRow, batch: Batch, now: datetime) -> None:
    """A phone that ended may send what it made before, for a day; with nothing to send it is told that it ended.

    Raises DeviceRevoked, EventOver.
    """
    state, empty = phone.state(now), not batch.scans and not batch.walk_ins
    if state in {DeviceState.REVOKED, DeviceState.SIGNED_OUT} and (empty or not phone.may_send(now)):
        raise DeviceRevoked("this phone is not allowed any more")
    if state is DeviceState.OVER and empty:
        raise EventOver("the event is over")


def _record(phone: DeviceRow, event: EventRow, batch: Batch, now: datetime) -> list[dict[str, Any]]:
    """The answers to the passages; that the phone was heard of is written with them."""
    read = [_of_phone(phone, read_passage(item)) for item in batch.scans]
    items = [item for item in read if item is not None]
    record = recorder(phone.uid, items, phone.id)

    def work() -> list[dict[str, Any]]:
        answers = iter(record(event_of(phone), now) if items else ())
        note_contact(phone, batch.heard, now=now)
        return [
            result_of(next(answers) if item else None, raw) for item, raw in zip(read, batch.scans, strict=True)
        ]  # fmt: skip

    return in_transaction(work)


def _take_walk_ins(phone: DeviceRow, event: EventRow, batch: Batch, now: datetime) -> list[dict[str, Any]]:
    """The answers to the walk-ins: all of one call in a transaction after that of its passages."""
    known = {checkpoint.id for checkpoint in event.checkpoints}
    found = [_seen_by(phone, read_walk_in(item)) for item in batch.walk_ins]
    read = [item if item is not None and item.checkpoint_id in known else None for item in found]
    items = [item for item in read if item is not None]

    def work() -> list[WalkInAnswer]:
        return take_walk_ins(event_of(phone), phone.uid, items, now=now, device_id=phone.id, by=_actor(phone))

    answers = iter(in_transaction(work) if items else ())
    return [
        told_walk_in(next(answers) if item else None, raw) for item, raw in zip(read, batch.walk_ins, strict=True)
    ]  # fmt: skip


def _actor(phone: DeviceRow) -> Actor:
    """Who registers at the door: the phone, by its name."""
    return Actor(ActorKind.SYSTEM, phone.name, None, phone.organiser_id)


def _seen_by(phone: DeviceRow, item: WalkInInput | WalkInUndo | None) -> WalkInInput | WalkInUndo | None:
    """The walk-in when it is one that this phone may tell of, at its checkpoints, marked where it was made after that ended. A
    kiosk takes nobody.
    """
    if item is None or phone.mode is DeviceMode.KIOSK or not opens(list(phone.checkpoint_ids), item.checkpoint_id):
        return None
    if counts_at(phone, item.at):
        return item
    return replace(item, ended=True) if item.at >= _end_of(phone) else None


def _of_phone(phone: DeviceRow, item: ScanInput | None) -> ScanInput | None:
    """The passage when it is one that this phone may tell of, marked where it was made after that ended. At a kiosk nobody of the
    staff says why somebody comes in all the same, nor why more come than the ticket is for.
    """
    if item is None or not opens(list(phone.checkpoint_ids), item.checkpoint_id):
        return None
    if phone.mode is DeviceMode.KIOSK:
        if item.override is not None:
            return None
        item = replace(item, capped=True)
    if counts_at(phone, item.scanned_at):
        return item
    return replace(item, ended=True) if item.scanned_at >= _end_of(phone) else None


def _end_of(phone: DeviceRow) -> datetime:
    """From when on it is a phone of the event no more: what it tells of later is kept, and staff are asked."""
    return phone.list_ends_at if phone.ended_at is None else min(phone.list_ends_at, phone.ended_at)


def counts_at(phone: DeviceRow, moment: datetime) -> bool:
    """Whether the phone counted people then: nobody did with it before it was enrolled, but for what its clock may be wrong by."""
    return phone.enrolled_at - AHEAD <= moment < _end_of(phone)


def _read_batch(body: Any, now: datetime) -> Batch:
    """Raises FieldError, and TooManyScans above 500 passages or 50 walk-ins."""
    if not isinstance(body, dict):
        raise FieldError({"": "object_expected"})
    lists = {name: body.get(name, []) for name in ("scans", "walk_ins")}
    problems = {name: "list_expected" for name, sent in lists.items() if not isinstance(sent, list)}
    kept = {name: body.get(name, 0) for name in ("unsent", "unsent_people")}
    problems |= {name: "invalid" for name, n in kept.items() if type(n) is not int or not 0 <= n <= MOST_UNSENT}
    if problems:
        raise FieldError(problems)
    if len(lists["scans"]) > MOST_SCANS or len(lists["walk_ins"]) > MOST_WALK_INS:
        raise TooManyScans(f"at most {MOST_SCANS} passages and {MOST_WALK_INS} walk-ins a call")
    shown, oldest = as_instant(body.get("now")), as_instant(body.get("oldest_unsent"))
    offset = None if shown is None else round((now - shown) / MILLISECOND)
    return Batch(
        lists["scans"],
        lists["walk_ins"],
        Heard(kept["unsent"], min(oldest, now) if oldest else None, offset, kept["unsent_people"]),
    )

"""Codes and phones: made, enrolled, heard of, ended. Nothing of what a phone counted is written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from uuid import uuid4

from sqlalchemy import exists, func, insert, select, update

from app.checkin.device_models import DoorCode, DoorDevice
from app.checkin.devices.errors import CodeOver, CodeUnknown, EventOver
from app.checkin.devices.queries import DeviceRow
from app.checkin.devices.rules import CODE_LASTS, HASHES_KEPT, MOST_OF_CODE, NAME_LENGTH, differs, due, list_ends_at
from app.checkin.enums import DeviceMode
from app.core.actor import VISITOR, Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.core.tokens import digest, new_token
from app.events.models import Event, Wave
from app.events.queries import EventRow

LONGEST_OFFSET = 2**31 - 1


def make_code(
    event: EventRow, checkpoint_ids: Sequence[int], mode: DeviceMode, *, by: Actor, now: datetime, own: bool = False
) -> str:
    """A code by which phones become devices of the event for a quarter of an hour: 144 random bits, told once.

    No checkpoint named: all of them. `own`: for the phone of who makes it.
    Raises FieldError (checkpoints: unknown_checkpoint), EventOver.
    """
    known = {checkpoint.id for checkpoint in event.checkpoints}
    if not known.issuperset(checkpoint_ids):
        raise FieldError({"checkpoints": "unknown_checkpoint"})
    if list_ends_at(event.last_ends_at) <= now:
        raise EventOver("the event is over")
    secret = new_token()
    db.session.execute(
        insert(DoorCode).values(
            organiser_id=event.organiser_id, event_id=event.id, secret_hash=digest(secret), mode=mode,
            checkpoint_ids=sorted(set(checkpoint_ids)), made_by_id=by.id if by.is_staff else None, own=own, created_at=now,
            expires_at=now + CODE_LASTS,
        )
    )  # fmt: skip
    record(by, "door_code.made", f"event:{event.id}", now=now, organiser_id=event.organiser_id)
    return secret


def end_code(event: EventRow, secret: str, *, by: Actor, now: datetime) -> None:
    """No further phone gets in by this code. Nothing happens when its time was over anyway."""
    ended = db.session.execute(
        update(DoorCode)
        .where(DoorCode.event_id == event.id, DoorCode.secret_hash == digest(secret), DoorCode.expires_at > now)
        .values(expires_at=now)
        .returning(DoorCode.id)
    ).one_or_none()
    if ended is not None:
        record(by, "door_code.ended", f"event:{event.id}", now=now, organiser_id=event.organiser_id)


@dataclass(frozen=True)
class Enrolled:
    """A new device; `token` is told to the phone once."""

    id: int
    token: str
    name: str
    mode: DeviceMode


def enrol(secret: str, name: str, *, now: datetime) -> Enrolled:
    """Make the phone that shows this code a device of its event.

    Raises CodeUnknown, CodeOver (its quarter of an hour, or its event, is over, or 50 phones read it),
    FieldError (name: required, too_long).
    """
    row = db.session.execute(
        select(DoorCode, Event.ends_at, Event.deleted_at)
        .join(Event, Event.id == DoorCode.event_id)
        .where(DoorCode.secret_hash == digest(secret))
    ).one_or_none()
    if row is None or row.deleted_at is not None:
        raise CodeUnknown("no such code")
    code = row.DoorCode
    phones = select(func.count(DoorDevice.id)).where(DoorDevice.code_id == code.id)
    if code.expires_at <= now or db.session.execute(phones).scalar_one() >= MOST_OF_CODE:
        raise CodeOver("this code is over: ask for a new one")
    label = _own_name(code.event_id, _read_name(name))
    token = token_urlsafe(24)
    device_id = db.session.execute(
        insert(DoorDevice)
        .values(
            organiser_id=code.organiser_id, event_id=code.event_id, code_id=code.id, uid=str(uuid4()),
            token_hash=digest(token), name=label, mode=code.mode, checkpoint_ids=code.checkpoint_ids,
            account_id=code.made_by_id if code.own else None, enrolled_at=now, last_contact_at=now,
        )
        .returning(DoorDevice.id)
    ).scalar_one()  # fmt: skip
    record(
        VISITOR, "door_device.enrolled", f"event:{code.event_id}", now=now, organiser_id=code.organiser_id,
        details={"name": label},
    )  # fmt: skip
    return Enrolled(device_id, token, label, code.mode)


def _read_name(name: str) -> str:
    """Raises FieldError (name: required, too_long)."""
    label = " ".join(name.split())
    if not label or len(label) > NAME_LENGTH:
        raise FieldError({"name": "too_long" if label else "required"})
    return label


def rename_device(device: DeviceRow, name: str, *, by: Actor, now: datetime) -> str:
    """Give a phone another name; → the name that it has then, with a number behind it where another phone has that one.

    Raises FieldError (name: required, too_long).
    """
    said = _read_name(name)
    if said == device.name:
        return said
    label = _own_name(device.event_id, said)
    db.session.execute(update(DoorDevice).where(DoorDevice.id == device.id).values(name=label))
    record(
        by, "door_device.renamed", f"event:{device.event_id}", now=now, organiser_id=device.organiser_id,
        details={"name": [device.name, label]},
    )  # fmt: skip
    return label


def _own_name(event_id: int, label: str) -> str:
    """« Téléphone Android (2) » where the event has a phone of that name: staff take off the one that they mean."""
    taken = set(db.session.execute(select(DoorDevice.name).where(DoorDevice.event_id == event_id)).scalars())
    names = (label, *(f"{label[: NAME_LENGTH - 6]} ({number})" for number in range(2, len(taken) + 2)))
    return next(name for name in names if name not in taken)


@dataclass(frozen=True)
class Heard:
    """What a phone says of itself: passages that it keeps beside those it sends now, since when, of how many `people`; its clock's
    delay.
    """

    unsent: int
    oldest_unsent: datetime | None
    offset_ms: int | None
    people: int = 0


def note_contact(device: DeviceRow, heard: Heard | None, *, now: datetime) -> None:
    """Write down that the phone was heard of; nothing when that was so a moment ago and it says nothing new."""
    values: dict[str, object] = {}
    if heard is not None:
        unsent, since = heard.unsent, heard.oldest_unsent if heard.unsent else None
        people = heard.people if heard.unsent else 0
        if (unsent, since, people) != (device.unsent, device.unsent_since, device.lost_people):
            values |= {"unsent": unsent, "unsent_since": since, "lost_people": people}
        if heard.offset_ms is not None and differs(device.behind, heard.offset_ms):
            values["offset_ms"] = max(-LONGEST_OFFSET, min(LONGEST_OFFSET, heard.offset_ms))
    if not values and not due(device.last_contact_at, now):
        return
    db.session.execute(
        update(DoorDevice).where(DoorDevice.id == device.id).values(last_contact_at=now, **values),
        execution_options={"synchronize_session": False},
    )


def revoke_device(device: DeviceRow, *, by: Actor, now: datetime) -> None:
    """The phone drops its list as soon as it has network, and may send for a day what it counted before.

    Done again, it stays as it was.
    """
    revoked = db.session.execute(
        update(DoorDevice)
        .where(DoorDevice.id == device.id, DoorDevice.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by=by.label[:200])
        .returning(DoorDevice.id)
    ).one_or_none()
    if revoked is not None:
        details = _said(device.name, device.unsent, device.lost_people)
        subject = f"event:{device.event_id}"
        record(by, "door_device.revoked", subject, now=now, organiser_id=device.organiser_id, details=details)


def sign_out(device: DeviceRow, unsent: int, people: int = 0, *, now: datetime) -> None:
    """The phone itself ends; `unsent` passages of so many people go with it. Done again, it stays as it was."""
    ended = db.session.execute(
        update(DoorDevice)
        .where(DoorDevice.id == device.id, DoorDevice.signed_out_at.is_(None))
        .values(signed_out_at=now, last_contact_at=now, unsent=unsent, lost_people=people)
        .returning(DoorDevice.id)
    ).one_or_none()
    if ended is not None:
        record(
            VISITOR, "door_device.signed_out", f"event:{device.event_id}", now=now, organiser_id=device.organiser_id,
            details=_said(device.name, unsent, people),
        )  # fmt: skip


def _said(name: str, unsent: int, people: int) -> dict[str, object]:
    """What the history keeps of a phone that ends: its name, and how much it had not sent."""
    said = {"name": name, "unsent": unsent, "lost_people": people if unsent else 0}
    return {field: value for field, value in said.items() if value}


def forget_hashes(*, now: datetime) -> None:
    """Of events that ended long ago, no code and no token opens anything any more: their digests go."""
    before = now - HASHES_KEPT
    goes_on = exists().where(Wave.event_id == Event.id, Wave.ends_at > before)
    over = select(Event.id).where(Event.ends_at <= before, ~goes_on)
    for model, column in ((DoorCode, DoorCode.secret_hash), (DoorDevice, DoorDevice.token_hash)):
        db.session.execute(
            update(model).where(model.event_id.in_(over), column.is_not(None)).values({column: None}),
            execution_options={"synchronize_session": False},
        )

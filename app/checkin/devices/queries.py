"""Phones as their pages and the web's guard read them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from app.accounts.models import Account
from app.checkin.device_models import DoorCode, DoorDevice
from app.checkin.devices.rules import DeviceState, ended_at, list_ends_at, sends_until, state_of
from app.checkin.enums import DeviceMode
from app.core.db import db
from app.core.tokens import digest
from app.events.models import Event, Wave


@dataclass(frozen=True)
class DeviceRow:
    """A phone of an event. `list_ends_at` is when it drops the list; `unsent` passages it still kept when last heard of.

    `binned`: its event is in the bin. `behind` is by how much its clock was behind ours. `made_by_id` made the code it read,
    `code_id`, at `code_made_at`. `lost_people`: of its `unsent` passages.
    """

    id: int
    organiser_id: int
    event_id: int
    slug: str
    uid: str
    name: str
    mode: DeviceMode
    checkpoint_ids: tuple[int, ...]
    account_id: int | None
    account_name: str
    made_by_id: int | None
    code_id: int | None
    code_made_at: datetime | None
    enrolled_at: datetime
    last_contact_at: datetime
    unsent: int
    unsent_since: datetime | None
    behind: timedelta | None
    revoked_at: datetime | None
    revoked_by: str
    signed_out_at: datetime | None
    lost_people: int
    list_ends_at: datetime
    binned: bool

    def state(self, now: datetime) -> DeviceState:
        return state_of(self.revoked_at, self.signed_out_at, self.list_ends_at, now)

    @property
    def ended_at(self) -> datetime | None:
        """From when on passages do not count; None while it is not revoked nor signed out."""
        return ended_at(self.revoked_at, self.signed_out_at)

    def may_send(self, now: datetime) -> bool:
        """Whether passages made before it ended are still taken."""
        until = sends_until(self.revoked_at, self.signed_out_at)
        return until is None or now < until


@dataclass(frozen=True)
class CodeRow:
    """A code that phones may read now."""

    id: int
    mode: DeviceMode
    checkpoint_ids: tuple[int, ...]
    expires_at: datetime
    made_by_id: int | None


_KEPT = (
    "id", "organiser_id", "event_id", "uid", "name", "mode", "account_id", "code_id", "enrolled_at", "last_contact_at",
    "unsent", "unsent_since", "revoked_at", "revoked_by", "signed_out_at", "lost_people",
)  # fmt: skip
_DEVICES = DoorDevice.__table__.c


def _select() -> Any:
    last_wave = select(func.max(Wave.ends_at)).where(Wave.event_id == DoorDevice.event_id).scalar_subquery()
    return (
        select(
            *(_DEVICES[name] for name in _KEPT), DoorDevice.checkpoint_ids, DoorDevice.offset_ms, Event.slug, Event.deleted_at,
            Event.ends_at, last_wave.label("waves_end"), Account.name.label("account_name"), DoorCode.made_by_id,
            DoorCode.created_at.label("code_made_at"),
        )
        .join(Event, Event.id == DoorDevice.event_id)
        .join(Account, Account.id == DoorDevice.account_id, isouter=True)
        .join(DoorCode, DoorCode.id == DoorDevice.code_id, isouter=True)
    )  # fmt: skip


def _row(found: Any) -> DeviceRow:
    return DeviceRow(
        **{name: getattr(found, name) for name in _KEPT},
        slug=found.slug,
        checkpoint_ids=tuple(found.checkpoint_ids),
        account_name=found.account_name or "",
        made_by_id=found.made_by_id,
        code_made_at=found.code_made_at,
        behind=None if found.offset_ms is None else timedelta(milliseconds=found.offset_ms),
        list_ends_at=list_ends_at(max(found.ends_at, found.waves_end or found.ends_at)),
        binned=found.deleted_at is not None,
    )


def find_device(token: str) -> DeviceRow | None:
    """The phone that this token was given to: one statement."""
    found = db.session.execute(_select().where(DoorDevice.token_hash == digest(token))).one_or_none()
    return None if found is None else _row(found)


def find_device_of_event(device_id: int, event_id: int) -> DeviceRow | None:
    found = db.session.execute(
        _select().where(DoorDevice.id == device_id, DoorDevice.event_id == event_id)
    ).one_or_none()
    return None if found is None else _row(found)


def list_devices(event_id: int) -> list[DeviceRow]:
    """Phones of an event, those heard of last first; none of an event in the bin. One statement."""
    found = db.session.execute(
        _select()
        .where(DoorDevice.event_id == event_id, Event.deleted_at.is_(None))
        .order_by(DoorDevice.last_contact_at.desc(), DoorDevice.id.desc())
    ).all()
    return [_row(row) for row in found]


def name_devices(event_id: int) -> dict[str, str]:
    """Names of an event's phones by what stands in `scans.device`."""
    found = db.session.execute(select(DoorDevice.uid, DoorDevice.name).where(DoorDevice.event_id == event_id))
    return {row.uid: row.name for row in found}


def find_code(event_id: int, secret: str, *, now: datetime) -> CodeRow | None:
    """The code of this secret while phones may read it."""
    found = db.session.execute(
        select(DoorCode)
        .join(Event, Event.id == DoorCode.event_id)
        .where(
            DoorCode.secret_hash == digest(secret), DoorCode.event_id == event_id, DoorCode.expires_at > now,
            Event.deleted_at.is_(None),
        )
    ).scalar_one_or_none()  # fmt: skip
    if found is None:
        return None
    return CodeRow(found.id, found.mode, tuple(found.checkpoint_ids), found.expires_at, found.made_by_id)

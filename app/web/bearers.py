"""What a call without a session shows: the token of a program, or that of a phone at a door."""

from dataclasses import replace
from datetime import datetime

from flask import g, request

from app.accounts.queries import find_signed_in
from app.accounts.rules import Ability, Access, may
from app.checkin.devices.errors import DeviceUnknown
from app.checkin.devices.operations import revoke_device
from app.checkin.devices.queries import DeviceRow, find_device
from app.checkin.devices.rules import DeviceState
from app.core import clock
from app.core.actor import SYSTEM
from app.core.transaction import in_transaction
from app.web.refusals import Unauthorized


def bearer() -> str:
    """The token that the call shows (RFC 6750, 2.1). Raises Unauthorized when it shows none."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise Unauthorized
    return secret


def require_device() -> None:
    """Let the phone in whose token is shown, in whatever state it is. Raises Unauthorized, DeviceUnknown.

    Somebody's own phone is taken off as soon as they hold the door of its event no more.
    """
    found, now = find_device(bearer()), clock.now()
    if found is None:
        raise DeviceUnknown("this phone is no device of any event")
    if found.account_id is not None and found.state(now) is DeviceState.ENROLLED and not _holds_door(found, now):
        ended = found
        in_transaction(lambda: revoke_device(ended, by=SYSTEM, now=now))
        found = replace(found, revoked_at=now)
    g.device = found


def current_device() -> DeviceRow:
    """The phone that calls. Only under the guard `device`."""
    found = g.device
    assert isinstance(found, DeviceRow)
    return found


def _holds_door(device: DeviceRow, now: datetime) -> bool:
    """Whether the person whose phone it is may still stand at that door, by role or by a function of the event."""
    account = find_signed_in(device.account_id or 0, now)
    if account is None:
        return False
    roles = [m.role for m in account.memberships if m.organiser.id == device.organiser_id]
    functions = [e.functions for e in account.entrusted if e.event_id == device.event_id]
    return any(may(Access(device.organiser_id, role=role), Ability.DOOR) for role in roles) or any(
        may(Access(device.organiser_id, device.event_id, functions=held), Ability.DOOR) for held in functions
    )

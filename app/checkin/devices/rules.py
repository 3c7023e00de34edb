"""Pure decisions about phones: until when a code opens, what state a phone is in, which of its passages still count."""

import enum
from datetime import datetime, timedelta

from app.checkin.enums import LateReason, Reason

CODE_LASTS = timedelta(minutes=15)
"""How long phones may read a code after it was made."""
MOST_OF_CODE = 50
"""Phones that read one code. A photo of it gives nobody phones without end, and staff show another one in a moment."""
LIST_LASTS = timedelta(hours=12)
"""How long after the event's last end phones keep its list."""
LATE_PASSAGES = timedelta(days=1)
"""How long a phone that was revoked or signed out may still send the passages that it made before."""
HASHES_KEPT = timedelta(days=30)
"""How long after the event's last end a phone may come back with passages; then nothing opens any more."""
LARGE_OFFSET = timedelta(minutes=2)
"""A clock that differs by this much is told to staff: the phone itself shows wrong hours."""
SILENT_AFTER = timedelta(minutes=2)
"""Without contact for this long, a phone is told as silent: it has no network, or its screen is off."""
NAME_LENGTH = 80
NOTED_DRIFT = timedelta(seconds=30)
NOTE_CONTACT_EVERY = timedelta(seconds=20)


class DeviceState(enum.StrEnum):
    ENROLLED = "enrolled"
    REVOKED = "revoked"
    SIGNED_OUT = "signed_out"
    OVER = "over"


def list_ends_at(last_ends_at: datetime) -> datetime:
    """When phones drop the list of an event that ends then."""
    return last_ends_at + LIST_LASTS


def state_of(
    revoked_at: datetime | None, signed_out_at: datetime | None, ends_at: datetime, now: datetime
) -> DeviceState:
    """A phone's state; `ends_at` is when its list ends. What staff or the phone itself did comes before the event's end."""
    if revoked_at is not None:
        return DeviceState.REVOKED
    if signed_out_at is not None:
        return DeviceState.SIGNED_OUT
    return DeviceState.OVER if ends_at <= now else DeviceState.ENROLLED


def sends_until(revoked_at: datetime | None, signed_out_at: datetime | None) -> datetime | None:
    """Until when such a phone may send what it still keeps; None: as long as its token is known."""
    ended = ended_at(revoked_at, signed_out_at)
    return None if ended is None else ended + LATE_PASSAGES


def ended_at(revoked_at: datetime | None, signed_out_at: datetime | None) -> datetime | None:
    """The first of both: a passage made later does not count."""
    return min((at for at in (revoked_at, signed_out_at) if at is not None), default=None)


def late_reason(reason: Reason | None, ended: datetime | None, at: datetime) -> LateReason:
    """Why a passage of that moment is asked about: `reason` is what was answered, `ended` when its phone was taken off."""
    if reason is Reason.CANCELLED:
        return LateReason.CANCELLED
    if reason is not Reason.INVALID:
        return LateReason.NOT_VALID
    return LateReason.CLOCK if ended is None or at < ended else LateReason.TAKEN_OFF


def opens(checkpoint_ids: list[int], checkpoint_id: int) -> bool:
    """Whether a phone stands at that checkpoint; one without named checkpoints stands at all of them."""
    return not checkpoint_ids or checkpoint_id in checkpoint_ids


def due(last_contact_at: datetime, now: datetime) -> bool:
    """Whether a contact that tells nothing new is to be written down: phones call every few seconds."""
    return now - last_contact_at >= NOTE_CONTACT_EVERY


def differs(before: timedelta | None, offset_ms: int) -> bool:
    """Whether a clock goes otherwise than is known of it; the way to the server takes some seconds more or less."""
    return before is None or abs(before - timedelta(milliseconds=offset_ms)) >= NOTED_DRIFT

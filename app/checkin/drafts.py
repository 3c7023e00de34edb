"""What a device says of a passage, and what it is told."""

import hmac
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.checkin.enums import Direction, Reason, ScanResult
from app.registrations.drafts import Headcount

CODE = re.compile(r"(?:.*/t/)?([0-9A-Z]{26})/?", re.ASCII | re.IGNORECASE | re.DOTALL)
MARK_LENGTH = 16
AHEAD = timedelta(minutes=10)
"""How far a device's clock may be ahead of ours and still be believed."""


@dataclass(frozen=True)
class ScanInput:
    """One passage as a device sends it. `id` is its UUID in lower case; `code` a ticket's code or its address.

    `device_at` is the time that the device said, where `scanned_at` is another one (see `believed`).
    """

    id: str
    code: str
    checkpoint_id: int
    direction: Direction
    scanned_at: datetime
    headcount: Headcount | None = None
    undoes: str | None = None
    device_at: datetime | None = None


def believed(item: ScanInput, now: datetime) -> ScanInput:
    """The passage at the time that counts. Nobody has passed in the future: a device that says so has a wrong clock, and its
    passage counts at the moment we received it; a few minutes (AHEAD) are let be. Late ones are no fault: phones keep them.
    """
    if item.scanned_at - now <= AHEAD:
        return item
    return replace(item, scanned_at=now, device_at=item.scanned_at)


@dataclass(frozen=True)
class ScanAnswer:
    """What the device is told. `expected` and `present` are of the ticket's registration: for a route card, of its class."""

    id: str
    result: ScanResult
    reason: Reason | None
    label: str
    expected: Headcount
    present: Headcount


def invalid(scan_id: str) -> ScanAnswer:
    """The answer to an item that cannot be read: it is refused alone and not stored."""
    return ScanAnswer(scan_id, ScanResult.REFUSED, Reason.INVALID, "", Headcount(0, 0), Headcount(0, 0))


def code_of(text: str) -> str | None:
    """The ticket code in what a camera read: itself, or the end of its address. None when there is none."""
    found = CODE.fullmatch(text.strip())
    return found.group(1).upper() if found else None


def mark_of(text: str, key: str) -> str:
    """What is kept of a code that leads to nobody here: it may be somebody's own QR code, which is none of our business.

    A keyed digest (RFC 2104) cut to 16 hexadecimal figures tells whether the same one was shown before, and nothing else.
    """
    read = code_of(text) or text.strip()
    return hmac.new(key.encode(), read.encode("utf-8", "replace"), "sha256").hexdigest()[:MARK_LENGTH]

"""What a device says of a passage, and what it is told."""

import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo

from app.checkin.enums import Direction, OverrideReason, Reason, ScanResult
from app.registrations.drafts import Headcount

CODE = re.compile(r"(?:.*/t/)?([0-9A-Z]{26})/?", re.ASCII | re.IGNORECASE | re.DOTALL)
MARK_LENGTH = 16
AHEAD = timedelta(minutes=10)
"""How far a device's clock may be ahead of ours and still be believed."""
BEHIND = timedelta(days=3)
"""How old a passage may be on a day on which the event was not, and still be believed."""
WENT_IN = timedelta(seconds=10)
"""After which nobody waits at a door any more for what the server says of a passage."""


@dataclass(frozen=True)
class Override:
    """Why staff let somebody in though the answer was no; a note where the reason is another one."""

    reason: OverrideReason
    note: str = ""


@dataclass(frozen=True)
class ScanInput:
    """One passage as a device sends it. `id` is its UUID in lower case; `code` a ticket's code or its address, or empty where
    somebody typed a registration's number, `reference`.

    `device_at` is the time that the device's clock said, where `scanned_at` is another one (see `believed`), `offset_ms` by how
    much that clock was behind ours. `known` is who was inside as far as the device knew; `team` passes alone, by its
    number; `override` says why staff let somebody in though the answer was no; `beyond`: of somebody
    registered at the door though there was no room, who is marked as one too many. `ended`: made when its phone was one no
    more: it is kept, and counts only once staff say so. `capped`: visitors count themselves (a kiosk), and no more than are still
    expected. `let_in`: the device itself said yes, so that these people are inside whatever we answer later.
    """

    id: str
    code: str
    checkpoint_id: int
    direction: Direction
    scanned_at: datetime
    headcount: Headcount | None = None
    undoes: str | None = None
    device_at: datetime | None = None
    offset_ms: int | None = None
    known: Headcount | None = None
    team: int | None = None
    override: Override | None = None
    reference: str = ""
    beyond: bool = False
    ended: bool = False
    capped: bool = False
    let_in: bool = False


def believed(
    item: ScanInput, now: datetime, event_days: Collection[date] = (), zone: tzinfo | None = None
) -> ScanInput:
    """The passage at the time that counts. Nobody has passed in the future: a device that says so has a wrong clock, and its
    passage counts at the moment we received it; a few minutes (AHEAD) are let be. Late ones are no fault: phones keep them.
    One that is days old (BEHIND), of a day on which the event was not, is kept as it is, and marked by `device_at`.
    `event_days`: the local days in `zone`.
    """
    if item.scanned_at - now > AHEAD:
        return replace(item, scanned_at=now, device_at=item.device_at or item.scanned_at)
    days_old = bool(event_days) and now - item.scanned_at > BEHIND
    if days_old and item.scanned_at.astimezone(zone).date() not in event_days:
        return replace(item, device_at=item.device_at or item.scanned_at)
    return item


@dataclass(frozen=True)
class ScanAnswer:
    """What the device is told. `expected` and `present` are of the ticket's registration: for a route card, of its class. `over`:
    more people came in than were expected or allowed.
    """

    id: str
    result: ScanResult
    reason: Reason | None
    label: str
    expected: Headcount
    present: Headcount
    over: bool = False


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

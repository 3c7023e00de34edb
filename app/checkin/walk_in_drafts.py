"""What a phone says of somebody who comes without being registered, and what it is told."""

from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from app.checkin.drafts import Override
from app.checkin.enums import WalkInResult
from app.registrations.drafts import Headcount


def scan_id_of(walk_in_id: str) -> str:
    """The UUID of the passage by which a walk-in came in: it follows from their own."""
    return str(uuid5(NAMESPACE_URL, f"walk-in:{walk_in_id}"))


MOST_PEOPLE = 500
"""People of one walk-in: more are a slip of the finger, which the server refuses."""


@dataclass(frozen=True)
class WalkInInput:
    """Somebody at a door. `id` is a UUID in lower case that their phone made; `name` may be empty.

    `over` says why staff let them in whether there is room or not; `provisional`: noted without network, they are inside.
    `ended`: noted by a phone that was one no more: kept, and counted only once staff say so.
    """

    id: str
    audience: str
    headcount: Headcount
    at: datetime
    checkpoint_id: int
    name: str = ""
    over: Override | None = None
    provisional: bool = False
    device_at: datetime | None = None
    offset_ms: int | None = None
    locale: str = "fr"
    ended: bool = False

    @property
    def scan_id(self) -> str:
        return scan_id_of(self.id)


@dataclass(frozen=True)
class WalkInUndo:
    """Somebody was noted by mistake: the walk-in of that id is taken back. `id` is a UUID of this message's own.

    `ended`: by a phone that was one no more, which takes back nothing that counts.
    """

    id: str
    undoes: str
    at: datetime
    checkpoint_id: int
    device_at: datetime | None = None
    offset_ms: int | None = None
    ended: bool = False


@dataclass(frozen=True)
class WalkInAnswer:
    """What became of it. `reference`, `code` and `label` are empty where nothing was kept (`full`, `invalid`)."""

    id: str
    result: WalkInResult
    reference: str = ""
    code: str = ""
    label: str = ""


def invalid_walk_in(walk_in_id: str) -> WalkInAnswer:
    """The answer to an item that cannot be read: it is refused alone and not kept."""
    return WalkInAnswer(walk_in_id, WalkInResult.INVALID)

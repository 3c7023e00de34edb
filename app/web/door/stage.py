"""Where a page of the door plays: at the doors themselves, or on a stage where one practises and nothing stays."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from flask import request, session

from app.checkin.drafts import ScanInput
from app.checkin.enums import Direction
from app.checkin.operations import record_scans
from app.checkin.rehearsal import practice_moment, set_up
from app.core import clock
from app.core.transaction import rehearsal, transaction
from app.events.queries import EventRow, get_event
from app.registrations.drafts import Headcount
from app.web.api.scans import read_scan
from app.web.guards import current_organiser_id
from app.web.i18n import current_locale

PRACTICE_DEVICE = "practice"
MOST_EARLIER = 40  # passages of one person's practice that the next one builds upon
KEPT = 10  # of them in the cookie of a browser without scripts


@dataclass(frozen=True)
class Stage:
    """The event, the present there, and the address that its pages begin with."""

    event: EventRow
    now: datetime
    practice: bool = False

    @property
    def pretends(self) -> bool:
        """Whether the present there is another than everywhere else."""
        return abs(self.now - clock.now()) > timedelta(minutes=1)

    @property
    def base(self) -> str:
        return f"/door/{self.event.slug}/practice" if self.practice else f"/door/{self.event.slug}"

    def writing(self) -> AbstractContextManager[None]:
        """Around what records a passage: kept at the doors, undone with everything else in practice."""
        return nullcontext() if self.practice else transaction()


def staged(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view of both: it gets a Stage in place of the slug, and `practice` from its rule."""

    @wraps(view)
    def opened(slug: str, practice: bool = False, **values: Any) -> Any:
        event = door_event(slug)
        if not practice:
            return view(Stage(event, clock.now()), **values)
        with practising(event, _earlier(event)) as stage:
            return view(stage, **values)

    return opened


@contextmanager
def practising(event: EventRow, earlier: Sequence[ScanInput] = ()) -> Iterator[Stage]:
    """The event with its example tickets, after what the person did before; all of it is undone at the end."""
    now = practice_moment(event, clock.now())
    with rehearsal():
        shown = set_up(event, locale=current_locale(), now=now)
        if earlier:
            record_scans(shown, PRACTICE_DEVICE, earlier, now=now)
        yield Stage(shown, now, practice=True)


def remember(event: EventRow, item: ScanInput) -> None:
    """Keep a passage of the practice in the browser: the pages build upon it, whether or not its scripts remember more."""
    kept = [] if session.get("practice", {}).get("event") != event.id else session["practice"]["scans"]
    count = item.headcount
    passage = [
        item.id, item.code, item.checkpoint_id, item.direction.value, int(item.scanned_at.timestamp()),
        [count.participants, count.companions] if count else None, item.undoes,
    ]  # fmt: skip
    session["practice"] = {"event": event.id, "scans": [*kept, passage][-KEPT:]}


def forget_practice() -> None:
    session.pop("practice", None)


def door_event(slug: str) -> EventRow:
    """Raises EventNotFound, also for a slug that no database can hold."""
    return get_event(slug.replace("\x00", "\ufffd"), organiser_id=current_organiser_id())


def _earlier(event: EventRow) -> list[ScanInput]:
    """What the person did before in this practice: what the browser's cookie keeps, and what a page's scripts add to it.

    A ticket that was opened on a page of its own and one that was scanned count together, each once.
    """
    kept = session.get("practice", {})
    if kept.get("event") != event.id or "again" in request.args:
        forget_practice()
        kept = {}
    before = [_remembered(passage) for passage in kept.get("scans", ())]
    known = {scan.id for scan in before}
    return [scan for scan in _sent() if scan.id not in known] + before  # what the cookie has no room for came first


def _sent() -> list[ScanInput]:
    sent = request.get_json(silent=True) if request.is_json else None
    scans = sent.get("earlier") if isinstance(sent, dict) else None
    read = [read_scan(scan) for scan in scans[-MOST_EARLIER:]] if isinstance(scans, list) else []
    return [scan for scan in read if scan is not None]


def _remembered(passage: list[Any]) -> ScanInput:
    scan_id, code, checkpoint_id, direction, at, count, undoes = passage
    return ScanInput(
        scan_id, code, checkpoint_id, Direction(direction), datetime.fromtimestamp(at, UTC),
        Headcount(*count) if count else None, undoes,
    )  # fmt: skip

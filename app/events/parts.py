"""What features keep of an event: it goes with the event into the bin, out of it, and away for good.

Features register theirs by name, so that nothing low knows them. All functions run inside the caller's transaction, the
event's row being locked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.actor import Actor


@dataclass(frozen=True)
class Binning:
    """An event on its way into the bin or out of it: `at` is when it went in, by which what goes with it is told.

    `version` is the event's new one. `told`: whether people are told, or were; `reason` is what they read.
    """

    event_id: int
    organiser_id: int
    at: datetime
    version: int
    told: bool
    by: Actor
    now: datetime
    reason: str = ""


@dataclass(frozen=True)
class NotBack:
    """A registration that stays in the bin when its event comes back: `code` says why, as the error's own does."""

    registration_id: int
    code: str
    wave_id: int | None = None


@dataclass(frozen=True)
class Moved:
    """How many registrations, and people, went or came back with the event; `not_back` did not."""

    registrations: int = 0
    people: int = 0
    not_back: tuple[NotBack, ...] = ()


def _same_moment(event_id: int, now: datetime) -> datetime:
    return now


def _nothing(binning: Binning) -> Moved:
    return Moved()


def _no(event_id: int) -> bool:
    return False


def _none(registration_ids: Sequence[int]) -> set[int]:
    return set()


def _nothing_said(registration_id: int) -> None:
    pass


def _nothing_left(event_id: int, most: int, now: datetime) -> int:
    return 0


@dataclass(frozen=True)
class Part:
    """Rows of one feature that belong to an event.

    `moment(event_id, now)` is the first moment by which a deletion now is told from earlier ones. `delete` and `restore`
    take the rows into the bin and out again. `came(event_id)` says whether anybody was at its doors: then it is not deleted.
    `kept(event_id)` says whether something has to stay of it for ever: then its row does. `keeps(registration_ids)` are those
    of these registrations of which the same is true, `visited(registration_ids)` those of whom anybody came.
    `forget(registration_id)` takes people's own words about one of them away, when they are erased.
    `remove(event_id, most, now)` takes rows away for good, `most` at a time, and tells how many it did.
    """

    moment: Callable[[int, datetime], datetime] = _same_moment
    delete: Callable[[Binning], Moved] = _nothing
    restore: Callable[[Binning], Moved] = _nothing
    came: Callable[[int], bool] = _no
    kept: Callable[[int], bool] = _no
    keeps: Callable[[Sequence[int]], set[int]] = _none
    visited: Callable[[Sequence[int]], set[int]] = _none
    forget: Callable[[int], None] = _nothing_said
    remove: Callable[[int, int, datetime], int] = _nothing_left


_parts: dict[str, Part] = {}


def register_part(name: str, part: Part) -> None:
    """Raises ValueError when the name is taken."""
    if name in _parts:
        raise ValueError(f"a part named {name} is registered already")
    _parts[name] = part


def list_parts() -> list[Part]:
    """In the order of their names: the order in which rows are locked, everywhere."""
    return [part for _name, part in sorted(_parts.items())]

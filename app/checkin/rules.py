"""Pure decisions of the door: what one passage does to the people present, and what the door answers."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from app.checkin.enums import Direction, Reason, ScanResult
from app.registrations.drafts import Headcount
from app.registrations.enums import RegistrationStatus

NOBODY = Headcount(0, 0)


@dataclass(frozen=True)
class Whereabouts:
    """A registration's people: in the event now, the most that ever were, and the space they last entered."""

    inside: Headcount = NOBODY
    came: Headcount = NOBODY
    space_id: int | None = None


@dataclass(frozen=True)
class Passage:
    """What a device says happened. `headcount` is who passes now; None means all who are not yet in (or all who are)."""

    direction: Direction
    space_id: int | None
    headcount: Headcount | None = None


@dataclass(frozen=True)
class Decision:
    """The answer, where people are after it, and by how many the event's people changed."""

    result: ScanResult
    reason: Reason | None
    after: Whereabouts
    delta: Headcount = NOBODY
    over: bool = False


def plus(a: Headcount, b: Headcount) -> Headcount:
    return Headcount(a.participants + b.participants, a.companions + b.companions)


def minus(a: Headcount, b: Headcount) -> Headcount:
    """Never below nobody."""
    return Headcount(max(0, a.participants - b.participants), max(0, a.companions - b.companions))


def most(a: Headcount, b: Headcount) -> Headcount:
    return Headcount(max(a.participants, b.participants), max(a.companions, b.companions))


def least(a: Headcount, b: Headcount) -> Headcount:
    return Headcount(min(a.participants, b.participants), min(a.companions, b.companions))


def refuse_status(status: RegistrationStatus) -> Reason | None:
    """Why a registration in this status may not come in; None when it may."""
    if status is RegistrationStatus.CONFIRMED:
        return None
    if status in {RegistrationStatus.WAITLISTED, RegistrationStatus.OFFERED}:
        return Reason.WAITLISTED
    return Reason.CANCELLED


def is_wrong_day(scanned_on: date, ticket_days: Iterable[date], event_days: Iterable[date]) -> bool:
    """A ticket for Friday shown on Thursday. On a day on which the event has no wave (set-up, practice) no ticket is wrong."""
    return scanned_on in set(event_days) and scanned_on not in set(ticket_days)


def decide(now_at: Whereabouts, expected: Headcount, passage: Passage, *, room: int | None) -> Decision:
    """Decide one passage of an admissible ticket. `room` is how many more the checkpoint's space holds; None: no limit."""
    if passage.headcount is not None and passage.headcount.people == 0:
        return Decision(ScanResult.REFUSED, Reason.INVALID, now_at)
    if passage.direction is Direction.OUT:
        return _leave(now_at, passage)
    if passage.space_id is None:
        return _enter_event(now_at, expected, passage)
    return _enter_space(now_at, expected, passage, room)


def _enter_event(now_at: Whereabouts, expected: Headcount, passage: Passage) -> Decision:
    missing = minus(expected, now_at.inside)
    if missing.people == 0:
        return Decision(ScanResult.DUPLICATE, Reason.ALREADY_IN, now_at)
    passing = passage.headcount or missing
    inside = plus(now_at.inside, passing)
    after = replace(now_at, inside=inside, came=most(now_at.came, inside))
    over = minus(passing, missing).people > 0
    return Decision(ScanResult.ACCEPTED, None, after, passing, over)


def _enter_space(now_at: Whereabouts, expected: Headcount, passage: Passage, room: int | None) -> Decision:
    """Entering a space leaves the one before. People who were not scanned at the entrance are in the event from here on."""
    if now_at.space_id == passage.space_id and now_at.inside.people > 0:
        return Decision(ScanResult.DUPLICATE, Reason.ALREADY_IN, now_at)
    passing = passage.headcount or (now_at.inside if now_at.inside.people else expected)
    newly_in = minus(passing, now_at.inside)
    inside = plus(now_at.inside, newly_in)
    if room is not None and inside.people > room:
        return Decision(ScanResult.REFUSED, Reason.SPACE_FULL, now_at)
    after = Whereabouts(inside, most(now_at.came, inside), passage.space_id)
    return Decision(ScanResult.ACCEPTED, None, after, newly_in, minus(inside, expected).people > 0)


def _leave(now_at: Whereabouts, passage: Passage) -> Decision:
    if passage.space_id is not None:
        if now_at.space_id != passage.space_id:
            return Decision(ScanResult.REFUSED, Reason.NOT_IN, now_at)
        return Decision(ScanResult.ACCEPTED, None, replace(now_at, space_id=None))
    if now_at.inside.people == 0:
        return Decision(ScanResult.REFUSED, Reason.NOT_IN, now_at)
    wanted = passage.headcount or now_at.inside
    leaving = least(wanted, now_at.inside)
    inside = minus(now_at.inside, leaving)
    after = replace(now_at, inside=inside, space_id=now_at.space_id if inside.people else None)
    delta = Headcount(-leaving.participants, -leaving.companions)
    return Decision(ScanResult.ACCEPTED, None, after, delta, wanted != leaving)


@dataclass(frozen=True)
class PastScan:
    """An accepted scan as it was stored."""

    scan_id: str
    direction: Direction
    space_id: int | None
    delta: Headcount
    scanned_at: datetime
    undoes: str | None = None


def replay(scans: Iterable[PastScan]) -> Whereabouts:
    """Where people are according to their accepted scans, in order, without those undone and the undoing ones."""
    at = Whereabouts()
    for scan in _standing(scans):
        inside = Headcount(
            max(0, at.inside.participants + scan.delta.participants),
            max(0, at.inside.companions + scan.delta.companions),
        )
        space_id = at.space_id
        if scan.space_id is not None:
            space_id = scan.space_id if scan.direction is Direction.IN else None
        at = Whereabouts(inside, most(at.came, inside), space_id if inside.people else None)
    return at


def first_in(scans: Iterable[PastScan]) -> datetime | None:
    """When the first of them came in, according to the scans that stand; None when nobody did."""
    return next((scan.scanned_at for scan in _standing(scans) if scan.delta.people > 0), None)


def _standing(scans: Iterable[PastScan]) -> list[PastScan]:
    scans = list(scans)
    undone = {s.undoes for s in scans if s.undoes}
    return [s for s in scans if not s.undoes and s.scan_id not in undone]

"""Pure decisions of the door: what one passage does to the people present, and what the door answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo

from app.checkin.enums import Direction, Reason, ScanResult
from app.registrations.drafts import Headcount
from app.registrations.enums import RegistrationStatus

NOBODY = Headcount(0, 0)
ONE = Headcount(1, 0)


@dataclass(frozen=True)
class Whereabouts:
    """A registration's people on one day: in the event, the most that ever were on any day, and the space last entered."""

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
    """Decide one passage of an admissible ticket. `room` is how many more the checkpoint's space holds; None: no limit.

    At the entrance, `room` is that of the space in which the group is already: who comes late joins it there.
    """
    if passage.headcount is not None and passage.headcount.people == 0:
        return Decision(ScanResult.REFUSED, Reason.INVALID, now_at)
    if passage.direction is Direction.OUT:
        return _leave(now_at, passage)
    if passage.space_id is None:
        return _enter_event(now_at, expected, passage, room)
    return _enter_space(now_at, expected, passage, room)


def _enter_event(now_at: Whereabouts, expected: Headcount, passage: Passage, room: int | None) -> Decision:
    missing = minus(expected, now_at.inside)
    if missing.people == 0:
        return Decision(ScanResult.DUPLICATE, Reason.ALREADY_IN, now_at)
    return _let_in(now_at, expected, passage.headcount or missing, room)


def _let_in(now_at: Whereabouts, expected: Headcount, passing: Headcount, room: int | None) -> Decision:
    """Nobody is sent away at the entrance for want of room in a space: more than expected or allowed is marked so."""
    inside = plus(now_at.inside, passing)
    after = replace(now_at, inside=inside, came=most(now_at.came, inside))
    over = minus(passing, minus(expected, now_at.inside)).people > 0
    crowded = now_at.space_id is not None and room is not None and passing.people > room
    return Decision(ScanResult.ACCEPTED, None, after, passing, over or crowded)


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
class Cards:
    """What the numbered cards of a class tell by themselves, by ticket id: those surely in the event, those surely out,
    and the space that each last went into. Of any other card only the class's headcount tells.
    """

    inside: frozenset[int] = frozenset()
    outside: frozenset[int] = frozenset()
    spaces: Mapping[int, int] = field(default_factory=dict)

    def unknown_inside(self, now_at: Whereabouts) -> int:
        """People inside of whom no card tells: they came in with the class's main ticket."""
        return now_at.inside.participants - len(self.inside)

    def unknown_missing(self, now_at: Whereabouts, expected: Headcount) -> int:
        """People still expected of whom no card tells."""
        return expected.participants - now_at.inside.participants - len(self.outside)

    def counts(self, card: int, now_at: Whereabouts) -> bool:
        """Whether the card's pupil is among those counted inside, as far as anybody can tell."""
        if now_at.inside.participants == 0:
            return False
        return card in self.inside or (card not in self.outside and self.unknown_inside(now_at) > 0)

    def after(self, card: int | None, passage: Passage, delta: Headcount) -> "Cards":
        """What is known after an accepted passage of a card, or (None) of the main ticket by `delta` people.

        Who passes with the main ticket may be anybody: once some left with it no card is surely in, once some came in
        none is surely out.
        """
        if card is None:
            inside = frozenset() if delta.participants < 0 else self.inside
            return Cards(inside, frozenset() if delta.participants > 0 else self.outside)
        spaces = {other: space for other, space in self.spaces.items() if other != card}
        if passage.direction is Direction.OUT and passage.space_id is None:
            return Cards(self.inside - {card}, self.outside | {card}, spaces)
        if passage.direction is Direction.IN and passage.space_id is not None:
            spaces[card] = passage.space_id
        return Cards(self.inside | {card}, self.outside - {card}, spaces)


def decide_card(
    now_at: Whereabouts, expected: Headcount, passage: Passage, card: int, cards: Cards, *, room: int | None
) -> Decision:
    """Decide one passage of a numbered card: one pupil, whatever headcount was sent. `room` is as for `decide`.

    A card never moves its class: at a space it is the pupil's own way, and the class stays where its main ticket was scanned.
    """
    counted = cards.counts(card, now_at)
    if passage.direction is Direction.OUT:
        there = passage.space_id in {None, now_at.space_id, cards.spaces.get(card)}
        if not (counted and there):
            return Decision(ScanResult.REFUSED, Reason.NOT_IN, now_at)
        if passage.space_id is None:
            return _leave(now_at, replace(passage, headcount=ONE))
        return Decision(ScanResult.ACCEPTED, None, now_at)
    if passage.space_id is None:
        certain = card in cards.inside or cards.unknown_missing(now_at, expected) <= 0
        if counted and certain:
            return Decision(ScanResult.DUPLICATE, Reason.ALREADY_IN, now_at)
        return _let_in(now_at, expected, ONE, room)
    if counted and passage.space_id in {now_at.space_id, cards.spaces.get(card)}:
        return Decision(ScanResult.DUPLICATE, Reason.ALREADY_IN, now_at)
    if room is not None and room < 1:
        return Decision(ScanResult.REFUSED, Reason.SPACE_FULL, now_at)
    return Decision(ScanResult.ACCEPTED, None, now_at) if counted else _let_in(now_at, expected, ONE, None)


@dataclass(frozen=True)
class PastScan:
    """An accepted scan as it was stored. `space_id` is where it led the class; `card` is the route card's ticket id, which
    went through a door of the space `card_space_id`.
    """

    scan_id: str
    direction: Direction
    space_id: int | None
    delta: Headcount
    scanned_at: datetime
    undoes: str | None = None
    card: int | None = None
    card_space_id: int | None = None


def replay(scans: Iterable[PastScan]) -> Whereabouts:
    """Where people are according to a day's accepted scans, in order, without those undone and the undoing ones."""
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


def standing_by_day(scans: Iterable[PastScan], zone: tzinfo) -> dict[date, list[PastScan]]:
    """The scans that stand, in order, by the local day on which each was made."""
    days: dict[date, list[PastScan]] = {}
    for scan in _standing(scans):
        days.setdefault(scan.scanned_at.astimezone(zone).date(), []).append(scan)
    return days


def replay_days(scans: Iterable[PastScan], zone: tzinfo) -> tuple[dict[date, Whereabouts], Headcount]:
    """Where people were on each local day, which begins with nobody inside, and the most that ever were in."""
    days = {day: replay(standing) for day, standing in standing_by_day(scans, zone).items()}
    came = NOBODY
    for at in days.values():
        came = most(came, at.came)
    return days, came


def day_bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The moment at which a local day begins, and that at which the next one does."""
    return datetime.combine(day, time(), tzinfo=zone), datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def first_in(scans: Iterable[PastScan]) -> datetime | None:
    """When the first of them came in, according to the scans that stand; None when nobody did."""
    return next((scan.scanned_at for scan in _standing(scans) if scan.delta.people > 0), None)


def follow_cards(scans: Iterable[PastScan]) -> Cards:
    """What a class's cards tell after its accepted scans, in order."""
    cards = Cards()
    for scan in _standing(scans):
        space_id = scan.space_id if scan.card is None else scan.card_space_id
        cards = cards.after(scan.card, Passage(scan.direction, space_id), scan.delta)
    return cards


def _standing(scans: Iterable[PastScan]) -> list[PastScan]:
    scans = list(scans)
    undone = {s.undoes for s in scans if s.undoes}
    return [s for s in scans if not s.undoes and s.scan_id not in undone]

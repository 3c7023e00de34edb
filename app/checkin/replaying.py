"""Where people are by the passages of their day, whatever the order in which phones sent them: pure.

Passages are walked through in the order of their times. One that says what its device knew is decided anew at its place, for
others may have come before it since; any other adds what it added when it came.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from app.checkin.enums import ConflictKind, Direction, ScanResult
from app.checkin.rules import (
    NOBODY,
    Cards,
    Clash,
    Decision,
    Passage,
    Whereabouts,
    decide,
    decide_card,
    joins,
    minus,
    most,
    without,
)
from app.registrations.drafts import Headcount

KEPT = timedelta(minutes=1)
"""A passage that came later than this was kept by its device, which was without network then."""


@dataclass(frozen=True)
class PastScan:
    """A passage as it was stored: one that was accepted, or one that its device said no to (see `is_attempt`).

    `space_id` is where it led the class; `card` is the route card's ticket id, and `card_space_id` the space of the door that
    was passed. `counted` is how many passed as was said, None where nothing was; `known` who was inside as far as the
    device knew. `corrects`: one of the desk, which settles these two, or makes this one count: `counted` were counted,
    `expected` came.
    """

    scan_id: str
    direction: Direction
    space_id: int | None
    delta: Headcount
    scanned_at: datetime
    undoes: str | None = None
    card: int | None = None
    card_space_id: int | None = None
    known: Headcount | None = None
    counted: Headcount | None = None
    expected: Headcount = NOBODY
    device: str = ""
    received_at: datetime | None = None
    team: int | None = None
    accepted: bool = True
    corrects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """One passage at its place in its day: where people were before it, and what it did."""

    scan: PastScan
    before: Whereabouts
    decision: Decision
    cards: Cards


def replay(scans: Iterable[PastScan]) -> Whereabouts:
    """Where people are according to a day's passages, without those undone and the undoing ones."""
    at = Whereabouts()
    for seen in walk(scans):
        at = seen.decision.after
    return at


def walk(scans: Iterable[PastScan]) -> Iterator[Seen]:
    """A day's standing passages in the order of their times, each decided at its place."""
    at, cards = Whereabouts(), Cards()
    before: list[tuple[PastScan, Headcount]] = []
    for scan in _standing(scans):
        decision = _decide(at, cards, scan, before)
        if scan.accepted and not scan.corrects:
            space_id = scan.space_id if scan.card is None else scan.card_space_id
            cards = cards.after(scan.card, Passage(scan.direction, space_id), decision.delta)
        yield Seen(scan, at, decision, cards)
        before.append((scan, change(at.inside, decision.after.inside)))
        at = decision.after


def decide_at(standing: Iterable[PastScan], scan: PastScan) -> Seen:
    """What a passage that does not count would do at its place among a day's standing ones."""
    at, cards = Whereabouts(), Cards()
    before: list[tuple[PastScan, Headcount]] = []
    for seen in walk(standing):
        if seen.scan.scanned_at <= scan.scanned_at:
            at, cards = seen.decision.after, seen.cards
            before.append((seen.scan, change(seen.before.inside, at.inside)))
    said = replace(scan, known=scan.known if scan.known is not None else at.inside)
    return Seen(scan, at, _decide(at, cards, said, before), cards)


def _decide(at: Whereabouts, cards: Cards, scan: PastScan, before: list[tuple[PastScan, Headcount]]) -> Decision:
    if scan.corrects:
        return _correct(at, scan)
    known = scan.known if scan.known is not None else guess_known(scan, before, at.inside)
    if known is None and scan.team is None and not _is_by_part(at, scan):
        return _as_it_was(at, scan)
    passage = Passage(scan.direction, scan.card_space_id, scan.counted, known, scan.team)
    if scan.card is not None:
        decision = decide_card(at, scan.expected, passage, scan.card, cards, room=None)
    else:
        decision = decide(at, scan.expected, passage, room=None)
    return decision if decision.result is ScanResult.ACCEPTED else replace(decision, after=at)


def _correct(at: Whereabouts, scan: PastScan) -> Decision:
    """The desk found that others came (`expected`) than were counted (`counted`): then as many more or fewer were in at most."""
    found = change(scan.counted or scan.expected, scan.expected)
    inside = add(at.inside, found)
    came = at.came if len(scan.corrects) == 1 else add(at.came, found)  # of one passage alone, they came or they left
    after = replace(at, inside=inside, came=most(came, inside), space_id=at.space_id if inside.people else None)
    if sum(t.people.people for t in at.teams) > inside.people:
        after = replace(after, teams=())
    return Decision(ScanResult.ACCEPTED, None, after, change(at.inside, inside))


def _is_by_part(at: Whereabouts, scan: PastScan) -> bool:
    """Whether only some of them went to a space or left it, so that nobody in the event became more or fewer."""
    if scan.card is not None or scan.card_space_id is None or scan.delta != NOBODY:
        return False
    if scan.direction is Direction.OUT:
        return scan.counted is not None or at.has_parts
    return scan.counted is not None and joins(at, scan.counted, scan.card_space_id)


def _as_it_was(at: Whereabouts, scan: PastScan) -> Decision:
    if scan.card_space_id is None and scan.delta.people < 0:
        after = without(at, Headcount(-scan.delta.participants, -scan.delta.companions))
        return Decision(ScanResult.ACCEPTED, None, after, scan.delta)
    inside, space_id, teams = add(at.inside, scan.delta), at.space_id, at.teams
    if scan.space_id is not None:
        space_id = scan.space_id if scan.direction is Direction.IN else None
        teams = () if scan.direction is Direction.IN else teams
    if sum(t.people.people for t in teams) > inside.people:
        teams = ()
    after = Whereabouts(inside, most(at.came, inside), space_id if inside.people else None, teams)
    return Decision(ScanResult.ACCEPTED, None, after, scan.delta)


def guess_known(scan: PastScan, before: Iterable[tuple[PastScan, Headcount]], inside: Headcount) -> Headcount | None:
    """Of a device at the entrance that does not say whom it knew of: all but those whom others counted while it was without
    network, or whose passages we had not received when its own was made. None when that hides nobody.
    """
    if scan.received_at is None or scan.direction is Direction.OUT or scan.card_space_id is not None:
        return None
    kept, hidden = scan.received_at - scan.scanned_at > KEPT, NOBODY
    for other, moved in before:
        theirs = other.device != scan.device and other.received_at is not None
        if theirs and (kept or (other.received_at or scan.scanned_at) > scan.scanned_at):
            hidden = Headcount(hidden.participants + moved.participants, hidden.companions + moved.companions)
    return minus(inside, hidden) if max(hidden.participants, hidden.companions) > 0 else None


def add(people: Headcount, more: Headcount) -> Headcount:
    """Never below nobody."""
    return Headcount(max(0, people.participants + more.participants), max(0, people.companions + more.companions))


def change(before: Headcount, after: Headcount) -> Headcount:
    return Headcount(after.participants - before.participants, after.companions - before.companions)


def clashes(scans: Iterable[PastScan]) -> Iterator[tuple[PastScan, PastScan, Clash]]:
    """Pairs of a day's passages whose counts cannot both be, with the counts: the earlier one, the later one.

    The earlier one is the last by which some came in, on another device's count where there is one. Of a class whose cards
    are about, a space may count others.
    """
    came: list[PastScan] = []
    cards = False
    for seen in walk(scans):
        clash, cards = seen.decision.clash, cards or seen.scan.card is not None
        if clash is not None and came and not (cards and clash.kind is ConflictKind.DIFFERS):
            others = [scan for scan in came if scan.device != seen.scan.device] or came
            yield others[-1], seen.scan, clash
        if change(seen.before.inside, seen.decision.after.inside).people > 0 and not seen.scan.corrects:
            came.append(seen.scan)


def standing_by_day(scans: Iterable[PastScan], zone: tzinfo) -> dict[date, list[PastScan]]:
    """The passages that stand, in order, by the local day on which each was made."""
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


def first_in(scans: Iterable[PastScan], zone: tzinfo = UTC) -> datetime | None:
    """When the first of them came in, according to the passages that stand; None when nobody did."""
    for standing in standing_by_day(scans, zone).values():
        for seen in walk(standing):
            if seen.decision.delta.people > 0 and not seen.scan.corrects:
                return seen.scan.scanned_at
    return None


def follow_cards(scans: Iterable[PastScan]) -> Cards:
    """What a class's cards tell after its passages of a day."""
    cards = Cards()
    for seen in walk(scans):
        cards = seen.cards
    return cards


def _standing(scans: Iterable[PastScan]) -> list[PastScan]:
    """In the order of their times; of the same time, in which they came. What settled an undone one is gone with it."""
    scans = list(scans)
    undone = {s.undoes for s in scans if s.undoes}
    standing = [s for s in scans if not s.undoes and s.scan_id not in undone and undone.isdisjoint(s.corrects)]
    return sorted(standing, key=lambda s: s.scanned_at)


__all__ = [
    "KEPT", "PastScan", "Seen", "add", "change", "clashes", "decide_at", "first_in", "follow_cards", "guess_known", "replay",
    "replay_days", "standing_by_day", "walk",
]  # fmt: skip

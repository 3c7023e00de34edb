"""Pure decisions of the door: what one passage does to the people present, and what the door answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo

from app.checkin.enums import ConflictKind, Direction, Reason, ScanResult
from app.registrations.drafts import Headcount
from app.registrations.enums import RegistrationStatus

NOBODY = Headcount(0, 0)
ONE = Headcount(1, 0)
PARTS = 1_000_000
"""Numbers from here on are no planned teams, but those who went somewhere by count: one part for each space, one walking about."""


@dataclass(frozen=True)
class TeamAt:
    """People of a team of a split group, and the space that they last entered."""

    team: int
    people: Headcount
    space_id: int | None


@dataclass(frozen=True)
class Whereabouts:
    """A registration's people on one day: in the event, the most that ever were on any day, and the space last entered.

    `teams` are those that went their own way, in the order of their numbers; the rest are in `space_id`. Who left a space that
    others of them stay in is a part among the teams (see PARTS).
    """

    inside: Headcount = NOBODY
    came: Headcount = NOBODY
    space_id: int | None = None
    teams: tuple[TeamAt, ...] = ()

    def by_space(self) -> dict[int, int]:
        """People in each space: each team where it is, the rest where the group was last."""
        counts: dict[int, int] = {}
        apart = sum(t.people.people for t in self.teams)
        found = [
            (self.space_id, max(0, self.inside.people - apart)),
            *((t.space_id, t.people.people) for t in self.teams),
        ]
        for space_id, people in found:
            if space_id is not None and people:
                counts[space_id] = counts.get(space_id, 0) + people
        return counts

    @property
    def rest(self) -> Headcount:
        """Those who are in no team and no part."""
        return minus(self.inside, _sum(self.teams))

    @property
    def has_parts(self) -> bool:
        return any(t.team >= PARTS for t in self.teams)

    def part(self, space_id: int | None) -> Headcount:
        """Who went there by count, the rest being elsewhere."""
        return next((t.people for t in self.teams if t.team == PARTS + (space_id or 0)), NOBODY)

    def with_part(self, space_id: int | None, people: Headcount) -> "Whereabouts":
        number = PARTS + (space_id or 0)
        others = tuple(t for t in self.teams if t.team != number)
        return replace(self, teams=_with(others, TeamAt(number, people, space_id)) if people.people else others)


@dataclass(frozen=True)
class Passage:
    """What a device says happened. `headcount` is who passes now; None means all who are not yet in (or all who are).

    `known` is who was inside as far as the device knew; None: as many as we know. `team` is the team that passes alone.
    """

    direction: Direction
    space_id: int | None
    headcount: Headcount | None = None
    known: Headcount | None = None
    team: int | None = None


@dataclass(frozen=True)
class Clash:
    """Two counts that cannot both be: who was inside by all other passages, and by this one."""

    kind: ConflictKind
    first: Headcount
    second: Headcount


@dataclass(frozen=True)
class Decision:
    """The answer, where people are after it, and by how many the event's people changed."""

    result: ScanResult
    reason: Reason | None
    after: Whereabouts
    delta: Headcount = NOBODY
    over: bool = False
    clash: Clash | None = None


def plus(a: Headcount, b: Headcount) -> Headcount:
    return Headcount(a.participants + b.participants, a.companions + b.companions)


def minus(a: Headcount, b: Headcount) -> Headcount:
    """Never below nobody."""
    return Headcount(max(0, a.participants - b.participants), max(0, a.companions - b.companions))


def most(a: Headcount, b: Headcount) -> Headcount:
    return Headcount(max(a.participants, b.participants), max(a.companions, b.companions))


def least(a: Headcount, b: Headcount) -> Headcount:
    return Headcount(min(a.participants, b.participants), min(a.companions, b.companions))


def refuse_status(status: RegistrationStatus, direction: Direction = Direction.IN) -> Reason | None:
    """Why a registration in this status may not come in; None when it may. Who is inside may always leave."""
    if direction is Direction.OUT or status is RegistrationStatus.CONFIRMED:
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
    if passage.team is not None and (passage.space_id is not None or passage.direction is Direction.OUT):
        return decide_team(now_at, expected, passage, passage.team, room=room)
    if passage.direction is Direction.OUT:
        return _leave(now_at, passage)
    if passage.space_id is None:
        return _enter_event(now_at, expected, passage, room)
    return _enter_space(now_at, expected, passage, room)


def _enter_event(now_at: Whereabouts, expected: Headcount, passage: Passage, room: int | None) -> Decision:
    """A device that did not know of everybody inside may count the same people as another did: together they are more than
    were expected. Then the larger of the two counts holds, and staff are asked.
    """
    known = now_at.inside if passage.known is None else passage.known
    missing = minus(expected, known)
    if missing.people == 0:
        return Decision(ScanResult.DUPLICATE, Reason.ALREADY_IN, now_at)
    passing = passage.headcount or missing
    unaware = minus(now_at.inside, known).people > 0
    if not unaware or minus(plus(now_at.inside, passing), expected).people == 0:
        return _let_in(now_at, expected, passing, room)
    said = plus(known, passing)
    inside = most(now_at.inside, said)
    after = replace(now_at, inside=inside, came=most(now_at.came, inside))
    # of one person alone nothing is to be asked: it is the same one
    clash = None if expected.people == inside.people == 1 else Clash(ConflictKind.TWICE, now_at.inside, said)
    over = minus(inside, expected).people > 0
    return Decision(ScanResult.ACCEPTED, None, after, minus(inside, now_at.inside), over, clash)


def _let_in(now_at: Whereabouts, expected: Headcount, passing: Headcount, room: int | None) -> Decision:
    """Nobody is sent away at the entrance for want of room in a space: more than expected or allowed is marked so."""
    inside = plus(now_at.inside, passing)
    after = replace(now_at, inside=inside, came=most(now_at.came, inside))
    over = minus(passing, minus(expected, now_at.inside)).people > 0
    crowded = now_at.space_id is not None and room is not None and passing.people > room
    return Decision(ScanResult.ACCEPTED, None, after, passing, over or crowded)


def _enter_space(now_at: Whereabouts, expected: Headcount, passage: Passage, room: int | None) -> Decision:
    """Entering a space leaves the one before, and gathers the teams. People who were not scanned at the entrance are in the
    event from here on; a count of more than are inside asks staff. Fewer are some of them, and go alone (see `joins`).
    """
    if passage.headcount is not None and joins(now_at, passage.headcount, passage.space_id):
        return _join(now_at, passage.space_id, passage.headcount, room)
    if now_at.space_id == passage.space_id and now_at.inside.people > 0 and not now_at.teams:
        return Decision(ScanResult.DUPLICATE, Reason.ALREADY_IN, now_at)
    passing = passage.headcount or (now_at.inside if now_at.inside.people else expected)
    newly_in = minus(passing, now_at.inside)
    inside = plus(now_at.inside, newly_in)
    there = now_at.by_space().get(passage.space_id or 0, 0)
    if room is not None and inside.people - there > room:
        return Decision(ScanResult.REFUSED, Reason.SPACE_FULL, now_at)
    after = Whereabouts(inside, most(now_at.came, inside), passage.space_id)
    differs = passage.headcount is not None and now_at.inside.people > 0 and passage.headcount != now_at.inside
    clash = Clash(ConflictKind.DIFFERS, now_at.inside, passing) if differs else None
    return Decision(ScanResult.ACCEPTED, None, after, newly_in, minus(inside, expected).people > 0, clash)


def joins(now_at: Whereabouts, people: Headcount, space_id: int | None) -> bool:
    """Whether as many are some of the group who go somewhere alone: of those who walk about, else of the rest in another space."""
    walking = now_at.rest if now_at.space_id is None else now_at.part(None)
    if now_at.has_parts and minus(people, walking).people == 0:
        return True
    if people == now_at.inside or space_id == now_at.space_id:
        return False
    free = walking if now_at.space_id is None else plus(walking, now_at.rest)
    return minus(people, free).people == 0


def _join(now_at: Whereabouts, space_id: int | None, people: Headcount, room: int | None) -> Decision:
    """They alone need room. Where most of a group that was together come, it may be a mistake in counting: staff are asked."""
    if room is not None and people.people > room:
        return Decision(ScanResult.REFUSED, Reason.SPACE_FULL, now_at)
    after = now_at
    if now_at.space_id is not None:
        after = after.with_part(None, minus(now_at.part(None), people))
    if space_id != now_at.space_id:
        after = after.with_part(space_id, plus(now_at.part(space_id), people))
    asked = not now_at.teams and 2 * people.people > now_at.inside.people
    return Decision(
        ScanResult.ACCEPTED, None, after, clash=Clash(ConflictKind.DIFFERS, now_at.inside, people) if asked else None
    )


def _leave_space(now_at: Whereabouts, space_id: int, headcount: Headcount | None) -> Decision:
    """Who leaves a space walks about in the event; where a count is said, only as many. Of more than are there, those who are."""
    mine = now_at.space_id == space_id
    there = now_at.rest if mine else now_at.part(space_id)
    if not mine and there.people == 0:
        return Decision(ScanResult.REFUSED, Reason.NOT_IN, now_at)
    wanted = headcount or there
    leaving = least(wanted, there)
    if mine and leaving == there:
        after = replace(now_at.with_part(None, NOBODY), space_id=None)
    else:
        after = now_at if mine else now_at.with_part(space_id, minus(there, leaving))
        if after.space_id is not None:
            after = after.with_part(None, plus(now_at.part(None), leaving))
    return Decision(ScanResult.ACCEPTED, None, after, over=wanted != leaving)


def without(now_at: Whereabouts, leaving: Headcount) -> Whereabouts:
    """After some left the event: those who walk about while others are in a space go first."""
    inside = minus(now_at.inside, leaving)
    walking = now_at.part(None)
    kept = now_at.with_part(None, minus(walking, leaving)) if walking.people else now_at
    teams = kept.teams if _sum(kept.teams).people <= inside.people and inside.people else ()
    return replace(now_at, inside=inside, space_id=now_at.space_id if inside.people else None, teams=teams)


def _leave(now_at: Whereabouts, passage: Passage) -> Decision:
    """Of more than are in, those leave who are; where the device knew of some inside they passed, though we do not count them. Of
    whom it knew nothing, for another one counted them: who shows their ticket on the way out leaves.
    """
    if passage.space_id is not None:
        return _leave_space(now_at, passage.space_id, passage.headcount)
    known = now_at.inside if passage.known is None else passage.known
    if known.people == 0 and now_at.inside.people == 0:
        return Decision(ScanResult.REFUSED, Reason.NOT_IN, now_at)
    wanted = passage.headcount or (known if known.people else now_at.inside)
    leaving = least(wanted, now_at.inside)
    after = without(now_at, leaving)
    delta = Headcount(-leaving.participants, -leaving.companions)
    return Decision(ScanResult.ACCEPTED, None, after, delta, wanted != leaving)


def decide_team(now_at: Whereabouts, expected: Headcount, passage: Passage, team: int, *, room: int | None) -> Decision:
    """Decide one passage of a team: it alone moves, the rest stay where the group was last. At the entrance a team is a part
    of its group like any other. How many it is must be said once.
    """
    mine = next((t for t in now_at.teams if t.team == team), None)
    people = passage.headcount or (mine.people if mine else None)
    if people is None:
        return Decision(ScanResult.REFUSED, Reason.INVALID, now_at)
    others = tuple(t for t in now_at.teams if t.team != team)
    if passage.direction is Direction.OUT and passage.space_id is None:
        return _team_leaves(now_at, others, replace(passage, headcount=people, team=None))
    there = mine is not None and mine.space_id == passage.space_id and now_at.inside.people > 0
    if passage.direction is Direction.OUT:
        if mine is None or not there:
            return Decision(ScanResult.REFUSED, Reason.NOT_IN, now_at)
        return Decision(ScanResult.ACCEPTED, None, replace(now_at, teams=_with(others, replace(mine, space_id=None))))
    if there:
        return Decision(ScanResult.DUPLICATE, Reason.ALREADY_IN, now_at)
    if room is not None and people.people > room:
        return Decision(ScanResult.REFUSED, Reason.SPACE_FULL, now_at)
    teams = _with(others, TeamAt(team, people, passage.space_id))
    newly_in = minus(_sum(teams), now_at.inside)
    inside = plus(now_at.inside, newly_in)
    after = Whereabouts(inside, most(now_at.came, inside), now_at.space_id, teams)
    return Decision(ScanResult.ACCEPTED, None, after, newly_in, minus(inside, expected).people > 0)


def _team_leaves(now_at: Whereabouts, others: tuple[TeamAt, ...], passage: Passage) -> Decision:
    """A team leaves the event; the parts of the others stay where they are."""
    parts = tuple(t for t in others if t.team >= PARTS)
    left = _leave(replace(now_at, teams=others[: len(others) - len(parts)]), passage)
    if left.result is not ScanResult.ACCEPTED:
        return replace(left, after=now_at)
    teams = (*left.after.teams, *parts)
    fits = _sum(teams).people <= left.after.inside.people
    return replace(left, after=replace(left.after, teams=teams if fits else left.after.teams))


def _sum(teams: Iterable[TeamAt]) -> Headcount:
    people = NOBODY
    for one in teams:
        people = plus(people, one.people)
    return people


def _with(others: tuple[TeamAt, ...], one: TeamAt) -> tuple[TeamAt, ...]:
    return tuple(sorted((*others, one), key=lambda t: t.team))


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


def day_bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The moment at which a local day begins, and that at which the next one does."""
    return datetime.combine(day, time(), tzinfo=zone), datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)

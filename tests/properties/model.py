"""What should be so, counted in plain Python from what was asked and answered: the tests' own idea of places and presence."""

from dataclasses import dataclass, field

from app.registrations.drafts import Headcount

Pair = tuple[int, int]
Obstacle = tuple[str, frozenset[int]]
Said = tuple[str, str | None]

HELD = {"confirmed", "offered"}
ALIVE = {"confirmed", "waitlisted", "offered"}


@dataclass
class Passage:
    """An accepted scan: what it added to the people inside, and whether it was taken back.

    It went through the door of a space; `moved` says that it led its whole registration there (or out of there). Days are
    numbered: each begins with nobody inside.
    """

    scan_id: str
    ticket: str
    way: str
    space: int | None
    delta: Pair
    moved: bool = True
    undone: bool = False
    day: int = 0


@dataclass
class Booking:
    """One registration. `codes` are its main ticket and its route cards."""

    id: int
    codes: list[str]
    same: str | None
    group: bool
    audience: str
    participants: int
    companions: int
    status: str
    waves: frozenset[int]
    passages: list[Passage] = field(default_factory=list)

    @property
    def people(self) -> int:
        return self.participants + self.companions

    def holds(self) -> int:
        return self.people if self.status in HELD else 0

    def figures(self, day: int) -> tuple[Headcount, Headcount]:
        """Those of an answer: expected, and inside on that day."""
        return Headcount(self.participants, self.companions), Headcount(*self.whereabouts(day)[0])

    def counted(self, count: Pair | None, way: str, space: int | None, day: int) -> Pair | None:
        """The count that is sent: none at a space where so many would be a part of those inside, the others staying where they
        are (parts: test_pure_rules, test_interleavings).
        """
        (p, c), _, _ = self.whereabouts(day)
        if count is None or space is None or (count[0] >= p and count[1] >= c):
            return count
        return None if way == "out" or (count[0] <= p and count[1] <= c) else count

    @property
    def last_day(self) -> int | None:
        """The latest on which somebody passed, be it taken back."""
        return max((x.day for x in self.passages), default=None)

    def whereabouts(self, day: int | None = None) -> tuple[Pair, Pair, int | None]:
        """(inside, most ever inside, space) on a day, else on the last, walking through the passages that stand."""
        days = [self.walk(n) for n in sorted({x.day for x in self.passages})]
        most = max((m[0] for _, m, _ in days), default=0), max((m[1] for _, m, _ in days), default=0)
        inside, _, space = self.walk(self.last_day if day is None else day)
        return inside, most, space

    def walk(self, day: int | None) -> tuple[Pair, Pair, int | None]:
        """(inside, most inside, space) of one day alone."""
        p = c = most_p = most_c = 0
        space: int | None = None
        for passage in self.passages:
            if passage.undone or passage.day != day:
                continue
            p, c = max(p + passage.delta[0], 0), max(c + passage.delta[1], 0)
            most_p, most_c = max(most_p, p), max(most_c, c)
            if passage.space is not None and passage.moved:
                space = passage.space if passage.way == "in" else None
            if p == c == 0:
                space = None
        return (p, c), (most_p, most_c), space

    def card(self, code: str, day: int) -> tuple[str | None, int | None]:
        """What a card tells by itself: surely in, surely out or (None) anybody's guess, and the space it went into.

        Who leaves or comes in with the main ticket may be any pupil, so that afterwards one guesses again.
        """
        state, space = None, None
        for x in self.passages:
            if x.undone or x.day != day:
                continue
            if x.ticket == code:
                state = "out" if x.way == "out" and x.space is None else "in"
                space = x.space if x.way == "in" else None
            elif x.ticket == self.codes[0]:
                space = None
                if (state == "in" and x.delta[0] < 0) or (state == "out" and x.delta[0] > 0):
                    state = None
        return state, space


@dataclass
class Forum:
    """One event. `waves` and `spaces` are capacities by id; `limits` (people, groups) by wave and audience."""

    capacity: int | None
    waves: dict[int, int]
    limits: dict[tuple[int, str], tuple[int | None, int | None]]
    spaces: dict[int, int]
    bookings: list[Booking] = field(default_factory=list)

    def taken(self) -> int:
        return sum(b.holds() for b in self.bookings)

    def taken_in(self, wave: int) -> int:
        return sum(b.holds() for b in self.bookings if wave in b.waves)

    def counted(self, wave: int, audience: str) -> Pair:
        """(people, groups) of an audience in a wave."""
        there = [b for b in self.bookings if wave in b.waves and b.audience == audience and b.holds()]
        return sum(b.people for b in there), sum(b.group for b in there)

    def never(self, audience: str, group: bool, waves: frozenset[int], people: int) -> bool:
        """Whether these waves could not hold so many even if nobody else came: then nobody waits for them."""
        shares = [self.limits.get((wave, audience), (None, None)) for wave in waves]
        most = [self.capacity, *(self.waves[wave] for wave in waves), *(share[0] for share in shares)]
        closed = group and any(share[1] == 0 for share in shares)
        return closed or people > min(limit for limit in most if limit is not None)

    def obstacle(
        self, audience: str, group: bool, waves: frozenset[int], people: int, old: Booking | None = None
    ) -> Obstacle | None:
        """Why these places cannot be had (the event, a wave, an audience's share), or None. `old` frees its own first."""
        freed = old.holds() if old else 0
        had = old.waves if old and freed else frozenset[int]()
        if self.capacity is not None and people > freed and self.taken() + people - freed > self.capacity:
            return "event", frozenset()
        more = {w: people * (w in waves) - freed * (w in had) for w in waves | had}
        full = sorted(w for w, n in more.items() if n > 0 and self.taken_in(w) + n > self.waves[w])
        if full:
            return "wave", frozenset(full[:1])
        shut = set()
        for wave, n in more.items():
            most_people, most_groups = self.limits.get((wave, audience), (None, None))
            now_people, now_groups = self.counted(wave, audience)
            groups = group * ((wave in waves) - (wave in had))
            if most_people is not None and n > 0 and now_people + n > most_people:
                shut.add(wave)
            if most_groups is not None and groups > 0 and now_groups + groups > most_groups:
                shut.add(wave)
        return ("audience", frozenset(shut)) if shut else None

    def serve(self, before: Booking | None = None, but: Booking | None = None) -> tuple[list[Booking], frozenset[int]]:
        """(who is offered places, in the order of arrival; the waves of which others get none): one who must wait holds all up.

        `before`: only who came before that one. Who can never have places holds nobody up.
        """
        offers: list[Booking] = []
        held_up: frozenset[int] = frozenset()
        for b in sorted((b for b in self.bookings if b.status == "waitlisted"), key=lambda b: b.id):
            if b is but or (before is not None and b.id >= before.id):
                continue
            if self.never(b.audience, b.group, b.waves, b.people):
                continue
            if held_up & b.waves or self.obstacle(b.audience, b.group, b.waves, b.people) is not None:
                held_up |= b.waves
            else:
                b.status = "offered"
                offers.append(b)
        for b in offers:
            b.status = "waitlisted"
        return offers, held_up

    @staticmethod
    def offer(bookings: list[Booking]) -> None:
        """They are offered places."""
        for booking in bookings:
            booking.status = "offered"

    def turn(
        self, audience: str, group: bool, waves: frozenset[int], people: int, old: Booking | None = None
    ) -> tuple[Obstacle | None, list[Booking]]:
        """(why a newcomer gets no places, who is offered some before that): as `obstacle`, but behind those who wait."""
        had = old.waves if old and old.holds() else frozenset[int]()
        more = waves if old is None or people > old.holds() else waves - had
        queued = self._queued(more, old)
        obstacle = self.obstacle(audience, group, waves, people, old)
        if not queued or (obstacle and obstacle[0] == "event"):
            return obstacle, []
        if obstacle and obstacle[0] == "wave":
            return ("wave", obstacle[1] | queued), []
        offers, held_up = self.serve(but=old)
        for b in offers:
            b.status = "offered"
        obstacle = self.obstacle(audience, group, waves, people, old)
        queued = self._queued(more, old) if held_up & more else frozenset()
        for b in offers:
            b.status = "waitlisted"
        if queued and (obstacle is None or obstacle[0] != "event"):
            obstacle = ("wave", queued | (obstacle[1] if obstacle and obstacle[0] == "wave" else frozenset()))
        return obstacle, offers

    def _queued(self, waves: frozenset[int], but: Booking | None) -> frozenset[int]:
        waiting = [b for b in self.bookings if b.status == "waitlisted" and b is not but]
        return frozenset(wave for b in waiting for wave in b.waves) & waves

    def below_taken(
        self,
        capacity: int | None,
        waves: dict[int, int],
        limits: dict[tuple[int, str], tuple[int | None, int | None]],
    ) -> bool:
        """Whether new capacities would hold fewer than are there."""
        if capacity is not None and self.taken() > capacity:
            return True
        if any(self.taken_in(w) > capacity for w, capacity in waves.items()):
            return True
        for (wave, audience), (most_people, most_groups) in limits.items():
            people, groups = self.counted(wave, audience)
            if (most_people is not None and people > most_people) or (most_groups is not None and groups > most_groups):
                return True
        return False

    def present(self, day: int) -> tuple[int, list[int]]:
        """People in on a day, in all and by space."""
        there = sum(sum(b.whereabouts()[0]) for b in self.bookings if b.last_day == day)
        return there, [self.in_space(space, day) for space in self.spaces]

    def in_space(self, space: int, day: int) -> int:
        """Of those whose last day that is: who has come again on a later one is not looked for on an earlier."""
        there = [b.whereabouts() for b in self.bookings if b.last_day == day]
        return sum(sum(inside) for inside, _, where in there if where == space)

    def scan(
        self, booking: Booking, scan_id: str, code: str, way: str, space: int | None, asked: Pair | None, day: int
    ) -> Said:
        """What the door answers, and note what happened. Whoever is inside may leave, whatever became of the registration."""
        if way == "in" and booking.status != "confirmed":
            return "refused", "waitlisted" if booking.status == "offered" else booking.status
        card = code != booking.codes[0]
        if way == "in" and booking.codes.index(code) > booking.participants:
            return "refused", "cancelled"  # the class shrank: its last cards are withdrawn
        said, delta = (
            self._judge_card(booking, code, way, space, day) if card else self._judge(booking, way, space, asked, day)
        )
        if said[0] == "accepted":
            booking.passages.append(Passage(scan_id, code, way, space, delta, moved=not card, day=day))
        return said

    def _judge_card(self, booking: Booking, code: str, way: str, space: int | None, day: int) -> tuple[Said, Pair]:
        (inside, _), _, where = booking.whereabouts(day)
        states = [booking.card(card, day)[0] for card in booking.codes[1:]]
        state, own_space = booking.card(code, day)
        strangers, absent = inside - states.count("in"), booking.participants - inside - states.count("out")
        counted = inside > 0 and (state == "in" or (state is None and strangers > 0))
        here = space is None or space in {where, own_space}
        if way == "out":
            delta = (-1, 0) if space is None else (0, 0)
            return (("accepted", None), delta) if counted and here else (("refused", "not_in"), (0, 0))
        if counted and here and (space is not None or state == "in" or absent <= 0):
            return ("duplicate", "already_in"), (0, 0)
        if space is not None and self.in_space(space, day) >= self.spaces[space]:
            return ("refused", "space_full"), (0, 0)
        return ("accepted", None), (0, 0) if counted and space is not None else (1, 0)

    def _judge(self, booking: Booking, way: str, space: int | None, asked: Pair | None, day: int) -> tuple[Said, Pair]:
        (p, c), _, where = booking.whereabouts(day)
        missing = max(booking.participants - p, 0), max(booking.companions - c, 0)
        if asked == (0, 0):
            return ("refused", "invalid"), (0, 0)
        if way == "out" and space is not None:
            return (("accepted", None) if where == space else ("refused", "not_in")), (0, 0)
        if way == "out":
            if p + c == 0:
                return ("refused", "not_in"), (0, 0)
            gone = asked or (p, c)
            return ("accepted", None), (-min(gone[0], p), -min(gone[1], c))
        if space is None:
            return (
                (("duplicate", "already_in"), (0, 0)) if missing == (0, 0) else (("accepted", None), asked or missing)
            )
        if where == space and p + c > 0:
            return ("duplicate", "already_in"), (0, 0)
        passing = asked or ((p, c) if p + c else (booking.participants, booking.companions))
        newly = max(passing[0] - p, 0), max(passing[1] - c, 0)
        if p + c + sum(newly) > self.spaces[space] - self.in_space(space, day):
            return ("refused", "space_full"), (0, 0)
        return ("accepted", None), newly

    def undo(self, booking: Booking, scan_id: str) -> Said:
        """Take an accepted scan back, once."""
        found = next((x for x in booking.passages if x.scan_id == scan_id and not x.undone), None)
        if found is None:
            return "refused", "invalid"
        found.undone = True
        return "accepted", None

"""Whatever is asked in whatever order: places, counters and presence are what plain counting says, and doctor stays clean."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask, current_app
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from app.checkin.enums import Direction
from app.checkin.models import Presence
from app.checkin.operations import ScanAnswer, ScanInput, record_scans
from app.checkin.queries import get_occupancy
from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, EventDraft, SpaceDraft, StopDraft, WaveDraft
from app.events.enums import Enrolment
from app.events.errors import HasRegistrations
from app.events.models import Allotment, Event, Wave
from app.events.operations import edit_event
from app.events.queries import get_event_by_id
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft
from app.registrations.enums import RegistrationKind
from app.registrations.errors import AlreadyRegistered
from app.registrations.operations import (
    Registered,
    cancel_registration,
    change_registration,
    erase_registration,
    issue_route_cards,
    register,
)
from app.registrations.queries import get_registration
from tests.factories import DAY_ONE, NOW, forum, make_event, make_organiser
from tests.integration.dbs import empty_tables
from tests.properties.asking import AUDIENCES, asks, attempt, limit, passages, refusal, small
from tests.properties.conftest import STATEFUL
from tests.properties.model import ALIVE, Booking, Forum, Pair

LAST_DAY = DAY_ONE + timedelta(days=2, hours=8)
Limits = dict[tuple[int, str], tuple[int | None, int | None]]


def test_places_and_presence_are_what_counting_says(whole_app: Flask) -> None:
    examples = STATEFUL.max_examples if db.engine.dialect.name == "sqlite" else STATEFUL.max_examples // 2
    run_state_machine_as_test(ForumMachine, settings=settings(STATEFUL, max_examples=examples))


class ForumMachine(RuleBasedStateMachine):
    """One event with two spaces; the model beside it is changed by the test alone."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = 0
        self.scans: list[tuple[ScanInput, ScanAnswer]] = []

    @initialize(
        enrolment=st.sampled_from(Enrolment),
        capacity=st.none() | st.integers(1, 30),
        capacities=st.lists(st.integers(1, 20), min_size=1, max_size=3),
        limits=st.lists(st.tuples(limit, limit), min_size=3, max_size=3),
        first=st.lists(asks, min_size=2, max_size=5),
    )
    def open(
        self,
        enrolment: Enrolment,
        capacity: int | None,
        capacities: list[int],
        limits: list[Any],
        first: list[dict[str, Any]],
    ) -> None:
        db.session.rollback()
        empty_tables(current_app)
        shares = tuple(AllotmentDraft(a, *most) for a, most in zip(AUDIENCES, limits, strict=True))
        waves = tuple(self.wave(n, places, shares if n == 0 else ()) for n, places in enumerate(capacities))
        draft = forum(enrolment=enrolment, capacity=capacity, waves=waves, stops=(StopDraft("Construire", 20),))
        event = make_event(make_organiser(), draft)
        self.event_id = event.id
        self.spaces = [s.id for s in event.spaces]
        self.door = {c.space_id: c.id for c in event.checkpoints}
        self.accepted = set(AUDIENCES)
        self.draft: EventDraft = replace(
            draft,
            waves=tuple(replace(w, id=row.id) for w, row in zip(waves, event.waves, strict=True)),
            spaces=tuple(SpaceDraft(s.name, s.capacity, id=s.id) for s in event.spaces),
        )
        self.model = Forum(
            capacity,
            {w.id: w.capacity for w in event.waves},
            {(event.waves[0].id, a): most for a, most in zip(AUDIENCES, limits, strict=True)},
            {s.id: s.capacity for s in event.spaces},
        )
        for ask in first:
            self.register(**ask)

    @staticmethod
    def wave(number: int, places: int, allotments: tuple[AllotmentDraft, ...]) -> WaveDraft:
        starts_at = DAY_ONE + timedelta(minutes=40 * number)
        return WaveDraft(starts_at, starts_at + timedelta(minutes=40), places, allotments=allotments)

    def pick(self, chosen: set[int], enrolment: Enrolment) -> frozenset[int]:
        """A choice of waves that the event's enrolment admits."""
        known = sorted(self.model.waves)
        if enrolment is Enrolment.ALL:
            return frozenset(known)
        picked = sorted({known[n % len(known)] for n in chosen})
        return frozenset(picked if enrolment is Enrolment.SEVERAL else picked[:1])

    @rule(ask=asks)
    def somebody_registers(self, ask: dict[str, Any]) -> None:
        self.register(**ask)

    def register(
        self, audience: str, group: bool, people: Pair, chosen: set[int], waitlist: bool, who: int | None, quiet: bool
    ) -> None:
        self.numbers += 1
        mail = f"ana{self.numbers if who is None else f'-{who}'}@example.org"
        waves = self.pick(chosen, self.draft.enrolment)
        count = people if group else (1, 0)
        same = f"{mail} {group}"
        draft = RegistrationDraft(
            RegistrationKind.GROUP if group else RegistrationKind.INDIVIDUAL,
            audience,
            tuple(waves),
            Contact("Ana Petit", mail),
            Headcount(*count),
            Organisation("Collège des Trois-Rivières", class_label="3e B") if group else Organisation(),
            waitlist=waitlist,
        )
        event = get_event_by_id(self.event_id)
        answer = attempt(lambda: register(event, draft, by=SYSTEM, now=NOW, quiet=quiet))
        if audience not in self.accepted:
            assert isinstance(answer, FieldError)
            assert answer.problems == {"audience": "unknown_audience"}
            return
        twin = next((b for b in self.model.bookings if b.same == same and b.status in ALIVE), None)
        if twin is not None:
            assert isinstance(answer, AlreadyRegistered)
            assert answer.registration_id == twin.id
            return
        obstacle, offers = self.model.turn(audience, group, waves, sum(count))
        if obstacle is not None and not waitlist:
            assert refusal(obstacle, answer), (obstacle, answer)
            return
        if obstacle is not None and self.model.never(audience, group, waves, sum(count)):
            assert isinstance(answer, FieldError)
            assert set(answer.problems.values()) <= {"never_room", "never_open"}
            return
        assert isinstance(answer, Registered)
        assert answer.status == ("confirmed" if obstacle is None else "waitlisted")
        self.model.offer(offers if obstacle is None else [])
        self.model.bookings.append(
            Booking(answer.id, [answer.ticket_code], same, group, audience, *count, str(answer.status), waves)
        )

    @precondition(lambda self: self.model.bookings)
    @rule(
        which=st.integers(0, 99),
        chosen=st.none() | st.sets(small, min_size=1, max_size=3),
        people=st.none() | st.tuples(st.integers(1, 9), st.integers(0, 2)),
    )
    def change(self, which: int, chosen: set[int] | None, people: Pair | None) -> None:
        booking = self.some(which)
        waves = booking.waves if chosen is None else self.pick(chosen, self.draft.enrolment)
        count = (booking.participants, booking.companions) if people is None or not booking.group else people
        answer = attempt(
            lambda: change_registration(
                booking.id,
                waves=None if chosen is None else tuple(waves),
                headcount=Headcount(*count),
                by=SYSTEM,
                now=NOW,
            )
        )
        if booking.status in {"cancelled", "offered"}:
            assert isinstance(answer, MoveNotAllowed)
            return
        same = set(waves) == set(booking.waves)
        if booking.status == "confirmed" and same and count == (booking.participants, booking.companions):
            assert answer == booking.status
            return
        grows = booking.status == "waitlisted" and same and sum(count) > booking.people
        if grows and self.model.never(booking.audience, booking.group, waves, sum(count)):
            assert isinstance(answer, FieldError)
            return
        if booking.status == "waitlisted" and same:
            offers, held_up = self.model.serve(before=booking)
            self.model.offer(offers)
            obstacle = self.model.obstacle(booking.audience, booking.group, waves, sum(count), booking)
            status = "waitlisted" if obstacle is not None or held_up & waves else "confirmed"
        else:
            obstacle, offers = self.model.turn(booking.audience, booking.group, waves, sum(count), booking)
            if obstacle is not None:
                assert refusal(obstacle, answer), (obstacle, answer)
                return
            self.model.offer(offers)
            status = "confirmed"
        assert answer == status
        booking.waves, booking.status, (booking.participants, booking.companions) = waves, status, count

    @precondition(lambda self: self.model.bookings)
    @rule(which=st.integers(0, 99), reason=st.sampled_from(["", "Ana est malade"]))
    def cancel(self, which: int, reason: str) -> None:
        booking = self.some(which)
        answer = attempt(lambda: cancel_registration(booking.id, by=SYSTEM, now=NOW, reason=reason))
        assert isinstance(answer, MoveNotAllowed) if booking.status == "cancelled" else answer is None
        booking.status = "cancelled"

    @precondition(lambda self: self.model.bookings)
    @rule(which=st.integers(0, 99))
    def erase(self, which: int) -> None:
        booking = self.some(which)
        assert attempt(lambda: erase_registration(booking.id, by=SYSTEM, now=NOW)) is None
        booking.status, booking.same, row = "cancelled", None, get_registration(booking.id)
        assert (row.contact_name, row.contact_email, row.status) == ("—", "", "cancelled")

    @rule(
        what=st.sampled_from(["capacities", "capacities", "more", "fewer"]),
        capacity=st.none() | st.integers(1, 40),
        capacities=st.lists(st.integers(1, 25), min_size=4, max_size=4),
        limits=st.lists(st.tuples(limit, limit), min_size=3, max_size=3),
        accepted=st.sets(st.sampled_from(AUDIENCES), min_size=1),
        number=st.integers(0, 3),
    )
    def edit(
        self,
        what: str,
        capacity: int | None,
        capacities: list[int],
        limits: list[Any],
        accepted: set[str],
        number: int,
    ) -> None:
        if what == "capacities":
            self.set_capacities(capacity, capacities, limits, accepted, number)
        elif what == "more" and len(self.draft.waves) < 4:
            self.add_wave(capacities[0])
        elif what == "fewer" and len(self.draft.waves) > 1:
            self.remove_wave(number)

    def set_capacities(
        self, capacity: int | None, capacities: list[int], limits: list[Any], accepted: set[str], limited: int
    ) -> None:
        waves: list[WaveDraft] = []
        wanted: Limits = {}
        for n, wave in enumerate(self.draft.waves):
            mine = zip(AUDIENCES, limits, strict=True) if n == limited else ()
            allotments = tuple(AllotmentDraft(a, *most) for a, most in mine if a in accepted)
            assert wave.id is not None
            wanted |= {(wave.id, a.audience): (a.max_people, a.max_groups) for a in allotments}
            waves.append(replace(wave, capacity=capacities[n], allotments=allotments))
        audiences = tuple(a for a in AUDIENCES if a in accepted)
        draft = replace(self.draft, capacity=capacity, waves=tuple(waves), audiences=audiences)
        places = {w.id: w.capacity for w in waves if w.id is not None}
        answer = attempt(lambda: edit_event(self.event_id, draft, by=SYSTEM, now=NOW))
        if self.model.below_taken(capacity, places, wanted):
            assert isinstance(answer, FieldError)
            assert set(answer.problems.values()) == {"below_taken"}
            return
        assert answer is None
        self.draft, self.accepted = draft, accepted
        self.model.capacity, self.model.waves, self.model.limits = capacity, places, wanted

    def add_wave(self, places: int) -> None:
        number = len(self.draft.waves)
        draft = replace(self.draft, waves=(*self.draft.waves, self.wave(number, places, ())))
        assert attempt(lambda: edit_event(self.event_id, draft, by=SYSTEM, now=NOW)) is None
        known = {w.id for w in self.draft.waves}
        new = next(w for w in get_event_by_id(self.event_id).waves if w.id not in known)
        self.draft = replace(draft, waves=(*self.draft.waves, replace(draft.waves[-1], id=new.id)))
        self.model.waves[new.id] = places

    def remove_wave(self, which: int) -> None:
        gone = self.draft.waves[which % len(self.draft.waves)]
        draft = replace(self.draft, waves=tuple(w for w in self.draft.waves if w is not gone))
        answer = attempt(lambda: edit_event(self.event_id, draft, by=SYSTEM, now=NOW))
        if any(gone.id in b.waves for b in self.model.bookings):
            assert isinstance(answer, HasRegistrations)
            return
        assert answer is None
        self.draft = draft
        self.model.waves = {w: places for w, places in self.model.waves.items() if w != gone.id}
        self.model.limits = {key: most for key, most in self.model.limits.items() if key[0] != gone.id}

    @precondition(lambda self: any(b.group for b in self.model.bookings))
    @rule(which=st.integers(0, 99))
    def make_cards(self, which: int) -> None:
        groups = [b for b in self.model.bookings if b.group]
        booking = groups[which % len(groups)]
        count = attempt(lambda: issue_route_cards(booking.id, by=SYSTEM, now=NOW))
        row = get_registration(booking.id)
        assert count == len(row.cards) == booking.participants
        assert len(row.withdrawn) == max(0, len(booking.codes) - 1 - booking.participants)
        booking.codes = [booking.codes[0], *(card.code for card in (*row.cards, *row.withdrawn))]

    @precondition(lambda self: self.model.bookings)
    @rule(passages=passages)
    def scan_more(self, passages: list[Any]) -> None:
        self.scan(passages)

    @precondition(lambda self: self.model.bookings)
    @rule(passages=passages)
    def scan(self, passages: list[tuple[int, int, Direction, int, Pair | None, int]]) -> None:
        items, expected = [], []
        for which, ticket, way, door, people, day in passages:
            booking = self.some(which)
            code = booking.codes[ticket % len(booking.codes)]
            space = [None, *self.spaces][door]
            people = booking.counted(people, way, space, day)
            item = self.item(code, space, way, None if people is None else Headcount(*people), day=day)
            items.append(item)
            told = self.model.scan(booking, item.id, code, way, space, people, day)
            expected.append((told, booking.figures(day)))
        self.send(items, expected)

    @precondition(lambda self: self.scans)
    @rule(which=st.integers(0, 99), again=st.booleans(), later=st.integers(0, 2))
    def undo(self, which: int, again: bool, later: int) -> None:
        done = self.scans[which % len(self.scans)][0]
        booking = next(b for b in self.model.bookings if done.code in b.codes)
        day = (done.scanned_at - DAY_ONE).days
        items = [self.item(done.code, None, done.direction, None, done.id, later) for _ in range(1 + again)]
        told = [self.model.undo(booking, done.id) for _ in items]
        expected = [(said, booking.figures(day if said[0] == "accepted" else later)) for said in told]
        self.send(items, expected, keep=False)

    @precondition(lambda self: self.scans)
    @rule(which=st.integers(0, 99), other=st.integers(0, 99))
    def send_again(self, which: int, other: int) -> None:
        done, answer = self.scans[which % len(self.scans)]
        code = self.scans[other % len(self.scans)][0].code
        again = replace(done, code=code, direction=Direction.IN, headcount=Headcount(3, 0))
        with transaction():
            got = record_scans(get_event_by_id(self.event_id), "door 2", [again, done], now=LAST_DAY)
        assert [replace(g, label="") for g in got] == [replace(answer, label="")] * 2

    def item(
        self, code: str, space: int | None, way: Direction, people: Headcount | None, undoes: str | None = None,
        day: int = 0,
    ) -> ScanInput:  # fmt: skip
        self.numbers += 1
        at = DAY_ONE + timedelta(days=day, seconds=self.numbers)
        return ScanInput(str(UUID(int=self.numbers)), code, self.door[space], way, at, people, undoes)

    def send(self, items: list[ScanInput], expected: list[Any], *, keep: bool = True) -> None:
        with transaction():
            answers = record_scans(get_event_by_id(self.event_id), "door 1", items, now=LAST_DAY)
        assert [((a.result, a.reason), (a.expected, a.present)) for a in answers] == expected
        if keep:
            self.scans += zip(items, answers, strict=True)

    def some(self, which: int) -> Booking:
        return self.model.bookings[which % len(self.model.bookings)]

    @invariant()
    def counters_are_what_counting_says(self) -> None:
        taken = db.session.execute(select(Event.taken).where(Event.id == self.event_id)).scalar_one()
        assert taken == self.model.taken()
        assert self.model.capacity is None or taken <= self.model.capacity
        rows = db.session.execute(select(Wave.id, Wave.taken).where(Wave.event_id == self.event_id))
        waves = {row.id: row.taken for row in rows}
        assert waves == {w: self.model.taken_in(w) for w in self.model.waves}
        assert all(waves[w] <= places for w, places in self.model.waves.items())
        found = {
            (a.wave_id, a.audience): (a.people, a.groups)
            for a in db.session.execute(select(Allotment.__table__).where(Allotment.wave_id.in_(waves)))
        }
        assert found == {key: self.model.counted(*key) for key in found}
        counted = {(w, b.audience) for b in self.model.bookings if b.holds() for w in b.waves}
        assert counted | {(w, a) for w in waves for a in self.accepted} <= set(found)

    @invariant()
    def presence_is_what_walking_through_says(self) -> None:
        rows = db.session.execute(select(Presence.__table__).where(Presence.event_id == self.event_id)).all()
        inside = {r.registration_id: ((r.participants, r.companions), r.space_id) for r in rows}
        came = {r.registration_id: (r.came_participants, r.came_companions) for r in rows}
        found = {who: (people, came[who], space) for who, (people, space) in inside.items()}
        assert found == {b.id: b.whereabouts() for b in self.model.bookings if b.passages}
        for day in range(3):
            occupancy = get_occupancy(get_event_by_id(self.event_id), now=DAY_ONE + timedelta(days=day))
            assert (occupancy.present, [s.present for s in occupancy.spaces]) == self.model.present(day)

    @invariant()
    def doctor_is_content(self) -> None:
        assert [r for r in run_checks(NOW) if not r.ok] == []
        db.session.rollback()

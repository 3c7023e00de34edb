"""Whatever happens in whatever order: no limit is broken, nobody is passed over, places are conserved, and doctor stays clean."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

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
from sqlalchemy import select, update

from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, ApartDraft, EventDraft, WaveDraft
from app.events.enums import Enrolment, Span, WaitingPolicy
from app.events.errors import AudienceFull, WaveFull
from app.events.operations import delete_event, edit_event, restore_event
from app.events.operations.waiting import OFFER_JOB
from app.events.queries import get_event_by_id
from app.jobs.models import Job, JobState
from app.jobs.registry import JobContext, find_handler
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft
from app.registrations.enums import RegistrationKind
from app.registrations.errors import AlreadyRegistered, ChangeClosed, NotInTurn, OfferExpired, RegistrationNotFound
from app.registrations.operations import (
    accept_offer,
    cancel_registration,
    change_registration,
    decline_offer,
    delete_registration,
    offer_to,
    register,
    restore_registration,
)
from app.registrations.operations.reinstating import reinstate, wait_again
from app.registrations.operations.waiting import LAPSE_JOB
from app.registrations.queries import get_registration, waiting_before
from tests.factories import DAY_ONE, forum, make_event, make_organiser
from tests.integration.dbs import empty_tables
from tests.properties.conftest import STATEFUL
from tests.properties.queue_model import Hall, Snapshot, gains, look

AUDIENCES = ("school", "job_seeker")
REFUSALS = (
    WaveFull, AudienceFull, FieldError, MoveNotAllowed, ChangeClosed, NotInTurn, OfferExpired, AlreadyRegistered,
    RegistrationNotFound,
)  # fmt: skip
limit = st.none() | st.none() | st.integers(0, 8)
asks = st.fixed_dictionaries(
    {
        "audience": st.sampled_from(AUDIENCES),
        "people": st.integers(1, 5),
        "group": st.booleans(),
        "chosen": st.sets(st.integers(0, 2), min_size=1, max_size=2),
        "waitlist": st.sampled_from([True, True, False]),
    }
)
some = st.integers(0, 99)


def test_nobody_is_passed_over(whole_app: Flask) -> None:
    examples = STATEFUL.max_examples * 2 if db.engine.dialect.name == "sqlite" else STATEFUL.max_examples
    run_state_machine_as_test(QueueMachine, settings=settings(STATEFUL, max_examples=examples))


class QueueMachine(RuleBasedStateMachine):
    """One event of up to three waves. After each step, who got places is held against who waits."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = 0
        self.now = DAY_ONE - timedelta(days=4)

    @initialize(
        policy=st.sampled_from(WaitingPolicy),
        enrolment=st.sampled_from([Enrolment.ONE, Enrolment.SEVERAL, Enrolment.SEVERAL]),
        capacity=st.none() | st.integers(4, 14),
        capacities=st.lists(st.integers(1, 8), min_size=1, max_size=3),
        limits=st.lists(st.tuples(limit, limit), min_size=2, max_size=2),
        apart=st.none() | st.none() | st.sampled_from(Span),
        first=st.lists(asks, min_size=4, max_size=8),
    )
    def open(self, policy: WaitingPolicy, enrolment: Enrolment, capacity: int | None, capacities: list[int],
             limits: list[Any], apart: Span | None, first: list[dict[str, Any]]) -> None:  # fmt: skip
        db.session.rollback()
        empty_tables(current_app)
        hours = (0, 3, 5)  # the last one is in the afternoon
        shares = tuple(AllotmentDraft(a, *most) for a, most in zip(AUDIENCES, limits, strict=True))
        waves = tuple(
            WaveDraft(DAY_ONE + timedelta(hours=hours[n]), DAY_ONE + timedelta(hours=hours[n] + 1), places,
                      allotments=shares if n == 0 else ())
            for n, places in enumerate(capacities)
        )  # fmt: skip
        self.draft = forum(
            enrolment=enrolment, capacity=capacity, waves=waves, audiences=AUDIENCES, spaces=(), stops=(),
            waiting_policy=policy, apart=(ApartDraft(*AUDIENCES, apart),) if apart else (),
        )  # fmt: skip
        event = make_event(make_organiser(), self.draft, now=self.now)
        self.event_id = event.id
        self.waves = [w.id for w in event.waves]
        for ask in first:
            self.register(**ask)

    def step(self, work: Any, *, newcomers: tuple[int, ...] = (), past: tuple[int, ...] = ()) -> Any:
        """Do it in a transaction, and look whether somebody was passed over."""
        before = look(self.event_id)
        db.session.rollback()
        try:
            with transaction():
                answer = work()
        except REFUSALS as refusal:
            answer = refusal
        self.check(before, newcomers, past)
        return answer

    def check(self, before: Snapshot, newcomers: tuple[int, ...], past: tuple[int, ...]) -> None:
        event = get_event_by_id(self.event_id)
        after = look(self.event_id)
        hall = Hall(event, after, self.now)
        assert hall.passed_over(list(gains(before, after, newcomers)), past) == []
        assert hall.together() == []
        assert (hall.event.capacity is None) or sum(s.people for s in after.values() if s.held) <= hall.event.capacity
        db.session.rollback()

    def one(self, which: int, *statuses: str) -> int | None:
        ids = sorted(i for i, seen in look(self.event_id).items() if seen.status in statuses)
        db.session.rollback()
        return ids[which % len(ids)] if ids else None

    def pick(self, chosen: set[int]) -> tuple[int, ...]:
        picked = tuple(sorted({self.waves[n % len(self.waves)] for n in chosen}))
        return picked[:1] if get_event_by_id(self.event_id).enrolment is Enrolment.ONE else picked

    @rule(ask=asks)
    def somebody_registers(self, ask: dict[str, Any]) -> None:
        self.register(**ask)

    def register(self, audience: str, people: int, group: bool, chosen: set[int], waitlist: bool) -> None:
        self.numbers += 1
        draft = RegistrationDraft(
            RegistrationKind.GROUP if group else RegistrationKind.INDIVIDUAL, audience, self.pick(chosen),
            Contact("Ana Petit", f"ana{self.numbers}@example.org"), Headcount(people if group else 1),
            Organisation("Collège des Trois-Rivières", class_label="3e B") if group else Organisation(), waitlist=waitlist,
        )  # fmt: skip
        event = get_event_by_id(self.event_id)
        self.step(lambda: register(event, draft, by=SYSTEM, now=self.now))

    @rule(which=some, people=st.none() | st.integers(1, 6), chosen=st.none() | st.sets(st.integers(0, 2), min_size=1))
    def change(self, which: int, people: int | None, chosen: set[int] | None) -> None:
        found = self.one(which, "confirmed", "waitlisted")
        if found is None:
            return
        before = get_registration(found)
        waves = None if chosen is None else self.pick(chosen)
        count = None if people is None or not before.is_group else Headcount(people)
        leaves = waves is not None and not set(waves) <= set(before.waves)
        new = (found,) if before.status.value == "confirmed" or leaves else ()
        self.step(
            lambda: change_registration(found, waves=waves, headcount=count, by=SYSTEM, now=self.now), newcomers=new
        )

    @rule(which=some, how=st.sampled_from(["cancel", "cancel", "delete", "decline", "accept"]))
    def end_or_accept(self, which: int, how: str) -> None:
        found = (
            self.one(which, "offered") if how in {"decline", "accept"} else self.one(which, "confirmed", "waitlisted")
        )
        works = {
            "cancel": cancel_registration, "delete": delete_registration, "decline": decline_offer, "accept": accept_offer,
        }  # fmt: skip
        if found is not None:
            self.step(lambda: works[how](found, by=SYSTEM, now=self.now))  # type: ignore[operator]

    @rule(which=some)
    def bring_back(self, which: int) -> None:
        found = self.one(which, "cancelled")
        if found is None:
            return
        try:
            get_registration(found)
        except RegistrationNotFound:
            self.step(lambda: restore_registration(found, by=SYSTEM, now=self.now))
        else:
            self.step(lambda: reinstate(found, by=SYSTEM, now=self.now, notify=False))

    @rule(which=some)
    def send_back_to_the_list(self, which: int) -> None:
        found = self.one(which, "confirmed", "offered")
        if found is not None:
            waves = get_registration(found).waves
            self.step(lambda: wait_again(found, waves=waves, by=SYSTEM, now=self.now, notify=False))

    @rule(which=some, past=st.booleans())
    def the_team_offers(self, which: int, past: bool) -> None:
        found = self.one(which, "waitlisted")
        if found is None:
            return
        ahead = waiting_before(get_registration(found))
        answer = self.step(
            lambda: offer_to(found, by=SYSTEM, now=self.now, past=past), past=(found,) if past else ()
        )  # fmt: skip
        if isinstance(answer, datetime):
            assert self.now < answer <= DAY_ONE + timedelta(hours=5)
        if isinstance(answer, NotInTurn):
            assert not past
            assert ahead.parties > 0

    @rule(more=st.integers(1, 4), which=st.integers(0, 2), policy=st.none() | st.sampled_from(WaitingPolicy))
    def more_room(self, more: int, which: int, policy: WaitingPolicy | None) -> None:
        event = get_event_by_id(self.event_id)
        waves = tuple(
            WaveDraft(
                w.starts_at, w.ends_at, w.capacity + more * (n == which), id=w.id,
                allotments=tuple(AllotmentDraft(a.audience, a.max_people, a.max_groups) for a in w.allotments),
            )
            for n, w in enumerate(event.waves)
        )  # fmt: skip
        draft: EventDraft = replace(self.draft, waves=waves, capacity=event.capacity and event.capacity + more)
        draft = replace(
            draft, waiting_policy=policy or event.waiting_policy, apart=tuple(ApartDraft(*row) for row in event.apart)
        )
        self.step(lambda: edit_event(self.event_id, draft, by=SYSTEM, now=self.now))

    @rule()
    def the_event_is_deleted_and_comes_back(self) -> None:
        before = look(self.event_id)
        db.session.rollback()
        with transaction():
            delete_event(self.event_id, by=SYSTEM, now=self.now)
        assert [r for r in run_checks(self.now) if not r.ok] == []
        db.session.rollback()
        with transaction():
            moved = restore_event(self.event_id, by=SYSTEM, now=self.now)
        assert moved.not_back == ()
        after = look(self.event_id)
        assert {i: s.held for i, s in after.items()} == {i: s.held for i, s in before.items()}
        db.session.rollback()

    @precondition(lambda self: self.now < DAY_ONE)
    @rule(hours=st.sampled_from([1, 7, 20]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.work()

    @rule()
    def work(self) -> None:
        """The workers do what is due; then nobody waits whose turn it is."""
        while (job := self.due()) is not None:
            before = look(self.event_id)
            db.session.rollback()
            payload = {"event_id": self.event_id}
            context = JobContext(job.id, payload, None, 1, lambda: self.now, lambda _done, _all: None)
            find_handler(job.name).work(context)
            with transaction():
                db.session.execute(
                    update(Job).where(Job.id == job.id).values(state=JobState.DONE, finished_at=self.now)
                )
            self.check(before, (), ())
        assert Hall(get_event_by_id(self.event_id), look(self.event_id), self.now).kept_waiting() == []
        db.session.rollback()

    def due(self) -> Any:
        mine = Job.name.in_([OFFER_JOB, LAPSE_JOB]), Job.state == JobState.QUEUED, Job.run_at <= self.now
        found = db.session.execute(select(Job.id, Job.name).where(*mine).order_by(Job.run_at, Job.id)).first()
        db.session.rollback()
        return found

    @invariant()
    def doctor_is_content(self) -> None:
        assert [r for r in run_checks(self.now) if not r.ok] == []
        db.session.rollback()

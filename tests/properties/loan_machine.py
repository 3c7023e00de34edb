"""What the machine over loans stands on: its world, its clock, what it tries, and what always holds."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flask import current_app
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from hypothesis.stateful import rule as step_rule

from app.boxes.models import Accreditation, Scenario
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import DomainError
from app.core.transaction import transaction
from app.loans.availability import availability
from app.loans.enums import AcceptedHow
from app.loans.operations import agree_loan, enter_loan
from app.loans.queries import get_loan
from app.resources.enums import Half
from app.resources.halfdays import HalfDay, Period
from tests.factories import PARIS, forum, make_event
from tests.integration.dbs import empty_tables
from tests.integration.loans.world import STAFF, LoanWorld, make_facilitator, make_world, set_structure
from tests.properties.loan_model import STARTS, Accredited, Book, Held, Lent, day_of, is_open, moment, number_of, walk
from tests.properties.loan_rows import assert_loans, assert_no_overlap, assert_uses

T = TypeVar("T")

picks, offsets, lengths = st.integers(0, 99), st.integers(0, 24), st.integers(0, 6)
people = st.sampled_from([frozenset({0}), frozenset({0}), frozenset({1}), frozenset({0, 1})])
LOOKED_AT = timedelta(days=30)
BEFORE_NOW = timedelta(days=4)
EVENT = timedelta(days=300)
"""The events at which boxes are used last as long as any story."""
done: Counter[str] = Counter()
"""How often each thing was done, and how often refused as it had to be, in all that the machine did."""


Rule = Callable[..., None]


def rule(often: int = 4, **strategies: st.SearchStrategy[Any]) -> Callable[[Rule], Rule]:
    """A thing that may happen, with values drawn from `strategies`; `often` is its weight among all that may happen now.

    Hypothesis’ own rules are all as likely as each other, and some are left out of each story: loans would seldom get far.
    """

    def mark(work: Rule) -> Rule:
        vars(work).update(often=often, strategies=strategies)
        return work

    return mark


def precondition(when: Callable[[Any], Any]) -> Callable[[Rule], Rule]:
    """Only while that holds."""

    def mark(work: Rule) -> Rule:
        vars(work).update(when=when)
        return work

    return mark


def period_of(first: int, last: int) -> Period:
    return Period(half_day(first), half_day(last))


def next_open(number: int) -> int:
    return number if is_open(number) else walk(number, 1, 1)


def half_day(number: int) -> HalfDay:
    return HalfDay(day_of(number), Half.PM if number % 2 else Half.AM)


class LoanBase(RuleBasedStateMachine):
    world: LoanWorld
    book: Book

    @initialize(
        start=st.sampled_from(STARTS),
        boxes=st.integers(2, 5),
        buffers=st.tuples(st.integers(0, 2), st.integers(0, 2)),
        trusted=st.booleans(),
        loans=st.lists(st.tuples(offsets, lengths, st.integers(1, 2)), min_size=1, max_size=2),
    )
    def open(self, start: Any, boxes: int, buffers: Any, trusted: bool, loans: list[tuple[int, int, int]]) -> None:
        db.session.rollback()
        empty_tables(current_app)
        self.world = make_world(boxes, before_halves=buffers[0], after_halves=buffers[1], accreditation_months=1)
        set_structure(self.world.structure_id, trusted_borrower=trusted)
        self.trusted = trusted
        with transaction():
            self.people = [
                self.world.facilitator_id,
                make_facilitator(self.world.organiser_id, self.world.structure_id),
            ]
        self.book = Book(list(self.world.box_ids), buffers[0], buffers[1], number_of(start))
        (known,) = db.session.execute(db.select(Accreditation.id, Accreditation.granted_on))
        self.book.accredited.append(Accredited(known.id, 0, known.granted_on, None))
        first = datetime(start.year, start.month, start.day, 8, tzinfo=PARIS)
        lasting = forum(starts_at=first, ends_at=first + EVENT, waves=())
        self.event_ids = [make_event(self.world.organiser_id, lasting, publish=False).id for _ in range(2)]
        self.event_first = [self.book.now, self.book.now]
        for offset, length, wanted in loans:
            self.begin_with(self.book.now + offset, length, wanted)
        done["stories"] += 1

    def begin_with(self, first: int, length: int, boxes: int) -> None:
        """A loan that is agreed, where there are boxes for it."""
        if self.book.may_ask(first, first + length) < boxes:
            return
        with transaction():
            made = enter_loan(self.draft(first, length, boxes, frozenset({0})), by=STAFF, now=self.at)
            agree_loan(made.id, name="Manon", how=AcceptedHow.PAPER, by=STAFF, now=self.at)
        loan = Lent(made.id, boxes, first, first + length, frozenset({0}), "agreed")
        self.book.loans.append(loan)
        self.take_over(loan)

    @step_rule(data=st.data())
    def something_happens(self, data: st.DataObject) -> None:
        rules = [work for name in dir(type(self)) if hasattr(work := getattr(type(self), name), "strategies")]
        rules.sort(key=lambda work: (-work.often, work.__name__))  # the first is drawn most often
        may = [work for work in rules if getattr(work, "when", bool)(self)]
        chosen = data.draw(st.sampled_from([work.__name__ for work in may for _ in range(work.often)]), "what")
        work = getattr(self, chosen)
        work(**{name: data.draw(strategy, name) for name, strategy in work.strategies.items()})

    # --- doing things -------------------------------------------------------------------------------------------------

    @property
    def at(self) -> datetime:
        return moment(self.book.now)

    def draft(self, first: int, length: int, boxes: int, who: frozenset[int]) -> Any:
        ids = tuple(self.people[n] for n in sorted(who))
        return self.world.draft(period=period_of(first, first + length), boxes=boxes, facilitator_ids=ids)

    def attempt(self, name: str, work: Callable[[], Any]) -> Any:
        """What the operation gives back, or its refusal; counted by what became of it."""
        try:
            with transaction():
                answer = work()
        except DomainError as refusal:
            self.count(f"{name}: {type(refusal).__name__}")
            return refusal
        self.count(name)
        return answer

    def count(self, name: str) -> None:
        done[name] += 1
        event(name)

    def pick(self, *states: str, which: int) -> Lent:
        found = self.loans_in(*states)
        return found[which % len(found)]

    def days(self, offset: int, length: int) -> tuple[int, int]:
        """The first half-day, and how many follow; of four times one may fall on a closed day."""
        first = last = self.book.now + offset
        last += length
        if (offset + length) % 4:
            first, last = next_open(first), next_open(last)
        return first, last - first

    def loans_in(self, *states: str) -> list[Lent]:
        return [loan for loan in self.book.loans if loan.state in states]

    def boxes_at(
        self, *places: str, states: Sequence[str] = ("approved", "agreed", "handed_over", "returned")
    ) -> list[tuple[Lent, Held]]:
        return [(loan, held) for loan in self.loans_in(*states) for held in loan.at(*places)]

    def look_again(self, loan: Lent) -> None:
        """A trusted borrower's own request is approved as soon as somebody may run it, where there are boxes."""
        if loan.state != "asked" or loan.last < self.book.now or not (self.trusted and loan.own):
            return
        run, free = self.book.may_run(loan.people, loan.first, loan.last), self.book.free(loan.first, loan.last)
        if run and len(free) >= loan.boxes:
            self.count("approved when somebody may run it")
            self.chosen(loan)

    def chosen(self, loan: Lent) -> None:
        """The loan is approved: its boxes were free, and complete ones went before others."""
        free = self.book.free(loan.first, loan.last)
        new = self.take_over(loan)
        loan.state = "approved"
        assert new <= free
        assert len(new) == loan.boxes
        faulty = self.book.incomplete | set(self.book.out)
        assert not (new & faulty and free - new - faulty)

    def take_over(self, loan: Lent) -> set[int]:
        """Which boxes are chosen is the implementation's affair: those that the model does not know yet."""
        known = {held.box for held in loan.held}
        new = {box.box_id for box in get_loan(loan.id).loan_boxes} - known
        loan.held += [Held(self.book.new_use(box, loan.first, loan.last)) for box in sorted(new)]
        return new

    def again(self, loan: Lent) -> None:
        """Boxes or dates changed: what was agreed is agreed again."""
        if loan.state in {"approved", "agreed"}:
            loan.state, loan.outdated = "approved", loan.agreements

    # --- the clock ----------------------------------------------------------------------------------------------------

    @rule(often=2, halves=st.integers(1, 4))
    def later(self, halves: int) -> None:
        self.book.now += halves
        self.count("time: later")

    @precondition(lambda self: self.moments_to_come())
    @rule(after=st.integers(0, 1))
    def next_moment(self, after: int) -> None:
        """To the half-day on which a loan begins or ends, or the one after it."""
        self.book.now = self.moments_to_come()[0] + after
        self.count("time: next moment")

    def moments_to_come(self) -> list[int]:
        loans = self.loans_in("agreed", "handed_over")
        return sorted({n for loan in loans for n in (loan.first, loan.last + 1) if n > self.book.now})

    # --- what always holds --------------------------------------------------------------------------------------------

    @invariant()
    def the_ledger_is_what_was_promised(self) -> None:
        db.session.rollback()
        assert_no_overlap()
        assert_uses(self.book, self.people)
        assert_loans(self.book)

    @invariant()
    def what_is_free_is_what_counting_says(self) -> None:
        today = self.book.today
        found = availability(self.world.scenario, today - BEFORE_NOW, today + LOOKED_AT, now=self.at)
        assert found.total == len(self.book.stock)
        wanted = [max(0, self.book.left_on(number_of(h.date, h.half == "pm"))) for h in found.halves]
        assert [half.free for half in found.halves] == wanted, (self.book, found)

    def teardown(self) -> None:
        if not hasattr(self, "book"):
            return
        db.session.rollback()
        assert [(r.name, r.problems) for r in run_checks(self.at) if not r.ok] == []
        assert db.session.execute(db.select(Scenario.id)).scalars().all() == [self.world.scenario_id]
        db.session.rollback()

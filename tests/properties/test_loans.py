"""Whatever happens to loans in whatever order: boxes never clash, what is free is what plain counting says, doctor is content.

The model beside it knows half-days as numbers and nothing of the implementation: it keeps, for each loan, the half-days that
its boxes are taken on, and counts.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
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
from sqlalchemy import select, text, update

from app.boxes.enums import BoxCondition, OutReason
from app.boxes.models import Accreditation, Box
from app.boxes.operations.boxes import put_out_of_service, set_in_service
from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import DomainError
from app.core.transaction import transaction
from app.loans.availability import availability
from app.loans.drafts import CheckDraft
from app.loans.enums import AcceptedHow, LoanCancel, LoanMove, LoanState
from app.loans.errors import BoxAway, BoxNotFree, BoxOutOfService, NoAccreditedFacilitator, NoBoxFree
from app.loans.operations import (
    agree_loan,
    approve,
    ask_loan,
    change_dates,
    check_box,
    hand_over,
    move_loan,
    swap_box,
    take_back,
)
from app.loans.queries import LoanRow, get_loan
from app.resources.enums import Half
from app.resources.halfdays import HalfDay, Period
from tests.factories import PARIS
from tests.integration.dbs import empty_tables
from tests.integration.loans.world import BORROWER, STAFF, LoanWorld, make_world
from tests.properties.conftest import STATEFUL

START = date(2027, 3, 22)  # before Easter, with the clock change in between
DAYS = 21
NAMES: dict[str, Any] = {"given_by": "Manon Lambert", "given_to": "Inès Roux"}
CLOSED = {date(2027, 3, 29)}

starts, lengths = st.integers(0, 2 * DAYS - 6), st.integers(0, 5)
picks = st.integers(0, 99)


def test_loans_never_clash(whole_app: Flask) -> None:
    examples = STATEFUL.max_examples if db.engine.dialect.name == "sqlite" else STATEFUL.max_examples // 2
    run_state_machine_as_test(LoanMachine, settings=settings(STATEFUL, max_examples=max(examples, 1)))


def moment(number: int) -> datetime:
    """In the middle of the half-day of that number."""
    day, part = date.fromordinal(number // 2), number % 2
    return datetime(day.year, day.month, day.day, 16 if part else 9, tzinfo=PARIS)


def is_open(number: int) -> bool:
    day = date.fromordinal(number // 2)
    return day.weekday() < 5 and day not in CLOSED


def walk(number: int, step: int, wanted: int) -> int:
    while wanted:
        number += step
        wanted -= is_open(number)
    return number


@dataclass
class Taken:
    """A box of a loan in the model: half-days from `start` to `end`, buffers included; `away` while the borrower has it."""

    box: int
    start: int
    end: int
    away: bool = False
    back: bool = False


@dataclass
class Model:
    """A loan as plain counting sees it."""

    id: int
    boxes: int
    first: int
    last: int
    state: str = "asked"
    taken: list[Taken] = field(default_factory=list)


class LoanMachine(RuleBasedStateMachine):
    world: LoanWorld

    @initialize(boxes=st.integers(1, 4), before=st.integers(0, 3), after=st.integers(0, 3))
    def open(self, boxes: int, before: int, after: int) -> None:
        db.session.rollback()
        empty_tables(current_app)
        self.world = make_world(boxes, before_halves=before, after_halves=after)
        self.before, self.after = before, after
        self.first = START.toordinal() * 2
        self.now = self.first
        self.loans: list[Model] = []
        self.out: dict[int, tuple[int, int | None]] = {}
        self.accredited = True

    # --- what is free by plain counting -----------------------------------------------------------------------------

    def around(self, first: int, last: int) -> tuple[int, int]:
        return walk(first, -1, self.before), walk(last, 1, self.after)

    def is_busy(self, box: int, number: int, *, but: Model | None = None) -> bool:
        if box in self.out:
            since, until = self.out[box]
            if since <= number and (until is None or number < until):
                return True
        for loan in self.loans:
            for taken in loan.taken:
                if taken.box != box:
                    continue
                if taken.away and loan.last < self.now and number >= loan.last:
                    return True
                if loan is not but and taken.start <= number <= taken.end:
                    return True
        return False

    def free_on(self, start: int, end: int, *, but: Model | None = None) -> set[int]:
        whole = range(start, end + 1)
        return {b for b in self.world.box_ids if not any(self.is_busy(b, n, but=but) for n in whole)}

    def asked_on(self, number: int) -> int:
        waiting = [loan for loan in self.loans if loan.state == "asked"]
        around = [(self.around(loan.first, loan.last), loan.boxes) for loan in waiting]
        return sum(boxes for (start, end), boxes in around if start <= number <= end)

    def may_ask(self, first: int, last: int) -> int:
        start, end = self.around(first, last)
        return len(self.free_on(start, end)) - max(self.asked_on(n) for n in range(start, end + 1))

    # --- doing things -------------------------------------------------------------------------------------------------

    def attempt(self, work: Any) -> Any:
        """What the operation gives back, or its refusal."""
        try:
            with transaction():
                return work()
        except DomainError as refusal:
            return refusal

    @property
    def at(self) -> datetime:
        return moment(self.now)

    def some(self, which: int, *states: str) -> Model | None:
        found = [loan for loan in self.loans if loan.state in states]
        return found[which % len(found)] if found else None

    def sync(self, loan: Model, row: LoanRow | None = None) -> LoanRow:
        """Which boxes were chosen is the implementation's affair: the model takes them over, and knows when they are used."""
        row = row or get_loan(loan.id)
        known = {taken.box: taken for taken in loan.taken}
        start, end = self.around(loan.first, loan.last)
        current = {b.box_id for b in row.loan_boxes}
        loan.taken = [known.get(box) or Taken(box, start, end) for box in sorted(current)]
        return row

    @rule(start=starts, length=lengths, boxes=st.integers(1, 3))
    def ask(self, start: int, length: int, boxes: int) -> None:
        first = max(self.first + start, self.now + 1)
        first += first % 2 == 0 and first // 2 < self.now // 2
        period = Period(HalfDay.of_number(first), HalfDay.of_number(first + length))
        draft = self.world.draft(period=period, boxes=boxes)
        answer = self.attempt(lambda: ask_loan(draft, by=STAFF, now=self.at))
        if self.may_ask(first, first + length) < boxes:
            assert isinstance(answer, NoBoxFree), answer
            return
        assert not isinstance(answer, DomainError), answer
        self.loans.append(Model(answer.id, boxes, first, first + length))

    @rule(which=picks)
    def approve(self, which: int) -> None:
        loan = self.some(which, "asked")
        if loan is None:
            return
        answer = self.attempt(lambda: approve(loan.id, by=STAFF, now=self.at))
        free = self.free_on(*self.around(loan.first, loan.last))
        if not self.accredited:
            assert isinstance(answer, NoAccreditedFacilitator)
        elif len(free) < loan.boxes:
            assert isinstance(answer, NoBoxFree)
        else:
            assert answer is LoanState.APPROVED, answer
            loan.state = "approved"
            row = self.sync(loan)
            assert {b.box_id for b in row.loan_boxes} <= free
            assert len(row.loan_boxes) == loan.boxes

    @rule(which=picks)
    def agree(self, which: int) -> None:
        loan = self.some(which, "approved")
        if loan is not None:
            how = AcceptedHow.PAPER
            assert (
                self.attempt(lambda: agree_loan(loan.id, name="Manon", how=how, by=BORROWER, now=self.at)) == "agreed"
            )
            loan.state = "agreed"

    @rule(which=picks, reason=st.sampled_from(LoanCancel))
    def cancel(self, which: int, reason: LoanCancel) -> None:
        loan = self.some(which, "asked", "approved", "agreed")
        if loan is not None:
            move = LoanMove.CANCEL
            assert (
                self.attempt(lambda: move_loan(loan.id, move, reason=reason, by=BORROWER, now=self.at)) == "cancelled"
            )
            loan.state, loan.taken = "cancelled", []

    @rule(which=picks)
    def give(self, which: int) -> None:
        """Hand all boxes over: on the day itself, as happens; the clock goes there when it is still ahead."""
        loan = self.some(which, "agreed")
        if loan is None:
            return
        self.now = max(self.now, loan.first)
        for taken in loan.taken:
            answer = self.attempt(lambda t=taken: hand_over(loan.id, t.box, **NAMES, by=STAFF, now=self.at))
            if taken.box in self.out:
                assert isinstance(answer, BoxOutOfService)
            else:
                assert answer is LoanState.HANDED_OVER, answer
                taken.away, loan.state = True, "handed_over"

    @rule(which=picks, box=picks)
    def bring_back(self, which: int, box: int) -> None:
        loan = self.some(which, "handed_over")
        if loan is None:
            return
        taken = loan.taken[box % len(loan.taken)]
        answer = self.attempt(lambda: take_back(loan.id, taken.box, **NAMES, by=STAFF, now=self.at))
        if not taken.away:
            assert isinstance(answer, BoxAway)
            return
        assert not isinstance(answer, DomainError), answer
        taken.away, taken.back = False, True
        end = walk(self.now, 1, self.after)
        if end > taken.end:
            others = [t.start for x in self.loans for t in x.taken if t.box == taken.box and t.start > taken.end]
            end = min([end, *(start - 1 for start in others)])
        taken.end = end
        if not any(t.away for t in loan.taken):
            assert answer is LoanState.RETURNED
            loan.state = "returned"
            loan.taken = [t for t in loan.taken if t.back]

    @rule(which=picks, condition=st.sampled_from([BoxCondition.READY, BoxCondition.INCOMPLETE]))
    def check(self, which: int, condition: BoxCondition) -> None:
        loan = self.some(which, "returned")
        if loan is None:
            return
        for box in get_loan(loan.id).loan_boxes:
            answer = self.attempt(
                lambda b=box: check_box(loan.id, b.box_id, CheckDraft(condition), by=STAFF, now=self.at)
            )
            assert not isinstance(answer, DomainError), answer
            self.out.pop(box.box_id, None)
        row = get_loan(loan.id)
        assert row.state == ("closed" if condition is BoxCondition.READY else "checked")
        loan.state = row.state.value

    @rule(which=picks, box=picks, new=picks)
    def swap(self, which: int, box: int, new: int) -> None:
        loan = self.some(which, "approved", "agreed")
        if loan is None:
            return
        held = loan.taken[box % len(loan.taken)]
        wanted = self.world.box_ids[new % len(self.world.box_ids)]
        answer = self.attempt(lambda: swap_box(loan.id, held.box, wanted, by=STAFF, now=self.at))
        if isinstance(answer, DomainError):
            assert isinstance(answer, BoxNotFree | BoxAway | NoAccreditedFacilitator), answer
            free = self.free_on(held.start, held.end, but=loan)
            mine = {taken.box for taken in loan.taken}
            assert not self.accredited or wanted not in free or wanted in mine
            return
        for other in self.loans:
            row = get_loan(other.id)
            before = {taken.box for taken in other.taken}
            if other.state in {"approved", "agreed"}:
                self.sync(other, row)
                if {taken.box for taken in other.taken} != before:
                    assert row.state is LoanState.APPROVED
                    other.state = "approved"

    @rule(which=picks, start=starts, length=lengths)
    def move_dates(self, which: int, start: int, length: int) -> None:
        loan = self.some(which, "approved", "agreed")
        if loan is None:
            return
        first = max(self.first + start, (self.now // 2 + 1) * 2)
        period = Period(HalfDay.of_number(first), HalfDay.of_number(first + length))
        answer = self.attempt(lambda: change_dates(loan.id, period, by=STAFF, now=self.at))
        if (first, first + length) == (loan.first, loan.last):
            assert answer is None
            return
        free = self.free_on(*self.around(first, first + length), but=loan)
        if not self.accredited:
            assert isinstance(answer, NoAccreditedFacilitator)
        elif len(free) < loan.boxes:
            assert isinstance(answer, NoBoxFree), answer
        else:
            assert answer is None
            loan.first, loan.last, loan.state, loan.taken = first, first + length, "approved", []
            self.sync(loan)

    @rule(which=picks, days=st.none() | st.integers(1, 6))
    def break_down(self, which: int, days: int | None) -> None:
        box = self.world.box_ids[which % len(self.world.box_ids)]
        today = self.at.date()
        until = None if days is None else today + timedelta(days=days)
        organiser = self.world.organiser_id
        answer = self.attempt(
            lambda: put_out_of_service(
                box, OutReason.BROKEN, until=until, organiser_id=organiser, today=today, by=SYSTEM, now=self.at
            )
        )
        assert answer is None
        since = self.out[box][0] if box in self.out else today.toordinal() * 2
        self.out[box] = since, None if until is None else until.toordinal() * 2

    @rule(which=picks)
    def repair(self, which: int) -> None:
        box = self.world.box_ids[which % len(self.world.box_ids)]
        organiser = self.world.organiser_id
        self.attempt(lambda: set_in_service(box, organiser_id=organiser, by=SYSTEM, now=self.at))
        self.out.pop(box, None)

    @rule(withdrawn=st.booleans())
    def accreditation(self, withdrawn: bool) -> None:
        with transaction():
            db.session.execute(update(Accreditation).values(withdrawn_at=self.at if withdrawn else None))
        self.accredited = not withdrawn

    @precondition(lambda self: self.now < self.first + 2 * DAYS)
    @rule(halves=st.integers(1, 5))
    def time_goes_on(self, halves: int) -> None:
        self.now += halves

    # --- what always holds ------------------------------------------------------------------------------------------

    @invariant()
    def no_two_uses_overlap(self) -> None:
        db.session.rollback()
        rows = db.session.execute(
            text("SELECT count(*) FROM uses a JOIN uses b ON a.resource_id = b.resource_id AND a.id < b.id"
                 " AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at")
        )  # fmt: skip
        assert rows.scalar_one() == 0

    @invariant()
    def what_is_free_is_what_counting_says(self) -> None:
        last = START + timedelta(days=DAYS)
        found = availability(self.world.scenario, START, last, now=self.at)
        for half in found.halves:
            number = half.date.toordinal() * 2 + (half.half is Half.PM)
            free = sum(not self.is_busy(box, number) for box in self.world.box_ids) - self.asked_on(number)
            assert half.free == max(0, free), (half, self.loans, self.out)

    def teardown(self) -> None:
        if not hasattr(self, "loans"):
            return
        db.session.rollback()
        assert [(r.name, r.problems) for r in run_checks(moment(self.now)) if not r.ok] == []
        codes = set(db.session.execute(select(Box.id)).scalars())
        assert codes == set(self.world.box_ids)
        db.session.rollback()

"""Other boxes and other dates, and what comes from outside: breakdowns, repairs, people who may run a game or no longer."""

from datetime import timedelta
from functools import partial

from hypothesis import strategies as st

from app.boxes.enums import OutReason
from app.boxes.errors import BoxPromised
from app.boxes.operations.boxes import archive_box, put_out_of_service, restore_box, set_in_service
from app.boxes.operations.people import grant_accreditation, withdraw_accreditation
from app.core.actor import SYSTEM
from app.core.errors import FieldError
from app.loans.drafts import OtherLoan
from app.loans.errors import (
    BoxAway,
    BoxNotFree,
    NoAccreditedFacilitator,
    NoBoxFree,
)
from app.loans.operations import (
    change_dates,
    name_facilitators,
    swap_box,
)
from tests.integration.loans.world import STAFF
from tests.properties.loan_machine import LoanBase, lengths, offsets, people, period_of, picks, precondition, rule
from tests.properties.loan_model import Accredited, Held, Lent, a_month_of, number_of


class Changing(LoanBase):
    @precondition(lambda self: self.boxes_at("waiting"))
    @rule(which=picks, new=picks)
    def swap(self, which: int, new: int) -> None:
        found = self.boxes_at("waiting")
        near = [pair for pair in found if self.others(pair[0])]
        found = found if new % 2 else near or found
        loan, held = found[which % len(found)]
        wanted = self.likely(loan, held, new)
        clashes = self.book.clashes(wanted, *self.book.around(loan.first, loan.last))
        other = self.book.holder(clashes[0]) if len(clashes) == 1 else None
        may = (
            self.may_swap(loan, held, wanted)
            if not clashes
            else other is not None and self.may_exchange(loan, held, *other)
        )
        told = OtherLoan(other[0].id) if other is not None and (new + 1) % 5 else None  # else it is thought to be free
        answer = self.attempt("swap", partial(swap_box, loan.id, held.box, wanted, by=STAFF, now=self.at, other=told))
        if not may or (other is not None and told is None):
            assert isinstance(answer, BoxNotFree | BoxAway | NoAccreditedFacilitator), answer
            return
        assert answer is None, answer
        self.count("swap: exchange" if other else "swap: a free one")
        if other is not None:
            other[0].held.remove(other[1])
            other[0].held.append(Held(self.book.new_use(held.box, other[0].first, other[0].last)))
            self.again(other[0])
        loan.held.remove(held)
        loan.held.append(Held(self.book.new_use(wanted, loan.first, loan.last)))
        self.again(loan)

    def likely(self, loan: Lent, held: Held, new: int) -> int:
        """Of four times two a box that waits for another loan then, if there is one; once also a free one; else any."""
        others = self.others(loan)
        found = sorted(others if others and not new % 2 else others | self.book.free(loan.first, loan.last))
        found = found if found and (new + 1) % 4 else self.book.box_ids
        return found[new % len(found)]

    def others(self, loan: Lent) -> set[int]:
        """The boxes that wait for one other loan each when this one has its own."""
        span = self.book.around(loan.first, loan.last)
        waiting = {id(held.use) for other, held in self.boxes_at("waiting") if other is not loan}
        clashes = {box: self.book.clashes(box, *span) for box in self.book.stock}
        return {box for box, found in clashes.items() if len(found) == 1 and id(found[0]) in waiting}

    def may_swap(self, loan: Lent, held: Held, wanted: int) -> bool:
        free = self.book.free(loan.first, loan.last, [held.use])
        return wanted != held.box and wanted in free and self.book.may_run(loan.people, loan.first, loan.last)

    def may_exchange(self, loan: Lent, held: Held, other: Lent, others: Held) -> bool:
        if other is loan or others.place != "waiting":
            return False
        both = [held.use, others.use]
        return all(
            box in self.book.free(one.first, one.last, both) and self.book.may_run(one.people, one.first, one.last)
            for one, box in ((loan, others.box), (other, held.box))
        )

    @precondition(lambda self: self.loans_in("asked", "approved", "agreed"))
    @rule(which=picks, first=st.none() | offsets, length=lengths)
    def other_dates(self, which: int, first: int | None, length: int) -> None:
        """Before hand-over: other days, or the same first one with another last."""
        found = self.loans_in("asked", "approved", "agreed")
        loan = found[which % len(found)]
        start = loan.first if first is None else self.book.now + first
        end = start + length
        run = self.book.may_run(loan.people, start, end)
        left = (
            self.book.may_ask(start, end, loan)
            if loan.state == "asked"
            else len(self.book.free(start, end, [h.use for h in loan.held]))
        )
        kept = {h.box for h in loan.held} & self.book.free(start, end, [h.use for h in loan.held])
        answer = self.attempt("dates", lambda: change_dates(loan.id, period_of(start, end), by=STAFF, now=self.at))
        if end // 2 < self.book.now // 2:
            assert isinstance(answer, FieldError), answer
        elif (start, end) == (loan.first, loan.last):
            assert answer is None, answer
        elif loan.state != "asked" and not run:
            assert isinstance(answer, NoAccreditedFacilitator), answer
        elif left < loan.boxes:
            assert isinstance(answer, NoBoxFree), answer
        else:
            assert answer is None, answer
            loan.first, loan.last, loan.held = start, end, []
            self.again(loan)
            assert kept <= self.take_over(loan)

    @precondition(lambda self: self.loans_in("handed_over"))
    @rule(which=picks, length=st.integers(0, 16))
    def other_return(self, which: int, length: int) -> None:
        """While boxes are out, only their return changes: those that wait may be replaced, those that are away may not."""
        found = self.loans_in("handed_over")
        loan = found[which % len(found)]
        end = loan.first + length
        may, kept = self.may_return_on(loan, end)
        answer = self.attempt(
            "return date", lambda: change_dates(loan.id, period_of(loan.first, end), by=STAFF, now=self.at)
        )
        if not may:
            assert isinstance(answer, FieldError | NoAccreditedFacilitator | NoBoxFree), answer
            return
        assert answer is None, answer
        if end == loan.last:
            return
        loan.last = end
        for held in loan.at("away"):
            held.use = self.book.new_use(held.box, loan.first, end)
            held.use.start = min(held.use.start, held.since)
        loan.held = loan.at("away", "back", "checked")
        assert kept <= self.take_over(loan)

    def may_return_on(self, loan: Lent, end: int) -> tuple[bool, set[int]]:
        """Whether it may, and which of the boxes that wait are kept."""
        if end // 2 < self.book.now // 2:
            return False, set()
        if end == loan.last:
            return True, set()
        if not self.book.may_run(loan.people, loan.first, end):
            return False, set()
        open_ones = loan.at("waiting", "away")
        but = [held.use for held in open_ones]
        start, until = self.book.around(loan.first, end)
        away = loan.at("away")
        if any(self.book.clashes(h.box, start, until, but) for h in away):
            return False, set()
        free = self.book.free(loan.first, end, but) - {h.box for h in away}
        waiting = {h.box for h in loan.at("waiting")}
        return len(free) >= len(waiting), free & waiting

    @precondition(lambda self: self.loans_in("asked", "approved", "agreed", "handed_over"))
    @rule(often=2, which=picks, who=people)
    def name_people(self, which: int, who: frozenset[int]) -> None:
        """Other people run the boxes."""
        loan = self.pick("asked", "approved", "agreed", "handed_over", which=which)
        ids = [self.people[n] for n in sorted(who)]
        answer = self.attempt("people", lambda: name_facilitators(loan.id, ids, by=STAFF, now=self.at))
        run = self.book.may_run(who, loan.first, loan.last)
        if who != loan.people and loan.state != "asked" and not run:
            assert isinstance(answer, NoAccreditedFacilitator), answer
            return
        if who != loan.people:
            loan.people = who
            self.again(loan)
            self.look_again(loan)
        assert answer == loan.state, answer


class Troubles(LoanBase):
    @rule(often=1, which=picks, days=st.none() | st.integers(1, 6))
    def break_down(self, which: int, days: int | None) -> None:
        box, today = self.box(which), self.book.today
        until = None if days is None else today + timedelta(days=days)
        answer = self.attempt(
            "break down",
            lambda: put_out_of_service(
                box,
                OutReason.BROKEN,
                until=until,
                organiser_id=self.world.organiser_id,
                today=today,
                by=SYSTEM,
                now=self.at,
            ),
        )
        assert answer is None, answer
        since = self.book.out.get(box, (number_of(today), None))[0]
        self.book.out[box] = since, None if until is None else number_of(until)
        self.book.incomplete.discard(box)

    @precondition(lambda self: self.book.out or self.book.incomplete)
    @rule(which=picks)
    def repair(self, which: int) -> None:
        found = sorted(set(self.book.out) | self.book.incomplete)
        box = found[which % len(found)]
        self.attempt(
            "repair", lambda: set_in_service(box, organiser_id=self.world.organiser_id, by=SYSTEM, now=self.at)
        )
        self.book.out.pop(box, None)
        self.book.incomplete.discard(box)

    @rule(often=1, which=picks)
    def archive(self, which: int) -> None:
        box, organiser = self.box(which), self.world.organiser_id
        promised = any(h.box == box for _, h in self.boxes_at("waiting", "away"))
        used = any(use.box == box and use.end >= self.book.now for use in self.book.uses())
        if box in self.book.archived:
            assert (
                self.attempt("restore", lambda: restore_box(box, organiser_id=organiser, by=SYSTEM, now=self.at))
                is None
            )
            self.book.archived.remove(box)
            return
        answer = self.attempt("archive", lambda: archive_box(box, organiser_id=organiser, by=SYSTEM, now=self.at))
        if promised or used:
            assert isinstance(answer, BoxPromised), answer
        else:
            assert answer is None, answer
            self.book.archived.add(box)

    def box(self, which: int) -> int:
        return self.book.box_ids[which % len(self.book.box_ids)]

    @rule(often=2, person=st.integers(0, 1), ago=st.integers(-3, 30))
    def grant(self, person: int, ago: int) -> None:
        """For a month from some days ago."""
        since = self.book.today - timedelta(days=ago)
        found = self.attempt(
            "grant",
            lambda: grant_accreditation(
                self.people[person], self.world.scenario_id, since, organiser_id=self.world.organiser_id, by=STAFF,
                now=self.at, note="Vu au forum",
            ),
        )  # fmt: skip
        self.book.accredited.append(Accredited(found, person, since, a_month_of(since)))
        for loan in self.book.loans:
            if person in loan.people:
                self.look_again(loan)

    @precondition(lambda self: self.book.accredited)
    @rule(often=1, which=picks)
    def withdraw(self, which: int) -> None:
        gone = self.book.accredited.pop(which % len(self.book.accredited))
        organiser = self.world.organiser_id
        answer = self.attempt(
            "withdraw", lambda: withdraw_accreditation(gone.id, "Partie", organiser_id=organiser, by=STAFF, now=self.at)
        )
        assert answer is None, answer

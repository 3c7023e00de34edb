"""What may happen to loans: each rule does it, and says beforehand by plain counting what must come of it."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from app.boxes.enums import BoxCondition, OutReason
from app.core.errors import DomainError, FieldError, MoveNotAllowed
from app.loans.drafts import CheckDraft
from app.loans.enums import AcceptedHow, LoanCancel, LoanMove, LoanRefusal
from app.loans.errors import (
    BoxAway,
    BoxNotFree,
    BoxOutOfService,
    NoAccreditedFacilitator,
    NoAgreement,
    NoBoxFree,
    TooSoon,
)
from app.loans.operations import (
    agree_loan,
    approve,
    ask_loan,
    check_box,
    enter_loan,
    hand_over,
    move_loan,
    take_back,
)
from app.loans.operations.agreements import store_agreement
from app.loans.queries import get_loan
from tests.integration.loans.world import BORROWER, STAFF
from tests.properties.loan_machine import LoanBase, lengths, offsets, people, picks, precondition, rule
from tests.properties.loan_model import Held, Lent, Use, is_open, number_of, walk

NAMES: dict[str, Any] = {"given_by": "Manon Lambert", "given_to": "Inès Roux"}
UNENDED = ("asked", "approved", "agreed", "handed_over", "returned", "checked")
numbers = st.sampled_from([1, 1, 2])
actors = st.sampled_from([BORROWER, STAFF])
conditions = st.sampled_from(
    [BoxCondition.READY, BoxCondition.READY, BoxCondition.INCOMPLETE, BoxCondition.OUT_OF_SERVICE]
)


class Asking(LoanBase):
    @rule(offset=offsets, length=lengths, boxes=numbers, who=people, by=actors)
    def ask(self, offset: int, length: int, boxes: int, who: frozenset[int], by: Any) -> None:
        first, length = self.days(offset, length)
        last = first + length
        left, run = self.book.may_ask(first, last), self.book.may_run(who, first, last)
        answer = self.attempt("ask", lambda: ask_loan(self.draft(first, length, boxes, who), by=by, now=self.at))
        if by is BORROWER and not (is_open(first) and is_open(last)):
            assert isinstance(answer, FieldError), answer
        elif left < boxes:
            assert isinstance(answer, NoBoxFree), answer
        else:
            assert not isinstance(answer, DomainError), answer
            loan = Lent(answer.id, boxes, first, last, who, own=by is BORROWER)
            self.book.loans.append(loan)
            if by is BORROWER and self.trusted and run:
                self.count("ask: approved at once")
                self.chosen(loan)

    @rule(offset=offsets, length=lengths, boxes=numbers, who=people)
    def enter(self, offset: int, length: int, boxes: int, who: frozenset[int]) -> None:
        first, length = self.days(offset, length)
        last = first + length
        left, run = self.book.may_ask(first, last), self.book.may_run(who, first, last)
        answer = self.attempt("enter", lambda: enter_loan(self.draft(first, length, boxes, who), by=STAFF, now=self.at))
        if not run:
            assert isinstance(answer, NoAccreditedFacilitator), answer
        elif left < boxes:
            assert isinstance(answer, NoBoxFree), answer
        else:
            assert not isinstance(answer, DomainError), answer
            self.book.loans.append(Lent(answer.id, boxes, first, last, who))
            self.chosen(self.book.loans[-1])

    @precondition(lambda self: self.loans_in("asked"))
    @rule(which=picks)
    def approve(self, which: int) -> None:
        self.try_to_approve(self.pick("asked", which=which))

    def try_to_approve(self, loan: Lent) -> None:
        run, free = self.book.may_run(loan.people, loan.first, loan.last), self.book.free(loan.first, loan.last)
        answer = self.attempt("approve", lambda: approve(loan.id, by=STAFF, now=self.at))
        if loan.last < self.book.now:
            assert isinstance(answer, MoveNotAllowed), answer
        elif not run:
            assert isinstance(answer, NoAccreditedFacilitator), answer
        elif len(free) < loan.boxes:
            assert isinstance(answer, NoBoxFree), answer
        else:
            assert answer == "approved", answer
            self.chosen(loan)

    @precondition(lambda self: self.loans_in("asked"))
    @rule(often=1, which=picks)
    def refuse(self, which: int) -> None:
        loan, move = self.pick("asked", which=which), LoanMove.REFUSE
        refusal = LoanRefusal.TOO_SOON
        answer = self.attempt("refuse", lambda: move_loan(loan.id, move, refusal=refusal, by=STAFF, now=self.at))
        assert answer == "refused", answer
        loan.state = "refused"

    @precondition(lambda self: self.loans_in("approved"))
    @rule(which=picks)
    def agree_on_paper(self, which: int) -> None:
        self.sign(self.pick("approved", which=which))

    def sign(self, loan: Lent) -> None:
        how = AcceptedHow.PAPER
        answer = self.attempt("agree", lambda: agree_loan(loan.id, name="Manon", how=how, by=STAFF, now=self.at))
        assert answer == "agreed", answer
        if loan.outdated:
            self.count("agree: after a change")
        loan.state = "agreed"

    @precondition(lambda self: any(x.agreements == x.outdated for x in self.loans_in("approved")))
    @rule(which=picks)
    def make_agreement(self, which: int) -> None:
        found = [x for x in self.loans_in("approved") if x.agreements == x.outdated]
        self.make(found[which % len(found)])

    def make(self, loan: Lent) -> None:
        revision, number = get_loan(loan.id).revision, loan.agreements + 1
        self.attempt("agreement", lambda: store_agreement(loan.id, b"%PDF", number, revision=revision, now=self.at))
        loan.agreements = number

    @precondition(lambda self: any(x.agreements for x in self.loans_in("approved")))
    @rule(which=picks, older=st.sampled_from([0, 0, 1]))
    def accept_by_link(self, which: int, older: int) -> None:
        found = [x for x in self.loans_in("approved") if x.agreements]
        self.accept(found[which % len(found)], older)

    def accept(self, loan: Lent, older: int = 0) -> None:
        number, how = loan.agreements - older, AcceptedHow.LINK
        answer = self.attempt(
            "accept", lambda: agree_loan(loan.id, name="Manon", how=how, number=number, by=BORROWER, now=self.at)
        )
        if number == loan.agreements > loan.outdated:
            assert answer == "agreed", answer
            loan.state = "agreed"
        else:
            assert isinstance(answer, NoAgreement), answer

    @precondition(lambda self: self.loans_in("asked", "approved", "agreed"))
    @rule(often=1, which=picks, reason=st.sampled_from(LoanCancel))
    def cancel(self, which: int, reason: LoanCancel) -> None:
        loan, move = self.pick("asked", "approved", "agreed", which=which), LoanMove.CANCEL
        answer = self.attempt("cancel", lambda: move_loan(loan.id, move, reason=reason, by=BORROWER, now=self.at))
        assert answer == "cancelled", answer
        loan.state, loan.held = "cancelled", []

    @precondition(lambda self: self.loans_in("approved", "agreed"))
    @rule(often=2, which=picks)
    def not_collected(self, which: int) -> None:
        loan, move = self.pick("approved", "agreed", which=which), LoanMove.NOT_COLLECTED
        answer = self.attempt("not collected", lambda: move_loan(loan.id, move, by=STAFF, now=self.at))
        if self.book.now < loan.first:
            assert isinstance(answer, TooSoon), answer
        else:
            assert answer == "not_collected", answer
            loan.state, loan.held = "not_collected", []


class Handling(LoanBase):
    @precondition(lambda self: self.boxes_at("waiting", states=("agreed", "handed_over")))
    @rule(which=picks)
    def hand_over(self, which: int) -> None:
        found = self.boxes_at("waiting", states=("agreed", "handed_over"))
        self.give(*found[which % len(found)])

    def give(self, loan: Lent, held: Held) -> None:
        use, now, book = held.use, self.book.now, self.book
        before = book.clashes(held.box, now, use.start - 1, [use]) if now < use.start else []
        early, following = now < use.start, loan.state == "handed_over"
        answer = self.attempt("hand over", lambda: hand_over(loan.id, held.box, **NAMES, by=STAFF, now=self.at))
        if book.is_away(held.box):
            assert isinstance(answer, BoxAway), answer
        elif held.box in book.out:
            assert isinstance(answer, BoxOutOfService), answer
        elif any(other.last >= now for other in before):
            assert isinstance(answer, BoxNotFree), answer
        else:
            assert answer == "handed_over", answer
            for other in before:
                other.end = now - 1
            use.start = min(use.start, now)
            held.place, held.since, loan.state = "away", now, "handed_over"
            for name, so in (("early", early), ("second box", following), ("after its days", now > loan.last)):
                if so:
                    self.count(f"hand over: {name}")

    @precondition(lambda self: self.boxes_at("away"))
    @rule(which=picks)
    def take_back(self, which: int) -> None:
        found = self.boxes_at("away")
        self.bring_back(*found[which % len(found)])

    def bring_back(self, loan: Lent, held: Held) -> None:
        now, use = self.book.now, held.use
        answer = self.attempt("return", lambda: take_back(loan.id, held.box, **NAMES, by=STAFF, now=self.at))
        assert not isinstance(answer, DomainError), answer
        held.place = "back"
        self.count("return: late" if now > loan.last else "return: early" if now < loan.last else "return: on its day")
        self.give_room(use, now)
        if loan.at("away"):
            assert answer == "handed_over"
            self.count("return: others still out")
        else:
            assert answer == "returned"
            loan.state, loan.held = "returned", loan.at("back", "checked")

    def give_room(self, use: Use, now: int) -> None:
        """The use of what is back ends with the half-days of its check, late ones where another use begins."""
        end = walk(now, 1, self.book.after)
        if end > use.end:
            following = [other.start for other in self.book.clashes(use.box, use.end + 1, end, [use])]
            end = min([end, *(start - 1 for start in following)])
        use.first = use.first if use.first <= now else use.start
        use.last, use.end = min(now, end), end

    @precondition(lambda self: self.boxes_at("back"))
    @rule(which=picks, condition=st.sampled_from(BoxCondition), days=st.none() | st.integers(1, 6))
    def check(self, which: int, condition: BoxCondition, days: int | None) -> None:
        found = self.boxes_at("back")
        self.look_into(*found[which % len(found)], condition, days)

    def look_into(self, loan: Lent, held: Held, condition: BoxCondition, days: int | None) -> None:
        broken = condition is BoxCondition.OUT_OF_SERVICE
        until = self.book.today + timedelta(days=days) if broken and days else None
        draft = CheckDraft(condition, out_reason=OutReason.BROKEN if broken else None, out_until=until)
        answer = self.attempt(f"check {condition}", lambda: check_box(loan.id, held.box, draft, by=STAFF, now=self.at))
        held.place = "checked"
        self.book.incomplete.discard(held.box)
        if broken:
            since = self.book.out.get(held.box, (number_of(self.book.today), None))[0]
            self.book.out[held.box] = since, number_of(until) if until else None
        else:
            self.book.out.pop(held.box, None)
            self.book.incomplete |= {held.box} if condition is BoxCondition.INCOMPLETE else set()
        if loan.state == "returned" and not loan.at("back"):
            faulty = self.book.incomplete | set(self.book.out)
            loan.state = "checked" if any(h.box in faulty for h in loan.held) else "closed"
        assert answer == loan.state, answer

    @precondition(lambda self: self.loans_in("checked"))
    @rule(which=picks)
    def close(self, which: int) -> None:
        found = self.loans_in("checked")
        self.end(found[which % len(found)])

    def end(self, loan: Lent) -> None:
        assert self.attempt("close", lambda: move_loan(loan.id, LoanMove.CLOSE, by=STAFF, now=self.at)) == "closed"
        loan.state = "closed"


class GoingOn(Asking, Handling):
    """What usually comes next, so that loans are seen through to their end."""

    @precondition(lambda self: self.loans_in(*UNENDED))
    @rule(often=6, which=picks, late=st.integers(-1, 5), condition=conditions)
    def goes_on(self, which: int, late: int, condition: BoxCondition) -> None:
        self.next_step(self.pick(*UNENDED, which=which), late, condition)

    @precondition(lambda self: self.loans_in("agreed", "handed_over", "returned"))
    @rule(often=5, which=picks, late=st.integers(-2, 9), condition=conditions)
    def goes_on_with_boxes(self, which: int, late: int, condition: BoxCondition) -> None:
        self.next_step(self.pick("agreed", "handed_over", "returned", which=which), late, condition)

    def next_step(self, loan: Lent, late: int, condition: BoxCondition) -> None:
        """`late`: so many half-days after the loan's day it is done; at once below zero."""
        if loan.state == "asked":
            self.try_to_approve(loan)
        elif loan.state == "approved" and late % 2:
            if loan.agreements == loan.outdated:
                self.make(loan)
            self.accept(loan)
        elif loan.state == "approved":
            self.sign(loan)
        elif loan.state == "agreed" or (loan.state == "handed_over" and loan.at("waiting") and late % 2):
            self.wait_for(loan.first, min(late, 0))
            self.give(loan, loan.at("waiting")[late % len(loan.at("waiting"))])
        elif loan.state == "handed_over":
            self.wait_for(loan.last, late)
            self.bring_back(loan, loan.at("away")[late % len(loan.at("away"))])
        elif loan.state == "returned":
            self.look_into(loan, loan.at("back")[0], condition, late if late > 0 else None)
        else:
            self.end(loan)

    def wait_for(self, number: int, late: int) -> None:
        if late >= 0:
            self.book.now = max(self.book.now, number + late)

"""Boxes at events: booked, changed, swapped, exchanged and given back, and what they do when their event moves.

What did not begin is foretold to the half-day. Of what runs, or was moved while it ran, the ledger is read and judged use by use:
what is over stays as it was, what is new has the booking's own half-days and buffers, and what lacks is not to be had.
"""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import strategies as st

from app.core.errors import DomainError, FieldError
from app.events.operations import edit_event
from app.events.queries import get_event_by_id
from app.loans.drafts import EventBoxesDraft, OtherEvent, OtherLoan
from app.loans.errors import (
    BoxesAskedFor,
    BoxNotFree,
    ExchangeOff,
    FacilitatorBusy,
    NoAccreditedFacilitator,
    NoBoxFree,
)
from app.loans.operations.at_events import book_event_boxes, change_event_boxes, end_event_boxes, swap_event_box
from app.loans.operations.event_exchanging import exchange_event_box
from app.web.manage.event_sections import draft_of
from tests.integration.loans.world import STAFF
from tests.properties.loan_machine import LoanBase, lengths, offsets, people, period_of, picks, precondition, rule
from tests.properties.loan_model import AtEvent, Held, Lent, Use, walk
from tests.properties.loan_rows import kept_of_event, uses_of_event

REFUSALS = FieldError, NoAccreditedFacilitator, NoBoxFree, BoxesAskedFor, FacilitatorBusy
Side = tuple[Lent | AtEvent, Use]


class AtEvents(LoanBase):
    """Events take boxes from the same ledger, and people who run them."""

    @rule(often=3, offset=offsets, length=lengths, boxes=st.integers(1, 2), who=people, over=st.booleans(), which=picks)
    def take_for_event(self, offset: int, length: int, boxes: int, who: frozenset[int], over: bool, which: int) -> None:
        first, last, book = self.book.now + offset, self.book.now + offset + length, self.book
        number = which % len(self.event_ids)
        draft = self.event_draft(number, first, last, boxes, who, over)
        left, free = book.may_ask(first, last), book.free(first, last)
        answer = self.attempt("event", lambda: book_event_boxes(draft, by=STAFF, now=self.at))
        if not self.is_of_event(number, first, last):
            assert isinstance(answer, FieldError), answer
        elif not book.may_run(who, first, last):
            assert isinstance(answer, NoAccreditedFacilitator), answer
        elif len(free) < boxes:
            assert isinstance(answer, NoBoxFree), answer
        elif left < boxes and not over:
            assert isinstance(answer, BoxesAskedFor), answer
        elif self.busy(who, first, last):
            assert isinstance(answer, FacilitatorBusy), answer
        else:
            assert isinstance(answer, int), answer
            booking = AtEvent(answer, first, last, boxes, who, number)
            booking.kept = [(person, first, last) for person in who]
            self.take_new(booking, free, boxes)
            book.events.append(booking)

    @precondition(lambda self: self.bookings())
    @rule(often=2, which=picks)
    def end_for_event(self, which: int) -> None:
        """What is to come is given back, what runs ends now, what is over stays."""
        booking, now = self.booking(which), self.book.now
        answer = self.attempt("event ended", lambda: end_event_boxes(booking.id, by=STAFF, now=self.at))
        assert answer is None, answer
        booking.ended = True
        booking.uses = [use for use in booking.uses if use.first < now]
        for use in booking.uses:
            if use.last >= now:
                use.last, use.end = now - 1, walk(now - 1, 1, self.book.after)
        booking.kept = [kept for kept in booking.kept if kept[2] < now]

    # --- other half-days, another number, other people ----------------------------------------------------------------

    @precondition(lambda self: self.bookings())
    @rule(
        often=3, which=picks, first=st.none() | offsets, length=lengths, boxes=st.integers(1, 3), who=people, over=st.booleans()
    )  # fmt: skip
    def change_for_event(
        self, which: int, first: int | None, length: int, boxes: int, who: frozenset[int], over: bool
    ) -> None:
        booking, book = self.booking(which), self.book
        start = booking.first if first is None else book.now + first
        end = booking.last if first is None and length < 3 else start + length
        draft = self.event_draft(booking.event, start, end, boxes, who, over)
        refused, rather, wanted = self.foretold(booking, start, end, boxes, who, over)
        held = len(booking.at(booking.last))
        answer = self.attempt("event changed", lambda: change_event_boxes(booking.id, draft, by=STAFF, now=self.at))
        if isinstance(answer, DomainError) and booking.has_begun(book.now):
            assert isinstance(answer, REFUSALS), answer
            return
        assert type(answer) is refused if refused else answer is None, (answer, refused)
        if answer is not None:
            return
        least = min(boxes, held + max(0, boxes - booking.boxes))
        same = (start, end) == (booking.first, booking.last)
        kept = sorted(booking.uses, key=lambda use: use.box)[:boxes] if same else []
        begun = booking.has_begun(book.now)
        booking.first, booking.last, booking.boxes, booking.named = start, end, boxes, who
        if begun:
            self.judge(booking)
            assert least <= len(booking.at(end)) <= boxes, booking
            return
        free = book.free(start, end, booking.uses) - {use.box for use in kept}
        booking.uses, booking.kept = kept, [(person, start, end) for person in who]
        new = self.take_new(booking, free, wanted)
        assert len(new & rather) == min(len(rather & free), wanted), (new, rather, free)

    def foretold(
        self, booking: AtEvent, first: int, last: int, boxes: int, who: frozenset[int], over: bool
    ) -> tuple[type[DomainError] | None, set[int], int]:
        """How it must be refused, else the boxes that it keeps before others, and how many it takes; of what did not begin."""
        book, same = self.book, (first, last) == (booking.first, booking.last)
        if last < book.now or not self.is_of_event(booking.event, first, last):
            return FieldError, set(), 0
        if not book.may_run(who, first, last):
            return NoAccreditedFacilitator, set(), 0
        had = [use.box for use in booking.uses]
        held = had if same else []
        lacking = boxes - len(held)
        least = min(boxes, len(had) + max(0, boxes - booking.boxes)) - len(held)
        if lacking > 0:
            free = book.free(first, last, booking.uses) - set(held)
            uses, booking.uses = booking.uses, booking.uses if same else []  # what it gives back, others may ask for
            left = book.may_ask(first, last)
            booking.uses = uses
            if len(free) < least:
                return NoBoxFree, set(), 0
            if left < least and not over:
                return BoxesAskedFor, set(), 0
            lacking = min(lacking, len(free) if over else max(least, left))
        if self.busy(who, first, last, booking):
            return FacilitatorBusy, set(), 0
        return None, set() if same else set(had), max(0, lacking)

    # --- another box --------------------------------------------------------------------------------------------------

    @precondition(lambda self: any(booking.at(booking.last) for booking in self.bookings()))
    @rule(often=3, which=picks, new=picks)
    def swap_for_event(self, which: int, new: int) -> None:
        found = [(booking, use) for booking in self.bookings() for use in booking.at(booking.last)]
        booking, use = found[which % len(found)]
        book, first = self.book, max(booking.first, self.book.now)
        free = book.free(first, booking.last, booking.uses) - {held.box for held in booking.at(booking.last)}
        boxes = sorted(free) if free and (new + 1) % 4 else book.box_ids
        wanted = boxes[new % len(boxes)]
        answer = self.attempt(
            "event swapped", lambda: swap_event_box(booking.id, use.box, wanted, by=STAFF, now=self.at)
        )
        if wanted == use.box:
            assert isinstance(answer, BoxNotFree), answer
        elif not book.may_run(booking.named, booking.first, booking.last):
            assert isinstance(answer, NoAccreditedFacilitator), answer
        elif wanted not in free:
            assert isinstance(answer, BoxNotFree), answer
        else:
            assert answer is None, answer
            if booking.has_begun(book.now):
                self.judge(booking)
            else:
                booking.uses.remove(use)
                booking.uses.append(book.new_use(wanted, booking.first, booking.last))
            assert wanted in {one.box for one in booking.at(booking.last)}
            assert use.box not in {one.box for one in booking.at(booking.last)}

    @precondition(lambda self: any(booking.at(booking.last) for booking in self.bookings()))
    @rule(often=3, which=picks, other=picks)
    def exchange_for_event(self, which: int, other: int) -> None:
        """With a box of a loan, or of another booking, mostly of one that is in the way then."""
        sides: list[Side] = [(booking, use) for booking in self.bookings() for use in booking.at(booking.last)]
        one = sides[which % len(sides)]
        sides += [
            (loan, held.use) for loan, held in self.boxes_at("waiting", states=("approved", "agreed", "handed_over"))
        ]
        start, end = self.book.around(one[0].first, one[0].last)
        near = [side for side in sides if side[0] is not one[0] and side[1].start <= end and start <= side[1].end]
        sides = near if near and (other + 1) % 4 else sides
        self.exchange(one, sides[other % len(sides)])

    def exchange(self, one: Side, other: Side) -> None:
        booking, whose = one[0], other[0]
        assert isinstance(booking, AtEvent)
        told: Any = OtherLoan(whose.id) if isinstance(whose, Lent) else OtherEvent(whose.id)
        refused = self.why_not(one, other)
        answer = self.attempt(
            "event exchanged",
            partial(exchange_event_box, booking.id, one[1].box, other[1].box, told, by=STAFF, now=self.at),
        )
        assert type(answer) in refused if refused else answer is None, (answer, refused)
        if answer is not None:
            return
        booking.uses.remove(one[1])
        booking.uses.append(self.book.new_use(other[1].box, booking.first, booking.last))
        mine = self.book.new_use(one[1].box, whose.first, whose.last)
        if isinstance(whose, AtEvent):
            self.count("event exchanged: with an event")
            whose.uses.remove(other[1])
            whose.uses.append(mine)
        else:
            self.count("event exchanged: with a loan")
            whose.held = [held for held in whose.held if held.use is not other[1]] + [Held(mine)]
            self.again(whose)

    def why_not(self, one: Side, other: Side) -> set[type[DomainError]]:
        """The refusals that fit; none where each has what the other needs."""
        book, uses = self.book, [one[1], other[1]]
        if one[0] is other[0] or one[1].first <= book.now or one[0].first <= book.now:
            return {ExchangeOff}
        if isinstance(other[0], Lent):
            if other[0].state not in {"approved", "agreed", "handed_over"} or other[1] not in [
                held.use for held in other[0].at("waiting")
            ]:
                return {ExchangeOff}
        elif other[0].first <= book.now or other[1].first <= book.now:
            return {ExchangeOff}
        found = set[type[DomainError]]()
        for (who, _use), (_, theirs) in ((one, other), (other, one)):
            named = who.people if isinstance(who, Lent) else who.named
            if not book.may_run(named, who.first, who.last):
                found.add(NoAccreditedFacilitator)
            if theirs.box not in book.free(who.first, who.last, uses):
                found.add(BoxNotFree)
        return found

    # --- the event moves ----------------------------------------------------------------------------------------------

    @precondition(lambda self: self.bookings())
    @rule(often=2, which=picks, days=st.integers(-4, 8).filter(bool))
    def move_event(self, which: int, days: int) -> None:
        """All its bookings go along by as many days."""
        number = self.booking(which).event
        event = get_event_by_id(self.event_ids[number])
        by = timedelta(days=days)
        draft = replace(draft_of(event), starts_at=event.starts_at + by, ends_at=event.ends_at + by)
        answer = self.attempt("event moved", lambda: edit_event(event.id, draft, by=STAFF, now=self.at))
        assert answer is None, answer
        self.event_first[number] += 2 * days
        moved = [one for one in self.book.events if one.event == number and not one.ended]
        before = {one.id: {use.box for use in one.at(one.last)} for one in moved}
        fresh = all(not one.has_begun(self.book.now) for one in moved)
        for one in moved:
            one.first, one.last = one.first + 2 * days, one.last + 2 * days
        for one in moved:
            self.judge(one)
        for one in moved:
            self.nothing_was_left(one)
        if fresh and len(moved) == 1 and moved[0].first > self.book.now:
            self.kept_its_own(moved[0], before[moved[0].id])

    def kept_its_own(self, booking: AtEvent, had: set[int]) -> None:
        """The same boxes, as far as they are free on the new days."""
        has = {use.box for use in booking.at(booking.last)}
        if self.book.may_run(booking.named, booking.first, booking.last):
            free = self.book.free(booking.first, booking.last, booking.uses)
            assert has >= had & free, (booking, had, free)
            assert len(has) == min(booking.boxes, len(free)), (booking, free)

    def nothing_was_left(self, booking: AtEvent) -> None:
        """What it is short of, boxes and people, is not to be had."""
        book = self.book
        first = max(booking.first, book.now)
        if booking.last < book.now:
            return
        has = {use.box for use in booking.at(booking.last)}
        if len(has) < booking.boxes and book.may_run(booking.named, booking.first, booking.last):
            assert book.free(first, booking.last, booking.uses) <= has, booking
        for person in booking.named - {kept[0] for kept in booking.kept if kept[2] == booking.last}:
            assert self.busy({person}, first, booking.last, booking), (booking, person)

    # --- what the ledger says, where it is not foretold ---------------------------------------------------------------

    def judge(self, booking: AtEvent) -> None:
        """Read what a booking uses now, and look at each use: nothing is there that may not be."""
        book, old = self.book, booking.uses
        booking.uses = uses_of_event(booking.id)
        for use in booking.uses:
            assert self.is_right(use, booking, old), (use, booking, old)
        gone = [use.key for use in old if use.last < book.now]
        stayed = {(use.box, use.start, use.first) for use in booking.uses}
        assert all(key[:3] in stayed for key in gone), (gone, booking)
        assert len(booking.at(booking.last)) <= booking.boxes, booking
        was, booking.kept = booking.kept, kept_of_event(booking.id, self.people)
        for person, first, last in booking.kept:
            whole = first in {booking.first, max(booking.first, book.now)} and last == booking.last
            assert (person in booking.named and whole) or (person, first, last) in was, (person, first, last, booking)

    def is_right(self, use: Use, booking: AtEvent, old: list[Use]) -> bool:
        """It is as it was; or it began, and ends with the half-day before this one, or stays; or it is new, for the rest."""
        book, first = self.book, max(booking.first, self.book.now)
        if use.key in {one.key for one in old if one.first <= book.now}:
            return True
        end = walk(booking.last, 1, book.after)
        began = any(one.key[:3] == use.key[:3] for one in old if one.first <= book.now)
        if began and use.last == book.now - 1 and use.end <= walk(use.last, 1, book.after):
            return True
        if began and book.now <= use.last <= booking.last and use.end <= end:
            return True
        if booking.last < book.now or not book.may_run(booking.named, booking.first, booking.last):
            return False
        start = walk(booking.first, -1, book.before) if booking.first >= book.now else book.now
        return use.key[1:] == (start, first, booking.last, end)

    # --- small things -------------------------------------------------------------------------------------------------

    def bookings(self) -> list[AtEvent]:
        """Those that go on, or are to come."""
        return [one for one in self.book.events if not one.ended and one.last >= self.book.now]

    def booking(self, which: int) -> AtEvent:
        found = self.bookings()
        return found[which % len(found)]

    def event_draft(self, number: int, first: int, last: int, boxes: int, who: frozenset[int], over: bool) -> Any:
        ids = tuple(self.people[n] for n in sorted(who))
        return EventBoxesDraft(
            self.event_ids[number], self.world.scenario_id, boxes, period_of(first, last), facilitator_ids=ids,
            over_requests=over,
        )  # fmt: skip

    def is_of_event(self, number: int, first: int, last: int) -> bool:
        return last >= self.event_first[number]

    def busy(self, who: Any, first: int, last: int, but: AtEvent | None = None) -> bool:
        return any(one.keeps(person, first, last) for one in self.book.events if one is not but for person in who)

    def take_new(self, booking: AtEvent, free: set[int], wanted: int) -> set[int]:
        """Which boxes are chosen is the implementation's affair: of those that were free, as many as were to be taken."""
        known = {use.box for use in booking.uses}
        new = {use.box for use in uses_of_event(booking.id)} - known
        assert new <= free, (new, free)
        assert len(new) == wanted, (new, wanted, booking)
        booking.uses += [self.book.new_use(box, booking.first, booking.last) for box in sorted(new)]
        return new

"""A box of an event changes places with that of a loan or of another event: each fits the other's days, and people are told."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.enums import Role
from app.boxes.queries import get_scenario_by_id
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.operations import move_event
from app.loans.drafts import OtherEvent, OtherLoan
from app.loans.enums import AcceptedHow, LoanState
from app.loans.errors import BoxNotFree, EventBoxesChanged, ExchangeOff
from app.loans.exchanges import EventExchange, list_event_exchanges
from app.loans.operations import agree_loan, change_dates, hand_over
from app.loans.operations.event_exchanging import exchange_event_box
from app.loans.queries import LoanRow, get_loan
from app.loans.queries_events import EventBoxesRow, get_event_boxes
from app.messages.models import Message
from tests.conftest import counted_statements
from tests.factories import NOW, PARIS, forum, make_member
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.event_world import DAY, assert_whole, book, forum_of
from tests.integration.loans.world import STAFF, LoanWorld, grant, make_facilitator, make_world, period


def exchange(row: EventBoxesRow, new_box_id: int, other: OtherLoan | OtherEvent, **more: str) -> None:
    with transaction():
        exchange_event_box(row.id, row.held[0].box_id, new_box_id, other, by=STAFF, now=NOW, **more)


def offered(world: LoanWorld, row: EventBoxesRow) -> list[EventExchange]:
    scenario = get_scenario_by_id(world.scenario_id)
    with counted_statements() as counted:
        found = list_event_exchanges(row, row.held[0], scenario, now=NOW)
    assert int(counted) <= 10
    return list(found)


def agreed(world: LoanWorld, *dates: str) -> LoanRow:
    loan_id = world.enter(*dates).id
    with transaction():
        agree_loan(loan_id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
    return get_loan(loan_id)


def test_with_the_box_of_a_loan_whose_borrower_is_told(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    row = book(world, forum_of(world))
    loan = agreed(world, f"{DAY} am", f"{DAY} pm")
    far = agreed(world, "2027-03-08 am", "2027-03-09 pm")  # elsewhere in time: its box is free for the event
    own, theirs = row.held[0].box_id, loan.loan_boxes[0].box_id
    (found,) = offered(world, row)
    assert (found.loan and found.loan.id, found.box_id) == (loan.id, theirs)
    exchange(row, theirs, OtherLoan(loan.id, loan.revision), seen=row.seen)
    after, lent = get_event_boxes(row.id), get_loan(loan.id)
    assert [box.box_id for box in after.held] == [theirs]
    assert [box.box_id for box in lent.loan_boxes] == [own]
    assert (lent.state, get_loan(far.id)) == (LoanState.APPROVED, far)
    templates = db.session.execute(select(Message.template).where(Message.subject == f"loan:{loan.id}")).scalars()
    assert "loans.changed" in list(templates)
    (line,) = [entry for entry in list_history(f"event:{row.event_id}") if entry.verb == "event.box_swapped"]
    assert (line.details["from"], line.details["to"]) == (row.box_codes[0], loan.box_codes[0])
    with pytest.raises(EventBoxesChanged):
        exchange(row, own, OtherLoan(loan.id), seen=row.seen)
    with pytest.raises(ExchangeOff):  # it is not as it was read
        exchange(after, own, OtherLoan(loan.id, loan.revision))
    assert_whole()


def test_each_fits_the_others_days_with_buffers_or_nothing_moves(whole_app: Flask) -> None:
    world = make_world(boxes=2, before_halves=1, after_halves=1)
    row = book(world, forum_of(world))
    own = row.held[0].box_id
    for week in ("2027-03-08", "2027-03-15"):  # the other box is used twice: the next loan has the event's
        agreed(world, f"{week} am", f"{week} pm")
    near = agreed(world, "2027-02-08 am", "2027-02-08 pm")
    long = agreed(world, f"{DAY} am", "2027-02-05 am")
    assert ([box.box_id for box in near.loan_boxes], long.loan_boxes[0].box_id != own) == ([own], True)
    assert offered(world, row) == []  # it is checked on Friday afternoon, when the other loan's box is prepared
    with pytest.raises(BoxNotFree):
        exchange(row, long.loan_boxes[0].box_id, OtherLoan(long.id))
    assert (get_event_boxes(row.id), get_loan(long.id)) == (row, long)
    with transaction():
        change_dates(long.id, period(f"{DAY} am", f"{DAY} pm"), by=STAFF, now=NOW)
    assert [one.box_id for one in offered(world, row)] == [long.loan_boxes[0].box_id]
    assert_whole()


def test_with_another_event_and_with_nothing_that_has_begun(whole_app: Flask) -> None:
    world = make_world(boxes=3)
    with transaction():
        person = make_facilitator(world.organiser_id)
        grant(world.organiser_id, person, world.scenario_id)
    row, evening = book(world, forum_of(world)), forum_of(world, forum(title_fr="Forum du soir"))
    other = book(world, evening, f"{DAY} pm", f"{DAY} pm", facilitator_ids=(person,))
    loan = agreed(world, f"{DAY} am", f"{DAY} pm")
    own, theirs, lent = row.held[0].box_id, other.held[0].box_id, loan.loan_boxes[0].box_id
    assert {one.box_id for one in offered(world, row)} == {theirs, lent}
    exchange(row, theirs, OtherEvent(other.id, other.seen), seen=row.seen)
    assert [get_event_boxes(one.id).held[0].box_id for one in (row, other)] == [theirs, own]
    row = get_event_boxes(row.id)
    with pytest.raises(ExchangeOff):  # it is not as it was read
        exchange(row, own, OtherEvent(other.id, other.seen))
    with transaction():
        hand_over(loan.id, lent, given_by="Inès Roux", given_to="Manon Lambert", by=STAFF, now=NOW)
        move_event(evening.id, EventMove.CANCEL, by=SYSTEM, now=NOW)
    assert offered(world, row) == []
    for box_id, gone in ((own, OtherEvent(other.id)), (own, OtherEvent(10**6)), (lent, OtherLoan(loan.id))):
        with pytest.raises(ExchangeOff):
            exchange(row, box_id, gone)
    begun = datetime(2027, 2, 4, 9, tzinfo=PARIS)
    with pytest.raises(ExchangeOff), transaction():
        exchange_event_box(row.id, theirs, lent, OtherLoan(loan.id), by=STAFF, now=begun)
    assert list_event_exchanges(row, row.held[0], world.scenario, now=begun) == ()
    assert_whole()


def test_the_page_offers_both_and_says_when_it_is_too_late(sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.clock.now", lambda: NOW)
    world = make_world(boxes=2)
    row = book(world, forum_of(world))
    loan = agreed(world, f"{DAY} am", f"{DAY} pm")
    client = sign_in_as(sqlite_app, make_member(world.organiser_id, Role.MANAGER)[0])
    client.set_cookie("lang", "en")
    base = f"/manage/events/{row.slug}/boxes"
    address = f"{base}/{row.id}/swap/{row.box_codes[0]}"
    page = client.get(address).text
    value = f"{loan.loan_boxes[0].box_id}.loan.{loan.id}.{loan.revision}"
    assert f'value="{value}"' in page
    assert f"Now promised to {loan.structure_name}, Thursday 4 February 2027" in page
    assert "Free boxes" not in page
    for bad in ("", "1.loan", f"{value}.1", "1.event.2.x"):
        assert client.post(address, data={"box": bad, "seen": row.seen}).status_code == 422
    with transaction():
        change_dates(loan.id, period(f"{DAY} am", f"{DAY} am"), by=STAFF, now=NOW)
    late = client.post(address, data={"box": value, "seen": row.seen})
    assert (late.status_code, "This exchange is no longer possible" in late.text) == (422, True)
    loan = get_loan(loan.id)
    value = f"{loan.loan_boxes[0].box_id}.loan.{loan.id}.{loan.revision}"
    done = client.post(address, data={"box": value, "seen": row.seen}, follow_redirects=True).text
    assert f"{row.box_codes[0]} is swapped." in done
    assert get_event_boxes(row.id).box_codes == loan.box_codes

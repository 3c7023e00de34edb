"""The pages of one loan, for the organiser and for the borrower: agreements, dates, swaps, refusals and history in words."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.boxes.enums import BoxCondition
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.loans.agreements import agreement_content
from app.loans.drafts import CheckDraft
from app.loans.enums import AcceptedHow, CountMoment, LoanCancel, LoanMove
from app.loans.models import LoanCount
from app.loans.operations import agree_loan, change_dates, hand_over, move_loan, take_back
from app.loans.operations.handling import check_box
from app.loans.operations.reminding import answer_reminder
from app.loans.queries import get_loan
from app.loans.wanted import is_wanted
from tests.factories import NOW, make_member
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.world import BORROWER, STAFF, LoanWorld, make_world, period
from tests.integration.mails.conftest import drain

pytestmark = pytest.mark.usefixtures("whole_app")
BASE = "/manage/boxes/loans"
FIRST = NOW + timedelta(days=21)  # 1 February 2027


def desk(app: Flask, world: LoanWorld, role: Role = Role.OWNER) -> FlaskClient:
    set_clock(app.extensions, NOW)
    client = sign_in_as(app, make_member(world.organiser_id, role)[0])
    client.set_cookie("lang", "en")
    return client


def visitor(app: Flask) -> FlaskClient:
    db.session.remove()
    client = app.test_client()
    client.set_cookie("lang", "en")
    return client


def said(client: FlaskClient, path: str) -> str:
    return " ".join(client.get(path).text.split())


def agree(loan_id: int, how: AcceptedHow = AcceptedHow.LINK) -> None:
    with transaction():
        agree_loan(loan_id, name="Manon Lambert", how=how, by=BORROWER if how is AcceptedHow.LINK else STAFF, now=NOW)


def out(world: LoanWorld) -> tuple[int, str, int]:
    """A loan of 1 to 3 February that is with the borrower: its id, its link, its box."""
    made = world.enter()
    drain()
    agree(made.id)
    (box,) = get_loan(made.id).loan_boxes
    with transaction():
        hand_over(made.id, box.box_id, given_by="Inès Roux", given_to="Manon", by=STAFF, now=FIRST)
    return made.id, f"/l/{made.token}", box.box_id


def test_too_many_or_too_few_players_are_told_of_until_it_is_agreed(whole_app: Flask) -> None:
    world = make_world(3)  # for 4 to 15 players
    client = desk(whole_app, world)
    for players, boxes, told in (
        (31, 2, "31 players are announced. The game is for 15 at most around each box."),
        (3, 1, "3 players are announced. The game is for 4 at least."),
    ):
        made = world.ask(players=players, boxes=boxes)
        page = f"{BASE}/{made.reference}"
        assert told in said(client, page)
        with transaction():
            move_loan(made.id, LoanMove.APPROVE, by=STAFF, now=NOW)
        assert told in said(client, page)
        agree(made.id, AcceptedHow.PAPER)
        assert "The game is for" not in said(client, page)
    assert "The game is for" not in said(client, f"{BASE}/{world.ask('2027-03-01 am', '2027-03-01 pm').reference}")


def test_the_day_that_a_borrower_promises_stands_on_both_pages_until_the_box_is_back(whole_app: Flask) -> None:
    world = make_world(1)
    loan_id, link, box_id = out(world)
    late = FIRST + timedelta(days=4)
    reference, client = get_loan(loan_id).reference, desk(whole_app, world)
    set_clock(whole_app.extensions, late)
    assert "The boxes were expected on Wednesday 3 February 2027, in the afternoon." in said(visitor(whole_app), link)
    with transaction():
        answer_reminder(loan_id, (late + timedelta(days=3)).date(), by=BORROWER, now=late)
    assert "bring it back on Monday 8 February 2027" in said(client, f"{BASE}/{reference}")
    assert "You bring them back on Monday 8 February 2027." in said(visitor(whole_app), link)
    with transaction():
        take_back(loan_id, box_id, given_by="Manon", given_to="Inès", by=STAFF, now=late)
    assert "bring it back on" not in said(client, f"{BASE}/{reference}")


def test_what_the_check_finds_missing_is_told_to_the_borrower(whole_app: Flask) -> None:
    world = make_world(1)
    loan_id, link, box_id = out(world)
    held = get_loan(loan_id).loan_boxes[0].id
    with transaction():
        take_back(loan_id, box_id, given_by="Manon", given_to="Inès", by=STAFF, now=FIRST)
        check_box(loan_id, box_id, CheckDraft(BoxCondition.INCOMPLETE), by=STAFF, now=FIRST)
        for moment, counted in ((CountMoment.HAND_OVER, 4), (CountMoment.CHECK, 3)):
            count = {"name": "Cadenas", "consumable": False, "expected": 4, "counted": counted, "note": ""}
            db.session.add(LoanCount(loan_box_id=held, moment=moment, **count))
    set_clock(whole_app.extensions, FIRST)
    page = said(visitor(whole_app), link)
    assert "This is missing:" in page
    assert "Cadenas (1)" in page
    assert "Thank you." not in page


def test_an_agreement_that_no_longer_holds_is_neither_shown_nor_accepted(whole_app: Flask) -> None:
    world = make_world(2)
    made = world.enter()
    drain()
    client, borrower, link = desk(whole_app, world), visitor(whole_app), f"/l/{made.token}"
    page = f"{BASE}/{made.reference}"
    assert f"{link}/accept" in said(borrower, link)
    with transaction():
        change_dates(made.id, period("2027-02-08 am", "2027-02-09 pm"), by=STAFF, now=NOW)
    shown = said(borrower, link)
    assert "The agreement is being made." in shown
    assert f"{link}/accept" not in shown
    assert 'hx-select="#loan"' in shown
    assert borrower.get(f"{link}/agreement.pdf").status_code == 404
    assert "It is being made" in said(client, page)
    drain()
    assert "number=2" in said(borrower, link)
    agree(made.id)
    told = said(client, page)
    assert "Accepted by Manon Lambert" in told
    assert "1 former agreement" in told
    assert "By the borrower’s link" in told
    assert "Before: from Monday 1 February, in the morning, to Wednesday 3 February 2027, in the afternoon" in told
    content = agreement_content(made.id, 2)
    assert client.get(f"{page}/agreement.pdf").data == content
    assert client.get(f"{page}/agreement.pdf?number=9").status_code == 404
    assert desk(whole_app, world, Role.VIEWER).get(f"{page}/agreement.pdf").status_code == 403
    (mail,) = [mail for mail in drain() if mail.files]
    assert mail.file(".pdf") == content


def test_a_viewer_finds_nobody_by_name_and_reads_no_notes(whole_app: Flask) -> None:
    world = make_world(1)
    loan_id, _link, box_id = out(world)
    with transaction():
        take_back(loan_id, box_id, given_by="M", given_to="I", note="Manon l’a perdu", by=STAFF, now=FIRST)
    reference = get_loan(loan_id).reference
    for role, seen in ((Role.VIEWER, False), (Role.OWNER, True)):
        client = desk(whole_app, world, role)
        assert (reference in client.get(f"{BASE}?q=lambert").text) is seen
        assert reference in client.get(f"{BASE}?q={reference}").text
        assert ("Manon l’a perdu" in client.get(f"{BASE}/{reference}").text) is seen


def test_moves_appear_when_they_can_be_made_and_refusals_say_why(whole_app: Flask) -> None:
    world = make_world()
    entered, asked = world.enter(), world.ask()
    client = desk(whole_app, world)
    page, request = f"{BASE}/{entered.reference}", f"{BASE}/{asked.reference}"
    assert "/moves/not_collected" not in client.get(page).text
    set_clock(whole_app.extensions, FIRST + timedelta(days=9))
    assert "/moves/not_collected" in client.get(page).text
    assert "The days of this request are over" in client.get(request).text
    assert "/moves/approve" not in client.get(request).text
    assert "These days are over." in client.post(f"{request}/moves/approve", follow_redirects=True).text
    assert "nobody came" in client.post(f"{page}/moves/not_collected", follow_redirects=True).text
    again = client.post(f"{page}/moves/close", follow_redirects=True).text
    assert "the loan stands at “Not collected”" in again
    assert "1 box was asked for." in " ".join(again.split())
    assert any("is over: nobody came" in mail.title or "personne n’est venu" in mail.title for mail in drain())


def test_other_dates_are_looked_at_before_they_change_and_closed_days_are_asked_about(whole_app: Flask) -> None:
    world = make_world(2)
    made = world.enter()
    world.enter("2027-02-08 am", "2027-02-12 pm")
    client, page = desk(whole_app, world), f"{BASE}/{made.reference}/dates"
    saturday = {"first_day": "2027-02-13", "first_half": "am", "last_day": "2027-02-15", "last_half": "am"}
    looked = client.post(page, data=saturday | {"look": "1"})
    assert looked.status_code == 200
    assert "boxes are free: " in looked.text or "box is free: " in looked.text
    assert "Saturday 13 February: closed" in looked.text
    assert client.post(page, data=saturday).status_code == 422
    assert get_loan(made.id).from_date.day == 1
    assert client.post(page, data=saturday | {"even_closed": "y"}).status_code == 302
    assert get_loan(made.id).from_date.day == 13


def test_a_box_is_exchanged_with_another_loan_and_ids_of_nothing_are_refused(whole_app: Flask) -> None:
    world = make_world(2)
    one, other = world.enter(), world.enter("2027-02-02 am", "2027-02-04 pm")
    (mine,), (theirs,) = get_loan(one.id).loan_boxes, get_loan(other.id).loan_boxes
    client = desk(whole_app, world)
    swap = f"{BASE}/{one.reference}/boxes/{mine.code}/swap"
    page = said(client, swap)
    assert "In exchange with another loan" in page
    value = f"{theirs.box_id}.{other.id}.{get_loan(other.id).revision}"
    assert f'value="{value}"' in page
    for box in ("9" * 20, "-1", "", "x"):
        assert client.post(swap, data={"box": box}).status_code == 422
    assert (
        client.post(swap, data={"box": str(theirs.box_id)}).status_code == 422
    )  # nobody said that it is another loan's
    assert get_loan(other.id).box_codes == (theirs.code,)
    assert client.post(swap, data={"box": value}).status_code == 302
    assert get_loan(one.id).box_codes == (theirs.code,)
    assert get_loan(other.id).box_codes == (mine.code,)
    with transaction():
        agree_loan(other.id, name="M", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
        hand_over(other.id, mine.box_id, given_by="I", given_to="M", by=STAFF, now=FIRST)
    assert "No other box is free" in said(client, f"{BASE}/{one.reference}/boxes/{theirs.code}/swap")


def test_the_team_is_told_of_a_request_at_the_addresses_that_it_has(whole_app: Flask) -> None:
    world = make_world()
    make_member(world.organiser_id, Role.MANAGER, email="marc.delorme@example.org")
    make_member(world.organiser_id, Role.VIEWER)
    made = world.ask()
    mails = {mail.to: mail for mail in drain()}
    assert set(mails) == {"manon.lambert@example.org", "marc.delorme@example.org"}
    mail = mails["marc.delorme@example.org"]
    assert f"{BASE}/{made.reference}" in mail.text
    assert mail.headers["Reply-To"] == "manon.lambert@example.org"
    world.ask(by=STAFF)
    assert drain() == []


def test_what_came_by_telephone_shows_what_is_free_first(whole_app: Flask) -> None:
    world = make_world(2)
    world.ask()
    client = desk(whole_app, world)
    data = {
        "structure": str(world.structure_id), "scenario": str(world.scenario_id), "boxes": "1", "contact": "",
        "first_day": "2027-02-01", "first_half": "am", "last_day": "2027-02-06", "last_half": "pm", "purpose": "staff",
    }  # fmt: skip
    page = " ".join(client.post(f"{BASE}/new", data=data | {"how": "look"}).text.split())
    assert "2 boxes are free: " in page
    assert "Requests that wait ask for 1 of them." in page
    assert "Saturday 6 February: closed" in page
    assert client.post(f"{BASE}/new", data=data | {"scenario": ""}).status_code == 422
    assert client.post(f"{BASE}/new", data=data | {"purpose": ""}).status_code == 422
    assert 'value="class" selected' not in " ".join(
        client.get(f"{BASE}/new?structure={world.structure_id}").text.split()
    )


def test_a_reminder_says_that_others_count_on_the_box_only_when_they_do(whole_app: Flask) -> None:
    world = make_world(1)
    loan_id, _link, _box = out(world)
    day = FIRST.date()
    assert not is_wanted(get_loan(loan_id), day)
    later = world.enter("2027-02-22 am", "2027-02-22 pm")
    assert is_wanted(get_loan(loan_id), day)
    with transaction():
        move_loan(later.id, LoanMove.CANCEL, by=STAFF, now=NOW, reason=LoanCancel.OTHER)
    assert not is_wanted(get_loan(loan_id), day)
    world.ask("2027-03-01 am", "2027-03-01 pm")
    assert is_wanted(get_loan(loan_id), day)

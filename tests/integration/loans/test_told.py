"""What borrowers are told at the end of a loan: what its check found, that all is back, what is no longer kept for them."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app

from app.boxes.drafts import ItemDraft
from app.boxes.enums import BoxCondition, OutReason
from app.boxes.operations.boxes import put_out_of_service, set_in_service
from app.boxes.operations.scenarios import set_items
from app.boxes.queries import get_box_by_id, list_contents
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.errors import MoveNotAllowed
from app.core.transaction import transaction
from app.loans.drafts import CheckDraft, CountDraft
from app.loans.enums import AcceptedHow, LoanMove, LoanState
from app.loans.links import loan_path, loan_token
from app.loans.operations import agree_loan, check_box, give_up_rest, hand_over, move_loan, take_back
from app.loans.queries import get_loan
from tests.factories import NOW
from tests.integration.loans.test_loan_pages import said, visitor
from tests.integration.loans.world import STAFF, LoanWorld, make_world
from tests.integration.mails.conftest import Received, drain

pytestmark = pytest.mark.usefixtures("whole_app")
FIRST = NOW + timedelta(days=21)  # 1 February 2027
CHECK = FIRST + timedelta(days=3)
BOTH: dict[str, Any] = {"given_by": "Inès Roux", "given_to": "Manon Lambert", "by": STAFF}


def mails() -> list[Received]:
    """What left until all of it was due."""
    set_clock(current_app.extensions, CHECK + timedelta(days=9))
    return drain()


def counts(organiser_id: int, box_id: int, **numbers: int) -> tuple[CountDraft, ...]:
    """All there, but the things whose first word is given a number."""
    contents = list_contents(get_box_by_id(box_id, organiser_id=organiser_id))
    return tuple(CountDraft(numbers.get(c.name_fr.split()[0], c.expected), item_id=c.item_id) for c in contents)


def out(world: LoanWorld, *, boxes: int = 1, fetched: int = 1, locale: str = "fr", **numbers: int) -> int:
    """A loan of 1 to 3 February: so many of its boxes were fetched, with the numbers that were counted then."""
    made = world.enter(boxes=boxes, locale=locale)
    with transaction():
        agree_loan(made.id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
        for box in get_loan(made.id).loan_boxes[:fetched]:
            found = counts(world.organiser_id, box.box_id, **numbers)
            hand_over(made.id, box.box_id, counts=found, now=FIRST, **BOTH)
    mails()
    return made.id


def back(loan_id: int, *, keep_rest: bool = False) -> None:
    for box in get_loan(loan_id).loan_boxes:
        if box.is_away:
            with transaction():
                take_back(loan_id, box.box_id, keep_rest=keep_rest, now=FIRST + timedelta(days=2), **BOTH)


def check(loan_id: int, at: int = 0, *, reason: OutReason | None = None, **numbers: int) -> LoanState:
    """Its box at that place: out of service for a reason, incomplete with numbers, else ready."""
    loan = get_loan(loan_id)
    box_id = loan.loan_boxes[at].box_id
    condition = BoxCondition.INCOMPLETE if numbers else BoxCondition.READY
    condition = BoxCondition.OUT_OF_SERVICE if reason else condition
    found = CheckDraft(condition, counts(loan.organiser_id, box_id, **numbers), out_reason=reason)
    with transaction():
        return check_box(loan_id, box_id, found, by=STAFF, now=CHECK)


def close(loan_id: int) -> None:
    with transaction():
        move_loan(loan_id, LoanMove.CLOSE, by=STAFF, now=CHECK + timedelta(days=5))


def told() -> tuple[str, str]:
    """Title and text of the one mail that left, each in one line; its HTML says the same."""
    (mail,) = mails()
    assert mail.to == "manon.lambert@example.org"
    html = " ".join(mail.html.split())
    lines = [line for line in mail.text.split("\n-- \n")[0].splitlines() if line.endswith((".", ":", "?"))]
    assert lines
    assert all(" ".join(line.split()) in html for line in lines)
    return mail.title, " ".join(mail.text.split())


def page_of(app: Flask, loan_id: int) -> str:
    set_clock(app.extensions, CHECK)
    loan = get_loan(loan_id)
    return said(visitor(app), loan_path(loan_token(loan.organiser_id, loan.reference)))


def test_what_is_missing_is_told_once_when_all_is_checked_and_closing_says_nothing_more(whole_app: Flask) -> None:
    loan_id = out(make_world(2), boxes=2, fetched=2)
    first, second = get_loan(loan_id).box_codes
    back(loan_id)
    check(loan_id, 0, Cadenas=3, Feuille=12)  # sheets are used up: nobody misses them
    assert mails() == []  # the other one is still looked at
    assert check(loan_id, 1, Cadenas=0) is LoanState.CHECKED
    with pytest.raises(MoveNotAllowed):
        check(loan_id, 1)
    title, text = told()
    assert "il manque quelque chose" in title
    assert f"Boîte {first} : Cadenas, il en manque 1 sur 4." in text
    assert f"Boîte {second} : Cadenas, il en manque 4 sur 4." in text
    assert "L’équipe prend contact avec vous à ce sujet." in text
    assert "Feuille" not in text
    assert loan_path(loan_token(get_loan(loan_id).organiser_id, get_loan(loan_id).reference)) in text
    close(loan_id)
    assert mails() == []


def test_things_have_their_english_names_and_a_loan_that_ended_before_its_mail_left_says_so(whole_app: Flask) -> None:
    world = make_world(1)
    with transaction():
        items = (ItemDraft("Cadenas", 4, name_en="Padlock"), ItemDraft("Clé", 2))
        set_items(world.scenario_id, items, organiser_id=world.organiser_id, revision=None, by=SYSTEM, now=NOW)
    loan_id = out(world, locale="en", Cadenas=3)  # one was missing before
    (box,) = get_loan(loan_id).loan_boxes
    back(loan_id)
    check(loan_id, Cadenas=1)
    close(loan_id)
    title, text = told()
    assert title.endswith(": something is missing")
    assert f"Box {box.code}: Padlock, 2 missing of 3. Have you found what is missing?" in text
    assert "The loan is finished. Thank you." in text
    assert f"Box {box.code}: Padlock (2)" in page_of(whole_app, loan_id)


def test_what_came_back_damaged_is_told_and_stays_told_once_it_is_repaired(whole_app: Flask) -> None:
    world = make_world(4)
    loan_id, other = out(world, boxes=3, fetched=3, locale="en"), out(world, locale="en")
    back(loan_id)
    boxes = get_loan(loan_id).loan_boxes
    for at, reason in enumerate((OutReason.BROKEN, OutReason.CLEANING, OutReason.OTHER)):
        check(loan_id, at, reason=reason)
    title, text = told()
    page = page_of(whole_app, loan_id)
    assert title.endswith("something is damaged")
    for line in (
        f"Box {boxes[0].code} came back damaged: it is out of service.",
        f"Box {boxes[1].code} has to be cleaned before it is lent again.",
        f"Box {boxes[2].code} cannot be lent for now.",
    ):
        assert line in text
        assert line in page
    assert "Have you found" not in text
    with transaction():
        for box in boxes:
            set_in_service(box.box_id, organiser_id=world.organiser_id, by=STAFF, now=CHECK)
    close(loan_id)
    assert mails() == []
    back(other)
    check(other, reason=OutReason.CLEANING)
    assert told()[0].endswith("what the check found")


def test_when_all_is_back_one_thank_you_ends_the_loan(whole_app: Flask) -> None:
    loan_id = out(make_world(1))
    back(loan_id)
    assert mails() == []
    assert (
        check(loan_id, Feuille=1) is LoanState.CHECKED
    )  # staff call it incomplete: of the borrower's nothing is missing
    assert mails() == []
    assert "Nothing is missing since the hand-over." in page_of(whole_app, loan_id)
    close(loan_id)
    title, text = told()
    assert "Tout est revenu" in title
    assert "rien ne manque. Merci." in text


def test_what_happened_to_a_box_before_or_after_a_loan_is_not_told_to_its_borrower(whole_app: Flask) -> None:
    world = make_world(2)
    loan_id = out(world, boxes=2, fetched=2)
    first, second = get_loan(loan_id).loan_boxes
    with transaction():
        out_of: dict[str, Any] = {"until": None, "note": "", "organiser_id": world.organiser_id, "by": STAFF}
        put_out_of_service(second.box_id, OutReason.LOST, today=FIRST.date(), now=FIRST, **out_of)  # it is found again
    back(loan_id)
    check(loan_id, 0)
    with transaction():
        later = CHECK + timedelta(hours=1)
        put_out_of_service(first.box_id, OutReason.BROKEN, today=CHECK.date(), now=later, **out_of)
    assert check(loan_id, 1, reason=OutReason.UPDATE) is LoanState.CHECKED
    assert mails() == []
    close(loan_id)
    assert "Tout est revenu" in told()[0]


@pytest.mark.parametrize("when", ["at the return", "later"])
def test_boxes_that_nobody_came_for_are_told_of_when_they_are_given_up(whole_app: Flask, when: str) -> None:
    loan_id = out(make_world(3), boxes=3, fetched=1)
    first, *others = get_loan(loan_id).box_codes
    back(loan_id, keep_rest=when == "later")
    if when == "later":
        check(loan_id)
        assert mails() == []
        with transaction():
            assert give_up_rest(loan_id, by=STAFF, now=CHECK) is LoanState.CLOSED
        left = mails()
        assert [("gardons plus" in mail.title, "Tout est revenu" in mail.title) for mail in left] == [
            (True, False),
            (False, True),
        ]
        text = " ".join(left[0].text.split())
    else:
        title, text = told()
        assert f"Nous ne gardons plus {', '.join(others)} pour vous" in title
    assert f"ce que nous gardions encore pour vous : {', '.join(others)}." in text
    assert f"De retour chez nous : {first}. Vous n’avez plus rien de ce prêt." in text


def test_a_thing_that_came_into_the_list_after_the_hand_over_is_not_missed_from_the_borrower(whole_app: Flask) -> None:
    world = make_world(1)
    loan_id = out(world)
    with transaction():
        items = (ItemDraft("Cadenas", 4), ItemDraft("Lampe", 2))
        set_items(world.scenario_id, items, organiser_id=world.organiser_id, revision=None, by=SYSTEM, now=NOW)
    back(loan_id)
    assert check(loan_id, Lampe=0) is LoanState.CHECKED
    assert mails() == []
    assert "Lampe" not in page_of(whole_app, loan_id)

"""Visuals and signage are borrowed as games are: in what their borrowers read there is no box and no game."""

import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.boxes.enums import BoxCondition, LentKind, OutReason
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.loans.agreements import agreement_content
from app.loans.drafts import CheckDraft
from app.loans.enums import AcceptedHow, LoanCancel, LoanMove, LoanRefusal, ReminderKind
from app.loans.links import loan_path, loan_token
from app.loans.notifications import queue_reminder
from app.loans.operations import (
    agree_loan,
    check_box,
    hand_over,
    move_loan,
    name_facilitators,
    swap_box,
)
from app.loans.operations.reminding import answer_reminder
from app.loans.queries import get_loan
from tests.factories import NOW, make_member
from tests.integration.loans.test_agreements import words_of
from tests.integration.loans.test_borrowers_pages import text_of, visitor_of
from tests.integration.loans.test_told import back, counts
from tests.integration.loans.world import BORROWER, STAFF, LoanWorld, make_facilitator, make_world, set_scenario
from tests.integration.mails.conftest import drain
from tests.unit.test_things_in_words import OF_BOXES

FIRST = NOW + timedelta(days=21)
BOTH = {"given_by": "Inès Roux", "given_to": "Manon Lambert"}


@pytest.fixture(params=["fr", "en"])
def reader(request: pytest.FixtureRequest, sqlite_app: Flask) -> "Reader":
    world = make_world(4)
    set_scenario(
        world.scenario_id, kind=LentKind.OTHER, asks_accreditation=False, title_fr="Kakémonos", title_en="Roll-ups"
    )
    make_member(world.organiser_id, Role.MANAGER, email="marc.delorme@example.org")
    return Reader(sqlite_app, world, request.param)


class Reader:
    """Reads all that a borrower of equipment gets, and says so when a box or a game is in it."""

    def __init__(self, app: Flask, world: LoanWorld, locale: str) -> None:
        self.app, self.world, self.locale = app, world, locale
        self.client: FlaskClient = app.test_client()
        self.client.set_cookie("lang", locale)

    def look(self, text: str) -> str:
        plain = re.sub(r"https?://\S+", "", " ".join(text.split()))
        assert not re.search(OF_BOXES[self.locale], plain, re.IGNORECASE), plain
        return plain

    def mails(self, now: datetime, *, team: bool = False) -> list[str]:
        """The titles of what the borrower got; the team's mail is French, whatever the borrower speaks."""
        set_clock(self.app.extensions, now)
        left = drain()
        assert (len({mail.to for mail in left}) == 2) is team
        mine = [mail for mail in left if mail.to.startswith("manon")]
        for mail in mine:
            self.look(f"{mail.title}\n{mail.text}")
            self.look(re.sub(r"<head>.*?</head>|<[^>]+>", " ", mail.html, flags=re.DOTALL))
        for mail in (one for one in left if one not in mine):
            assert not re.search(OF_BOXES["fr"], re.sub(r"https?://\S+", "", mail.text), re.IGNORECASE), mail.text
        return [mail.title for mail in mine]

    def page(self, loan_id: int, now: datetime) -> str:
        set_clock(self.app.extensions, now)
        loan = get_loan(loan_id)
        answer = self.client.get(loan_path(loan_token(loan.organiser_id, loan.reference)))
        assert answer.status_code == 200
        found = re.search(r'<div id="loan".*</main>', answer.text, re.DOTALL)
        assert found
        return self.look(re.sub(r"<[^>]+>", " ", found[0]))

    def ask(self, *days: str, boxes: int = 1) -> int:
        return self.world.ask(*days, boxes=boxes, players=None, facilitator_ids=(), locale=self.locale).id

    def approved(self, *days: str, boxes: int = 1) -> int:
        loan_id = self.ask(*days, boxes=boxes)
        with transaction():
            move_loan(loan_id, LoanMove.APPROVE, by=STAFF, now=NOW)
        return loan_id


def test_from_request_to_hand_over(reader: Reader) -> None:
    world = reader.world
    loan_id = reader.ask(boxes=2)
    assert len(reader.mails(NOW, team=True)) == 1
    reader.page(loan_id, NOW)
    with transaction():
        move_loan(loan_id, LoanMove.APPROVE, by=STAFF, now=NOW)
    reader.page(loan_id, NOW)  # the agreement is being made
    assert len(reader.mails(NOW)) == 1
    held = get_loan(loan_id).loan_boxes[0]
    free = next(b for b in world.box_ids if b not in {box.box_id for box in get_loan(loan_id).loan_boxes})
    with transaction():
        swap_box(loan_id, held.box_id, free, by=STAFF, now=NOW, why=LoanCancel.BOX_BROKEN)
        name_facilitators(loan_id, [make_facilitator(world.organiser_id)], by=STAFF, now=NOW)
    assert len(reader.mails(NOW)) == 2
    reader.page(loan_id, NOW)
    paper = words_of(agreement_content(loan_id, 2))
    assert "Exemplaires " in paper
    assert not re.search(OF_BOXES["fr"], paper, re.IGNORECASE)
    with transaction():
        agree_loan(loan_id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
    assert len(reader.mails(NOW)) == 1
    reader.page(loan_id, NOW)


def test_from_hand_over_to_the_end(reader: Reader) -> None:
    loan_id = reader.approved(boxes=2)
    first, second = get_loan(loan_id).loan_boxes
    with transaction():
        agree_loan(loan_id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
        full = counts(reader.world.organiser_id, first.box_id)
        hand_over(loan_id, first.box_id, counts=full, by=STAFF, now=FIRST, **BOTH)
    reader.mails(FIRST)
    assert second.code in reader.page(loan_id, FIRST)
    late = FIRST + timedelta(days=5)
    with transaction():
        for kind in ReminderKind:
            queue_reminder(get_loan(loan_id), kind, now=late)
    assert len(set(reader.mails(late))) == 3
    reader.page(loan_id, late)
    with transaction():
        answer_reminder(loan_id, late.date(), by=BORROWER, now=late)
    reader.page(loan_id, late)
    reader.page(loan_id, FIRST)  # promised before it is late
    back(loan_id)
    assert len(reader.mails(late)) == 1
    reader.page(loan_id, late)
    with transaction():
        few = counts(reader.world.organiser_id, first.box_id, Cadenas=1)
        found = CheckDraft(BoxCondition.OUT_OF_SERVICE, few, out_reason=OutReason.BROKEN)
        check_box(loan_id, first.box_id, found, by=STAFF, now=late)
    assert len(reader.mails(late)) == 1
    reader.page(loan_id, late)
    with transaction():
        move_loan(loan_id, LoanMove.CLOSE, by=STAFF, now=late)
    assert first.code in reader.page(loan_id, late)


def test_what_came_to_nothing(reader: Reader) -> None:
    refused, cancelled, never = reader.ask(), reader.approved(), reader.approved("2027-02-15 am", "2027-02-15 pm")
    reader.mails(NOW, team=True)
    later = NOW + timedelta(days=60)
    with transaction():
        move_loan(refused, LoanMove.REFUSE, by=STAFF, now=NOW, refusal=LoanRefusal.NO_BOX)
        move_loan(cancelled, LoanMove.CANCEL, by=STAFF, now=NOW, reason=LoanCancel.BOX_LATE)
        move_loan(never, LoanMove.NOT_COLLECTED, by=STAFF, now=later)
    assert len(reader.mails(later)) == 3
    for loan_id in (refused, cancelled, never):
        reader.page(loan_id, later)


def test_a_contact_asks_for_equipment_and_sees_how_many_sets(reader: Reader) -> None:
    reader.ask(boxes=2)
    contact = visitor_of(reader.app, reader.world)
    page = text_of(contact, f"/my/loans/new?scenario={reader.world.scenario.slug}")
    assert "<h1>Ask for equipment</h1>" in page
    assert "How many sets" in page
    assert "2 sets" in text_of(contact, "/my/loans")

"""Agreements are made after a change and kept as they were; borrowers are told, each once."""

import io
from datetime import timedelta
from hashlib import sha256

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import insert

from app.core.actor import SYSTEM
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.jobs.operations import enqueue
from app.loans.agreements import agreement_content, find_agreement, list_agreements
from app.loans.enums import AcceptedHow, LoanCancel, LoanMove, LoanRefusal, LoanState
from app.loans.errors import NoAgreement
from app.loans.links import loan_path, loan_token
from app.loans.notifications import AGREEMENT_JOB
from app.loans.operations import agree_loan, change_dates, hand_over, move_loan, swap_box
from app.loans.operations.reminding import answer_reminder, remind
from app.loans.queries import get_loan
from app.resources.models import LendingSettings
from tests.factories import NOW
from tests.integration.loans.world import BORROWER, STAFF, LoanWorld, make_world, period
from tests.integration.mails.conftest import drain

pytestmark = pytest.mark.usefixtures("whole_app")


def words_of(content: bytes) -> str:
    """The text of a PDF, in one line."""
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    found = " ".join(page.get_textpage().get_text_bounded() for page in document)
    return " ".join(found.split())


def agree(loan_id: int, number: int | None = None) -> None:
    with transaction():
        agree_loan(loan_id, name="Manon Lambert", how=AcceptedHow.LINK, by=BORROWER, now=NOW, number=number)


def test_approval_makes_an_agreement_and_tells_the_borrower(whole_app: Flask) -> None:
    world = make_world(2, value_cents=120_000)
    with transaction():
        db.session.execute(
            insert(LendingSettings).values(
                organiser_id=world.organiser_id, lender="Creativ’\n6 rue de la Recherche", terms="Rapporter propre."
            )
        )
    made = world.ask(boxes=2, place="Salle 12")
    (asked,) = drain()
    assert "est bien arrivée" in asked.title
    with transaction():
        move_loan(made.id, LoanMove.APPROVE, by=STAFF, now=NOW)
    with pytest.raises(NoAgreement):
        agree(made.id)
    (mail,) = drain()
    assert mail.to == "manon.lambert@example.org"
    assert loan_path(made.token) in mail.text
    agreement = find_agreement(made.id)
    assert agreement is not None
    content = agreement_content(made.id, 1)
    assert sha256(content).hexdigest() == agreement.sha256
    said = words_of(content)
    loan = get_loan(made.id)
    for wanted in (
        *loan.box_codes, loan.reference, "6 rue de la Recherche", "Rapporter propre.", "Salle 12", "Cadenas",
        "lundi 1er février 2027, le matin", "mercredi 3 février 2027, l’après-midi", "2 400 €", "version 1",
    ):  # fmt: skip
        assert wanted in said, wanted
    agree(made.id, 1)
    (kept,) = list_agreements(made.id)
    assert (kept.accepted_name, kept.accepted_at, kept.accepted_how) == ("Manon Lambert", NOW, AcceptedHow.LINK)
    assert get_loan(made.id).state is LoanState.AGREED


def test_a_swap_makes_another_agreement_that_is_accepted_again(whole_app: Flask) -> None:
    world = make_world(2)
    made = world.enter()
    drain()
    agree(made.id, 1)
    (held,) = get_loan(made.id).loan_boxes
    other = next(box_id for box_id in world.box_ids if box_id != held.box_id)
    with transaction():
        swap_box(made.id, held.box_id, other, by=STAFF, now=NOW)
    with pytest.raises(NoAgreement):
        agree(made.id, 1) if find_agreement(made.id) is None else agree(made.id, 2)
    (mail,) = drain()
    assert world.code(other) in mail.text
    assert held.code in mail.text
    newest, first = list_agreements(made.id)
    assert (newest.number, newest.accepted_at, first.accepted_at) == (2, None, NOW)
    assert world.code(other) in words_of(agreement_content(made.id, 2))
    agree(made.id, 2)
    assert get_loan(made.id).state is LoanState.AGREED


def test_changes_before_the_file_is_made_and_jobs_that_run_twice_make_one(whole_app: Flask) -> None:
    world = make_world(2)
    made = world.enter()
    with transaction():
        change_dates(made.id, period("2027-02-08 am", "2027-02-09 pm"), by=STAFF, now=NOW)
    assert len(drain()) == 2
    assert [row.number for row in list_agreements(made.id)] == [1]
    assert "mardi 9 février 2027" in words_of(agreement_content(made.id, 1))
    with transaction():
        enqueue(AGREEMENT_JOB, {"loan_id": made.id, "after": 0}, now=NOW)
    assert drain() == []
    assert [row.number for row in list_agreements(made.id)] == [1]


def test_refused_and_cancelled_say_why_in_the_borrowers_language(whole_app: Flask) -> None:
    world = make_world(2)
    one, other = world.ask(locale="en"), world.ask()
    drain()
    with transaction():
        move_loan(one.id, LoanMove.REFUSE, by=STAFF, now=NOW, refusal=LoanRefusal.TOO_SOON, note="Sorry.")
        move_loan(other.id, LoanMove.CANCEL, by=STAFF, now=NOW, reason=LoanCancel.BOX_BROKEN)
    refused, cancelled = drain()
    assert "We cannot lend you the boxes" in refused.title
    assert "the date is too near to prepare the boxes" in refused.text
    assert "Sorry." in refused.text
    assert "est annulé" in cancelled.title
    assert "une boîte est hors service" in cancelled.text


def out(world: LoanWorld) -> int:
    """A loan from 1 to 3 February 2027 whose box is with the borrower."""
    made = world.enter()
    drain()
    agree(made.id, 1)
    (box,) = get_loan(made.id).loan_boxes
    with transaction():
        hand_over(made.id, box.box_id, given_by="Inès Roux", given_to="Manon", by=STAFF, now=NOW + timedelta(days=21))
    drain()
    return made.id


def test_each_reminder_leaves_once_and_an_answer_stops_them(whole_app: Flask) -> None:
    world = make_world()
    loan_id = out(world)
    sent = []
    for day in range(19, 37):  # NOW is 11 January: from 30 January to 16 February
        for _ in range(2):
            with transaction():
                kind = remind(loan_id, now=NOW + timedelta(days=day))
            if kind is not None:
                sent.append((day, kind.value))
    assert sent == [(20, "b3"), (22, "b1"), (24, "a1"), (30, "a7")]


def test_no_reminder_before_the_promised_day_is_over(whole_app: Flask) -> None:
    world = make_world()
    loan_id = out(world)
    late = NOW + timedelta(days=24)
    with transaction():
        assert remind(loan_id, now=late) is not None
    with transaction():
        answer_reminder(loan_id, (late + timedelta(days=8)).date(), by=BORROWER, now=late)
    assert drain() == []  # answered before it left
    for day, due in ((7, False), (8, False), (9, True)):
        with transaction():
            assert (remind(loan_id, now=late + timedelta(days=day)) is not None) is due
    with pytest.raises(FieldError) as refused, transaction():
        answer_reminder(loan_id, NOW.date(), by=BORROWER, now=late)
    assert refused.value.problems == {"day": "past"}


def test_the_link_is_of_that_loan_alone(whole_app: Flask) -> None:
    world = make_world()
    one, other = world.ask(), world.ask()
    assert one.token == loan_token(world.organiser_id, one.reference)
    assert one.token != other.token
    with transaction():
        move_loan(one.id, LoanMove.CANCEL, by=SYSTEM, now=NOW, reason=LoanCancel.OTHER)

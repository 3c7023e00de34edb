"""What borrowers take along of what is held about them: all that is theirs, and nothing of anybody else."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from app.boxes.models import Facilitator
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.loans.enums import AcceptedHow, LoanCancel, LoanMove
from app.loans.links import loan_path, loan_token
from app.loans.models import Loan
from app.loans.operations import LoanMade, agree_loan, hand_over, move_loan
from app.loans.operations.forgetting import forget_names
from app.loans.queries import get_loan
from app.registrations.drafts import Contact, Organisation
from app.registrations.models import Registration
from app.structures.drafts import ContactDraft
from app.structures.models import Structure, StructureContact
from app.structures.operations.contacts import add_contact, change_contact, end_contact
from app.training.models import TrainingScenario
from tests.factories import NOW, class_draft, make_event, make_registration
from tests.integration.loans.world import (
    BORROWER,
    STAFF,
    LoanWorld,
    grant,
    make_facilitator,
    make_structure,
    make_world,
)
from tests.integration.mails.conftest import drain

MAIL, OTHER_MAIL = "manon.lambert@example.org", "sabine.morizot@example.org"
OTHERS = ("Sabine", OTHER_MAIL, "0639980022", "Inès", "Karim")
STAFFS = ("Prêteur difficile", "Rendu sale", "Très en retard")


@dataclass
class Borrowers:
    """Manon and Sabine, contacts of one structure; `mine` is Manon's loan, `hers` Sabine's, which Manon is to run."""

    app: Flask
    world: LoanWorld
    manon: int
    sabine: int
    mine: LoanMade
    hers: LoanMade

    def visit(self, contact_id: int) -> FlaskClient:
        epoch = db.session.execute(select(StructureContact.epoch).where(StructureContact.id == contact_id)).scalar_one()
        db.session.remove()
        client = self.app.test_client()
        with client.session_transaction() as session:
            session["contact_id"], session["contact_epoch"] = contact_id, epoch
        client.set_cookie("lang", "en")
        return client


def make_contact(world: LoanWorld, name: str, mail: str, structure_id: int | None = None) -> int:
    with transaction():
        return add_contact(
            structure_id or world.structure_id, ContactDraft(name, "Documentaliste", mail),
            organiser_id=world.organiser_id, by=SYSTEM, now=NOW,
        )  # fmt: skip


@pytest.fixture
def borrowers(whole_app: Flask) -> Borrowers:
    world = make_world(4)
    manon, sabine = make_contact(world, "Manon Lambert", MAIL), make_contact(world, "Sabine Morizot", OTHER_MAIL)
    with transaction():
        own_card = make_facilitator(world.organiser_id, world.structure_id)
        grant(world.organiser_id, own_card, world.scenario_id)
        named = {"name": "Manon Lambert", "email": MAIL, "mail_key": MAIL}
        db.session.execute(update(Facilitator).where(Facilitator.id == own_card).values(**named))
        db.session.execute(update(Structure).where(Structure.id == world.structure_id).values(notes=STAFFS[0]))
    both = (own_card, world.facilitator_id)
    mine = world.ask(
        contact_id=manon, phone="0639980011", place="Salle 12", notes="Merci d’avance", purpose_note="Ma classe",
        facilitator_ids=both,
    )  # fmt: skip
    hers = world.ask(
        "2027-03-01 am", "2027-03-02 pm", contact_id=sabine, contact_name="Sabine Morizot", email=OTHER_MAIL,
        phone="0639980022", notes="De Sabine", facilitator_ids=both,
    )  # fmt: skip
    with transaction():
        move_loan(mine.id, LoanMove.APPROVE, by=STAFF, now=NOW)
    drain()
    (box,) = get_loan(mine.id).loan_boxes
    with transaction():
        agree_loan(mine.id, name="Manon Lambert", how=AcceptedHow.LINK, by=BORROWER, now=NOW, number=1)
        hand_over(
            mine.id, box.box_id, given_by="Inès Roux", given_to="Manon Lambert", note=STAFFS[1], by=STAFF, now=NOW
        )  # fmt: skip
    drain()
    return Borrowers(whole_app, world, manon, sabine, mine, hers)


def record_of(client: FlaskClient, path: str = "/my/data.json") -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = json.loads(answer.text)
    return found


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def words_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def test_a_contact_takes_along_all_that_is_theirs(borrowers: Borrowers) -> None:
    client = borrowers.visit(borrowers.manon)
    told = record_of(client)
    assert told["contact"]["name"] == "Manon Lambert"
    assert told["contact"]["function"] == "Documentaliste"
    assert told["structure"]["id"] == borrowers.world.structure_id
    (loan,) = told["loans"]
    assert loan["reference"] == borrowers.mine.reference
    assert loan["contact"] == {"name": "Manon Lambert", "email": MAIL, "phone": "+33639980011"}
    assert (loan["place"], loan["notes"], loan["purpose_note"]) == ("Salle 12", "Merci d’avance", "Ma classe")
    assert (loan["from"], loan["to"]["date"]) == ({"date": "2027-02-01", "half": "am"}, "2027-02-03")
    assert [box["handed_over_to"] for box in loan["handed_over"]] == ["Manon Lambert"]
    assert [line["what"] for line in loan["history"]][:2] == ["loan.asked", "loan.approved"]
    (agreement,) = loan["agreements"]
    assert (agreement["accepted_by"], agreement["in_force"]) == ("Manon Lambert", True)
    assert client.get(path_of(agreement["url"])).data.startswith(b"%PDF")
    assert [(one["reference"], "contact" in one) for one in told["loans_to_run"]] == [(borrowers.hers.reference, False)]
    (card,) = told["facilitator"]
    assert [a["scenario"]["code"] for a in card["accreditations"]] == [borrowers.world.scenario.code]
    db.session.remove()
    assert len(told["mails"]) == 2  # approved, agreed; what came of the request was known before its own mail left
    assert all(mail["subject"] and mail["sent_at"] for mail in told["mails"])
    text = json.dumps(told, ensure_ascii=False)
    hidden = (*OTHERS, *STAFFS, "De Sabine", borrowers.mine.token, borrowers.hers.token)
    assert [word for word in hidden if word in text] == []


def test_the_page_says_it_in_words(borrowers: Borrowers) -> None:
    client = borrowers.visit(borrowers.manon)
    assert "/my/data" in words_of(client, "/my/structure")
    page = words_of(client, "/my/data")
    for said in (
        "What we hold about you", borrowers.mine.reference, "Salle 12",
        "Agreement accepted by Manon Lambert on Monday 11 January 2027",
        "Loans of others that name you for running the game", borrowers.hers.reference, "What you may run",
        "since Tuesday 1 September 2026", "2 mails", "/my/data.json",
    ):  # fmt: skip
        assert said in page, said
    assert [word for word in (*OTHERS, *STAFFS) if word in page] == []


def test_trainings_and_registrations_of_ones_own_mail_alone(borrowers: Borrowers) -> None:
    world = borrowers.world
    event = make_event(world.organiser_id)
    with transaction():
        db.session.execute(insert(TrainingScenario).values(event_id=event.id, scenario_id=world.scenario_id))
    school = Organisation("Collège", "", "3e A", "Dijon")
    mine = make_registration(event, class_draft(event, organisation=school, contact=Contact("Manon Lambert", MAIL)))
    others = Organisation("Collège", "", "3e B", "Dijon")
    hers = make_registration(event, class_draft(event, organisation=others, contact=Contact("Sabine M.", OTHER_MAIL)))
    with transaction():
        db.session.execute(update(Registration).values(structure_id=world.structure_id))
    client = borrowers.visit(borrowers.manon)
    told = record_of(client)
    assert [one["reference"] for one in told["registrations"]] == [mine.reference]
    assert [one["reference"] for one in told["trainings"]] == [mine.reference]
    assert record_of(client, path_of(told["registrations"][0]["url"]))["reference"] == mine.reference
    text = json.dumps(told, ensure_ascii=False)
    assert [word for word in (hers.token, hers.reference, "Sabine") if word in text] == []
    page = words_of(client, "/my/data")
    assert mine.reference in page
    assert hers.reference not in page


def test_who_asked_and_who_is_reached_are_each_told_their_own(borrowers: Borrowers) -> None:
    """Sabine asked, and wrote Manon down to be reached; then the other way round."""
    with transaction():
        db.session.execute(
            update(Loan)
            .where(Loan.id == borrowers.mine.id)
            .values(contact_id=borrowers.sabine, notes="De Sabine", purpose_note="Sa classe")
        )
    reached = borrowers.visit(borrowers.manon)
    (loan,) = record_of(reached)["loans"]
    assert (loan["contact"]["email"], loan["notes"], loan["purpose_note"]) == (MAIL, None, None)
    asked = borrowers.visit(borrowers.sabine)
    told = next(one for one in record_of(asked)["loans"] if one["reference"] == borrowers.mine.reference)
    assert (told["contact"], told["notes"]) == (None, "De Sabine")
    assert [box["handed_over_to"] for box in told["handed_over"]] == [None]
    assert [(one["url"], one["accepted_by"]) for one in told["agreements"]] == [(None, None)]
    assert "Manon" not in json.dumps(told)
    file = f"/my/data/loans/{borrowers.mine.reference}/agreement-1.pdf"
    assert (reached.get(file).status_code, asked.get(file).status_code) == (200, 404)


def test_under_another_address_what_one_asked_for_is_still_ones_own(borrowers: Borrowers) -> None:
    with transaction():
        draft = ContactDraft("Manon Lambert", "Documentaliste", "manon@example.org")
        change_contact(borrowers.manon, draft, organiser_id=borrowers.world.organiser_id, by=SYSTEM, now=NOW)
    client = borrowers.visit(borrowers.manon)
    (loan,) = record_of(client)["loans"]
    assert (loan["contact"]["email"], loan["agreements"][0]["accepted_by"]) == (MAIL, "Manon Lambert")
    assert client.get(path_of(loan["agreements"][0]["url"])).data.startswith(b"%PDF")


def test_nobody_else_gets_it(borrowers: Borrowers) -> None:
    world, file = borrowers.world, f"/my/data/loans/{borrowers.mine.reference}/agreement-1.pdf"
    with transaction():
        elsewhere = make_structure(world.organiser_id)
    foreign = make_world()
    strangers = {
        "colleague": borrowers.sabine,
        "other structure": make_contact(world, "Odile", "odile@example.org", elsewhere),
        "other organiser": make_contact(foreign, "Manon Lambert", MAIL),
    }
    for who, contact_id in strangers.items():
        client = borrowers.visit(contact_id)
        assert borrowers.mine.reference not in [one["reference"] for one in record_of(client)["loans"]], who
        assert client.get(file).status_code == 404, who
    told = record_of(borrowers.visit(strangers["other organiser"]))
    assert (told["loans"], told["loans_to_run"], told["facilitator"], told["mails"]) == ([], [], [], [])
    gone = borrowers.visit(borrowers.manon)
    assert gone.get(file.replace("-1.", "-2.")).status_code == 404
    with transaction():
        end_contact(borrowers.manon, organiser_id=world.organiser_id, by=SYSTEM, now=NOW)
    for client in (gone, borrowers.app.test_client()):
        for path in ("/my/data", "/my/data.json", file):
            assert client.get(path).headers["Location"].startswith("/my"), path


def test_the_link_of_a_loan_tells_that_loan(borrowers: Borrowers) -> None:
    client = borrowers.app.test_client()
    client.set_cookie("lang", "en")
    path = loan_path(loan_token(borrowers.world.organiser_id, borrowers.mine.reference))
    assert f"{path}/data" in words_of(client, path)
    told = record_of(client, f"{path}/data.json")
    assert told["reference"] == borrowers.mine.reference
    assert (told["contact"]["email"], told["notes"], told["runs_it"]) == (MAIL, "Merci d’avance", True)
    assert len(told["mails"]) == 2
    (agreement,) = told["agreements"]
    assert client.get(path_of(agreement["url"])).data.startswith(b"%PDF")
    text = json.dumps(told, ensure_ascii=False)
    assert [word for word in (*OTHERS, *STAFFS, borrowers.hers.reference) if word in text] == []
    page = words_of(client, f"{path}/data")
    for said in ("Merci d’avance", "Salle 12", "accepted by Manon Lambert", "are erased 3 years after its end"):
        assert said in page, said
    assert client.get(f"{path}/data").headers["Referrer-Policy"] == "no-referrer"


def test_a_link_that_is_over_and_names_that_went_tell_nobody(borrowers: Borrowers) -> None:
    loan, path = borrowers.hers, f"/l/{borrowers.hers.token}"
    client = borrowers.app.test_client()
    client.set_cookie("lang", "en")
    with transaction():
        move_loan(loan.id, LoanMove.CANCEL, by=STAFF, now=NOW, reason=LoanCancel.LENDER_CLOSED, note=STAFFS[2])
    assert record_of(client, f"{path}/data.json")["contact"]["name"] == "Sabine Morizot"
    with transaction():
        forget_names(loan.id, now=NOW)
    for name in ("", "/data", "/data.json", "/agreement.pdf"):
        gone = client.get(f"{path}{name}")
        assert (gone.status_code, "The data of this loan is erased" in gone.text) == (410, True), name
        assert "Sabine" not in gone.text
    assert record_of(borrowers.visit(borrowers.sabine))["loans"] == []
    set_clock(borrowers.app.extensions, NOW + timedelta(days=91))
    for name in ("data", "data.json"):
        over = client.get(f"{path}/{name}")
        assert (over.status_code, "This loan is long over" in over.text) == (410, True)
        assert client.get(f"/l/{'x' * 43}/{name}").status_code == 404

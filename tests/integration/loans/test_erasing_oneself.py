"""Contacts and borrowers erase what is held about them, from their own link: at once, once, and not while they are needed."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update

from app.accounts.enums import Role
from app.boxes.models import Facilitator
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.checks import run_checks
from app.core.db import db
from app.core.transaction import transaction
from app.jobs.models import Job
from app.jobs.registry import JobContext
from app.loans.enums import LoanCancel, LoanMove, LoanState
from app.loans.operations import LoanMade, move_loan
from app.loans.operations.at_events import end_event_boxes
from app.loans.operations.forgetting_people import nameless
from app.loans.queries import get_loan
from app.messages.models import Message, MessageState
from app.registrations.drafts import Contact, Organisation
from app.registrations.models import Registration
from app.structures.drafts import ContactDraft
from app.structures.jobs import purge
from app.structures.models import ContactLink, StructureContact
from app.structures.operations.contacts import add_contact
from app.structures.operations.links import send_link
from tests.factories import NOW, class_draft, make_event, make_member, make_registration
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.event_world import book, forum_of
from tests.integration.loans.world import STAFF, LoanWorld, make_structure, make_world
from tests.integration.mails.conftest import drain

MAIL = "manon.lambert@example.org"
ERASE = "/my/data/erase"


@dataclass
class Manon:
    """A contact whose card lets her run the boxes, with one loan that is asked for."""

    app: Flask
    world: LoanWorld
    contact_id: int
    loan: LoanMade

    def visit(self) -> FlaskClient:
        epoch = select(StructureContact.epoch).where(StructureContact.id == self.contact_id)
        client = visitor(self.app)
        with client.session_transaction() as session:
            session["contact_id"], session["contact_epoch"] = self.contact_id, db.session.execute(epoch).scalar_one()
        db.session.remove()
        return client

    @property
    def card(self) -> str:
        statement = select(Facilitator.name).where(Facilitator.id == self.world.facilitator_id)
        return db.session.execute(statement).scalar_one()


def visitor(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("lang", "en")
    return client


@pytest.fixture
def manon(whole_app: Flask) -> Manon:
    world = make_world()
    contact_id = make_contact(world, world.structure_id)
    with transaction():
        db.session.execute(update(Facilitator).values(name="Manon Lambert", email=MAIL, mail_key=MAIL))
    words: dict[str, Any] = {"notes": "Manon vient le soir", "place": "Chez Manon", "purpose_note": "Ma classe"}
    return Manon(whole_app, world, contact_id, world.ask(contact_id=contact_id, **words))


def make_contact(world: LoanWorld, structure_id: int) -> int:
    with transaction():
        draft = ContactDraft("Manon Lambert", "CPE", MAIL)
        return add_contact(structure_id, draft, organiser_id=world.organiser_id, by=SYSTEM, now=NOW)


def call_off(loan: LoanMade) -> None:
    with transaction():
        move_loan(loan.id, LoanMove.CANCEL, by=STAFF, now=NOW, reason=LoanCancel.BORROWER_ABSENT)


def words_of(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return " ".join(answer.text.split())


def everything() -> str:
    """All rows in which somebody may stand."""
    db.session.remove()
    tables = ("structure_contacts", "contact_links", "facilitators", "loans", "loan_boxes", "audit_entries", "messages")
    return "\n".join(str(list(db.session.execute(text(f"SELECT * FROM {table}")).all())) for table in tables)


def test_a_contact_erases_themselves_and_nobody_is_named_any_more(manon: Manon) -> None:
    with transaction():
        send_link(manon.contact_id, organiser_id=manon.world.organiser_id, by=SYSTEM, now=NOW)
    drain()
    call_off(manon.loan)  # its mail has not left yet
    client, other_device = manon.visit(), manon.visit()
    assert ERASE in words_of(client, "/my/data")
    page = words_of(client, ERASE)
    for said in ("in your 1 loan:", "you are taken off it", "your links stop", "counts in the totals"):
        assert said in page, said
    assert "Agreements that you accepted" not in page
    answer = client.post(ERASE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/my/erased")
    assert "Your data is erased" in words_of(client, "/my/erased")
    for device in (client, other_device):
        assert device.get("/my/data").headers["Location"].startswith("/my?")
        assert device.post(ERASE).headers["Location"] == "/my"
    db.session.remove()
    assert db.session.execute(select(ContactLink.id)).all() == []
    assert manon.card == nameless(manon.world.facilitator_id)
    (mail,) = drain()
    assert (mail.headers["To"], mail.title) == (MAIL, "Vos données sont effacées")
    assert "Manon" not in mail.text
    db.session.remove()
    assert db.session.execute(select(Job.id).where(Job.last_error != "")).all() == []
    skipped = select(Message.state).where(Message.template == "loans.cancelled")
    assert db.session.execute(skipped).scalar_one() is MessageState.SKIPPED
    purge(JobContext(1, {}, None, 1, lambda: NOW, lambda _done, _total: None))
    left = everything()
    assert [word for word in ("Manon", MAIL, "Ma classe") if word in left] == []
    assert all(check.ok for check in run_checks(NOW))


def test_staff_see_that_a_contact_erased_themselves_not_who(manon: Manon) -> None:
    call_off(manon.loan)
    manon.visit().post(ERASE)
    db.session.remove()
    (line, *_others) = list_history(f"structure:{manon.world.structure_id}")
    assert (line.verb, line.actor_label, line.details) == ("structure.contact_erased_self", "", {})
    assert list_history(f"loan:{manon.loan.id}")[0].verb == "loan.names_erased"
    desk = sign_in_as(manon.app, make_member(manon.world.organiser_id, Role.OWNER)[0])
    desk.set_cookie("lang", "en")
    page = words_of(desk, f"/manage/structures/{manon.world.structure_id}")
    assert "A contact erased their data themselves" in page
    assert "Manon" not in page
    assert "Erased by who borrowed" in words_of(desk, f"/manage/boxes/loans/{manon.loan.reference}")


def test_what_goes_on_is_named_with_its_page_and_what_comes_first(manon: Manon) -> None:
    event = forum_of(manon.world)
    booked = book(manon.world, event)
    client = manon.visit()
    page = words_of(client, ERASE)
    assert f'href="/my/loans/{manon.loan.reference}"' in page
    assert "Call the loan off first" in page
    assert f'href="/events/{event.slug}"' in page
    assert "to name somebody else" in page
    assert "Erase for good" not in page
    answer = client.post(ERASE)
    assert (answer.status_code, manon.loan.reference in answer.text) == (409, True)
    call_off(manon.loan)
    assert client.post(ERASE).status_code == 409
    db.session.remove()
    assert manon.card == "Manon Lambert"
    assert get_loan(manon.loan.id).contact_name == "Manon Lambert"
    with transaction():
        end_event_boxes(booked.id, by=STAFF, now=NOW)
    assert client.post(ERASE).status_code == 303


def test_who_is_a_contact_elsewhere_too_stays_there_and_may_still_run_boxes(manon: Manon) -> None:
    with transaction():
        elsewhere = make_structure(manon.world.organiser_id)
    other = make_contact(manon.world, elsewhere)
    call_off(manon.loan)
    client = manon.visit()
    page = words_of(client, ERASE)
    assert "you are taken off it" not in page
    assert "as a contact elsewhere: Atelier" in page
    assert client.post(ERASE).status_code == 303
    db.session.remove()
    assert manon.card == "Manon Lambert"
    manon.contact_id = other
    assert manon.visit().get("/my/data").status_code == 200


def test_who_shares_an_address_with_a_colleague_erases_and_is_told_their_own_loans_alone(manon: Manon) -> None:
    """Two people behind one address of a school: what the other one asked for is not theirs, going on or over."""
    with transaction():
        draft = ContactDraft("Bernard Roy", "Intendant", MAIL)
        colleague = add_contact(
            manon.world.structure_id, draft, organiser_id=manon.world.organiser_id, by=SYSTEM, now=NOW
        )
    words: dict[str, Any] = {"contact_id": colleague, "contact_name": "Bernard Roy"}
    over = manon.world.ask("2027-03-01 am", "2027-03-01 pm", **words)
    goes_on = manon.world.ask("2027-03-08 am", "2027-03-08 pm", **words)
    call_off(over)
    call_off(manon.loan)
    client = manon.visit()
    told = json.loads(client.get("/my/data.json").text)
    assert [loan["reference"] for loan in told["loans"]] == [manon.loan.reference]
    assert "Bernard" not in str(told)
    assert client.post(ERASE).status_code == 303
    db.session.remove()
    assert get_loan(manon.loan.id).names_removed_at is not None
    assert [get_loan(loan.id).contact_name for loan in (over, goes_on)] == ["Bernard Roy"] * 2


def test_registrations_have_their_own_erasing(manon: Manon) -> None:
    event = make_event(manon.world.organiser_id)
    school = Organisation("Collège", "", "3e A", "Dijon")
    made = make_registration(event, class_draft(event, organisation=school, contact=Contact("Manon Lambert", MAIL)))
    with transaction():
        db.session.execute(update(Registration).values(structure_id=manon.world.structure_id))
    call_off(manon.loan)
    client, own = manon.visit(), f"/r/{made.token}/erase"
    page = words_of(client, ERASE)
    assert f'href="{own}"' in page
    assert "still to come is cancelled with it" in page
    assert client.get(own).status_code == 200
    assert client.post(ERASE).status_code == 303
    db.session.remove()
    row = db.session.execute(select(Registration.contact_name, Registration.status)).one()
    assert (row.contact_name, row.status.value) == ("Manon Lambert", "confirmed")


def test_who_has_a_loans_link_erases_that_loan_once_it_ended(whole_app: Flask) -> None:
    world = make_world()
    mine = world.ask(notes="Manon vient le soir", phone="0639980011")
    also = world.ask("2027-03-01 am", "2027-03-01 pm")
    client, path = visitor(whole_app), f"/l/{mine.token}"
    assert f"{path}/erase" in words_of(client, f"{path}/data")
    page = words_of(client, f"{path}/erase")
    assert "Call the loan off first" in page
    assert "Erase for good" not in page
    for state, said in ((LoanState.HANDED_OVER, "Bring back first"), (LoanState.RETURNED, "still has to check it")):
        with transaction():
            db.session.execute(text("UPDATE loans SET state = :s WHERE id = :id"), {"s": state.value, "id": mine.id})
        answer = client.post(f"{path}/erase")
        assert (answer.status_code, said in answer.text) == (409, True)
        db.session.remove()
        assert get_loan(mine.id).contact_name == "Manon Lambert"
    with transaction():
        db.session.execute(text("UPDATE loans SET state = 'asked' WHERE id = :id"), {"id": mine.id})
    call_off(mine)
    assert "Erase for good" in words_of(client, f"{path}/erase")
    assert client.post(f"{path}/erase").headers["Location"] == path
    assert "The data of this loan is erased" in words_of(client, path, 410)
    assert client.post(f"{path}/erase").status_code == 410
    db.session.remove()
    loan, kept = get_loan(mine.id), get_loan(also.id)
    assert (loan.contact_name, loan.email, loan.notes, kept.contact_name) == ("", "", "", "Manon Lambert")
    assert (loan.structure_id, loan.state, loan.names_removed_at is None) == (
        world.structure_id, LoanState.CANCELLED, False,
    )  # fmt: skip
    (line, *others) = list_history(f"loan:{mine.id}")
    assert (line.verb, line.actor_label) == ("loan.names_erased", "")
    assert "Manon" not in str(others)

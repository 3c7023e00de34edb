"""A contact's pages of loans: their own structure's alone, clear answers to what cannot be, and the loan's own link."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.accounts.enums import Role
from app.boxes.models import Accreditation
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.loans.enums import LoanMove, LoanState
from app.loans.models import Loan
from app.loans.operations import hand_over, move_loan
from app.loans.queries import get_loan
from app.structures.drafts import ContactDraft
from app.structures.models import StructureContact, StructureKind
from app.structures.operations.contacts import add_contact
from app.training.models import TrainingScenario
from tests.factories import NOW, make_event, make_member
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.world import STAFF, LoanWorld, make_structure, make_world, set_structure
from tests.integration.mails.conftest import drain

MAIL = "manon.lambert@example.org"


def visitor_of(app: Flask, world: LoanWorld, structure_id: int | None = None) -> FlaskClient:
    """A contact of the structure, who is in."""
    with transaction():
        contact_id = add_contact(
            structure_id or world.structure_id, ContactDraft("Manon Lambert", "", MAIL),
            organiser_id=world.organiser_id, by=SYSTEM, now=NOW,
        )  # fmt: skip
    epoch = db.session.execute(select(StructureContact.epoch).where(StructureContact.id == contact_id)).scalar_one()
    db.session.remove()
    client = app.test_client()
    with client.session_transaction() as session:
        session["contact_id"], session["contact_epoch"] = contact_id, epoch
    client.set_cookie("lang", "en")
    return client


def values(world: LoanWorld, **changes: str) -> dict[str, str]:
    asked = {
        "scenario": world.scenario.slug, "from": "2027-02-01", "from_half": "am", "to": "2027-02-03", "to_half": "pm",
        "boxes": "1", "players": "12", "purpose": "class", "facilitators": str(world.facilitator_id),
        "contact_name": "Manon Lambert", "email": MAIL,
    }  # fmt: skip
    db.session.remove()
    return {**asked, **changes}


def text_of(client: FlaskClient, path: str) -> str:
    return " ".join(client.get(path, follow_redirects=True).get_data(as_text=True).split())


def send(client: FlaskClient, path: str, sent: dict[str, str]) -> tuple[int, str]:
    page = client.get(path, follow_redirects=True).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    answer = client.post(path, data={**sent, "csrf_token": token[1] if token else ""})
    return answer.status_code, answer.headers.get("Location") or " ".join(answer.get_data(as_text=True).split())


def test_only_contacts_and_only_their_own_structures_loans(whole_app: Flask) -> None:
    world = make_world()
    made = world.ask()
    mine = visitor_of(whole_app, world)
    with transaction():
        other = make_structure(world.organiser_id)
    others = visitor_of(whole_app, world, other)
    asked = whole_app.test_client().get(f"/my/loans/{made.reference}").headers["Location"]
    assert asked == f"/my?next=/my/loans/{made.reference}"
    assert made.reference in text_of(mine, "/my/loans")
    assert mine.get(f"/my/loans/{made.reference}").status_code == 200
    assert "No loan yet" in text_of(others, "/my/loans")
    assert others.get(f"/my/loans/{made.reference}").status_code == 404


def test_asking_from_the_page_and_at_once_for_the_trusted(whole_app: Flask) -> None:
    world = make_world()
    client = visitor_of(whole_app, world)
    path = f"/my/loans/new?scenario={world.scenario.slug}"
    status, where = send(client, path, values(world))
    assert status == 303
    reference = where.rpartition("/")[2]
    loan = db.session.execute(select(Loan).where(Loan.reference == reference)).scalar_one()
    assert (loan.state, loan.players, loan.email) == (LoanState.ASKED, 12, MAIL)
    set_structure(world.structure_id, trusted_borrower=True)
    assert send(client, path, values(world))[0] == 303
    newest = db.session.execute(select(Loan.state).order_by(Loan.id.desc()).limit(1)).scalar_one()
    assert newest is LoanState.APPROVED


def test_what_cannot_be_asked_for_says_why_and_proposes(whole_app: Flask) -> None:
    world = make_world(1, kind=StructureKind.SCHOOL, longest_halves=8)
    client = visitor_of(whole_app, world)
    path = f"/my/loans/new?scenario={world.scenario.slug}"
    for changes, said in (
        ({"from": "2027-02-06", "to": "2027-02-08"}, "We are closed on this day."),
        ({"from": "2027-02-16", "to": "2027-02-17"}, "Your school is on holiday on this day."),
        ({"to": "2027-02-05"}, "This is longer than a loan may last."),
        ({"to": "2027-01-29"}, "The end is before the beginning."),
        ({"email": "nobody"}, "The @ sign is missing"),
        ({"boxes": "2"}, "We have only 1 box of this game."),
    ):
        status, page = send(client, path, values(world, **changes))
        assert status == 422, changes
        assert said in page, changes
    world.ask()
    db.session.remove()
    status, page = send(client, path, values(world, to="2027-02-01"))
    assert status == 422
    assert "These days are near, and boxes are free then:" in page
    assert "Thursday 28 January 2027, the whole day" in page
    assert db.session.execute(select(Loan.id)).scalars().all() != []


def test_nobody_trained_shows_the_next_training_and_the_request_waits_for_it(whole_app: Flask) -> None:
    world = make_world()
    event = make_event(world.organiser_id)
    with transaction():
        db.session.execute(update(Accreditation).values(withdrawn_at=NOW))
        db.session.add(TrainingScenario(event_id=event.id, scenario_id=world.scenario_id))
    client = visitor_of(whole_app, world)
    path = f"/my/loans/new?scenario={world.scenario.slug}"
    shown = text_of(client, path)
    assert "Nobody of your structure is trained for this game yet." in shown
    assert f"/events/{event.slug}" in shown
    status, page = send(client, path, values(world, waits_for=str(event.id)))
    assert status == 422
    assert "This training comes after your first day." in page
    later = {"from": "2027-03-01", "to": "2027-03-03", "waits_for": str(event.id)}
    assert send(client, path, values(world, **later))[0] == 303
    (loan,) = db.session.execute(select(Loan)).scalars()
    assert loan.waits_for_event_id == event.id
    waits, looked, accepted = "It waits for this training: ", "we look at it again.", "it is accepted automatically"
    for trusted, said, unsaid in ((False, looked, accepted), (True, accepted, "We look at")):
        if trusted:
            set_structure(world.structure_id, trusted_borrower=True)
            assert send(client, path, values(world, **later, place="Ailleurs"))[0] == 303
            loan = db.session.execute(select(Loan).order_by(Loan.id.desc()).limit(1)).scalar_one()
        page = text_of(client, f"/my/loans/{loan.reference}").partition("Your loan")[0]
        mail = next(" ".join(m.text.split()) for m in drain() if m.headers["To"] == MAIL)
        assert "Your request waits for a training" in page
        assert waits + event.title_en in mail
        for told in (page, mail):
            assert said in told
            assert unsaid not in told


def test_who_names_nobody_and_waits_for_no_training_is_asked_once(whole_app: Flask) -> None:
    world = make_world()
    client = visitor_of(whole_app, world)
    path = f"/my/loans/new?scenario={world.scenario.slug}"
    assert "Ask all the same" not in text_of(client, path)
    nobody = values(world)
    del nobody["facilitators"]
    assert send(client, path, nobody)[0] == 303  # somebody of theirs is trained: the team asks who it is
    with transaction():
        db.session.execute(update(Accreditation).values(withdrawn_at=NOW))
    db.session.remove()
    status, page = send(client, path, nobody)
    assert status == 422
    assert "Nobody is named who may run the game, and no training is waited for." in page
    assert "are erased 3 years after its end" in page
    assert send(client, path, {**nobody, "even_untrained": "y"})[0] == 303
    (loan,) = db.session.execute(select(Loan).order_by(Loan.id.desc()).limit(1)).scalars()
    assert loan.state is LoanState.ASKED
    staff = sign_in_as(whole_app, make_member(world.organiser_id, Role.OWNER)[0])
    staff.set_cookie("lang", "en")
    here = f"/manage/boxes/loans/{loan.reference}"
    seen = text_of(staff, here)
    assert "Nobody is named for this game." in seen
    assert f'<a href="{here}/people">Name somebody</a>' in seen
    assert f"{here}/moves/approve" not in seen
    assert f"{here}/moves/refuse" in seen


def test_the_link_accepts_once_promises_and_cancels_until_hand_over(whole_app: Flask) -> None:
    world = make_world()
    made = world.ask()
    path = f"/l/{made.token}"
    client = whole_app.test_client()
    client.set_cookie("lang", "en")
    assert client.get("/l/" + "x" * 43).status_code == 404
    assert client.get(f"{path}/agreement.pdf").status_code == 404
    with transaction():
        move_loan(made.id, LoanMove.APPROVE, by=STAFF, now=NOW)
    assert "The agreement is being made." in text_of(client, path)
    drain()
    assert client.get(f"{path}/agreement.pdf").data.startswith(b"%PDF")
    asked = {"name": "Manon Lambert", "number": "1"}
    assert client.post(f"{path}/accept", data=asked).status_code == 422  # not ticked
    client.post(f"{path}/accept", data={**asked, "number": "2", "read": "y"})
    assert get_loan(made.id).state is LoanState.APPROVED
    assert client.post(f"{path}/accept", data={**asked, "read": "y"}).status_code == 303
    assert get_loan(made.id).state is LoanState.AGREED
    (box,) = get_loan(made.id).loan_boxes
    with transaction():
        hand_over(made.id, box.box_id, given_by="Inès", given_to="Manon", by=STAFF, now=NOW)
    db.session.remove()
    assert client.post(f"{path}/cancel", data={"reason": "other"}).status_code == 303
    assert get_loan(made.id).state is LoanState.HANDED_OVER
    assert client.post(f"{path}/promise", data={"day": "2026-01-01"}).status_code == 422
    day = (NOW + timedelta(days=5)).date()
    assert client.post(f"{path}/promise", data={"day": day.isoformat()}).status_code == 303
    assert get_loan(made.id).promised_on == day


@pytest.mark.parametrize("state", [LoanState.ASKED, LoanState.APPROVED])
def test_a_borrower_calls_off_with_a_reason(whole_app: Flask, state: LoanState) -> None:
    world = make_world()
    made = world.ask()
    if state is LoanState.APPROVED:
        with transaction():
            move_loan(made.id, LoanMove.APPROVE, by=STAFF, now=NOW)
    db.session.remove()
    client = whole_app.test_client()
    assert client.post(f"/l/{made.token}/cancel", data={"reason": "box_broken"}).status_code == 422
    assert client.post(f"/l/{made.token}/cancel", data={"reason": "borrower_absent"}).status_code == 303
    assert get_loan(made.id).state is LoanState.CANCELLED

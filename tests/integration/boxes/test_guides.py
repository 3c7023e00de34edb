"""Guides are for those who run the boxes: borrowers once their loan is accepted, accredited contacts, the team."""

from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.boxes.drafts import FacilitatorDraft
from app.boxes.enums import FileUse
from app.boxes.operations.people import create_facilitator, grant_accreditation
from app.boxes.queries import list_guides
from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.loans.links import loan_path, loan_token
from tests.factories import NOW, make_member
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.test_borrowers_pages import visitor_of
from tests.integration.loans.world import LoanWorld, make_world


@pytest.fixture
def world(whole_app: Flask) -> LoanWorld:
    return make_world()


@pytest.fixture
def desk(whole_app: Flask, world: LoanWorld) -> FlaskClient:
    return sign_in_as(whole_app, make_member(world.organiser_id, Role.MANAGER)[0])


def send(desk: FlaskClient, world: LoanWorld, **more: str) -> str:
    """Upload a guide; its token."""
    data = {"file": (BytesIO(b"%PDF-1.7 a guide"), "solutions.pdf"), **more}
    path = f"/manage/boxes/scenarios/{world.scenario.code}/guide"
    assert desk.post(path, data=data).status_code == 302
    return list_guides([world.scenario_id])[world.scenario_id].token


def test_a_guide_is_kept_from_the_public_unless_the_team_opens_it(
    whole_app: Flask, world: LoanWorld, desk: FlaskClient
) -> None:
    slug, visitor = world.scenario.slug, whole_app.test_client()
    kept = send(desk, world)
    assert list_guides([world.scenario_id])[world.scenario_id].use is FileUse.GUIDE_KEPT
    assert kept not in visitor.get(f"/boxes/{slug}").text
    assert visitor.get(f"/boxes/{slug}/files/{kept}").status_code == 404
    assert desk.get(f"/manage/boxes/files/{kept}").data == b"%PDF-1.7 a guide"
    opened = send(desk, world, public="1")
    assert visitor.get(f"/boxes/{slug}/files/{opened}").data == b"%PDF-1.7 a guide"
    assert opened in visitor.get(f"/boxes/{slug}").text
    assert visitor.get(f"/boxes/{slug}/files/{kept}").status_code == 404


def test_the_borrower_reads_it_once_the_loan_is_accepted(whole_app: Flask, world: LoanWorld, desk: FlaskClient) -> None:
    send(desk, world)
    asked, entered = world.ask(), world.enter("2027-03-01 am", "2027-03-02 pm")
    visitor = whole_app.test_client()
    for made, status in ((asked, 404), (entered, 200)):
        path = loan_path(loan_token(world.organiser_id, made.reference))
        assert visitor.get(f"{path}/guide.pdf").status_code == status
        assert (f"{path}/guide.pdf" in visitor.get(path).text) is (status == 200)


def test_a_contact_who_is_accredited_reads_it_and_no_other(
    whole_app: Flask, world: LoanWorld, desk: FlaskClient
) -> None:
    token = send(desk, world)
    visitor = visitor_of(whole_app, world)
    path = f"/my/loans/guides/{token}"
    assert visitor.get(path).status_code == 404
    with transaction():
        person_id = create_facilitator(
            FacilitatorDraft("Manon Lambert", "Manon.Lambert@example.org"), organiser_id=world.organiser_id, by=SYSTEM, now=NOW
        )  # fmt: skip
        grant_accreditation(
            person_id, world.scenario_id, NOW.date(), organiser_id=world.organiser_id, by=SYSTEM, now=NOW, note="x"
        )  # fmt: skip
    assert path in visitor.get("/my/loans").text
    assert visitor.get(path).data == b"%PDF-1.7 a guide"

"""Asking for a link does the same work for every address: the time of the answer does not tell who is a contact."""

from collections.abc import Callable
from email.message import EmailMessage
from html import escape

from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from app.core.db import db
from app.core.transaction import transaction
from app.jobs.models import Job, JobState
from app.messages.models import Message
from app.structures.operations.links import LINK_JOB
from tests.conftest import counted_statements
from tests.integration.structures.conftest import link_in, make_contact, make_structure
from tests.integration.structures.test_my import MAIL


def test_a_known_and_an_unknown_address_run_the_same_statements(
    organiser_id: int, visitor: FlaskClient, work: Callable[[], None]
) -> None:
    make_contact(make_structure(organiser_id, commune="Dijon", uai="0219322U"), organiser_id)
    statements: list[list[str]] = []
    for email in (MAIL, "nobody@example.org"):
        with counted_statements() as counted:
            assert visitor.post("/my", data={"email": email}).status_code == 302
        statements.append(counted.statements)
    assert statements[0] == statements[1]
    assert not any("structure_contacts" in statement for statement in statements[0])
    assert "example.org" not in str(db.session.execute(select(Job.payload)).scalars().all())
    for _ in range(2):  # the second time as after a worker that died before it could say that it was done
        work()
        assert db.session.execute(select(func.count()).select_from(Message)).scalar_one() == 1
        with transaction():
            db.session.execute(update(Job).where(Job.name == LINK_JOB).values(state=JobState.QUEUED))


def test_the_link_leads_on_to_the_page_of_contacts_that_was_wanted(
    organiser_id: int, visitor: FlaskClient, mails: Callable[[], list[EmailMessage]]
) -> None:
    make_contact(make_structure(organiser_id), organiser_id)
    wanted = "/my/loans/new?scenario=soft&from=2027-01-12&from_half=am&to=2027-01-13&to_half=pm"
    asked = visitor.get(wanted).headers["Location"]
    page = visitor.get(asked).get_data(as_text=True)
    assert escape(wanted) in page
    assert visitor.post("/my", data={"email": MAIL, "next": wanted}).status_code == 302
    link = link_in(mails()[-1])
    assert visitor.get(link).status_code == 200
    assert visitor.post(link).headers["Location"] == wanted
    assert visitor.get(asked).headers["Location"] == wanted  # who is in already goes straight on
    for other in (
        "https://example.org/",
        "//example.org/my/",
        "/my//example.org",
        "/manage/",
        "/my/../manage/",
        "/my/\n",
    ):
        assert visitor.get("/my", query_string={"next": other}).headers["Location"] == "/my/structure", other

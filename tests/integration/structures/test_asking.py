"""Asking for a link does the same work for every address: the time of the answer does not tell who is a contact."""

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from app.core.db import db
from app.core.transaction import transaction
from app.jobs.models import Job, JobState
from app.messages.models import Message
from app.structures.operations.links import LINK_JOB
from tests.conftest import counted_statements
from tests.integration.structures.conftest import make_contact, make_structure
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

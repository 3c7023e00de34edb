"""Loans of structures that an organiser trusts are approved at once; staff say whose those are."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.core.db import db
from app.loans.enums import LoanState
from app.loans.queries import list_loans_of_structures
from app.structures.queries import get_structure
from tests.integration.loans.test_borrowers_pages import send, values, visitor_of
from tests.integration.loans.world import make_world


def test_a_structure_that_is_trusted_has_its_loans_at_once(
    whole_app: Flask, log_in: Callable[[int, Role], FlaskClient]
) -> None:
    world = make_world()
    owner, viewer = log_in(world.organiser_id, Role.OWNER), log_in(world.organiser_id, Role.VIEWER)
    visitor, here = visitor_of(whole_app, world), f"/manage/structures/{world.structure_id}"
    other = make_world()
    stranger = f"/manage/structures/{other.structure_id}"
    db.session.remove()
    assert viewer.post(f"{here}/trust", data={"trusted": "1"}).status_code == 403
    assert owner.post(f"{stranger}/trust", data={"trusted": "1"}).status_code == 404

    page = owner.post(f"{here}/trust", data={"trusted": "1"}, follow_redirects=True).get_data(as_text=True)
    assert "Decide on each loan again" in page
    assert get_structure(world.structure_id, organiser_id=world.organiser_id).trusted_borrower
    send(visitor, "/my/loans/new", values(world))
    owner.post(f"{here}/trust", data={"trusted": "0"})
    send(visitor, "/my/loans/new", values(world, **{"from": "2027-03-01", "to": "2027-03-02"}))
    states = {loan.from_date.month: loan.state for loan in list_loans_of_structures({world.structure_id})}
    assert states == {2: LoanState.APPROVED, 3: LoanState.ASKED}
    assert "approved at once" in owner.get(here).get_data(as_text=True)

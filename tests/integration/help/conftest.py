"""People at the desk, signed in without their password."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.enums import EventFunction, Role
from app.accounts.models import Account
from app.accounts.operations.partners import entrust
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow
from tests.factories import NOW, make_member, make_organiser

SignIn = Callable[[int], FlaskClient]


@pytest.fixture
def sign_in(whole_app: Flask) -> SignIn:
    """A client of that account, reading English."""

    def signed_in(account_id: int) -> FlaskClient:
        epoch = db.session.execute(select(Account.epoch).where(Account.id == account_id)).scalar_one()
        client = whole_app.test_client()
        with client.session_transaction() as session:
            session["account_id"], session["epoch"] = account_id, epoch
        client.set_cookie("lang", "en")
        return client

    return signed_in


@pytest.fixture
def organiser_id(whole_app: Flask) -> int:
    return make_organiser()


@pytest.fixture
def owner(organiser_id: int, sign_in: SignIn) -> FlaskClient:
    return sign_in(make_member(organiser_id, Role.OWNER)[0])


@pytest.fixture
def viewer(organiser_id: int, sign_in: SignIn) -> FlaskClient:
    return sign_in(make_member(organiser_id, Role.VIEWER)[0])


def make_partner(event: EventRow, *functions: EventFunction) -> int:
    """Somebody of another organisation who holds these functions of the event; their account's id."""
    account_id, _address = make_member(make_organiser("Ailleurs"), Role.DOOR)
    with transaction():
        entrust(
            event.id, event.organiser_id, account_id, functions, organisation="Chambre de commerce", ends_at=None,
            by=SYSTEM, now=NOW,
        )  # fmt: skip
    return account_id

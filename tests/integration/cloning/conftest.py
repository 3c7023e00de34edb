"""An organiser and a manager of it, on both databases or on SQLite alone."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.core.actor import Actor, ActorKind
from tests.factories import make_member, make_organiser
from tests.integration.guards.walking import sign_in_as

BY = Actor(ActorKind.STAFF, "Inès Roux", 1, None)


@pytest.fixture
def organiser_id(request: pytest.FixtureRequest) -> int:
    """Of the application that the test runs on."""
    names = request.fixturenames
    request.getfixturevalue("whole_app" if "whole_app" in names else "sqlite_app")
    return make_organiser()


@pytest.fixture
def sign_in(sqlite_app: Flask, organiser_id: int) -> Callable[[Role], FlaskClient]:
    """A client of somebody of that role, reading English."""

    def signed_in(role: Role) -> FlaskClient:
        client = sign_in_as(sqlite_app, make_member(organiser_id, role)[0])
        client.set_cookie("lang", "en")
        return client

    return signed_in


@pytest.fixture
def client(sign_in: Callable[[Role], FlaskClient]) -> FlaskClient:
    return sign_in(Role.MANAGER)

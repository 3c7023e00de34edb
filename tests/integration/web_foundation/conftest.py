import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app import create_app
from app.accounts.enums import Role, Scope
from app.accounts.operations.people import add_member, create_account, create_organiser
from app.accounts.operations.tokens import make_token
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from tests.factories import hashed
from tests.integration.dbs import database_url, empty_tables
from tests.sharing import quicken_database

__all__ = ["database_url"]

PASSWORD = "trois mots secrets"


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The whole application on an empty database, at half past nine in Paris."""
    made = create_app(
        {"DATABASE_URL": database_url, "NOW": "2027-02-04T09:30:00+01:00"}, instance_path=tmp_path, testing=True
    )
    quicken_database(made)
    empty_tables(made)
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


@dataclass(frozen=True)
class Crew:
    """Two organisers; at the first one a person of each role, by mail owner@…, manager@…; a key with one scope."""

    ours: int
    theirs: int
    accounts: dict[Role, int]
    stranger: int
    key: str


@pytest.fixture
def crew(app: Flask) -> Crew:
    with app.app_context(), transaction():
        now, password = clock.now(), hashed(PASSWORD)
        ours = create_organiser("Cap Métiers", by=SYSTEM, now=now)
        theirs = create_organiser("Autre Cap", by=SYSTEM, now=now)
        accounts = {}
        for role in Role:
            accounts[role] = create_account(f"{role}@example.org", f"{role} Martin", password, by=SYSTEM, now=now)
            add_member(accounts[role], ours, role, by=SYSTEM, now=now)
        stranger = create_account("stranger@example.org", "Sam Autre", password, by=SYSTEM, now=now)
        add_member(stranger, theirs, Role.OWNER, by=SYSTEM, now=now)
        key = make_token(ours, "site", [Scope.EVENTS_READ], by=SYSTEM, now=now)
    return Crew(ours, theirs, accounts, stranger, key)


def log_in(client: FlaskClient, who: str, password: str = PASSWORD) -> None:
    answer = client.post("/login", data={"email": f"{who}@example.org", "password": password})
    assert answer.status_code == 302, answer.text


def words_of(page: str) -> str:
    """What a page says, spaces single."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """Every SQL statement as it runs, transactions' own aside."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)

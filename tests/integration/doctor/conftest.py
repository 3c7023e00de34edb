from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, SpaceDraft, WaveDraft
from app.events.queries import EventRow
from app.loans.operations import LoanMade
from app.registrations.drafts import Statistics
from app.registrations.enums import Gender
from app.registrations.operations import Registered
from tests.conftest import running_app
from tests.factories import (
    DAY_ONE,
    class_draft,
    forum,
    make_api_token,
    make_event,
    make_member,
    make_organiser,
    make_plan,
    make_registration,
    person_draft,
)
from tests.integration.dbs import KINDS, Databases
from tests.integration.loans.world import make_world as make_loan_world

Sql = Callable[..., None]


@dataclass(frozen=True)
class World:
    """Two organisers, each with an event; at ours a class of 28 + 2 that came in and is planned, and
    a person who declared something. Somebody else lends a box.
    """

    event: EventRow
    other: EventRow
    group: Registered
    person: Registered
    owner: int
    lent: LoanMade

    def rows(self) -> dict[str, Any]:
        """What the statements that break something may name."""
        return {
            "event": self.event.id,
            "other": self.other.id,
            "wave": self.event.waves[0].id,
            "other_wave": self.other.waves[0].id,
            "space": self.event.spaces[0].id,
            "other_space": self.other.spaces[0].id,
            "group": self.group.id,
            "person": self.person.id,
            "owner": self.owner,
        }


@dataclass(frozen=True)
class Prepared:
    """A database that has the world in it, and the folder of its application."""

    kind: str
    url: str
    instance: Path
    world: World


@pytest.fixture(scope="module", params=KINDS)
def prepared(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prepared]:
    with databases.fresh(request.param) as url:
        instance = tmp_path_factory.mktemp("prepared")
        with running_app(url, instance) as app, app.app_context():
            world = make_world()
        yield Prepared(request.param, url, instance, world)


@pytest.fixture
def doctor_app(prepared: Prepared, databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    """The application on a copy of the prepared database that the test may damage: it is thrown away."""
    instance = tmp_path / "instance"
    copytree(prepared.instance, instance)
    with (
        databases.fresh(prepared.kind, like=prepared.url) as url,
        running_app(url, instance) as app,
        app.app_context(),
    ):
        yield app


@pytest.fixture
def world(prepared: Prepared) -> World:
    return prepared.world


def make_world() -> World:
    ours, theirs = make_organiser("Creativ’"), make_organiser("Autre Cap")
    owner, _ = make_member(ours)
    make_api_token(ours)
    wave = WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), 60, allotments=(AllotmentDraft("school", 40, 2),))
    spaces = (SpaceDraft("Grande salle", 70), SpaceDraft("Orientation", 40))
    event = make_event(ours, forum(waves=(wave,), capacity=100, asks_statistics=True, spaces=spaces))
    other = make_event(theirs)
    group = make_registration(event, class_draft(event))
    person = make_registration(event, person_draft(event, statistics=Statistics(Gender.WOMAN)))
    door = next(c.id for c in event.checkpoints if c.space_id is None)
    item = ScanInput(str(UUID(int=1)), group.ticket_code, door, Direction.IN, DAY_ONE)
    with transaction():
        record_scans(event, "door 1", [item], now=DAY_ONE)
    make_plan(event)
    lent = make_loan_world().enter()
    db.session.rollback()
    return World(event, other, group, person, owner, lent)


@contextmanager
def direct_sql(*, guarded: bool = True) -> Iterator[Sql]:
    """Statements that pass by the application; unless `guarded`, without CHECK constraints and foreign keys."""
    db.session.rollback()
    with db.engine.connect() as connection:
        if not guarded:
            _lift(connection)

        def run(statement: str, **values: object) -> None:
            connection.execute(text(statement), values)

        yield run
        connection.commit()
        if connection.dialect.name == "sqlite":
            _set_pragmas(connection, guarded=True)


def _lift(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        _set_pragmas(connection, guarded=False)
        return
    connection.execute(text("SET LOCAL session_replication_role = replica"))  # foreign keys are triggers there
    checks = connection.execute(
        text(
            "SELECT conrelid::regclass::text AS relation, conname FROM pg_constraint"
            " WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
        )
    )
    for check in checks.all():
        connection.execute(text(f"ALTER TABLE {check.relation} DROP CONSTRAINT {check.conname}"))


def _set_pragmas(connection: Connection, *, guarded: bool) -> None:
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.execute(f"PRAGMA ignore_check_constraints = {'OFF' if guarded else 'ON'}")
    raw.execute(f"PRAGMA foreign_keys = {'ON' if guarded else 'OFF'}")

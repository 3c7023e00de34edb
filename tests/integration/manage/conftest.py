"""An organiser with its team on the forum's first day, and a client for each role."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zlib import crc32

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.enums import Role
from app.accounts.models import Account
from app.accounts.operations.people import add_member, create_account, create_organiser
from app.core.actor import SYSTEM, Actor, ActorKind
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, EventDraft, SpaceDraft, StopDraft, WaveDraft
from app.events.enums import EventKind, EventMove
from app.events.operations import create_event, move_event
from app.events.queries import EventRow, get_event
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft
from app.registrations.enums import RegistrationKind, Source
from app.registrations.operations import Registered, register
from tests.factories import hashed

NOW = datetime(2027, 2, 4, 9, 0, tzinfo=UTC)
"""Thursday, ten o'clock in Paris, on the forum's first day."""


def paris(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of February 2027 by the clocks of Paris (UTC+1)."""
    return datetime(2027, 2, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    """The whole application, its clock at NOW."""
    set_clock(sqlite_app.extensions, NOW)
    return sqlite_app


@pytest.fixture
def organiser_id(app: Flask) -> int:
    with transaction():
        return create_organiser("Creativ’", by=SYSTEM, now=NOW)


@pytest.fixture
def other_id(app: Flask) -> int:
    with transaction():
        return create_organiser("Cap Métiers", by=SYSTEM, now=NOW)


@pytest.fixture
def by(organiser_id: int) -> Actor:
    return Actor(ActorKind.STAFF, "Inès Roux", 1, organiser_id)


@pytest.fixture
def log_in(app: Flask) -> Callable[[int, Role], FlaskClient]:
    """A client of somebody new who works for that organiser in that role."""
    numbers = itertools.count(1)

    def signed_in(organiser: int, role: Role) -> FlaskClient:
        email = f"{role.value}{next(numbers)}@example.org"
        with transaction():
            account_id = create_account(email, "Inès Roux", hashed(), by=SYSTEM, now=NOW)
            add_member(account_id, organiser, role, by=SYSTEM, now=NOW)
        epoch = db.session.execute(select(Account.epoch).where(Account.id == account_id)).scalar_one()
        client = app.test_client()
        with client.session_transaction() as session:
            session["account_id"], session["epoch"] = account_id, epoch
        client.set_cookie("lang", "en")
        return client

    return signed_in


@pytest.fixture
def client(log_in: Callable[[int, Role], FlaskClient], organiser_id: int) -> FlaskClient:
    return log_in(organiser_id, Role.MANAGER)


def forum_draft(**changes: object) -> EventDraft:
    """Two days, four waves of 60 on the first and one on the second, three spaces, a route of three stops."""
    waves = tuple(WaveDraft(paris(4, 9, 0) + n * timedelta(minutes=40), paris(4, 9, 40) + n * timedelta(minutes=40), 60)
                  for n in range(4))  # fmt: skip
    draft = EventDraft(
        title_fr="La Voie des Talents",
        title_en="The Talent Route",
        kind=EventKind.FORUM,
        starts_at=paris(4, 9),
        ends_at=paris(5, 17),
        audiences=("school", "job_seeker", "family"),
        waves=(*waves, WaveDraft(paris(5, 9), paris(5, 9, 40), 60, allotments=(AllotmentDraft("family", 10),))),
        spaces=(SpaceDraft("Construire", 80), SpaceDraft("Stands métiers", 150), SpaceDraft("Orientation", 70)),
        stops=(
            StopDraft("Construire", 20, space="Construire"), StopDraft("Stands métiers", 50, space="Stands métiers"),
            StopDraft("Orientation", 20, optional=True, space="Orientation"),
        ),
        venue_name="Le Consortium",
        venue_commune="Dijon",
    )  # fmt: skip
    return replace(draft, **changes)  # type: ignore[arg-type]


@pytest.fixture
def make_event(organiser_id: int, by: Actor) -> Callable[..., EventRow]:
    """A published forum; keyword arguments change its draft, `organiser` its owner."""

    def made(*, organiser: int | None = None, publish: bool = True, **changes: object) -> EventRow:
        owner = organiser or organiser_id
        with transaction():
            slug = create_event(forum_draft(**changes), organiser_id=owner, by=by, now=NOW)
            if publish:
                move_event(get_event(slug).id, EventMove.PUBLISH, by=by, now=NOW)
        return get_event(slug)

    return made


@pytest.fixture
def forum(make_event: Callable[..., EventRow]) -> EventRow:
    return make_event()


def phone_of(name: str) -> str:
    """A telephone of their own for each name: without a mail it is what tells two classes apart."""
    number = 4410 if name == "Manon Lambert" else crc32(name.encode()) % 10_000
    return f"06 39 98 {number // 100:02d} {number % 100:02d}"


def class_draft(event: EventRow, wave: int, name: str, **changes: object) -> RegistrationDraft:
    draft = RegistrationDraft(
        kind=RegistrationKind.GROUP,
        audience="school",
        waves=(event.waves[wave].id,),
        contact=Contact(name, phone=phone_of(name)),
        headcount=Headcount(28, 2),
        organisation=Organisation("Collège des Trois-Rivières", class_label="3e B"),
        source=Source.STAFF,
    )
    return replace(draft, **changes)  # type: ignore[arg-type]


def person_draft(event: EventRow, wave: int, name: str, **changes: object) -> RegistrationDraft:
    draft = RegistrationDraft(
        kind=RegistrationKind.INDIVIDUAL,
        audience="job_seeker",
        waves=(event.waves[wave].id,),
        contact=Contact(name, phone="06 39 98 07 45"),
        source=Source.STAFF,
    )
    return replace(draft, **changes)  # type: ignore[arg-type]


@pytest.fixture
def enrol(by: Actor) -> Callable[[EventRow, RegistrationDraft], Registered]:
    def enrolled(event: EventRow, draft: RegistrationDraft) -> Registered:
        with transaction():
            return register(event, draft, by=by, now=NOW)

    return enrolled

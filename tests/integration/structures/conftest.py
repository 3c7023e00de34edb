"""An organiser on both databases, its team, structures with contacts, and the mails that leave."""

import re
import threading
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.enums import Role
from app.accounts.models import Account
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.jobs.worker import run_worker
from app.structures.drafts import ContactDraft, StructureDraft
from app.structures.models import StructureKind
from app.structures.operations.contacts import add_contact
from app.structures.operations.directory import create_structure
from tests.factories import NOW, make_member, make_organiser


def make_structure(organiser_id: int, name: str = "Lycée des Quatre-Vents", **values: str) -> int:
    kind = StructureKind(values.pop("kind", "school"))
    with transaction():
        return create_structure(StructureDraft(kind, name, **values), organiser_id=organiser_id, by=SYSTEM, now=NOW)


def make_contact(
    structure_id: int, organiser_id: int, email: str = "sabine.morizot@example.org", name: str = "Sabine Morizot"
) -> int:
    with transaction():
        return add_contact(
            structure_id, ContactDraft(name, "PsyEN", email), organiser_id=organiser_id, by=SYSTEM, now=NOW
        )


@pytest.fixture
def organiser_id(whole_app: Flask) -> int:
    return make_organiser()


@pytest.fixture
def log_in(whole_app: Flask) -> Callable[[int, Role], FlaskClient]:
    """A client of a new person with that role."""

    def signed_in(organiser: int, role: Role) -> FlaskClient:
        account_id, _ = make_member(organiser, role)
        epoch = db.session.execute(select(Account.epoch).where(Account.id == account_id)).scalar_one()
        db.session.rollback()
        client = whole_app.test_client()
        with client.session_transaction() as session:
            session["account_id"], session["epoch"] = account_id, epoch
        client.set_cookie("lang", "en")
        return client

    return signed_in


@pytest.fixture
def desk(log_in: Callable[[int, Role], FlaskClient], organiser_id: int) -> FlaskClient:
    return log_in(organiser_id, Role.MANAGER)


@pytest.fixture
def visitor(whole_app: Flask) -> FlaskClient:
    client = whole_app.test_client()
    client.set_cookie("lang", "en")
    return client


@pytest.fixture
def work(whole_app: Flask) -> Callable[[], None]:
    """Run what is due."""

    def run() -> None:
        run_worker(whole_app, drain=True, stop=threading.Event(), concurrency=1)
        db.session.rollback()

    return run


@pytest.fixture
def mails(whole_app: Flask, work: Callable[[], None]) -> Callable[[], list[EmailMessage]]:
    """What has left so far, once what is due is done."""

    def left() -> list[EmailMessage]:
        work()
        files = sorted((Path(whole_app.instance_path) / "outbox").glob("*.eml"), key=lambda f: f.stat().st_mtime_ns)
        return [_parsed(file) for file in files]

    return left


def _parsed(file: Path) -> EmailMessage:
    found = message_from_bytes(file.read_bytes(), policy=default)
    assert isinstance(found, EmailMessage)
    return found


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(mail: EmailMessage) -> str:
    """The path of the link to /my."""
    found = re.search(r"http://127\.0\.0\.1:8000(/my/enter/\S+)", text_of(mail))
    assert found is not None
    return found[1]

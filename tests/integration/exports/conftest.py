"""An event with a class, people and answers, a team, partners, and a worker: on both databases."""

import csv
import io
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

import pytest
import python_calamine
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import EventFunction, Role
from app.accounts.operations.partners import entrust
from app.accounts.operations.people import add_member, create_account
from app.accounts.passwords import choose_password
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import QuestionKind
from app.events.operations.questions import save_question
from app.events.queries import EventRow, get_event
from app.events.questions import QuestionRow
from app.jobs.worker import run_worker
from app.registrations.drafts import Contact
from app.reports.queries.exports import ExportRow, list_exports
from tests.factories import (
    NOW,
    PASSWORD,
    class_draft,
    make_event,
    make_organiser,
    make_registration,
    person_draft,
)
from tests.integration.guards.walking import sign_in_as

FORMULA = "=HYPERLINK(1)"
ANSWER = "chercher un stage chez Kéops"
NAMES = ("Manon Lambert", "Hugo Dupont", "Zoé Faivre", "HYPERLINK")
PEOPLE = (*NAMES, "example.org", "39 98", "3998", ANSWER)
"""What none but those who see people's data may ever read."""
_numbers = count(1)
_PASSWORD = choose_password(PASSWORD)


@dataclass(frozen=True)
class World:
    """An organiser with an event: a class, a family group, two people on their own, one of whom answered a question."""

    app: Flask
    organiser_id: int
    event: EventRow

    @property
    def base(self) -> str:
        return f"/manage/events/{self.event.slug}"

    def member(self, role: Role, *, organiser_id: int | None = None, lang: str = "fr") -> FlaskClient:
        """A browser in which somebody new with that role is signed in."""
        return self.browser(self.make_member(role, organiser_id=organiser_id), lang)

    def make_member(self, role: Role, *, organiser_id: int | None = None) -> int:
        """Somebody new with that role; their account."""
        with transaction():
            account_id = self._make_account(f"Inès Roux {role}")
            add_member(account_id, organiser_id or self.organiser_id, role, by=SYSTEM, now=NOW)
        return account_id

    def partner(self, *functions: EventFunction, ends_at: datetime | None = None) -> tuple[int, FlaskClient]:
        """Somebody of another organisation who holds these functions of the event."""
        with transaction():
            account_id = self._make_account("Paul Duval")
        self.entrust(account_id, *functions, ends_at=ends_at)
        return account_id, self.browser(account_id)

    def entrust(self, account_id: int, *functions: EventFunction, ends_at: datetime | None = None) -> None:
        with transaction():
            entrust(
                self.event.id, self.organiser_id, account_id, functions,
                organisation="CCI", ends_at=ends_at, by=SYSTEM, now=NOW,
            )  # fmt: skip

    def _make_account(self, name: str) -> int:
        return create_account(f"staff{next(_numbers)}@example.org", name, _PASSWORD, by=SYSTEM, now=NOW)

    def browser(self, account_id: int, lang: str = "fr") -> FlaskClient:
        client = sign_in_as(self.app, account_id)
        client.set_cookie("lang", lang)
        db.session.rollback()
        return client

    def work(self) -> None:
        """Let the worker do what is due."""
        db.session.remove()
        run_worker(self.app, drain=True, stop=threading.Event(), concurrency=1)

    def log(self) -> tuple[ExportRow, ...]:
        db.session.rollback()
        return list_exports(self.organiser_id).lines


@pytest.fixture
def world(whole_app: Flask) -> World:
    organiser_id = make_organiser()
    event = make_event(organiser_id)
    question = QuestionRow("", QuestionKind.TEXT, "Que cherchez-vous ?", "What are you looking for?")
    with transaction():
        key = save_question(event.id, question, by=SYSTEM, now=NOW)
    event = get_event(event.slug)
    make_registration(event, class_draft(event))
    make_registration(event, person_draft(event, answers={key: ANSWER}))
    make_registration(event, person_draft(event, contact=Contact("Zoé Faivre", "", "+33639980107"), audience="family"))
    make_registration(event, person_draft(event, contact=Contact(FORMULA, "formule@example.org")))
    return World(whole_app, organiser_id, event)


def csv_rows(client: FlaskClient, path: str, separator: str = ";") -> list[list[str]]:
    """The cells of a CSV, its head first."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    text = answer.get_data().decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=separator))


def xlsx_rows(content: bytes) -> list[list[Any]]:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [list(row) for row in book.get_sheet_by_index(0).to_python()]


def require_none_of(texts: Iterable[str], content: bytes | str) -> None:
    found = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    for text in texts:
        assert text not in found, text


def ask_xlsx(client: FlaskClient, world: World, **args: str | list[str]) -> str:
    """Ask for the file of a list; the address of its page."""
    answer = client.post(f"{world.base}/exports", data=args)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])

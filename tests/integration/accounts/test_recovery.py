"""A forgotten password: a mail with a link that works once, for an hour, and says nothing of who has an account."""

import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from app.accounts.enums import Role
from app.accounts.models import Account
from app.accounts.operations.log_in import log_out_everywhere
from app.accounts.operations.recovery import RESET_JOB
from app.accounts.operations.tokens import make_door_token
from app.accounts.passwords import is_right_password
from app.accounts.queries import find_credentials, find_token
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.jobs.models import Job, JobState
from app.jobs.worker import run_worker
from app.messages.models import Message, MessageState
from tests.conftest import counted_statements
from tests.factories import NOW, PASSWORD, make_event, make_member, make_organiser

NEW = "lanterne-vermeille-42"
TWICE = {"new_password": NEW, "repeated": NEW}


@pytest.fixture
def organiser_id(whole_app: Flask) -> int:
    return make_organiser()


@pytest.fixture
def person(organiser_id: int) -> tuple[int, str]:
    return make_member(organiser_id, Role.OWNER, email="ines.roux@example.org")


@pytest.fixture
def client(whole_app: Flask) -> FlaskClient:
    client = whole_app.test_client()
    client.set_cookie("lang", "en")
    return client


@pytest.fixture
def mail(whole_app: Flask) -> Callable[[], EmailMessage]:
    """The one mail that leaves when the worker has run."""

    def sent() -> EmailMessage:
        run_worker(whole_app, drain=True, stop=threading.Event(), concurrency=1)
        db.session.rollback()
        (file,) = (Path(whole_app.instance_path) / "outbox").glob("*.eml")
        content = file.read_bytes()
        file.unlink()
        return message_from_bytes(content, EmailMessage, policy=default)

    return sent


def ask(client: FlaskClient, email: str) -> int:
    return client.post("/login/forgotten", data={"email": email}).status_code


def link_in(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    [link] = re.findall(r"http://127\.0\.0\.1:8000(/login/forgotten/\S+)", str(body.get_content()))
    return str(link)


def log_in(client: FlaskClient, password: str) -> int:
    return client.post("/login", data={"email": "ines.roux@example.org", "password": password}).status_code


def count_messages() -> int:
    """Mails queued once the worker has run."""
    run_worker(current_app._get_current_object(), drain=True, stop=threading.Event(), concurrency=1)  # type: ignore[attr-defined]
    db.session.rollback()
    return db.session.execute(select(func.count()).select_from(Message)).scalar_one()


def move_clock(app: Flask, moment: datetime) -> None:
    set_clock(app.extensions, moment)


def test_the_link_sets_a_new_password_once(
    client: FlaskClient, person: tuple[int, str], mail: Callable[[], EmailMessage]
) -> None:
    answer = client.post("/login/forgotten", data={"email": "Ines.Roux@example.org"})
    assert answer.headers["Location"] == "/login/forgotten/sent"
    message = mail()
    assert (message["To"], message["Subject"]) == ("ines.roux@example.org", "Un nouveau mot de passe pour Parcours")
    link = link_in(message)
    page = client.get(link)
    assert page.status_code == 200
    assert "ines.roux@example.org" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert client.get(link).status_code == 200
    assert client.post(link, data=TWICE | {"repeated": "something else"}).status_code == 422
    weak = client.post(link, data={"new_password": "azertyuiop", "repeated": "azertyuiop"})
    assert (weak.status_code, "quickly guessed" in weak.text) == (422, True)
    done = client.post(link, data=TWICE)
    assert (done.status_code, done.headers["Location"]) == (302, "/login")
    assert "Your new password is in place." in client.get("/login").text
    for again in (client.get(link), client.post(link, data={"new_password": PASSWORD, "repeated": PASSWORD})):
        assert (again.status_code, "This link no longer works" in again.text) == (410, True)
    assert (log_in(client, PASSWORD), log_in(client, NEW)) == (422, 302)
    verbs = [line.verb for line in list_history(f"account:{person[0]}")]
    assert verbs[:3] == ["account.logged_in", "account.password_reset", "account.reset_asked"]


def test_every_session_and_door_key_ends(
    whole_app: Flask, client: FlaskClient, organiser_id: int, person: tuple[int, str], mail: Callable[[], EmailMessage]
) -> None:
    elsewhere = whole_app.test_client()
    assert log_in(elsewhere, PASSWORD) == 302
    event = make_event(organiser_id)
    with transaction():
        door = make_door_token(person[0], event.id, organiser_id, by=SYSTEM, now=NOW)
    ask(client, person[1])
    client.post(link_in(mail()), data=TWICE)
    assert elsewhere.get("/manage/account").headers["Location"].startswith("/login")
    assert find_token(door, NOW) is None


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client: FlaskClient, person: tuple[int, str]) -> None:
    known = client.post("/login/forgotten", data={"email": person[1]}, follow_redirects=True)
    unknown = client.post("/login/forgotten", data={"email": "nobody@example.org"}, follow_redirects=True)
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
    assert count_messages() == 1


def test_asking_does_the_same_work_whoever_has_the_address(client: FlaskClient, person: tuple[int, str]) -> None:
    """Else the time that the answer takes would tell who has an account."""
    statements: list[list[str]] = []
    for email in (person[1], "nobody@example.org"):
        with counted_statements() as counted:
            assert ask(client, email) == 302
        statements.append(counted.statements)
    assert statements[0] == statements[1]
    assert not any("FROM accounts" in statement for statement in statements[0])
    assert count_messages() == 1
    kept = str(db.session.execute(select(Job.payload)).scalars().all())
    assert "example.org" not in kept, "a job keeps the digest alone"


def test_the_job_done_again_sends_no_second_mail(client: FlaskClient, person: tuple[int, str]) -> None:
    ask(client, person[1])
    assert count_messages() == 1
    with transaction():
        db.session.execute(update(Job).where(Job.name == RESET_JOB).values(state=JobState.QUEUED))
    assert count_messages() == 1


def test_a_disabled_account_gets_no_mail(client: FlaskClient, person: tuple[int, str]) -> None:
    with transaction():
        db.session.execute(update(Account).values(disabled_at=NOW))
    assert ask(client, person[1]) == 302
    assert count_messages() == 0


def test_asking_again_and_again_is_refused_alike_for_everybody(client: FlaskClient, person: tuple[int, str]) -> None:
    for email in (person[1], "nobody@example.org"):
        assert [ask(client, email) for _ in range(4)] == [302, 302, 302, 429]
    assert count_messages() == 3
    refused = client.post("/login/forgotten", data={"email": person[1]})
    assert "Several mails were asked for already." in refused.text
    assert int(refused.headers["Retry-After"]) > 0


def test_one_network_cannot_ask_for_many(client: FlaskClient) -> None:
    assert [ask(client, f"person{n}@example.org") for n in range(11)] == [302] * 10 + [429]


def test_an_hour_later_the_link_is_over(
    whole_app: Flask, client: FlaskClient, person: tuple[int, str], mail: Callable[[], EmailMessage]
) -> None:
    ask(client, person[1])
    link = link_in(mail())
    move_clock(whole_app, NOW + timedelta(minutes=59))
    assert client.get(link).status_code == 200
    move_clock(whole_app, NOW + timedelta(minutes=60, seconds=1))
    assert client.get(link).status_code == 410
    assert client.post(link, data=TWICE).status_code == 410


def test_a_mail_that_would_come_too_late_is_not_sent(
    whole_app: Flask, client: FlaskClient, person: tuple[int, str]
) -> None:
    ask(client, person[1])
    move_clock(whole_app, NOW + timedelta(hours=2))
    run_worker(whole_app, drain=True, stop=threading.Event(), concurrency=1)
    db.session.rollback()
    assert db.session.execute(select(Message.state)).scalars().all() == [MessageState.SKIPPED]


def test_logging_out_everywhere_ends_earlier_links(
    client: FlaskClient, person: tuple[int, str], mail: Callable[[], EmailMessage]
) -> None:
    ask(client, person[1])
    link = link_in(mail())
    with transaction():
        log_out_everywhere(person[0], by=SYSTEM, now=NOW)
    assert client.get(link).status_code == 410


def test_a_link_is_good_for_its_account_alone(
    client: FlaskClient, organiser_id: int, person: tuple[int, str], mail: Callable[[], EmailMessage]
) -> None:
    other, other_mail = make_member(organiser_id, Role.VIEWER)
    ask(client, person[1])
    link = link_in(mail())
    account_id, ends, proof = link.rpartition("/")[2].split(".")
    for token in (
        f"{other}.{ends}.{proof}", f"{account_id}.{int(ends) + 1}.{proof}", f"{account_id}.{ends}.{'A' * 43}",
        f"{account_id}.9999999999.{proof}", "x", f"{account_id}.{ends}",
    ):  # fmt: skip
        assert client.post(f"/login/forgotten/{token}", data=TWICE).status_code == 410
    found = find_credentials(other_mail)
    assert found is not None
    assert is_right_password(found.password_hash, PASSWORD)


def test_who_was_locked_out_by_a_guesser_gets_in_again(
    client: FlaskClient, person: tuple[int, str], mail: Callable[[], EmailMessage]
) -> None:
    for _ in range(5):
        log_in(client, "wrong words here")
    assert log_in(client, PASSWORD) == 429
    ask(client, person[1])
    client.post(link_in(mail()), data=TWICE)
    assert log_in(client, NEW) == 302


def test_the_log_in_page_leads_there(client: FlaskClient) -> None:
    assert 'href="/login/forgotten"' in client.get("/login").text
    assert client.post("/login/forgotten", data={"email": "ines.roux@"}).status_code == 422

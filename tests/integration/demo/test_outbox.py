"""/demo/outbox: mails to read and click, and nothing of them run as a page of the site."""

import re
import threading
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.config import DEMO_FILE
from app.core.db import db
from app.jobs.worker import run_worker
from app.web.mail_frame import MAIL_CSP
from app.web.public.outbox import linked
from tests.factories import make_event, make_organiser, make_registration
from tests.integration.dbs import Databases

EVIL = (
    b"From: a@example.org\r\nTo: b@example.org\r\nSubject: =?utf-8?q?Essai_=3Cscript=3E?=\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n'
    b"<html><head></head><body><script>alert(1)</script></body></html>\r\n--x\r\nContent-Type: text/html\r\n"
    b'Content-Disposition: attachment; filename="page.html"\r\n\r\n<script>alert(2)</script>\r\n--x--\r\n'
)


@pytest.fixture(autouse=True)
def demo(tmp_path: Path) -> None:
    """As if the demo had been loaded: its mailbox is there for everybody."""
    (tmp_path / DEMO_FILE).write_text("{}")


@pytest.fixture
def outbox(sqlite_app: Flask) -> Path:
    folder = Path(sqlite_app.instance_path) / "outbox"
    folder.mkdir()
    return folder


def test_an_empty_mailbox_says_what_will_be_here(sqlite_client: FlaskClient) -> None:
    assert "No mail yet" in sqlite_client.get("/demo/outbox?lang=en").text


def test_the_mail_of_a_registration_is_read_with_its_ticket(sqlite_app: Flask, sqlite_client: FlaskClient) -> None:
    made = make_registration(make_event(make_organiser()))
    run_worker(sqlite_app, drain=True, stop=threading.Event(), concurrency=1)
    listed = sqlite_client.get("/demo/outbox?lang=en").text
    [url] = re.findall(r'class="row-link" href="(/demo/outbox/[^"]+\.eml)"', listed)
    page = sqlite_client.get(url).text
    assert f'<a href="http://127.0.0.1:8000/r/{made.token}">' in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    framed = sqlite_client.get(f"{url}/html")
    assert framed.headers["Content-Security-Policy"] == MAIL_CSP
    assert '<base target="_blank">' in framed.text
    assert 'src="data:image/png;base64,' in framed.text
    assert "cid:" not in framed.text
    names = {n: sqlite_client.get(f"{url}/attachments/{n}") for n in re.findall(r"/attachments/(\d+)", page)}
    types = {answer.mimetype: answer.headers["Content-Disposition"].split(";")[0] for answer in names.values()}
    assert types == {"application/pdf": "attachment", "text/calendar": "attachment"}


def test_a_hostile_mail_runs_nothing(sqlite_client: FlaskClient, outbox: Path) -> None:
    (outbox / "evil.eml").write_bytes(EVIL)
    page = sqlite_client.get("/demo/outbox/evil.eml").text
    assert "<script>alert" not in page
    assert "Essai &lt;script&gt;" in page
    framed = sqlite_client.get("/demo/outbox/evil.eml/html")
    assert "script-src" not in framed.headers["Content-Security-Policy"]
    assert framed.headers["Content-Security-Policy"].startswith("default-src 'none'")
    attached = sqlite_client.get("/demo/outbox/evil.eml/attachments/0")
    assert attached.headers["Content-Disposition"] == "attachment; filename*=UTF-8''page.html"
    assert sqlite_client.get("/demo/outbox/evil.eml/attachments/1").status_code == 404


@pytest.mark.parametrize("name", ["../secret_key", "%2e%2e/secret_key", "none.eml", ".eml", "evil.txt"])
def test_only_mails_of_the_folder_are_found(sqlite_client: FlaskClient, outbox: Path, name: str) -> None:
    (outbox / "evil.txt").write_text("no mail")
    assert sqlite_client.get(f"/demo/outbox/{name}").status_code == 404


@pytest.mark.parametrize(
    "settings",
    [{"BASE_URL": "https://parcours.example.org"}, {"MAIL_URL": "smtp://127.0.0.1:2525"}],
)
def test_there_is_no_mailbox_outside_a_demo_of_files(
    databases: Databases, tmp_path: Path, settings: dict[str, str]
) -> None:
    with databases.fresh("sqlite") as url:
        app = create_app({"DATABASE_URL": url, **settings}, instance_path=tmp_path, testing=True)
        client = app.test_client()
        for page in (
            "/demo/outbox",
            "/demo/outbox/a.eml",
            "/demo/outbox/a.eml/html",
            "/demo/outbox/a.eml/attachments/0",
        ):
            assert client.get(page).status_code == 404
        with app.app_context():
            db.engine.dispose()


def test_there_is_no_mailbox_where_no_demo_was_loaded(sqlite_client: FlaskClient, tmp_path: Path) -> None:
    assert sqlite_client.get("/demo/outbox").status_code == 200
    (tmp_path / DEMO_FILE).unlink()
    assert sqlite_client.get("/demo/outbox").status_code == 404


def test_addresses_of_a_text_become_links() -> None:
    assert linked("Voir http://a.example/x?y=1. Merci") == [
        ("Voir ", False), ("http://a.example/x?y=1", True), (". Merci", False),
    ]  # fmt: skip

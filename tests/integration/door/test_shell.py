"""The scanning app's shell: the same for everybody, with the list of all that a phone keeps of it."""

import json
import re
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts.enums import Role
from app.core.errors import FieldError
from tests.factories import forum, make_event, make_organiser
from tests.integration.door.conftest import sign_in


def known(client: FlaskClient) -> dict[str, Any]:
    """What the service worker was told to keep."""
    text = client.get("/sw.js").get_data(as_text=True)
    found: dict[str, Any] = json.loads(text.partition("self.SHELL = ")[2].partition(";\n")[0])
    return found


def fresh(app: Flask, client: FlaskClient, address: str) -> TestResponse:
    """The answer to a request that shares nothing with those before it."""
    with app.app_context():
        return client.get(address)


def test_the_page_is_the_same_for_everybody_of_a_language(sqlite_app: Flask) -> None:
    organiser_id = make_organiser()
    make_event(organiser_id)
    nobody, volunteer = sqlite_app.test_client(), sign_in(sqlite_app, organiser_id, Role.DOOR)
    for locale in ("fr", "en"):
        pages = [fresh(sqlite_app, client, f"/door?lang={locale}") for client in (nobody, volunteer)]
        assert [page.status_code for page in pages] == [200, 200]
        assert pages[0].data == pages[1].data
        assert f'<html lang="{locale}"'.encode() in pages[0].data
        assert "no-store" not in pages[0].headers["Cache-Control"]
    french = [fresh(sqlite_app, nobody, address).data for address in ("/door?lang=fr", "/door/?lang=fr")]
    assert french[0] == french[1]
    with nobody.session_transaction() as session:
        assert not session


def test_the_service_worker_may_keep_the_door_and_nothing_else(sqlite_client: FlaskClient) -> None:
    answer = sqlite_client.get("/sw.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Service-Worker-Allowed"] == "/door"
    assert answer.headers["Cache-Control"] == "no-cache"
    shell = known(sqlite_client)
    assert shell["shells"] == {"fr": "/door?lang=fr", "en": "/door?lang=en"}
    assert not [address for address in shell["files"] if not address.startswith(("/static/", "/look/"))]


def test_every_file_that_the_page_needs_is_kept_and_there(sqlite_app: Flask) -> None:
    make_organiser()
    client = sqlite_app.test_client()
    files = known(client)["files"]
    for address in files:
        answer = client.get(address)
        assert answer.status_code == 200, address
        answer.close()
    bare = {address.partition("?")[0] for address in files}
    app = "/static/js/door/app/"
    assert bare >= {f"{app}{name}.js" for name in ("main", "device", "phone", "db", "list", "decide", "sync", "clock")}
    assert bare >= {
        "/static/css/door.css", "/static/css/parcours.css", "/static/icons.svg", "/static/img/check.svg",
        "/static/vendor/zxing-wasm-3.1.4/index.js", "/static/vendor/zxing-wasm-3.1.4/zxing_reader.wasm",
        "/static/vendor/atkinson-hyperlegible-next-5.3.0/atkinson-hyperlegible-next-latin-wght-normal.woff2",
    }  # fmt: skip
    assert any(address.startswith("/look/") for address in files)
    page = client.get("/door?lang=fr").get_data(as_text=True)
    named = re.findall(r'(?:src|href|data-wasm)="(/(?:static|look)/[^"#]+)', page)
    assert set(named) <= set(files)


def test_a_file_that_changes_makes_another_version(sqlite_client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    before = known(sqlite_client)["version"]
    assert known(sqlite_client)["version"] == before
    module = import_module("app.web.door.shell")  # whose name its blueprint's hides
    monkeypatch.setattr(module, "_state", lambda address: f"other {address}")
    assert known(sqlite_client)["version"] != before


@pytest.mark.parametrize(("locale", "short"), [("fr", "Accueil"), ("en", "Door")])
def test_the_manifest_lets_a_phone_install_the_app(sqlite_client: FlaskClient, locale: str, short: str) -> None:
    answer = sqlite_client.get(f"/door/manifest.webmanifest?lang={locale}")
    manifest = json.loads(answer.data)
    assert answer.mimetype == "application/manifest+json"
    assert (manifest["short_name"], manifest["lang"]) == (short, locale)
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/door", "/door", "standalone")
    for icon in manifest["icons"]:
        picture = sqlite_client.get(icon["src"])
        assert picture.status_code == 200
        picture.close()


@pytest.mark.parametrize("slug", ["events", "api"])
def test_no_event_takes_an_address_of_the_doors(sqlite_app: Flask, slug: str) -> None:
    with pytest.raises(FieldError) as refused:
        make_event(make_organiser(), forum(slug=slug))
    assert refused.value.problems == {"slug": "taken"}

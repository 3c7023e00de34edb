import io
import logging
import re
import sqlite3
from pathlib import Path

import pytest
from flask import Flask, abort, jsonify, request, session
from PIL import Image
from sqlalchemy.exc import OperationalError

from app import create_app
from app.accounts.enums import Role
from app.core.errors import Conflict, DatabaseBusy, FieldError, NotFound
from app.web.guards import own_link, public
from app.web.headers import CSP
from tests.integration.web_foundation.conftest import PASSWORD, Crew, log_in, words_of

HTTPS = {"BASE_URL": "https://parcours.example.org"}


@pytest.fixture
def faults(app: Flask) -> Flask:
    """Views that fail, each in its way, as pages and in the API."""

    def fail(name: str) -> str:
        errors: dict[str, Exception] = {
            "busy": DatabaseBusy(),
            "locked": OperationalError("SELECT", {}, sqlite3.OperationalError("database is locked")),
            "missing": NotFound(),
            "conflict": Conflict(),
            "field": FieldError({"waves/0/capacity": "range"}),
            "bug": RuntimeError("a bug"),
        }
        if name.isdecimal():
            abort(int(name))
        raise errors[name]

    app.add_url_rule("/fail/<name>", "fail", public(fail))
    app.add_url_rule("/api/v1/fail/<name>", "api_fail", public(fail))
    app.add_url_rule("/r/<secret>", "link", own_link(lambda secret: secret))
    app.add_url_rule("/feeds/<secret>", "feed", public(lambda secret: secret))
    return app


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("missing", 404, "This page does not exist, or no longer Here is what’s on. See what’s on"),
        ("404", 404, "This page does not exist, or no longer"),
        ("403", 403, "You may not open this page"),
        ("400", 400, "We could not read what was sent"),
        ("413", 413, "This file is too heavy"),
        ("429", 429, "Too many attempts"),
        ("conflict", 409, "This is no longer possible"),
        ("field", 422, "Some answers do not fit"),
        ("busy", 503, "Many people are here at the moment"),
        ("locked", 503, "Many people are here at the moment"),
    ],
)
def test_refusal_is_a_page_that_helps(faults: Flask, name: str, status: int, words: str) -> None:
    answer = faults.test_client().get(f"/fail/{name}", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert words in words_of(answer.text)
    assert (answer.headers.get("Retry-After") == "2") == (status == 503)


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("missing", 404, "not_found"),
        ("404", 404, "not_found"),
        ("413", 413, "too_large"),
        ("conflict", 409, "conflict"),
        ("busy", 503, "busy"),
        ("locked", 503, "busy"),
        ("field", 422, "invalid"),
    ],
)
def test_refusal_of_a_program_is_a_problem_document(faults: Flask, name: str, status: int, code: str) -> None:
    answer = faults.test_client().get(f"/api/v1/fail/{name}", headers={"Accept-Language": "en"})
    body = answer.get_json()
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert (body["status"], body["code"], body["type"]) == (status, code, "about:blank")
    if name == "field":
        assert body["errors"] == [
            {"pointer": "/waves/0/capacity", "code": "range", "message": "This number is out of range."}
        ]


def test_unknown_path_and_method_of_the_api_are_problem_documents(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/api/v1/nothing").get_json()["code"] == "not_found"
    refused = client.post("/healthz")
    assert (refused.status_code, set(refused.allow or ())) == (405, {"GET", "HEAD", "OPTIONS"})


@pytest.mark.parametrize("path", ["/fail/bug", "/api/v1/fail/bug"])
def test_fault_shows_the_reference_of_the_log(faults: Flask, path: str, caplog: pytest.LogCaptureFixture) -> None:
    faults.testing = False
    faults.config["PROPAGATE_EXCEPTIONS"] = False
    with caplog.at_level(logging.ERROR):
        answer = faults.test_client().get(path)
    assert answer.status_code == 500
    logged = re.search(r"fault ([0-9]{4}-[0-9]{4}): GET", caplog.text)
    assert logged is not None
    assert logged.group(1) in answer.text
    assert "a bug" not in answer.text
    assert "a bug" in caplog.text


@pytest.mark.parametrize(
    "path",
    [
        "/login",
        "/healthz",
        "/static/css/parcours.css",
        "/static/none.css",
        "/nothing",
        "/manage/people",
        "/manage/account",
        "/fail/busy",
        "/fail/413",
        "/api/v1/nothing",
        "/api/v1/fail/conflict",
        "/r/secret",
        "/feeds/secret",
        "/look/none-1.css",
    ],
)
def test_every_response_has_the_headers(faults: Flask, crew: Crew, path: str) -> None:
    client = faults.test_client()
    log_in(client, "owner")
    with client.get(path) as answer:
        headers = answer.headers
    assert headers["Content-Security-Policy"] == CSP
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Permissions-Policy"].startswith("camera=(self)")
    secret = path.startswith(("/r/", "/feeds/"))
    assert headers["Referrer-Policy"] == ("no-referrer" if secret else "strict-origin-when-cross-origin")
    assert "Strict-Transport-Security" not in headers
    assert (headers["Cache-Control"] == "no-store") == path.startswith(("/manage/", "/r/"))


def test_policy_is_the_one_of_the_design() -> None:
    assert CSP == (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
        "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize(("base_url", "secure"), [("http://127.0.0.1:8000", False), (HTTPS["BASE_URL"], True)])
def test_cookies_are_secure_behind_https(tmp_path: Path, base_url: str, secure: bool) -> None:
    app = create_app({"BASE_URL": base_url, "DATABASE_URL": "sqlite://"}, instance_path=tmp_path, testing=True)

    def remember() -> str:
        session["x"] = 1
        return "kept"

    app.add_url_rule("/remember", "remember", public(remember))
    answer = app.test_client().get("/remember?lang=en")
    cookies = {text.split("=")[0]: text for text in answer.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"parcours", "lang"}
    for text in cookies.values():
        assert ("Secure" in text, "HttpOnly" in text, "SameSite=Lax" in text) == (secure, True, True)
    assert "Max-Age=31536000" in cookies["lang"]
    assert ("Strict-Transport-Security" in answer.headers) == secure


@pytest.mark.parametrize(
    ("query", "cookie", "header", "chosen"),
    [
        ("?lang=en", "fr", "fr", "en"),
        ("?lang=de", "en", "fr", "en"),
        ("", "en", "fr", "en"),
        ("", "xx", "en-GB, fr;q=0.5", "en"),
        ("", None, "de, en;q=0.4", "en"),
        ("", None, "de", "fr"),
        ("", None, None, "fr"),
    ],
)
def test_language_is_chosen_in_order(
    app: Flask, query: str, cookie: str | None, header: str | None, chosen: str
) -> None:
    client = app.test_client()
    if cookie:
        client.set_cookie("lang", cookie)
    page = client.get(f"/login{query}", headers={"Accept-Language": header} if header else {})
    assert f'<html lang="{chosen}">' in page.text


def test_static_files_are_kept_for_ever_by_their_state(app: Flask) -> None:
    client = app.test_client()
    address = re.search(r"/static/css/parcours\.css\?v=[0-9a-f]{10}", client.get("/login").text)
    assert address is not None
    with client.get(address.group()) as kept, client.get("/static/css/parcours.css") as asked_again:
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert asked_again.headers["Cache-Control"] == "no-cache"


def test_log_in_answers_alike_for_known_and_unknown_mails(app: Flask, crew: Crew) -> None:
    client = app.test_client()
    answers = [
        client.post("/login?lang=en", data={"email": f"{who}@example.org", "password": "wrong words here"})
        for who in ("owner", "nobody")
    ]
    assert {answer.status_code for answer in answers} == {422}
    tokens = re.compile(r'(name="csrf_token"[^>]* value=")[^"]+')  # they hold the second in which they were made
    pages = [tokens.sub(r"\1", answer.text.replace("owner@", "X@").replace("nobody@", "X@")) for answer in answers]
    assert pages[0] == pages[1]
    assert "This e-mail address and this password do not go together." in words_of(pages[0])


def test_too_many_attempts_say_until_when(app: Flask, crew: Crew) -> None:
    client = app.test_client()
    for _ in range(5):
        client.post("/login", data={"email": "owner@example.org", "password": "wrong words here"})
    answer = client.post("/login?lang=en", data={"email": "owner@example.org", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "300")
    assert "Too many attempts. Try again at 9:35 am." in words_of(answer.text)
    assert client.get("/manage/people").status_code == 302


def test_log_in_drops_what_the_visitor_session_held(app: Flask, crew: Crew) -> None:
    client = app.test_client()
    with client.session_transaction() as held:
        held["other"] = "x"
    log_in(client, "owner")
    with client.session_transaction() as held:
        assert set(held) == {"account_id", "epoch", "_permanent"}


def test_owner_sets_the_look_and_every_page_wears_it(app: Flask, crew: Crew) -> None:
    client = app.test_client()
    log_in(client, "owner")
    target = io.BytesIO()
    Image.new("RGB", (40, 20), "#0B6349").save(target, "PNG")
    sent = {"name": "Cap Métiers", "brand": "#0B6349", "accent": "#F2B632", "phone": "06 39 98 44 10"}
    kept = client.post("/manage/look", data={**sent, "logo": (io.BytesIO(target.getvalue()), "logo.png")})
    assert kept.status_code == 302, words_of(kept.text)
    page = client.get("/manage/look").text
    theme = re.search(r"/look/cap-metiers-\d+\.css", page)
    logo = re.search(r"/look/cap-metiers-\d+\.png", page)
    assert theme is not None
    assert logo is not None
    css = client.get(theme.group())
    assert "--brand:#0B6349;" in css.text
    assert css.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get(logo.group()).mimetype == "image/png"


def test_pale_brand_is_refused_with_its_figure_and_what_was_typed_stays(app: Flask, crew: Crew) -> None:
    client = app.test_client()
    log_in(client, "owner")
    sent = {"name": "Nouveau nom", "brand": "#999999", "accent": "#F2B632"}
    answer = client.post("/manage/look?lang=en", data=sent)
    assert answer.status_code == 422
    assert "The contrast is 2.8; it must be at least 4.5." in words_of(answer.text)
    assert 'value="Nouveau nom"' in answer.text


def test_key_is_shown_once_and_stops_when_revoked(app: Flask, crew: Crew) -> None:
    client = app.test_client()
    log_in(client, "owner")
    made = client.post("/manage/tokens", data={"name": "mairie", "scopes": ["events:read"]})
    secret = re.search(r"pc_[\w-]{32}", made.text)
    assert secret is not None
    assert secret.group() not in client.get("/manage/tokens").text
    assert client.post("/manage/tokens", data={"name": "", "scopes": ["all"]}).status_code == 422
    late = {"name": "x", "scopes": ["events:read"], "expires_on": "2027-02-03"}
    assert client.post("/manage/tokens", data=late).status_code == 422
    revocation = re.search(r"/manage/tokens/\d+/revocation", client.get("/manage/tokens").text)
    assert revocation is not None
    assert client.post(revocation.group()).status_code == 302
    assert client.post(revocation.group()).status_code == 404


def test_owner_adds_changes_and_removes_people(app: Flask, crew: Crew) -> None:
    client = app.test_client()
    log_in(client, "owner")
    new = {"name": "Inès Roy", "email": "ines@example.org", "role": "manager"}
    assert client.post("/manage/people", data=new).status_code == 422
    assert client.post("/manage/people", data={**new, "password": PASSWORD}).status_code == 302
    assert client.post("/manage/people", data=new).status_code == 422
    assert client.post("/manage/people", data={**new, "email": "stranger@example.org"}).status_code == 302
    viewer = crew.accounts[Role.VIEWER]
    assert client.post(f"/manage/people/{viewer}/role", data={"role": "king"}).status_code == 422
    assert client.post(f"/manage/people/{viewer}/role", data={"role": "manager"}).status_code == 302
    assert client.post(f"/manage/people/{viewer}/removal").status_code == 302
    assert client.get(f"/manage/people/{viewer}").status_code == 404
    owner = crew.accounts[Role.OWNER]
    assert client.post(f"/manage/people/{owner}/removal").status_code == 409
    assert client.post(f"/manage/people/{owner}/role", data={"role": "door"}).status_code == 409
    page = words_of(client.get("/manage/people").text)
    assert "Inès Roy" in page
    assert "viewer Martin" not in page


def test_people_of_another_organiser_are_not_found(app: Flask, crew: Crew) -> None:
    client = app.test_client()
    log_in(client, "owner")
    for path in (f"/manage/people/{crew.stranger}/role", f"/manage/people/{crew.stranger}/removal"):
        assert client.post(path, data={"role": "door"}).status_code == 404


def test_password_changes_and_this_session_goes_on(app: Flask, crew: Crew) -> None:
    here, there = app.test_client(), app.test_client()
    log_in(here, "door")
    log_in(there, "door")
    new = "quatre mots bien secrets"
    sent = {"current_password": PASSWORD, "new_password": new, "repeated": new}
    assert here.post("/manage/account/password", data={**sent, "repeated": "x"}).status_code == 422
    assert here.post("/manage/account/password", data={**sent, "current_password": "x"}).status_code == 422
    assert here.post("/manage/account/password", data=sent).status_code == 302
    assert here.get("/manage/account").status_code == 200
    assert there.get("/manage/account").status_code == 302
    log_in(there, "door", new)


def test_too_large_a_body_is_refused(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 10
    app.add_url_rule("/eat", "eat", public(lambda: jsonify(request.form)), methods=["POST"])
    answer = app.test_client().post("/eat", data={"text": "x" * 100}, headers={"Accept-Language": "en"})
    assert answer.status_code == 413


def test_proxies_are_trusted_as_counted(tmp_path: Path) -> None:
    for count, seen in (("0", "127.0.0.1"), ("1", "192.0.2.9")):
        settings = {"TRUSTED_PROXIES": count, "DATABASE_URL": "sqlite://"}
        app = create_app(settings, instance_path=tmp_path, testing=True)
        app.add_url_rule("/me", "me", public(lambda: request.remote_addr or ""))
        assert app.test_client().get("/me", headers={"X-Forwarded-For": "203.0.113.7, 192.0.2.9"}).text == seen


def test_unmigrated_database_is_not_ready(app: Flask) -> None:
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert "db upgrade" in answer.get_json()["problem"]

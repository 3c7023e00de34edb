import pytest
from flask import Flask

from app.accounts.enums import MAY_READ, Role, Scope
from app.accounts.operations.log_in import log_out_everywhere
from app.accounts.operations.people import add_member
from app.accounts.operations.tokens import make_door_token, revoke_token
from app.accounts.queries import list_tokens
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.web.guards import (
    OWNERS,
    PUBLIC,
    current_actor,
    current_organiser_id,
    guard_endpoint,
    guard_of_endpoint,
    own_link,
    public,
    staff,
    token,
)
from app.web.ttl_cache import TtlCache
from tests.integration.web_foundation.conftest import PASSWORD, Crew, log_in, words_of


@pytest.fixture
def probes(app: Flask) -> Flask:
    """Views of each guard, and one that forgot it."""

    @app.route("/forgotten", methods=["GET", "POST"])
    def forgotten() -> str:
        return "reached"

    @app.route("/library")
    def library() -> str:
        return "reached"

    guard_endpoint(app, "library", PUBLIC)
    app.add_url_rule("/open", "open", public(lambda: current_actor().kind), methods=["GET", "POST"])
    app.add_url_rule("/manage/read", "read", staff(MAY_READ)(lambda: current_actor().label))
    app.add_url_rule("/manage/own", "own", staff(OWNERS)(lambda: str(current_organiser_id())), methods=["GET", "POST"])
    app.add_url_rule("/r/<secret>", "link", own_link(lambda secret: secret))
    app.add_url_rule("/api/v1/read", "api_read", token(Scope.EVENTS_READ)(lambda: current_actor().label))
    app.add_url_rule(
        "/api/v1/scan", "api_scan", token(Scope.SCANS_WRITE)(lambda: current_actor().kind), methods=["GET", "POST"]
    )
    return app


def test_every_view_declares_its_guard(app: Flask) -> None:
    bare = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if guard_of_endpoint(app, rule.endpoint, method) is None
    }
    assert bare == set()


def test_forgotten_guard_fails_closed(probes: Flask) -> None:
    client = probes.test_client()
    assert client.get("/forgotten").status_code == 500
    assert client.post("/forgotten").status_code == 500
    probes.testing = False
    assert client.get("/forgotten").status_code == 404
    assert client.get("/library").text == "reached"
    assert client.get("/open").text == "visitor"


def test_nobody_is_sent_to_log_in_and_back(probes: Flask, crew: Crew) -> None:
    client = probes.test_client()
    answer = client.get("/manage/read?q=a%26b")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login?next=/manage/read%3Fq%3Da%2526b")
    page = client.get(answer.headers["Location"])
    assert 'value="/manage/read?q=a%26b"' in page.text
    sent = {"email": "viewer@example.org", "password": "trois mots secrets", "next": "/manage/read?q=a%26b"}
    back = client.post("/login", data=sent)
    assert back.headers["Location"] == "/manage/read?q=a%26b"
    assert client.get("/manage/read").text == "viewer Martin"


@pytest.mark.parametrize(
    "elsewhere", ["https://example.com/", "//example.com/x", "/\\example.com", "javascript:alert(1)", "x", "/a\nb", ""]
)
def test_log_in_leads_nowhere_else(app: Flask, crew: Crew, elsewhere: str) -> None:
    client = app.test_client()
    sent = {"email": "owner@example.org", "password": "trois mots secrets", "next": elsewhere}
    assert client.post("/login", data=sent).headers["Location"] == "/manage/"


@pytest.mark.parametrize(
    ("role", "read", "own"),
    [(Role.OWNER, 200, 200), (Role.MANAGER, 200, 403), (Role.VIEWER, 200, 403), (Role.DOOR, 403, 403)],
)
def test_role_opens_its_pages_only(probes: Flask, crew: Crew, role: Role, read: int, own: int) -> None:
    client = probes.test_client()
    log_in(client, role)
    assert (client.get("/manage/read").status_code, client.get("/manage/own").status_code) == (read, own)
    assert client.post("/manage/own").status_code == own


def test_wrong_role_is_told_who_can_help(probes: Flask, crew: Crew) -> None:
    client = probes.test_client()
    log_in(client, "viewer")
    page = words_of(client.get("/manage/own?lang=en").text)
    assert "Only owners may do this." in page
    assert "Who can give you this right: owner Martin" in page


def test_person_of_two_organisers_chooses(probes: Flask, crew: Crew) -> None:
    with probes.app_context(), transaction():
        add_member(crew.accounts[Role.OWNER], crew.theirs, Role.OWNER, by=SYSTEM, now=clock.now())
    client = probes.test_client()
    log_in(client, "owner")
    assert client.get("/manage/own").text == str(crew.theirs)
    client.post("/manage/account/organiser", data={"organiser_id": crew.ours})
    assert client.get("/manage/own").text == str(crew.ours)
    assert client.post("/manage/account/organiser", data={"organiser_id": "99999"}).status_code == 403
    assert client.post("/manage/account/organiser", data={"organiser_id": "9" * 40}).status_code == 404


def test_signing_in_takes_one_statement(probes: Flask, crew: Crew, statements: list[str]) -> None:
    client = probes.test_client()
    log_in(client, "owner")
    statements.clear()
    client.get("/manage/own")
    assert len(statements) == 1


def test_log_out_everywhere_reaches_other_sessions(probes: Flask, crew: Crew) -> None:
    here, there = probes.test_client(), probes.test_client()
    log_in(here, "owner")
    log_in(there, "owner")
    assert here.post("/manage/account/log-out-everywhere").headers["Location"] == "/login"
    assert there.get("/manage/own").status_code == 302
    assert here.get("/manage/own").status_code == 302


def test_logging_out_and_a_disabled_account_end_the_session(probes: Flask, crew: Crew) -> None:
    client = probes.test_client()
    log_in(client, "owner")
    client.post("/logout")
    assert client.get("/manage/own").status_code == 302
    log_in(client, "owner")
    with probes.app_context(), transaction():
        db.session.execute(db.text("UPDATE accounts SET disabled_at = created_at"))
    assert client.get("/manage/own").status_code == 302
    assert client.post("/login", data={"email": "owner@example.org", "password": PASSWORD}).status_code == 422


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic b3duZXI6eA==", "Bearer pc_unknown", "Bearer é"]
)
def test_call_without_a_token_in_force_is_unauthorized(probes: Flask, crew: Crew, header: str | None) -> None:
    answer = probes.test_client().get("/api/v1/read", headers={} if header is None else {"Authorization": header})
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Parcours"'
    assert answer.get_json()["code"] == "unauthorized"


def test_token_reaches_its_scope_only(probes: Flask, crew: Crew) -> None:
    client = probes.test_client()
    headers = {"Authorization": f"bearer {crew.key}"}
    assert client.get("/api/v1/read", headers=headers).text == "site"
    refused = client.get("/api/v1/scan", headers=headers)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "forbidden")


def test_token_is_not_read_again_at_each_call(probes: Flask, crew: Crew, statements: list[str]) -> None:
    client = probes.test_client()
    headers = {"Authorization": f"Bearer {crew.key}"}
    client.get("/api/v1/read", headers=headers)
    statements.clear()
    assert client.get("/api/v1/read", headers=headers).status_code == 200
    assert statements == []


def test_revoked_token_stops(probes: Flask, crew: Crew) -> None:
    client, headers = probes.test_client(), {"Authorization": f"Bearer {crew.key}"}
    assert client.get("/api/v1/read", headers=headers).status_code == 200
    ticks = iter([100.0, 100.5, 103.4])
    probes.extensions["parcours.tokens"] = TtlCache(3.0, 10, lambda: next(ticks))
    assert client.get("/api/v1/read", headers=headers).status_code == 200
    with probes.app_context(), transaction():
        (key,) = list_tokens(crew.ours)
        revoke_token(key.id, crew.ours, by=SYSTEM, now=clock.now())
    assert client.get("/api/v1/read", headers=headers).status_code == 200
    assert client.get("/api/v1/read", headers=headers).status_code == 401


def test_door_token_stops_when_its_person_logs_out_everywhere(probes: Flask, crew: Crew) -> None:
    with probes.app_context(), transaction():
        secret = make_door_token(crew.accounts[Role.DOOR], 5, crew.ours, by=SYSTEM, now=clock.now())
    client, headers = probes.test_client(), {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/scan", headers=headers).status_code == 200
    with probes.app_context(), transaction():
        log_out_everywhere(crew.accounts[Role.DOOR], by=SYSTEM, now=clock.now())
    probes.extensions["parcours.tokens"].clear()
    assert client.get("/api/v1/scan", headers=headers).status_code == 401


def test_forms_need_their_token_and_programs_do_not(probes: Flask, crew: Crew) -> None:
    probes.config["WTF_CSRF_ENABLED"] = True
    client = probes.test_client()
    page = client.post("/open", headers={"Accept-Language": "en"})
    assert page.status_code == 400
    assert "This page was open for too long Nothing was saved." in words_of(page.text)
    with probes.app_context(), transaction():
        secret = make_door_token(crew.accounts[Role.DOOR], 5, crew.ours, by=SYSTEM, now=clock.now())
    assert client.post("/api/v1/scan", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_cache_is_bounded_and_forgets() -> None:
    now = [0.0]
    cache: TtlCache[int] = TtlCache(3.0, 2, lambda: now[0])
    assert [cache.get(key, lambda: 1) for key in "abc"] == [1, 1, 1]
    assert len(cache) == 2
    assert cache.get("c", lambda: 2) == 1
    now[0] = 3.0
    assert cache.get("c", lambda: 3) == 3

    def cleared_meanwhile() -> int:
        cache.clear()
        return 4

    assert cache.get("d", cleared_meanwhile) == 4
    assert cache.get("d", lambda: 5) == 5

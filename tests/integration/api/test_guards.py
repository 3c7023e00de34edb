"""Who may call what: keys, scopes, tenants."""

import pytest
from flask import Flask

from app.accounts.enums import Scope
from app.accounts.operations.tokens import make_door_token
from app.core.actor import SYSTEM
from app.core.transaction import transaction
from tests.factories import NOW, make_api_token, make_event, make_member, make_registration
from tests.integration.api.conftest import API, Program, World, problem_of

CALLS = {
    ("GET", "/events"): {Scope.EVENTS_READ},
    ("POST", "/events"): {Scope.EVENTS_WRITE},
    ("GET", "/events/{slug}"): {Scope.EVENTS_READ, Scope.SCANS_WRITE},
    ("PUT", "/events/{slug}"): {Scope.EVENTS_WRITE},
    ("POST", "/events/{slug}/moves"): {Scope.EVENTS_WRITE},
    ("POST", "/events/{slug}/registrations"): {Scope.REGISTRATIONS_WRITE},
    ("GET", "/registrations/{reference}"): {Scope.REGISTRATIONS_WRITE},
    ("POST", "/registrations/{reference}/moves"): {Scope.REGISTRATIONS_WRITE},
    ("POST", "/events/{slug}/scans"): {Scope.SCANS_WRITE},
    ("GET", "/events/{slug}/door-list"): {Scope.SCANS_WRITE},
    ("GET", "/events/{slug}/occupancy"): {Scope.EVENTS_READ, Scope.SCANS_WRITE},
    ("GET", "/scenarios"): {Scope.LOANS_WRITE},
    ("GET", "/scenarios/{scenario}/availability"): {Scope.LOANS_WRITE},
    ("POST", "/loans"): {Scope.LOANS_WRITE},
}


def test_each_call_answers_its_scopes_alone(sqlite_app: Flask, sqlite_world: World) -> None:
    made = make_registration(sqlite_world.event)
    keys = {scope: make_api_token(sqlite_world.organiser_id, scope) for scope in Scope}
    client = sqlite_app.test_client()
    for (method, path), admitted in CALLS.items():
        address = API + path.format(slug=sqlite_world.event.slug, reference=made.reference, scenario="x")
        for scope, key in keys.items():
            answer = client.open(address, method=method, json={}, headers={"Authorization": f"Bearer {key}"})
            assert (answer.status_code == 403) == (scope not in admitted), (method, path, scope)
            if answer.status_code == 403:
                assert problem_of(answer) == (403, "forbidden")


def test_every_call_of_the_document_is_tried_above(sqlite_app: Flask) -> None:
    document = sqlite_app.test_client().get(f"{API}/openapi.json").get_json()
    methods = {"get", "post", "put", "delete", "patch"}
    found = {
        (method.upper(), path.removeprefix(API))
        for path, item in document["paths"].items()
        for method in item
        if method in methods
    }
    assert found == set(CALLS)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nothing-of-ours", "Basic bm86bm8=", "bearer  "])
def test_without_a_key_every_call_is_401(sqlite_app: Flask, sqlite_world: World, header: str) -> None:
    client = sqlite_app.test_client()
    for method, path in CALLS:
        address = API + path.format(slug=sqlite_world.event.slug, reference="VT-7K3Q-9F", scenario="x")
        answer = client.open(address, method=method, json={}, headers={"Authorization": header} if header else {})
        assert problem_of(answer) == (401, "unauthorized")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_what_belongs_to_another_organiser_is_404(sqlite_world: World) -> None:
    made = make_registration(sqlite_world.event)
    slug, foreign = sqlite_world.event.slug, sqlite_world.foreign
    event = foreign.get(f"/events/{slug}")
    assert problem_of(event) == (404, "not_found")
    assert event.get_json(force=True) == foreign.get("/events/none-of-that-name").get_json(force=True) | {
        "detail": event.get_json(force=True).get("detail")
    }
    assert problem_of(foreign.post(f"/events/{slug}/moves", {"move": "close"})) == (404, "not_found")
    assert problem_of(foreign.post(f"/events/{slug}/scans", {"device": "d", "scans": []})) == (404, "not_found")
    assert problem_of(foreign.get(f"/events/{slug}/door-list")) == (404, "not_found")
    assert problem_of(foreign.get(f"/events/{slug}/occupancy")) == (404, "not_found")
    assert problem_of(foreign.get(f"/registrations/{made.reference}")) == (404, "not_found")
    move = foreign.post(f"/registrations/{made.reference}/moves", {"move": "cancel"})
    assert problem_of(move) == (404, "not_found")
    assert foreign.get("/events").get_json() == {"cursor": None, "events": []}


def test_a_door_key_reaches_its_event_alone(sqlite_app: Flask, sqlite_world: World) -> None:
    account_id, _ = make_member(sqlite_world.organiser_id)
    other = make_event(sqlite_world.organiser_id)
    with transaction():
        key = make_door_token(account_id, sqlite_world.event.id, sqlite_world.organiser_id, by=SYSTEM, now=NOW)
    door = Program(sqlite_app, key)
    assert door.get(f"/events/{sqlite_world.event.slug}/occupancy").status_code == 200
    assert door.get(f"/events/{sqlite_world.event.slug}").status_code == 200
    assert problem_of(door.get(f"/events/{other.slug}/occupancy")) == (404, "not_found")
    assert problem_of(door.post(f"/events/{other.slug}/scans", {"device": "d", "scans": []})) == (404, "not_found")
    assert problem_of(door.get("/events")) == (403, "forbidden")


def test_paths_that_are_nothing(sqlite_world: World) -> None:
    program = sqlite_world.program
    assert problem_of(program.get("/nothing")) == (404, "not_found")
    assert problem_of(program.get("/events/%00")) == (404, "not_found")
    assert problem_of(program.get("/registrations/%00%ff")) == (404, "not_found")
    wrong = program.put("/events", {})
    assert problem_of(wrong) == (405, "method_not_allowed")
    assert "POST" in wrong.headers["Allow"]


def test_the_site_keeps_its_own_pages_of_errors(sqlite_app: Flask) -> None:
    answer = sqlite_app.test_client().get("/no-such-page")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_the_document_is_public_and_complete(sqlite_app: Flask) -> None:
    answer = sqlite_app.test_client().get(f"{API}/openapi.json")
    assert answer.status_code == 200
    document = answer.get_json()
    assert document["openapi"].startswith("3.1")
    assert document["security"] == [{"bearer": []}]
    for item in document["paths"].values():
        for method, operation in item.items():
            if method == "parameters":
                continue
            assert operation["summary"]
            assert {"401", "403", "503"} <= set(operation["responses"])

"""Every route × every role × a foreign organiser: who may call a page is what its guard says, and nobody sees another's rows."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.accounts.enums import Role, Scope
from app.registrations.queries import get_registration
from app.web.guards import Guard, GuardKind, guard_of_endpoint
from tests.factories import PASSWORD, make_api_token, make_event, make_member, make_organiser, make_registration

SAFE = {"GET", "HEAD", "OPTIONS"}
ROLES = tuple(Role)


@dataclass(frozen=True)
class World:
    """One organiser with an event and a registration, and people of each role, here and at another organiser."""

    values: dict[str, str]
    people: dict[Role, str]
    stranger: str
    token: str
    foreign_token: str


@pytest.fixture
def world(sqlite_app: Flask) -> World:
    ours, theirs = make_organiser("Creativ’"), make_organiser("Ailleurs")
    event = make_event(ours)
    registration = get_registration(make_registration(event).id)
    people = {role: make_member(ours, role)[1] for role in ROLES}
    stranger = make_member(theirs, Role.OWNER)[1]
    values = {
        "slug": event.slug,
        "reference": registration.reference,
        "token": registration.token,
        "code": registration.ticket.code,
    }
    return World(values, people, stranger, make_api_token(ours), make_api_token(theirs))


def rules_of(app: Flask, *kinds: GuardKind) -> Iterator[tuple[Rule, str, Guard]]:
    """Each rule with each of its methods, when its guard is of one of these kinds."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            guard = guard_of_endpoint(app, rule.endpoint, method)
            assert guard is not None, f"{rule.endpoint} {method} declares no guard"
            if guard.kind in kinds:
                yield rule, method, guard


def path_of(app: Flask, rule: Rule, values: dict[str, str]) -> str:
    """The rule's path; an argument that the world has no value for is 1, an id that exists or not."""
    arguments = {name: values.get(name, "1") for name in rule.arguments}
    with app.test_request_context():
        return app.url_map.bind("localhost").build(rule.endpoint, arguments, method=next(iter(rule.methods or {"GET"})))


def signed_in(app: Flask, email: str) -> FlaskClient:
    client = app.test_client()
    answer = client.post("/login", data={"email": email, "password": PASSWORD})
    assert answer.status_code in {302, 303}
    return client


def test_no_route_goes_without_a_guard(sqlite_app: Flask) -> None:
    assert len(list(rules_of(sqlite_app, *GuardKind))) > 60


def test_staff_pages_send_strangers_to_the_log_in(sqlite_app: Flask, world: World) -> None:
    client = sqlite_app.test_client()
    for rule, method, _ in rules_of(sqlite_app, GuardKind.STAFF, GuardKind.EVENT_STAFF, GuardKind.SIGNED_IN):
        answer = client.open(path_of(sqlite_app, rule, world.values), method=method)
        assert answer.status_code in {302, 303, 401}, (rule.rule, method, answer.status_code)
        if answer.status_code != 401:
            assert "/login" in answer.headers["Location"], (rule.rule, method)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_what_its_guards_say_and_nothing_else(sqlite_app: Flask, world: World, role: Role) -> None:
    """Wrong methods of harm are tried last: nothing is posted that the role may do, only what it may not."""
    client = signed_in(sqlite_app, world.people[role])
    for rule, method, guard in rules_of(sqlite_app, GuardKind.STAFF, GuardKind.EVENT_STAFF):
        allowed = role in guard.roles
        if allowed and method not in SAFE:
            continue  # what it does is proven elsewhere
        status = client.open(path_of(sqlite_app, rule, world.values), method=method).status_code
        if allowed:
            assert status in {200, 302, 303, 304, 404}, (rule.rule, method, status)
        else:
            assert status == 403, (rule.rule, method, status)


def test_another_organisers_owner_finds_nothing_of_ours(sqlite_app: Flask, world: World) -> None:
    client = signed_in(sqlite_app, world.stranger)
    ours = {"slug", "reference", "registration_id", "event_id"}
    for rule, method, _ in rules_of(sqlite_app, GuardKind.STAFF, GuardKind.EVENT_STAFF):
        if not rule.arguments & ours:
            continue
        status = client.open(path_of(sqlite_app, rule, world.values), method=method).status_code
        assert status == 404, (rule.rule, method, status)


def test_the_api_answers_401_without_a_token_403_outside_its_scope_and_404_to_others(
    sqlite_app: Flask, world: World
) -> None:
    client = sqlite_app.test_client()
    bare = make_api_token(1, Scope.LOANS_WRITE)
    for rule, method, _ in rules_of(sqlite_app, GuardKind.TOKEN):
        path = path_of(sqlite_app, rule, world.values)

        def status(token: str | None, path: str = path, method: str = method) -> int:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            body: dict[str, str] | None = None if method in SAFE else {}
            return client.open(path, method=method, headers=headers, json=body).status_code

        assert status(None) == 401, (rule.rule, method)
        assert status("nonsense") == 401, (rule.rule, method)
        assert status(bare) == 403, (rule.rule, method)
        if rule.arguments:
            assert status(world.foreign_token) in {404, 422}, (rule.rule, method)


def test_own_links_of_nobody_all_answer_alike(sqlite_app: Flask, world: World) -> None:
    client = sqlite_app.test_client()
    unknown = world.values | {"token": "x" * 24, "code": "0" * 26}
    for rule, method, _ in rules_of(sqlite_app, GuardKind.OWN_LINK):
        if {"token", "code"} & rule.arguments:
            status = client.open(path_of(sqlite_app, rule, unknown), method=method).status_code
            assert status == 404, (rule.rule, method, status)

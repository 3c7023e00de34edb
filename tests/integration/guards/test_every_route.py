"""Every route × every role × a foreign organiser: who may call a page is what its guard says, and nobody sees another's rows."""

from dataclasses import dataclass

import pytest
from flask import Flask

from app.accounts.enums import Role, Scope
from app.accounts.rules import Access, may
from app.registrations.queries import get_registration
from app.web.guards import Guard, GuardKind
from tests.factories import make_api_token, make_event, make_member, make_organiser, make_registration
from tests.integration.guards.walking import SAFE, STAFF_KINDS, sign_in_as, walks_of

ROLES = tuple(Role)


@dataclass(frozen=True)
class World:
    """One organiser with an event and a registration, and people of each role, here and at another organiser."""

    values: dict[str, str]
    people: dict[Role, int]
    stranger: int
    token: str
    foreign_token: str


@pytest.fixture
def world(sqlite_app: Flask) -> World:
    ours, theirs = make_organiser("Creativ’"), make_organiser("Ailleurs")
    event = make_event(ours)
    registration = get_registration(make_registration(event).id)
    people = {role: make_member(ours, role)[0] for role in ROLES}
    stranger = make_member(theirs, Role.OWNER)[0]
    values = {
        "slug": event.slug,
        "reference": registration.reference,
        "token": registration.token,
        "code": registration.ticket.code,
    }
    return World(values, people, stranger, make_api_token(ours), make_api_token(theirs))


def allows_role(guard: Guard, role: Role) -> bool:
    """What the guard says of a role: by the table for pages of one event, by its own roles for the others."""
    return may(Access(1, role=role), guard.ability) if guard.ability is not None else role in guard.roles


def test_no_route_goes_without_a_guard(sqlite_app: Flask) -> None:
    assert len(list(walks_of(sqlite_app, *GuardKind))) > 60


def test_staff_pages_send_strangers_to_the_log_in(sqlite_app: Flask, world: World) -> None:
    client = sqlite_app.test_client()
    for walk in walks_of(sqlite_app, *STAFF_KINDS, GuardKind.SIGNED_IN):
        answer = client.open(walk.path(world.values), method=walk.method)
        assert answer.status_code in {302, 303, 401}, (walk.name, answer.status_code)
        if answer.status_code != 401:
            assert "/login" in answer.headers["Location"], walk.name


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_what_its_guards_say_and_nothing_else(sqlite_app: Flask, world: World, role: Role) -> None:
    """Wrong methods of harm are tried last: nothing is posted that the role may do, only what it may not."""
    client = sign_in_as(sqlite_app, world.people[role])
    for walk in walks_of(sqlite_app, *STAFF_KINDS):
        allowed = allows_role(walk.guard, role)
        if allowed and not walk.safe:
            continue  # what it does is proven elsewhere
        status = client.open(walk.path(world.values), method=walk.method).status_code
        if allowed:
            assert status in {200, 302, 303, 304, 404, 409}, (walk.name, status)
        else:
            assert status == 403, (walk.name, status)


def test_another_organisers_owner_finds_nothing_of_ours(sqlite_app: Flask, world: World) -> None:
    client = sign_in_as(sqlite_app, world.stranger)
    ours = {"slug", "reference", "registration_id", "event_id"}
    for walk in walks_of(sqlite_app, *STAFF_KINDS):
        if not walk.rule.arguments & ours:
            continue
        status = client.open(walk.path(world.values), method=walk.method).status_code
        assert status == 404, (walk.name, status)


def test_the_api_answers_401_without_a_token_403_outside_its_scope_and_404_to_others(
    sqlite_app: Flask, world: World
) -> None:
    client = sqlite_app.test_client()
    bare = make_api_token(1, Scope.INTERESTS_WRITE)  # of calls that come later
    for walk in walks_of(sqlite_app, GuardKind.TOKEN):
        path = walk.path(world.values)

        def status(token: str | None, path: str = path, method: str = walk.method) -> int:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            body: dict[str, str] | None = None if method in SAFE else {}
            return client.open(path, method=method, headers=headers, json=body).status_code

        assert status(None) == 401, walk.name
        assert status("nonsense") == 401, walk.name
        assert status(bare) == 403, walk.name
        if walk.rule.arguments:
            assert status(world.foreign_token) in {404, 422}, walk.name


def test_own_links_of_nobody_all_answer_alike(sqlite_app: Flask, world: World) -> None:
    """No such page; of a link for a forgotten password nothing is stored, so that every other one reads as used."""
    client = sqlite_app.test_client()
    unknown = world.values | {"token": "x" * 24, "code": "0" * 26, "stand": "x" * 24}
    for walk in walks_of(sqlite_app, GuardKind.OWN_LINK):
        if {"token", "code", "stand"} & walk.rule.arguments:
            status = client.open(walk.path(unknown), method=walk.method).status_code
            forgotten = walk.rule.rule.startswith("/login/forgotten/")
            assert status == (410 if forgotten else 404), (walk.name, status)

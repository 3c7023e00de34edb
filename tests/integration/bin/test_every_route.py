"""Every route, as everybody: what is in the bin is nowhere, by its own address and on the pages of what stands."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.core.db import db
from app.core.transaction import transaction
from app.structures.models import StructureContact
from app.web.guards import GuardKind
from tests.factories import NOW, make_api_token, make_member
from tests.integration.bin.world import BinWorld, make_world
from tests.integration.guards.walking import STAFF_KINDS, Walk, sign_in_as, walks_of

OWN_PAGES = "/r/", "/t/"
BIN = ("/manage/bin", "/manage/events/<slug>/bin")
"""The bin itself, which shows what is in it."""
HISTORY = ("/manage/history", "/manage/events/<slug>/history")
"""The history says who deleted whom. It leads nowhere."""
LINKS = re.compile(r'(?:href|action)="([^"]*)"')


@pytest.fixture
def world(sqlite_app: Flask) -> BinWorld:
    return make_world()


@pytest.fixture
def people(sqlite_app: Flask, world: BinWorld) -> dict[str, FlaskClient]:
    """Everybody who may come: the team by role, a partner by all functions of both events, a contact, anybody."""
    found = {role.value: sign_in_as(sqlite_app, make_member(world.organiser.id, role)[0]) for role in Role}
    found |= {"partner": sign_in_as(sqlite_app, world.partner_id), "contact": _contact(sqlite_app, world)}
    return found | {"visitor": sqlite_app.test_client()}


def _contact(app: Flask, world: BinWorld) -> FlaskClient:
    with transaction():
        contact = StructureContact(
            organiser_id=world.organiser.id, structure_id=world.standing.structure_id, name="Sabine Morizot",
            email="sabine@example.org", mail_key="sabine@example.org", created_at=NOW,
        )  # fmt: skip
        db.session.add(contact)
        db.session.flush()
        contact_id, epoch = contact.id, contact.epoch
    client = app.test_client()
    with client.session_transaction() as session:
        session["contact_id"], session["contact_epoch"] = contact_id, epoch
    return client


def standing_values(world: BinWorld) -> dict[str, str]:
    return {
        "slug": world.event.slug, "reference": world.standing.reference, "token": world.standing.token,
        "code": world.standing.ticket.code, "structure_id": str(world.standing.structure_id),
        "project_id": str(world.project_id), "year": "2027",
    }  # fmt: skip


def pages(app: Flask, *kinds: GuardKind) -> list[Walk]:
    return [walk for walk in walks_of(app, *kinds) if walk.method == "GET" and not walk.rule.rule.startswith(BIN)]


@pytest.mark.parametrize("who", ["owner", "viewer", "door", "partner", "contact", "visitor"])
def test_no_page_of_what_stands_shows_what_is_in_the_bin(
    who: str, sqlite_app: Flask, world: BinWorld, people: dict[str, FlaskClient]
) -> None:
    shown, seen = {}, 0
    for walk in pages(sqlite_app, *(kind for kind in GuardKind if kind is not GuardKind.TOKEN)):
        values = standing_values(world)
        if walk.rule.rule.startswith("/feeds"):
            values["token"] = world.organiser.feed_token
        answer = people[who].get(walk.path(values))
        text = answer.get_data().decode("utf-8", "replace").lower()
        answer.close()
        if walk.rule.rule.startswith(HISTORY):
            text = " ".join(LINKS.findall(text))
        marks = {mark for mark in world.markers if mark.lower() in text}
        if marks:
            shown[walk.rule.rule] = marks
        seen += answer.status_code == 200
    assert shown == {}
    assert seen > {"door": 10, "contact": 10, "visitor": 10}.get(who, 30)


def test_no_call_shows_what_is_in_the_bin(sqlite_app: Flask, world: BinWorld) -> None:
    client, headers = sqlite_app.test_client(), {"Authorization": f"Bearer {make_api_token(world.organiser.id)}"}
    for walk in pages(sqlite_app, GuardKind.TOKEN):
        answer = client.get(walk.path(standing_values(world)), headers=headers)
        text = answer.get_data().decode().lower()
        assert {mark for mark in world.markers if mark.lower() in text} == set(), walk.name
        gone = {**standing_values(world), "slug": world.gone.slug, "reference": world.deleted[0].reference}
        if {"slug", "reference"} & walk.rule.arguments:
            assert client.get(walk.path(gone), headers=headers).status_code == 404, walk.name
    for walk in walks_of(sqlite_app, GuardKind.TOKEN):
        if walk.method != "GET" and {"slug", "reference"} & walk.rule.arguments:
            status = client.open(walk.path(gone), method=walk.method, headers=headers, json={}).status_code
            assert status in {404, 422}, (walk.name, status)


@pytest.mark.parametrize("who", ["owner", "partner", "visitor"])
def test_a_deleted_event_has_no_page_left(
    who: str, sqlite_app: Flask, world: BinWorld, people: dict[str, FlaskClient]
) -> None:
    values = {**standing_values(world), "slug": world.gone.slug, "reference": world.lost.reference}
    found = {}
    for walk in walks_of(sqlite_app, *(kind for kind in GuardKind if kind is not GuardKind.TOKEN)):
        if "slug" in walk.rule.arguments and not walk.rule.rule.startswith("/look"):
            answer = people[who].open(walk.path(values), method=walk.method)
            refused = answer.status_code in {403, 404, 405, 410}
            sent_away = answer.status_code in {302, 303} and "/login" in answer.headers["Location"]
            if not (
                refused or (sent_away and who == "visitor" and walk.guard.kind in {*STAFF_KINDS, GuardKind.SIGNED_IN})
            ):
                found[walk.name] = answer.status_code
    assert found == {}


@pytest.mark.parametrize("number", [0, 2, 3])
def test_a_deleted_registration_has_no_page_left(
    number: int, sqlite_app: Flask, world: BinWorld, people: dict[str, FlaskClient]
) -> None:
    row = world.deleted[number]
    values = {**standing_values(world), "reference": row.reference, "token": row.token, "code": row.ticket.code}
    found = {}
    for walk in walks_of(sqlite_app, *(kind for kind in GuardKind if kind is not GuardKind.TOKEN)):
        own = walk.rule.rule.startswith(OWN_PAGES) and {"token", "code"} & walk.rule.arguments
        of_loan = "/loans/" in walk.rule.rule  # its reference is another thing's
        if walk.rule.rule.startswith(BIN) or of_loan or not (own or "reference" in walk.rule.arguments):
            continue
        status = people["owner"].open(walk.path(values), method=walk.method).status_code
        if status not in ({410} if own else {404, 405}):
            found[walk.name] = status
    assert found == {}


def test_the_links_of_what_went_with_its_event_say_that_it_was_removed(
    world: BinWorld, people: dict[str, FlaskClient]
) -> None:
    for path in (f"/r/{world.lost.token}", f"/t/{world.lost.ticket.code}", f"/r/{world.lost.token}.ics"):
        answer = people["visitor"].get(path)
        assert answer.status_code == 410
        assert world.gone.title_fr not in answer.text

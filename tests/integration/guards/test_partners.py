"""Every route × each function of a partner, and who no longer holds anything. What is expected comes from the table."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from app.accounts.enums import EventFunction, Role
from app.accounts.operations.partners import end_functions, entrust
from app.accounts.operations.people import create_account, set_end
from app.accounts.operations.tokens import make_door_token
from app.accounts.passwords import choose_password
from app.accounts.queries import find_token
from app.accounts.rules import Ability, Access, may
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.registrations.drafts import Contact, Organisation
from app.registrations.queries import RegistrationRow, get_registration
from app.web.guards import GuardKind
from tests.factories import (
    NOW,
    PASSWORD,
    class_draft,
    forum,
    make_event,
    make_member,
    make_organiser,
    make_registration,
    person_draft,
)
from tests.integration.guards.walking import STAFF_KINDS, Walk, sign_in_as, walks_of
from tests.unit.documents.pdf_reading import read_pdf

FUNCTIONS = tuple(EventFunction)
REACHED = {200, 302, 303, 304, 404, 409}
SECRET = "Zébulon"
_numbers = count(1)
_PASSWORD = choose_password(PASSWORD)


@dataclass(frozen=True)
class World:
    """An organiser with two events; each has a class and a person, whose names at the other event hold SECRET."""

    organiser_id: int
    ours: EventRow
    other: EventRow
    person: RegistrationRow
    other_person: RegistrationRow

    @property
    def values(self) -> dict[str, str]:
        return {"slug": self.ours.slug, "reference": self.person.reference, "event_id": str(self.ours.id)}

    @property
    def other_values(self) -> dict[str, str]:
        return {"slug": self.other.slug, "reference": self.other_person.reference, "event_id": str(self.other.id)}


def make_partner() -> int:
    """Somebody with an account who holds nothing yet."""
    with transaction():
        return create_account(f"partner{next(_numbers)}@example.org", "Paul Duval", _PASSWORD, by=SYSTEM, now=NOW)


def give(event: EventRow, account_id: int, *functions: EventFunction, ends_at: datetime | None = None) -> None:
    with transaction():
        entrust(
            event.id, event.organiser_id, account_id, functions,
            organisation="CCI", ends_at=ends_at, by=SYSTEM, now=NOW,
        )  # fmt: skip


@pytest.fixture
def world(sqlite_app: Flask) -> World:
    organiser_id = make_organiser("Creativ’")
    ours = make_event(organiser_id)
    titles = {"title_fr": f"Forum {SECRET}", "title_en": f"{SECRET}’s forum", "venue_name": f"Salle {SECRET}"}
    other = make_event(organiser_id, forum(**titles))
    make_registration(ours, class_draft(ours))
    person = get_registration(make_registration(ours, person_draft(ours)).id)
    hidden = Contact(f"Anna {SECRET}", "anna.zebulon@example.org", "+33639980177")
    make_registration(
        other, class_draft(other, contact=hidden, organisation=Organisation(f"Lycée {SECRET}", class_label="1re"))
    )
    hidden = replace(hidden, email="autre.zebulon@example.org")
    other_person = get_registration(make_registration(other, person_draft(other, contact=hidden)).id)
    return World(organiser_id, ours, other, person, other_person)


def expected(walk: Walk, access: Access) -> bool:
    """What the table says of a page of one event; pages of the organiser ask for a role, which partners have none of."""
    return walk.guard.ability is not None and may(access, walk.guard.ability)


def status_of(client: FlaskClient, walk: Walk, values: dict[str, str]) -> int:
    return client.open(walk.path(values), method=walk.method).status_code


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_opens_what_the_table_says_and_nothing_else(
    sqlite_app: Flask, world: World, function: EventFunction
) -> None:
    account_id = make_partner()
    give(world.ours, account_id, function)
    client = sign_in_as(sqlite_app, account_id)
    access = Access(world.organiser_id, world.ours.id, None, frozenset({function}))
    opened = 0
    for walk in walks_of(sqlite_app, *STAFF_KINDS):
        allowed = expected(walk, access)
        if allowed and not walk.safe:
            continue  # what it does is proven elsewhere
        status = status_of(client, walk, world.values)
        if allowed:
            opened += 1
            assert status in REACHED, (walk.name, status)
        else:
            assert status == 403, (walk.name, status)
    assert opened > 0


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_other_event_is_one_that_does_not_exist(sqlite_app: Flask, world: World, function: EventFunction) -> None:
    """Of the same organiser, of another one, or of nobody: the answer is the same."""
    account_id = make_partner()
    give(world.ours, account_id, function)
    client = sign_in_as(sqlite_app, account_id)
    foreign = make_event(make_organiser("Ailleurs"))
    for walk in walks_of(sqlite_app, GuardKind.EVENT_STAFF):
        for slug in (world.other.slug, foreign.slug, "no-such-event"):
            status = status_of(client, walk, world.other_values | {"slug": slug})
            assert status == 404, (walk.name, slug, status)


@pytest.mark.parametrize("how", ["ended_role", "removed_functions", "ended_functions", "never"])
def test_who_no_longer_holds_anything_reaches_nothing(sqlite_app: Flask, world: World, how: str) -> None:
    """With the cookie of yesterday, and whatever they held."""
    tomorrow = NOW + timedelta(days=1)
    if how == "ended_role":
        make_member(world.organiser_id, Role.OWNER)
        account_id = make_member(world.organiser_id, Role.MANAGER)[0]
        with transaction():
            set_end(account_id, world.organiser_id, tomorrow, by=SYSTEM, now=NOW)
    else:
        account_id = make_partner()
        if how != "never":
            give(world.ours, account_id, *FUNCTIONS, ends_at=tomorrow)
    client = sign_in_as(sqlite_app, account_id)
    if how != "never":
        assert client.get(f"/manage/events/{world.ours.slug}").status_code == 200
    if how == "removed_functions":
        with transaction():
            end_functions(world.ours.id, world.organiser_id, account_id, by=SYSTEM, now=NOW)
    else:
        set_clock(sqlite_app.extensions, tomorrow)
    for walk in walks_of(sqlite_app, *STAFF_KINDS):
        for values in (world.values, world.other_values, {"slug": "no-such-event"}):
            status = status_of(client, walk, values)
            assert status == 403, (walk.name, status)
    assert client.get("/manage/entrusted").status_code == 200
    assert world.ours.title_fr not in client.get("/manage/entrusted").text


def test_functions_end_while_others_stay(sqlite_app: Flask, world: World) -> None:
    account_id = make_partner()
    give(world.ours, account_id, EventFunction.FIGURES)
    give(world.other, account_id, EventFunction.REGISTRATIONS, ends_at=NOW + timedelta(hours=1))
    client = sign_in_as(sqlite_app, account_id)
    assert client.get(f"/manage/events/{world.other.slug}/registrations").status_code == 200
    assert client.get(f"/manage/events/{world.ours.slug}/registrations").status_code == 403
    set_clock(sqlite_app.extensions, NOW + timedelta(hours=1))
    assert client.get(f"/manage/events/{world.other.slug}/registrations").status_code == 404
    assert client.get(f"/manage/events/{world.ours.slug}").status_code == 200


def test_a_door_key_ends_with_what_its_person_holds(whole_app: Flask) -> None:
    """On both databases: of a volunteer whose time is over, of a partner whose function is, and of one who lost it."""
    organiser_id = make_organiser()
    event = make_event(organiser_id)
    make_member(organiser_id, Role.OWNER)
    volunteer, partner, other = make_member(organiser_id, Role.DOOR)[0], make_partner(), make_partner()
    soon = NOW + timedelta(hours=1)
    give(event, partner, EventFunction.DOOR, ends_at=soon)
    give(event, other, EventFunction.DOOR, EventFunction.FIGURES)
    with transaction():
        set_end(volunteer, organiser_id, soon, by=SYSTEM, now=NOW)
        keys = [make_door_token(a, event.id, organiser_id, by=SYSTEM, now=NOW) for a in (volunteer, partner, other)]
    assert [find_token(key, NOW) is not None for key in keys] == [True, True, True]
    assert [find_token(key, soon) is not None for key in keys] == [False, False, True]
    give(event, other, EventFunction.FIGURES)
    assert find_token(keys[2], NOW) is None


def test_a_key_of_a_function_opens_no_other_event(sqlite_app: Flask, world: World) -> None:
    account_id = make_partner()
    give(world.ours, account_id, EventFunction.DOOR)
    with transaction():
        key = make_door_token(account_id, world.other.id, world.organiser_id, by=SYSTEM, now=NOW)
    assert find_token(key, NOW) is None


def test_the_schools_partner_sees_groups_and_schools_alone(sqlite_app: Flask, world: World) -> None:
    account_id = make_partner()
    give(world.ours, account_id, EventFunction.SCHOOLS)
    client = sign_in_as(sqlite_app, account_id)
    base = f"/manage/events/{world.ours.slug}/registrations"
    page = client.get(base).text
    assert world.person.contact_name not in page
    assert world.person.reference not in page
    for path in ("", "/change", "/cancel"):
        assert client.get(f"{base}/{world.person.reference}{path}").status_code == 404, path
    assert client.post(f"{base}/{world.person.reference}/cancel", data={"reason": "x"}).status_code == 404


GRANTS = st.frozensets(st.sampled_from(FUNCTIONS), min_size=1)


def text_of(answer: TestResponse) -> str:
    """What a page says, or a paper."""
    if answer.mimetype == "application/pdf":
        return "\n".join(read_pdf(answer.data).texts)
    return answer.get_data(as_text=True)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(functions=GRANTS)
def test_a_partner_never_gets_data_of_another_event(
    sqlite_app: Flask, world: World, functions: frozenset[EventFunction]
) -> None:
    """Whatever they hold, and whichever values of the other event they put into the addresses of theirs."""
    account_id = make_partner()
    give(world.ours, account_id, *functions)
    client = sign_in_as(sqlite_app, account_id)
    tried = [
        world.values,
        world.other_values,
        world.values | {"reference": world.other_person.reference, "event_id": str(world.other.id)},
    ]
    kinds = (*STAFF_KINDS, GuardKind.SIGNED_IN)
    for walk in walks_of(sqlite_app, *kinds):
        if not walk.safe:
            continue
        for path in dict.fromkeys(map(walk.path, tried)):  # many addresses name neither event
            for query in ("", f"?q={SECRET}"):
                told = text_of(client.get(path + query))
                for own in (path, f'value="{SECRET}"', f"“{SECRET}”", f"«\u00a0{SECRET}\u00a0»"):
                    told = told.replace(own, "")  # what the person said themselves
                assert SECRET not in told, (walk.name, path, functions)
                assert world.other_person.reference not in told, (walk.name, path, functions)
    base = f"/door/{world.ours.slug}"
    for body in ({"code": world.other_person.ticket.code}, {"text": SECRET}):
        for door in (base, f"{base}/practice"):
            told = client.post(f"{door}/look-up", json=body).get_data(as_text=True)
            assert SECRET not in told
            assert world.other_person.reference not in told
    told = client.post(f"{base}/scan", data={"code": world.other_person.ticket.code}).get_data(as_text=True)
    assert SECRET not in told


def test_no_function_reaches_what_the_team_alone_may(sqlite_app: Flask) -> None:
    access = Access(1, 1, None, frozenset(FUNCTIONS))
    assert not may(access, Ability.EVENT_MOVE)

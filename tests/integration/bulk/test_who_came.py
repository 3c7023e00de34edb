"""Who came is left out of what many are put through; who has no mail address is named once it is done."""

from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.actor import SYSTEM, Actor
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.registrations.drafts import Contact
from app.registrations.enums import BulkKind
from app.registrations.operations import Registered, cancel_registration
from app.registrations.queries import get_registration
from tests.factories import NOW, make_member, make_registration, person_draft
from tests.integration.bulk.conftest import CANCEL, broken, done, mailless, people, results, taken, undo_results, undone
from tests.integration.bulk.test_pages import choose, english, text_of
from tests.integration.guards.walking import sign_in_as


@pytest.fixture
def client(whole_app: Flask, manager: Actor) -> FlaskClient:
    return english(sign_in_as(whole_app, manager.id or 0))


def let_in(event: EventRow, made: Registered) -> None:
    item = ScanInput(str(uuid4()), made.ticket_code, event.checkpoints[0].id, Direction.IN, NOW, None)
    with transaction():
        record_scans(event, "Porte A", [item], now=NOW)


def test_who_came_is_neither_cancelled_nor_moved_with_many(
    whole_app: Flask, client: FlaskClient, event: EventRow, manager: Actor
) -> None:
    made = people(event, 3)
    let_in(event, made[0])
    before = taken(event)
    here = choose(client, event, "cancel", made)
    client.post(f"{here}/edit", data={"code": "transport", "tell": "y"})
    page = text_of(client.get(here))
    assert "Cancel 2 registrations, 2 people?" in page
    assert "1: They came: left as it is, so that your figures stay true." in page
    moved = done(whole_app, event, BulkKind.MOVE, made, {"to": event.waves[1].id, "from": None, "tell": False}, manager)
    assert results(moved) == ["came", "done", "done"]
    assert get_registration(made[0].id).waves == (event.waves[0].id,)
    cancelled = done(whole_app, event, BulkKind.CANCEL, made, CANCEL, manager)
    assert results(cancelled) == ["came", "done", "done"]
    assert [get_registration(r.id).status.value for r in made] == ["confirmed", "cancelled", "cancelled"]
    assert undo_results(undone(whole_app, event, cancelled, manager)) == ["", "done", "done"]
    assert undo_results(undone(whole_app, event, moved, manager)) == ["", "done", "done"]
    assert taken(event) == before
    assert broken() == []


def test_mails_still_reach_who_came(whole_app: Flask, event: EventRow, manager: Actor) -> None:
    made = people(event, 1)
    let_in(event, made[0])
    assert results(done(whole_app, event, BulkKind.MAIL, made, {}, manager)) == ["done"]


def test_the_page_of_what_was_done_names_who_is_to_be_telephoned(
    whole_app: Flask, client: FlaskClient, event: EventRow, manager: Actor, organiser_id: int
) -> None:
    reached = make_registration(event, person_draft(event, contact=Contact("Zoé Martin", "zoe@example.org")))
    made = [reached, mailless(event, "Awa Diallo")]
    row = done(whole_app, event, BulkKind.CANCEL, made, CANCEL, manager)
    here = f"/manage/events/{event.slug}/bulk/{row.id}"
    page = client.get(here)
    told = text_of(page).partition("1 person to telephone")[2].partition("With whom it was done: 2")[0]
    assert "Awa Diallo" in told
    assert "06 39 98 07 45" in told
    assert "Zoé Martin" not in told
    assert f'/registrations/{get_registration(reached.id).reference}"' in page.text
    viewer, _mail = make_member(organiser_id, Role.VIEWER)
    seen = text_of(english(sign_in_as(whole_app, viewer)).get(here))
    assert "to telephone" not in seen
    assert "Awa Diallo" not in seen
    quiet = {"to": event.waves[1].id, "from": None, "tell": False}
    silent = done(whole_app, event, BulkKind.MOVE, [mailless(event, "Zoé Nom")], quiet, manager)
    assert "to telephone" not in text_of(client.get(f"/manage/events/{event.slug}/bulk/{silent.id}"))


def test_one_of_whom_somebody_came_is_cancelled_knowingly(client: FlaskClient, event: EventRow) -> None:
    [made] = people(event, 1)
    here = f"/manage/events/{event.slug}/registrations/{get_registration(made.id).reference}"
    assert "came already" not in text_of(client.get(f"{here}/cancel"))
    let_in(event, made)
    assert "1 person came already: they stay in the totals." in text_of(client.get(f"{here}/cancel"))


def test_what_somebody_else_cancelled_meanwhile_is_not_cancelled_again(client: FlaskClient, event: EventRow) -> None:
    [made] = people(event, 1)
    here = f"/manage/events/{event.slug}/registrations/{get_registration(made.id).reference}"
    assert client.get(f"{here}/cancel").status_code == 200
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW, code="illness")
    answer = client.post(f"{here}/cancel", data={"code": "weather"}, follow_redirects=True)
    assert answer.request.path == here
    assert "It was cancelled already: nothing changed." in text_of(answer)
    assert get_registration(made.id).cancel_code == "illness"

"""The pages of the bin: asking again, undoing at once, finding, bringing back, and plain words where that cannot be."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from app.accounts.enums import EventFunction, Role
from app.accounts.operations.partners import entrust
from app.accounts.operations.people import create_account
from app.accounts.passwords import choose_password
from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.models import Wave
from app.events.operations import move_event
from app.events.queries import EventRow, find_event
from app.registrations.drafts import Contact
from app.registrations.operations import Registered
from app.registrations.operations.retention import forget_names
from tests.factories import (
    DAY_ONE,
    NOW,
    PASSWORD,
    class_draft,
    make_event,
    make_member,
    make_organiser,
    make_registration,
    one_wave,
    person_draft,
)
from tests.integration.bin.conftest import delete, delete_whole
from tests.integration.guards.walking import sign_in_as

ANA = Contact("Ana Petit", "ana.petit@example.org", "+33639980102")


@pytest.fixture
def forum(sqlite_app: Flask) -> EventRow:
    return make_event(make_organiser(), one_wave(30))


@pytest.fixture
def client(sqlite_app: Flask, forum: EventRow) -> FlaskClient:
    return english(sign_in_as(sqlite_app, make_member(forum.organiser_id, Role.MANAGER)[0]))


@pytest.fixture
def partner(sqlite_app: Flask, forum: EventRow) -> Callable[[EventFunction], FlaskClient]:
    def made(function: EventFunction) -> FlaskClient:
        with transaction():
            account_id = create_account(
                f"{uuid4().hex}@example.org", "Paul Duval", choose_password(PASSWORD), by=SYSTEM, now=NOW
            )
            entrust(
                forum.id,
                forum.organiser_id,
                account_id,
                (function,),
                organisation="CCI",
                ends_at=None,
                by=SYSTEM,
                now=NOW,
            )
        return english(sign_in_as(sqlite_app, account_id))

    return made


def english(client: FlaskClient) -> FlaskClient:
    client.set_cookie("lang", "en")
    return client


def page_of(forum: EventRow, made: Registered) -> str:
    return f"/manage/events/{forum.slug}/registrations/{made.reference}"


def test_deleting_asks_again_and_can_be_undone_at_once(client: FlaskClient, forum: EventRow) -> None:
    made = make_registration(forum)
    here = page_of(forum, made)
    assert f'href="{here}/delete"' in client.get(here).text
    asked = client.get(f"{here}/delete").text
    assert "Delete the registration of 30 people?" in asked
    assert "30 places become free again." in asked
    assert 'name="notify"' in asked
    assert "checked" not in asked
    answer = client.post(f"{here}/delete", follow_redirects=True)
    undo = f"/manage/events/{forum.slug}/bin/{made.reference}/restore"
    assert "The registration of 3e B is deleted." in answer.text
    assert f'action="{undo}"' in answer.text
    gone = client.get(here)
    assert gone.status_code == 404
    assert f'href="/manage/bin?q={made.reference}"' in gone.text
    assert client.get(f"/r/{made.token}").status_code == 410
    assert client.get(f"/t/{made.ticket_code}").status_code == 410
    assert client.get(f"/t/{made.ticket_code}/qr.svg").status_code == 410
    back = client.post(undo, follow_redirects=True)
    assert "It is back, as it was." in back.text
    assert client.get(f"/r/{made.token}").status_code == 200
    assert "it is back already" in client.post(undo, follow_redirects=True).text


def test_the_removed_page_says_so_and_who_can_help(client: FlaskClient, forum: EventRow) -> None:
    made = make_registration(forum, person_draft(forum, contact=ANA))
    delete(made.id)
    answer = client.get(f"/r/{made.token}")
    assert "This registration was removed" in answer.text
    assert "Ana" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get(f"/r/{'x' * 24}").status_code == 404


def test_the_bin_says_what_who_and_how_long(client: FlaskClient, forum: EventRow, sqlite_app: Flask) -> None:
    assert "The bin is empty" in client.get("/manage/bin").text
    made = make_registration(forum, person_draft(forum, contact=ANA))
    client.post(f"{page_of(forum, made)}/delete")
    other = make_event(forum.organiser_id)
    delete_whole(other.id, now=NOW + timedelta(minutes=1))
    set_clock(sqlite_app.extensions, NOW + timedelta(days=10, hours=1))
    client.get("/manage/events")  # the message about what was deleted is read
    page = client.get("/manage/bin").text
    assert page.index(f"/manage/bin/events/{other.id}/") < page.index(f"/bin/{made.reference}/")  # latest first
    assert "Inès Roux manager" in page
    assert "20 days" in page
    only = client.get("/manage/bin?kind=registration").text
    assert "Petit" in only
    assert f"/manage/bin/events/{other.id}/restore" not in only
    assert "Petit" not in client.get("/manage/bin?q=voie").text
    assert made.reference in client.get(f"/manage/bin?q={made.reference.lower()}").text
    assert "Nothing in the bin matches “zzz”" in client.get("/manage/bin?q=zzz").text
    set_clock(sqlite_app.extensions, NOW + timedelta(days=31))
    assert "The bin is empty" in client.get("/manage/bin").text
    for odd in ("?page=0", "?page=99999999999", "?kind=x", "?page=3", "?q=%25"):
        assert client.get(f"/manage/bin{odd}").status_code == 200


def test_pages_of_a_long_bin(client: FlaskClient, forum: EventRow) -> None:
    for number in range(52):
        made = make_registration(
            forum, person_draft(forum, contact=Contact(f"Personne {number:02d}", f"p{number}@example.org"))
        )
        delete(made.id, now=NOW + timedelta(seconds=number))
    first, second = client.get("/manage/bin").text, client.get("/manage/bin?page=2").text
    assert first.count("/restore") == 50
    assert second.count("/restore") == 2
    assert 'href="/manage/bin?page=2"' in first


def test_what_cannot_come_back_says_why(client: FlaskClient, forum: EventRow) -> None:
    big = make_registration(forum)
    delete(big.id)
    again = make_registration(forum, person_draft(forum, contact=ANA))
    here = f"/manage/events/{forum.slug}/bin/{big.reference}/restore"
    full = client.post(here, data={"all": "1"}, follow_redirects=True)
    assert full.request.path == "/manage/bin"
    assert "does not have enough places left" in full.text
    delete(again.id)
    same = make_registration(forum, person_draft(forum, contact=ANA))
    answer = client.post(f"/manage/events/{forum.slug}/bin/{again.reference}/restore", follow_redirects=True)
    assert answer.request.path == f"/manage/events/{forum.slug}/bin"
    assert f"the same person is registered again, as {same.reference}" in answer.text


def test_an_event_is_deleted_with_its_words_and_undone(client: FlaskClient, forum: EventRow) -> None:
    make_registration(forum)
    base = f"/manage/events/{forum.slug}"
    assert f'href="{base}/delete"' in client.get(f"{base}/edit").text
    asked = client.get(f"{base}/delete").text
    assert "Its registration is cancelled: 30 people." in asked
    assert "told by mail that the event is called off" in asked
    too_long = client.post(f"{base}/delete", data={"code": "weather", "reason": "x" * 301})
    assert too_long.status_code == 422
    assert "x" * 301 in too_long.text
    for code in ("", "gone_fishing"):
        uncoded = client.post(f"{base}/delete", data={"code": code, "reason": "Salle fermée"})
        assert (uncoded.status_code, "Salle fermée" in uncoded.text) == (422, True)
    assert find_event(forum.slug) is not None
    answer = client.post(f"{base}/delete", data={"code": "venue_lost", "reason": "Salle fermée"}, follow_redirects=True)
    line = list_history(f"event:{forum.id}")[0]
    assert (line.details["code"], line.details["reason"]) == ("venue_lost", "Salle fermée")
    assert "Venue not available" in client.get("/manage/history").text
    undo = f"/manage/bin/events/{forum.id}/restore"
    assert "30 people are being told." in answer.text
    assert f'action="{undo}"' in answer.text
    assert find_event(forum.slug) is None
    assert client.get(base).status_code == client.get(f"/events/{forum.slug}").status_code == 404
    assert 'href="/manage/bin?kind=event"' in client.get(base).text
    assert "told that it takes place" in client.get(undo).text
    back = client.post(undo, follow_redirects=True)
    assert "is back with its registration." in back.text
    assert back.request.path == base
    assert "With event" not in client.get(f"{base}/history").text  # told by the event's own line
    assert client.post(undo).status_code == client.get(undo).status_code == 404


def test_a_draft_says_that_nobody_is_told(client: FlaskClient, forum: EventRow) -> None:
    draft = make_event(forum.organiser_id, publish=False)
    asked = client.get(f"/manage/events/{draft.slug}/delete").text
    assert "it was never published" in asked
    assert 'name="reason"' not in asked
    assert 'name="code"' not in asked
    assert client.post(f"/manage/events/{draft.slug}/delete").status_code == 302
    assert find_event(draft.slug) is None


@pytest.mark.parametrize(
    ("moves", "proposed"), [((), "Close registration, then archive it"), ((EventMove.CLOSE,), "/archive"),
                            ((EventMove.CLOSE, EventMove.ARCHIVE), "archived already")],
)  # fmt: skip
def test_where_people_came_archiving_is_proposed(
    client: FlaskClient, forum: EventRow, moves: tuple[EventMove, ...], proposed: str
) -> None:
    made = make_registration(forum)
    item = ScanInput(str(uuid4()), made.ticket_code, forum.checkpoints[0].id, Direction.IN, DAY_ONE)
    with transaction():
        record_scans(forum, "door", [item], now=DAY_ONE)
        for move in moves:
            move_event(forum.id, move, by=SYSTEM, now=forum.ends_at)
    asked = client.get(f"/manage/events/{forum.slug}/delete").text
    assert "This event cannot be deleted" in asked
    assert proposed in asked
    assert 'name="reason"' not in asked
    assert client.post(f"/manage/events/{forum.slug}/delete").status_code == 409
    assert find_event(forum.slug) is not None


def test_what_did_not_come_back_with_its_event_is_told_one_by_one(client: FlaskClient, forum: EventRow) -> None:
    make_registration(forum, class_draft(forum, participants=20, companions=0))
    left = make_registration(forum, class_draft(forum, participants=10, companions=0))
    delete_whole(forum.id)
    with transaction():
        db.session.execute(update(Wave).where(Wave.event_id == forum.id).values(capacity=25))
    report = client.post(f"/manage/bin/events/{forum.id}/restore", follow_redirects=True)
    assert report.request.path == f"/manage/events/{forum.slug}/bin"
    assert "1 registration could not come back" in report.text
    assert left.reference in report.text
    assert "Did not come back with the event:" in report.text
    assert "does not have enough places left" in report.text


def test_partners_have_the_bin_of_their_event_within_their_rows(
    client: FlaskClient, forum: EventRow, partner: Callable[[EventFunction], FlaskClient]
) -> None:
    person = make_registration(forum, person_draft(forum, contact=ANA))
    group = make_registration(forum, class_draft(forum, participants=5, companions=1))
    for made in (person, group):
        delete(made.id)
    here = f"/manage/events/{forum.slug}/bin"
    everything, schools, door = (partner(EventFunction(f)) for f in ("registrations", "schools", "door"))
    assert person.reference in everything.get(here).text
    assert everything.get("/manage/bin").status_code == 403
    page = schools.get(here).text
    assert group.reference in page
    assert person.reference not in page
    assert schools.post(f"{here}/{person.reference}/restore").status_code == 404
    assert schools.post(f"{here}/{group.reference}/restore").status_code == 302
    assert door.get(here).status_code == 403
    assert everything.get(f"/manage/events/{forum.slug}/delete").status_code == 403


def test_a_stranger_reaches_nothing_of_it(sqlite_app: Flask, forum: EventRow) -> None:
    made = make_registration(forum)
    delete(made.id)
    stranger = english(sign_in_as(sqlite_app, make_member(make_organiser("Ailleurs"), Role.OWNER)[0]))
    assert made.reference not in stranger.get("/manage/bin").text
    assert stranger.post(f"/manage/events/{forum.slug}/bin/{made.reference}/restore").status_code == 404
    delete_whole(forum.id)
    assert stranger.get(f"/manage/bin/events/{forum.id}/restore").status_code == 404
    assert stranger.post(f"/manage/bin/events/{forum.id}/restore").status_code == 404


def test_what_cannot_come_back_says_why_instead_of_a_button(client: FlaskClient, forum: EventRow) -> None:
    made, other = make_registration(forum, person_draft(forum)), make_registration(forum, person_draft(forum))
    delete(made.id)
    delete(other.id)
    here = f"/manage/events/{forum.slug}/bin"
    action = f'action="{here}/{made.reference}/restore"'
    with transaction():
        forget_names(forum, now=NOW + timedelta(seconds=1), most=1)
    page = client.get(here).text
    assert action not in page
    assert "Their name was erased." in page
    assert f'action="{here}/{other.reference}/restore"' in page
    said = client.post(f"{here}/{made.reference}/restore", follow_redirects=True).text
    assert "It stays in the bin. Their name was erased." in said
    with transaction():
        move_event(forum.id, EventMove.CANCEL, by=SYSTEM, now=NOW)
    for address in (here, "/manage/bin"):
        page = client.get(address).text
        assert "/restore" not in page
        assert "This event is archived or called off" in page
    said = client.post(f"{here}/{other.reference}/restore", follow_redirects=True).text
    assert "It stays in the bin. This event is archived or called off" in said

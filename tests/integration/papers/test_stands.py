"""A space's live page: who has its link, what it shows by the minute, what it never shows, what it costs."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.checkin.drafts import ScanInput
from app.checkin.enums import Direction
from app.checkin.operations import record_scans
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.errors import EventReadOnly, SpaceNotFound
from app.events.operations import move_event
from app.events.operations.deleting import delete_event
from app.events.operations.stands import close_stand, open_stand, open_stands
from app.events.queries import EventRow, get_event
from app.events.queries.stands import list_stand_tokens
from app.flows.operations import drop_plan
from app.flows.queries import find_plan_in_force, passages_of_space
from app.registrations.operations import cancel_registration
from app.registrations.queries import list_registrations_by_id
from app.web import live
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, NOW, make_event, make_organiser, make_plan
from tests.integration.flows.conftest import led_forum
from tests.integration.papers.conftest import TEACHER, At, be_late, stand_link, words_of

UUID = "0b9f0c1e-2f54-4b0e-9b60-2f2a4cf0a9d1"


def test_it_shows_now_next_and_the_rest_of_the_day(event: EventRow, visitor: FlaskClient, at: At) -> None:
    make_plan(event)
    link = stand_link(event, 1)
    first, second, third = passages_of_space(event.id, event.spaces[1].id, DAY_ONE.date())
    at(-1, moment=first.starts_at)
    page = words_of(visitor.get(link))
    assert "Now No group" in page
    assert f"Then in 1 min {first.holder} Collège des Trois-Rivières 28 pupils + 2 adults" in page
    assert "Later today" in page
    at(1, moment=first.starts_at)
    page = words_of(visitor.get(link))
    assert f"Now {first.holder} Collège des Trois-Rivières 28 pupils + 2 adults, until" in page
    assert page.index(second.holder) < page.index(third.holder)
    at(1, moment=third.starts_at)
    assert "Then No other group today" in words_of(visitor.get(link))


def test_it_shows_nothing_of_a_person(event: EventRow, visitor: FlaskClient, at: At) -> None:
    at(5)
    link = stand_link(event)
    for _planned in (False, True):
        page = visitor.get(link).text
        assert TEACHER not in page
        assert "Manon" not in page
        assert "example.org" not in page
        assert "639980102" not in page
        for registration in list_registrations_by_id([1, 2, 3]):
            assert registration.token not in page
            assert registration.reference not in page
        make_plan(event)


def test_it_says_delays_and_when_the_server_spoke(event: EventRow, visitor: FlaskClient, at: At) -> None:
    make_plan(event)
    link = stand_link(event)
    at(10.5)
    assert "min late" not in words_of(visitor.get(link))
    be_late(event, wave=10, space=15)
    page = words_of(visitor.get(link))
    assert "The arrival at 9:00 am is 10 min late." in page
    assert "This space is 15 min late." in page
    assert "Last news from the server: 9:10 am and 30 s" in page
    assert "Orientation: " not in words_of(visitor.get(stand_link(event, 1)))


def test_it_looks_again_by_itself_with_a_script_and_without(event: EventRow, visitor: FlaskClient, at: At) -> None:
    at(0)
    link = stand_link(event)
    page = visitor.get(link).text
    assert f'hx-get="{link}" hx-trigger="every 20s" hx-select="#live"' in page
    assert f'<noscript><meta http-equiv="refresh" content="20; url={link}"></noscript>' in page
    at(0.75)  # the clock is right again once the minute is over
    assert 'hx-trigger="every 16s"' in visitor.get(link).text


def test_without_a_plan_its_hours_are_approximate(event: EventRow, visitor: FlaskClient, at: At) -> None:
    at(5)
    page = words_of(visitor.get(stand_link(event, 1)))
    assert "about 9:35 am" in page
    assert "No plan is published yet: all hours are approximate." in page


def test_it_follows_what_happens_at_once(event: EventRow, visitor: FlaskClient, at: At) -> None:
    """The page is kept for seconds, but never past a change of the event."""
    at(-30)
    link = stand_link(event, 1)
    assert "about" in words_of(visitor.get(link))
    make_plan(event)
    assert "about" not in words_of(visitor.get(link))
    assert "3e B" in words_of(visitor.get(link))
    with transaction():
        cancel_registration(2, by=SYSTEM, now=NOW)
    assert "3e B" not in words_of(visitor.get(link))
    plan = find_plan_in_force(event.id)
    assert plan is not None
    with transaction():
        drop_plan(plan.id, by=SYSTEM, now=NOW)
    assert "about" in words_of(visitor.get(link))


def test_who_is_counted_in_is_said(event: EventRow, visitor: FlaskClient, at: At) -> None:
    make_plan(event)
    at(5)
    link = stand_link(event)
    code = list_registrations_by_id([1])[0].ticket.code
    door = next(c.id for c in event.checkpoints if c.space_id == event.spaces[0].id)
    with transaction():
        record_scans(event, "a phone", [ScanInput(UUID, code, door, Direction.IN, DAY_ONE)], now=DAY_ONE)
    assert "30 people here" in words_of(visitor.get(link))


def test_before_and_after_it_says_so(event: EventRow, visitor: FlaskClient, at: At) -> None:
    link = stand_link(event)
    at(-60 * 24)
    page = words_of(visitor.get(link))
    assert "It has not begun yet It begins on Thursday 4 February at 9:00 am." in page
    at(60 * 24)
    assert "This event is over" in words_of(visitor.get(link))
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW, reason="Neige")
    page = words_of(visitor.get(link))
    assert "This event is called off Neige" in page
    assert "3e A" not in page


def test_links_that_open_nothing_are_answered_alike(event: EventRow, visitor: FlaskClient) -> None:
    renewed, closed = stand_link(event), stand_link(event, 1)
    fresh = stand_link(event)
    assert renewed != fresh
    with transaction():
        assert close_stand(event.id, event.spaces[1].id, by=SYSTEM, now=NOW)
        assert not close_stand(event.id, event.spaces[1].id, by=SYSTEM, now=NOW)
    answers = [
        visitor.get(link) for link in (renewed, closed, "/stands/unknown", "/stands/%00", "/stands/" + "é" * 300)
    ]
    assert {answer.status_code for answer in answers} == {404}
    pages = {" ".join(words_of(answer).split()) for answer in answers}
    assert len(pages) == 1
    assert visitor.get(fresh).status_code == 200
    with transaction():
        delete_event(event.id, by=SYSTEM, now=NOW)
    assert visitor.get(fresh).status_code == 404


def test_its_address_goes_nowhere(event: EventRow, visitor: FlaskClient) -> None:
    answer = visitor.get(stand_link(event))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert '<meta name="robots" content="noindex">' in answer.text


def test_a_look_costs_one_statement(
    event: EventRow, visitor: FlaskClient, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "COUNTED_SECONDS", 1000.0)
    make_plan(event)
    link = stand_link(event)
    at(5)
    visitor.get(link)
    with counted_statements() as counted:
        visitor.get(link)
    assert int(counted) == 1, counted.statements


def test_links_are_given_renewed_and_taken_away_on_the_desk(
    event: EventRow, team: Callable[[Role], FlaskClient], visitor: FlaskClient
) -> None:
    client, base = team(Role.MANAGER), f"/manage/events/{event.slug}/papers"
    space = event.spaces[0].id
    assert "Open 3 live pages" in words_of(client.get(base))
    client.post(f"{base}/links")
    tokens = list_stand_tokens(event.id)
    assert len(tokens) == 3
    page = client.get(base).text
    assert all(f"http://127.0.0.1:8000/stands/{token}" in page for token in tokens.values())
    client.post(f"{base}/links/{space}")
    assert list_stand_tokens(event.id)[space] != tokens[space]
    client.post(f"{base}/links/{space}/close")
    assert space not in list_stand_tokens(event.id)
    assert client.post(f"{base}/links/999").status_code == 404
    lines = [(line.verb, line.details) for line in list_history(f"event:{event.id}") if "stand" in line.verb]
    assert lines[:2] == [
        ("event.stand_closed", {"space": "Grande salle"}), ("event.stand_renewed", {"space": "Grande salle"}),
    ]  # fmt: skip
    assert not any(token in str(lines) for token in tokens.values())
    assert "Live page of a space" in words_of(client.get(f"/manage/events/{event.slug}/history"))


def test_only_who_changes_the_programme_sees_links(event: EventRow, team: Callable[[Role], FlaskClient]) -> None:
    token = stand_link(event)
    viewer, base = team(Role.VIEWER), f"/manage/events/{event.slug}/papers"
    assert token not in viewer.get(base).text
    assert viewer.post(f"{base}/links").status_code == 403
    assert viewer.post(f"{base}/links/{event.spaces[0].id}/close").status_code == 403


def test_links_belong_to_a_space_of_the_event_that_may_change(event: EventRow) -> None:
    other = make_event(make_organiser("Ailleurs"), led_forum())
    with pytest.raises(SpaceNotFound), transaction():
        open_stand(event.id, other.spaces[0].id, by=SYSTEM, now=NOW)
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW, reason="Neige")
    with pytest.raises(EventReadOnly), transaction():
        open_stands(event.id, by=SYSTEM, now=NOW)
    with pytest.raises(EventReadOnly), transaction():
        open_stand(event.id, event.spaces[0].id, by=SYSTEM, now=NOW)


def test_editing_a_space_keeps_its_link(whole_app: Flask, event: EventRow, visitor: FlaskClient) -> None:
    link = stand_link(event)
    be_late(event, space=5)
    assert get_event(event.slug).spaces[0].late_minutes == 5
    assert visitor.get(link).status_code == 200

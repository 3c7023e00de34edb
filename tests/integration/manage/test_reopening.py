"""The page on which a calling off is taken back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.core.actor import Actor
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.events.enums import EventState
from app.events.queries import EventRow, get_event
from app.registrations.drafts import Contact, RegistrationDraft
from app.registrations.operations import Registered, cancel_event_registrations
from tests.integration.manage.conftest import NOW, class_draft, person_draft

Enrol = Callable[[EventRow, RegistrationDraft], Registered]
MakeEvent = Callable[..., EventRow]


def call_off(event: EventRow, by: Actor) -> None:
    with transaction():
        cancel_event_registrations(event.id, reason="La salle est prise.", code="venue_lost", by=by, now=NOW)


def test_a_slip_is_taken_back_with_who_is_told(
    client: FlaskClient, forum: EventRow, enrol: Enrol, by: Actor, log_in: Any, organiser_id: int
) -> None:
    base = f"/manage/events/{forum.slug}"
    enrol(forum, class_draft(forum, 4, "Manon Lambert"))
    enrol(forum, person_draft(forum, 4, "Théo Bonnet", contact=Contact("Théo Bonnet", "theo@example.org")))
    assert f"{base}/reopen" not in client.get(f"{base}/edit").text
    assert "It can be taken back for 24 hours" in client.get(f"{base}/cancel").text
    call_off(forum, by)
    assert f'href="{base}/reopen"' in client.get(f"{base}/edit").text
    page = " ".join(client.get(f"{base}/reopen").text.split())
    assert "2 registrations stand, with their places and their tickets." in page
    assert "it takes place after all: 1 mail at most." in page
    assert "1 of them has no mail address: telephone them." in page
    assert "Manon Lambert" in page
    viewer = log_in(organiser_id, Role.VIEWER)
    assert (viewer.get(f"{base}/reopen").status_code, viewer.post(f"{base}/reopen").status_code) == (403, 403)
    answer = client.post(f"{base}/reopen", follow_redirects=True)
    assert "31 people who were told otherwise are being told." in answer.text
    assert get_event(forum.slug).state is EventState.PUBLISHED
    assert "Calling off taken back" in client.get(f"{base}/history").text
    again = client.post(f"{base}/reopen", follow_redirects=True)
    assert "Nothing to do: it is not called off." in again.text


def test_a_day_later_it_stays_off(app: Flask, client: FlaskClient, forum: EventRow, by: Actor) -> None:
    base = f"/manage/events/{forum.slug}"
    call_off(forum, by)
    set_clock(app.extensions, NOW + timedelta(hours=24))
    assert f"{base}/reopen" not in client.get(f"{base}/edit").text
    for answer in (client.get(f"{base}/reopen"), client.post(f"{base}/reopen")):
        assert answer.headers["Location"] == f"{base}/edit"
    assert "more than 24 hours ago" in client.get(f"{base}/edit").text
    assert get_event(forum.slug).state is EventState.CANCELLED


def test_a_draft_becomes_a_draft_again_and_nobody_is_told(
    client: FlaskClient, make_event: MakeEvent, by: Actor
) -> None:
    draft = make_event(publish=False)
    call_off(draft, by)
    page = client.get(f"/manage/events/{draft.slug}/reopen").text
    assert "It is a draft again" in page
    assert "Nobody is told by mail." in page
    answer = client.post(f"/manage/events/{draft.slug}/reopen", follow_redirects=True)
    assert "It is no longer called off." in answer.text
    assert get_event(draft.slug).state is EventState.DRAFT

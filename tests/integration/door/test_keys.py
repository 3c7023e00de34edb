"""The key that a door's page is given: for its event alone, kept while it is good, ended with its answers."""

from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select

from app.accounts.enums import Scope
from app.accounts.jobs import purge
from app.accounts.models import ApiToken
from app.accounts.operations.tokens import revoke_token
from app.accounts.queries import find_token
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.jobs.registry import JobContext
from tests.factories import (
    NOW,
    make_api_token,
    make_event,
)
from tests.integration.door.conftest import Volunteer, door_data, make_event_after


def list_keys() -> list[int | None]:
    """The event of each door key in the database, oldest first; None for a program's key."""
    db.session.rollback()  # what the browser's calls wrote is read anew
    return list(db.session.execute(select(ApiToken.event_id).order_by(ApiToken.id)).scalars())


def test_a_page_loaded_again_keeps_its_key(sqlite_app: Flask, sqlite_volunteer: Volunteer) -> None:
    volunteer, event = sqlite_volunteer, sqlite_volunteer.event
    first = door_data(volunteer.text())["key"]
    assert [door_data(volunteer.text())["key"] for _ in range(3)] == [first] * 3
    assert list_keys() == [event.id]
    known = find_token(str(first), NOW)
    assert known is not None
    verbs = [line.verb for line in list_history(f"account:{known.account_id}")]
    assert verbs.count("door_token.made") == 1
    other = make_event_after(volunteer, "Other", timedelta(days=1))
    assert door_data(volunteer.text(f"/door/{other.slug}"))["key"] != first
    assert door_data(volunteer.text())["key"] == first
    set_clock(sqlite_app.extensions, NOW + timedelta(hours=9))  # not enough left for a day at the door
    assert door_data(volunteer.text())["key"] != first
    assert list_keys() == [event.id, other.id, event.id]


def test_a_key_that_was_ended_is_not_used_again(sqlite_app: Flask, sqlite_volunteer: Volunteer) -> None:
    first = str(door_data(sqlite_volunteer.text())["key"])
    db.session.rollback()
    found = find_token(first, NOW)
    assert found is not None
    with transaction():
        revoke_token(found.id, sqlite_volunteer.organiser_id, by=SYSTEM, now=NOW)
    second = str(door_data(sqlite_volunteer.text())["key"])
    assert second != first
    db.session.rollback()
    assert find_token(second, NOW) is not None


def test_keys_that_ran_out_are_dropped_with_their_answers(sqlite_app: Flask, sqlite_volunteer: Volunteer) -> None:
    program = make_api_token(sqlite_volunteer.organiser_id)
    key = str(door_data(sqlite_volunteer.text())["key"])
    address = f"/api/v1/events/{sqlite_volunteer.event.slug}/scans"
    with sqlite_app.app_context():
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "once"}
        answer = sqlite_app.test_client().post(address, json={"device": "d", "scans": []}, headers=headers)
    assert answer.status_code == 200
    purge(purging(NOW + timedelta(hours=15)))
    assert list_keys() == [None, sqlite_volunteer.event.id]
    purge(purging(NOW + timedelta(hours=17)))
    assert list_keys() == [None]
    assert find_token(program, NOW + timedelta(days=400)) is not None


def purging(now: datetime) -> JobContext:
    return JobContext(1, {}, None, 1, lambda: now, lambda done, total: None)


def test_the_page_gets_a_key_for_its_event_alone(sqlite_app: Flask, sqlite_volunteer: Volunteer) -> None:
    data = door_data(sqlite_volunteer.text())
    assert data["checkpoint"] == str(sqlite_volunteer.event.checkpoints[0].id)
    other = make_event(sqlite_volunteer.organiser_id)
    headers = {"Authorization": f"Bearer {data['key']}"}
    for slug, status in ((sqlite_volunteer.event.slug, 200), (other.slug, 404)):
        with sqlite_app.app_context():
            answer = sqlite_app.test_client().get(f"/api/v1/events/{slug}/occupancy", headers=headers)
        assert answer.status_code == status
    assert Scope.SCANS_WRITE in Scope
    assert sqlite_volunteer.get().headers["Cache-Control"] == "no-store"

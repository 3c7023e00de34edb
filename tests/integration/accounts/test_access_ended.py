"""Access that is over says so, and whom to ask; an invitation's link never lives longer than what it gives."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import EventFunction, Role
from app.accounts.invitations import get_invitation
from app.accounts.operations.invitations import accept_as_new, send_again
from app.accounts.operations.partners import end_functions
from app.accounts.queries import find_ended
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.events.queries import EventRow
from tests.factories import NOW, PARIS
from tests.integration.accounts.test_invitations import (
    HASHED,
    WEEK,
    client,
    event,
    invited_member,
    invited_partner,
    latest_link,
    latest_mail,
    organiser_id,
)
from tests.integration.guards.walking import sign_in_as

__all__ = ["client", "event", "organiser_id"]
MIDNIGHT = (NOW + timedelta(days=3)).astimezone(PARIS).replace(hour=0, minute=0, second=0, microsecond=0)
LAST_DAY = f"{MIDNIGHT - timedelta(seconds=1):%A} {(MIDNIGHT - timedelta(seconds=1)).day} "


def accepted(invitation_id: int) -> int:
    with transaction():
        return accept_as_new(invitation_id, "Paul Duval", HASHED, locale="en", now=NOW)


def after_the_end(app: Flask, account_id: int) -> FlaskClient:
    set_clock(app.extensions, MIDNIGHT)
    client = sign_in_as(app, account_id)
    client.set_cookie("lang", "en")
    return client


@pytest.mark.parametrize("address", ["/manage/events", "/door/events"])
def test_a_temp_reads_the_last_day_and_whom_to_ask(whole_app: Flask, organiser_id: int, address: str) -> None:
    account_id = accepted(invited_member(organiser_id, ends_at=MIDNIGHT, role=Role.MANAGER))
    late = after_the_end(whole_app, account_id)
    page = late.get(address)
    assert page.status_code == 403
    assert "Your access has ended" in page.text
    assert LAST_DAY in page.text
    assert "Creativ" in page.text
    assert "Your role does not include this" not in page.text
    mine = late.get("/manage/account").text
    assert LAST_DAY in mine
    assert "You are not among the people" not in mine


def test_a_volunteer_of_one_event_reads_it_at_its_door(whole_app: Flask, event: EventRow) -> None:
    account_id = accepted(invited_partner(event, EventFunction.DOOR, ends_at=MIDNIGHT))
    assert find_ended(account_id, NOW) is None
    page = after_the_end(whole_app, account_id).get(f"/door/{event.slug}")
    assert page.status_code == 403
    assert "Your access has ended" in page.text
    assert LAST_DAY in page.text


def test_what_was_taken_back_has_ended_too(event: EventRow) -> None:
    account_id = accepted(invited_partner(event, EventFunction.DOOR))
    with transaction():
        end_functions(event.id, event.organiser_id, account_id, by=SYSTEM, now=NOW)
    found = find_ended(account_id, NOW)
    assert found is not None
    assert found.ended_at == NOW


@pytest.mark.parametrize(("ends_at", "until"), [(MIDNIGHT, MIDNIGHT), (NOW + 2 * WEEK, NOW + WEEK), (None, NOW + WEEK)])
def test_a_link_never_lives_longer_than_what_it_gives(
    organiser_id: int, ends_at: datetime | None, until: datetime
) -> None:
    invitation_id = invited_member(organiser_id, ends_at=ends_at)
    found = get_invitation(invitation_id, NOW)
    assert found.expires_at == until
    assert found.ends_with_access == (ends_at == MIDNIGHT)
    mail = latest_mail()
    assert mail is not None
    for part in (mail.text, mail.html):
        assert ("jusqu’à la fin de votre dernier jour" in part) == (ends_at == MIDNIGHT)
    later = NOW + timedelta(days=1)
    with transaction():
        again = send_again(invitation_id, organiser_id, event_title="", by=SYSTEM, now=later)
    assert again.expires_at == (MIDNIGHT if ends_at == MIDNIGHT else later + WEEK)


def test_the_page_of_a_link_that_ended_with_its_access_says_so(
    whole_app: Flask, client: FlaskClient, organiser_id: int
) -> None:
    invited_member(organiser_id, ends_at=MIDNIGHT)
    link = latest_link()
    assert client.get(link).status_code == 200
    set_clock(whole_app.extensions, MIDNIGHT)
    page = client.get(link)
    assert page.status_code == 410
    assert LAST_DAY in page.text
    assert "valid for 7 days" not in page.text

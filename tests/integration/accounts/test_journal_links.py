"""The journal links to the page of who works for the organiser, and to nothing for who holds a part of an event."""

import re

from flask import Flask

from app.accounts.enums import Role
from app.accounts.operations.invitations import accept_as_new
from app.accounts.passwords import choose_password
from app.core.transaction import transaction
from app.events.queries import EventRow
from tests.factories import NOW, PASSWORD, make_member
from tests.integration.accounts.test_invitations import event, invited_partner, organiser_id
from tests.integration.guards.walking import sign_in_as

__all__ = ["event", "organiser_id"]


def test_every_person_that_the_journal_links_to_has_a_page(
    whole_app: Flask, organiser_id: int, event: EventRow
) -> None:
    partner = invited_partner(event)
    with transaction():
        accept_as_new(partner, "Claire Vannier", choose_password(PASSWORD), locale="en", now=NOW)
    colleague = make_member(organiser_id, Role.DOOR)[0]
    client = sign_in_as(whole_app, make_member(organiser_id, Role.OWNER)[0])
    page = client.get("/manage/history?lang=en").text
    assert "Claire Vannier" in page
    linked = set(re.findall(r'href="/manage/people/(\d+)"', page))
    assert str(colleague) in linked
    for account_id in linked:
        assert client.get(f"/manage/people/{account_id}").status_code == 200

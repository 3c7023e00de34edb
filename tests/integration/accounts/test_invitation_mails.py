"""An invitation whose mail does not leave says so where one invited: its mail stands in no log."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import update

from app.accounts.enums import EventFunction, Role
from app.accounts.operations.invitations import send_again
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.messages.models import Message, MessageState
from app.messages.queries import latest_states
from tests.factories import NOW, make_member
from tests.integration.accounts.test_invitations import event, invited_member, invited_partner, organiser_id
from tests.integration.guards.walking import sign_in_as

__all__ = ["event", "organiser_id"]


def become(state: MessageState) -> None:
    with transaction():
        db.session.execute(update(Message).values(state=state))


def test_the_pages_where_one_invites_say_how_the_mail_stands(
    whole_app: Flask, organiser_id: int, event: EventRow
) -> None:
    invited_member(organiser_id)
    invited_partner(event, EventFunction.FIGURES)
    account_id, _email = make_member(organiser_id, Role.OWNER)
    client = sign_in_as(whole_app, account_id)
    client.set_cookie("lang", "en")
    for address in ("/manage/people", f"/manage/events/{event.slug}/partners"):
        become(MessageState.QUEUED)
        assert "The mail has not left yet." in client.get(address).text
        become(MessageState.FAILED)
        assert "Mail not sent" in client.get(address).text
        become(MessageState.SENT)
        page = client.get(address).text
        assert "Mail not sent" not in page
        assert "has not left yet" not in page


def test_the_latest_mail_counts(organiser_id: int) -> None:
    invitation_id = invited_member(organiser_id)
    become(MessageState.FAILED)
    subject = f"invitation:{invitation_id}"
    assert latest_states([subject, "invitation:999"]) == {subject: MessageState.FAILED}
    with transaction():
        send_again(invitation_id, organiser_id, event_title="", by=SYSTEM, now=NOW + timedelta(hours=1))
    assert latest_states([subject]) == {subject: MessageState.QUEUED}
    assert latest_states([]) == {}

"""Inviting by mail: what the link gives, once and in time, and what it tells to whom."""

import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.enums import EventFunction, Role
from app.accounts.errors import AccountExists, AlreadyInvited, AlreadyMember, AlreadyPartner, InvitationInvalid
from app.accounts.invitations import InvitationState, find_invitation, list_invitations, list_partners
from app.accounts.models import Invitation
from app.accounts.operations.invitations import (
    INVITATION_MAIL,
    accept_as,
    accept_as_new,
    invite_member,
    invite_partner,
    revoke_invitation,
    send_again,
)
from app.accounts.operations.people import create_account, set_end
from app.accounts.passwords import choose_password
from app.accounts.queries import find_account_id, find_signed_in, list_members
from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.clock import set_clock
from app.core.db import db
from app.core.errors import FieldError, NotFound
from app.core.i18n import Locale, as_locale
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.messages.models import Message
from app.messages.rendering import Mail, RenderContext, render
from tests.factories import NOW, PARIS, PASSWORD, make_event, make_member, make_organiser
from tests.integration.guards.walking import sign_in_as

MAIL = "paul.duval@example.org"
HASHED = choose_password(PASSWORD)
CHOSEN = {"name": "Paul Duval", "new_password": PASSWORD, "repeated": PASSWORD}
WEEK = timedelta(days=7)


@pytest.fixture
def organiser_id(whole_app: Flask) -> int:
    made = make_organiser()
    make_member(made, Role.OWNER)
    return made


@pytest.fixture
def event(organiser_id: int) -> EventRow:
    return make_event(organiser_id)


@pytest.fixture
def client(whole_app: Flask) -> FlaskClient:
    client = whole_app.test_client()
    client.set_cookie("lang", "en")
    return client


def invited_member(organiser_id: int, *, ends_at: datetime | None = None, role: Role = Role.DOOR) -> int:
    with transaction():
        return invite_member(
            organiser_id, role, MAIL, name="Paul Duval", locale="fr", ends_at=ends_at, by=SYSTEM, now=NOW
        )


def invited_partner(
    event: EventRow, *functions: EventFunction, ends_at: datetime | None = None, locale: Locale = "fr"
) -> int:
    with transaction():
        return invite_partner(
            event.id, event.organiser_id, functions or (EventFunction.REGISTRATIONS,), MAIL, name="Paul Duval",
            organisation="CCI", locale=locale, ends_at=ends_at, event_title=event.title_fr, by=SYSTEM, now=NOW,
        )  # fmt: skip


def latest_mail(now: datetime = NOW) -> Mail | None:
    """The invitation that was queued last, as it is sent at `now`."""
    row = db.session.execute(select(Message).order_by(Message.id.desc()).limit(1)).scalar_one()
    assert row.template == INVITATION_MAIL
    context = RenderContext(row.params, as_locale(row.locale), row.organiser_id, now, row.subject, row.id)
    return render(INVITATION_MAIL, context)


def latest_link(now: datetime = NOW) -> str:
    """The path of the link in it."""
    mail = latest_mail(now)
    assert mail is not None
    found: str
    (found,) = set(re.findall(r"http://127\.0\.0\.1:8000(/invitation/\S+)", mail.text))
    assert found in mail.html
    return found


def roles_of(account_id: int, now: datetime = NOW) -> list[Role]:
    found = find_signed_in(account_id, now)
    assert found is not None
    return [m.role for m in found.memberships]


def test_the_mail_says_what_is_given_and_until_when(event: EventRow) -> None:
    midnight = datetime(2027, 2, 5, tzinfo=PARIS)
    invited_partner(event, EventFunction.SCHOOLS, EventFunction.FIGURES, ends_at=midnight)
    mail = latest_mail()
    assert mail is not None
    assert mail.title == "Invitation\u00a0: La Voie des Talents"
    for part in (mail.text, mail.html):
        assert "Paul Duval" in part
        assert "Creativ’" in part
        assert "Établissements scolaires, Chiffres" in part
        assert "jeudi 4 février 2027" in part
        assert "lundi 18 janvier" in part
    assert latest_mail(NOW + timedelta(days=6, hours=23)) is not None
    assert latest_mail(NOW + WEEK) is None


def test_the_mail_of_a_role_is_in_the_language_chosen(organiser_id: int) -> None:
    with transaction():
        invite_member(organiser_id, Role.DOOR, MAIL, name="Paul", locale="en", ends_at=None, by=SYSTEM, now=NOW)
    mail = latest_mail()
    assert mail is not None
    assert mail.title == "Invitation to the team of Creativ’"
    assert "Your role: Door" in mail.text


def test_only_the_digest_of_a_link_is_kept_and_no_log_of_the_organiser_shows_its_mail(organiser_id: int) -> None:
    invited_member(organiser_id)
    token = latest_link().rpartition("/")[2]
    stored = db.session.execute(select(Invitation.digest)).scalar_one()
    assert token not in stored
    message = db.session.execute(select(Message.organiser_id, Message.params)).one()
    assert message.organiser_id is None
    assert token not in str(message.params)


def test_who_has_no_account_makes_one(client: FlaskClient, organiser_id: int) -> None:
    invited_member(organiser_id, role=Role.VIEWER)
    link = latest_link()
    page = client.get(link)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Make your account" in page.text
    assert client.get(link).status_code == 200  # looking at it uses nothing up
    answer = client.post(link, data=CHOSEN)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/manage/")
    assert client.get("/manage/events").status_code == 200
    account_id = find_account_id(MAIL)
    assert account_id is not None
    assert roles_of(account_id) == [Role.VIEWER]
    again = client.post("/login", data={"email": MAIL, "password": PASSWORD})
    assert again.status_code == 302
    assert [line.verb for line in list_history(f"account:{account_id}")][-2:] == ["member.added", "account.created"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "This answer is missing."),
        ({"new_password": "court", "repeated": "court"}, "at least 10 characters"),
        ({"repeated": "autre chose"}, "The two new passwords differ."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    client: FlaskClient, organiser_id: int, typed: dict[str, str], words: str
) -> None:
    invited_member(organiser_id)
    answer = client.post(latest_link(), data=CHOSEN | typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert find_account_id(MAIL) is None


def test_who_has_an_account_logs_in_first(client: FlaskClient, whole_app: Flask, event: EventRow) -> None:
    with transaction():
        account_id = create_account(MAIL, "Paul Duval", HASHED, by=SYSTEM, now=NOW)
    invited_partner(event, EventFunction.FIGURES)
    link = latest_link()
    page = client.get(link).text
    assert "You have an account with this address" in page
    assert "Make your account" not in page
    client.post(link, data=CHOSEN)
    assert list_partners(event.id, NOW) == []
    back = client.post("/login", data={"email": MAIL, "password": PASSWORD, "next": link})
    assert back.headers["Location"] == link
    answer = client.post(link)
    assert answer.headers["Location"] == "/manage/entrusted"
    (partner,) = list_partners(event.id, NOW)
    assert (partner.account_id, partner.functions, partner.organisation) == (
        account_id, frozenset({EventFunction.FIGURES}), "CCI",
    )  # fmt: skip
    assert event.title_en in client.get("/manage/entrusted").text


def test_somebody_else_who_is_logged_in_accepts_nothing(
    client: FlaskClient, whole_app: Flask, organiser_id: int
) -> None:
    other, _ = make_member(make_organiser("Ailleurs"), Role.OWNER)
    with transaction():
        account_id = create_account(MAIL, "Paul Duval", HASHED, by=SYSTEM, now=NOW)
    invited_member(organiser_id)
    link = latest_link()
    stranger = sign_in_as(whole_app, other)
    assert MAIL in stranger.get(link).text
    assert stranger.post(link).status_code == 200
    assert roles_of(account_id) == []
    with pytest.raises(InvitationInvalid), transaction():
        accept_as(1, other, now=NOW)
    assert stranger.post(f"{link}/log-out").headers["Location"] == link
    assert stranger.get("/manage/account").status_code == 302


def test_a_link_works_once(client: FlaskClient, whole_app: Flask, organiser_id: int) -> None:
    invitation_id = invited_member(organiser_id)
    link = latest_link()
    client.post(link, data=CHOSEN)
    second = whole_app.test_client()
    second.set_cookie("lang", "en")
    for answer in (second.get(link), second.post(link, data=CHOSEN | {"name": "Somebody"})):
        assert answer.status_code == 410
        assert "This invitation was used already" in answer.text
    with pytest.raises(InvitationInvalid), transaction():
        accept_as_new(invitation_id, "Somebody", HASHED, locale="fr", now=NOW)


def test_a_link_ends_after_seven_days_by_revoking_and_by_a_new_mail(
    client: FlaskClient, whole_app: Flask, organiser_id: int
) -> None:
    invitation_id = invited_member(organiser_id)
    first = latest_link()
    set_clock(whole_app.extensions, NOW + WEEK)
    late = client.get(first)
    assert late.status_code == 410
    assert "valid for 7 days" in late.text
    assert client.post(first, data=CHOSEN).status_code == 410
    later = NOW + WEEK + timedelta(hours=1)
    set_clock(whole_app.extensions, later)
    with transaction():
        send_again(invitation_id, organiser_id, event_title="", by=SYSTEM, now=later)
    second = latest_link(later)
    assert second != first
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    with transaction():
        revoke_invitation(invitation_id, organiser_id, by=SYSTEM, now=later)
    assert client.get(second).status_code == 410
    assert "withdrawn" in client.get(second).text
    assert latest_mail(later) is None
    assert list_invitations(organiser_id, later, event_id=None) == []
    with pytest.raises(InvitationInvalid), transaction():
        send_again(invitation_id, organiser_id, event_title="", by=SYSTEM, now=later)


def test_an_invitation_whose_gift_has_ended_gives_nothing(
    client: FlaskClient, whole_app: Flask, event: EventRow
) -> None:
    invitation_id = invited_partner(event, ends_at=NOW + timedelta(days=2))
    link = latest_link()
    set_clock(whole_app.extensions, NOW + timedelta(days=2))
    assert client.get(link).status_code == 410
    with pytest.raises(InvitationInvalid), transaction():
        accept_as_new(invitation_id, "Paul", HASHED, locale="fr", now=NOW + timedelta(days=2))


def test_what_nobody_was_sent_tells_nothing(client: FlaskClient, organiser_id: int) -> None:
    invited_member(organiser_id)
    make_organiser("Ailleurs")
    token = latest_link().rpartition("/")[2]
    forged = f"1.{'A' * 43}"
    for text in (forged, token[:-1], "1", "é", "x" * 500, token.replace("1.", "2.", 1)):
        answer = client.get(f"/invitation/{text}")
        assert answer.status_code == 404
        assert MAIL not in answer.text
        assert "Creativ’" not in answer.text
    assert find_invitation(token, NOW) is not None


def test_inviting_tells_the_same_whether_there_is_an_account(organiser_id: int, whole_app: Flask) -> None:
    owner = next(m for m in list_members(organiser_id) if m.role is Role.OWNER)
    boss = sign_in_as(whole_app, owner.account_id)
    sent = {"name": "Paul Duval", "role": "door", "locale": "fr", "ends_on": ""}
    unknown = boss.post("/manage/people/invitations", data=sent | {"email": "nobody@example.org"})
    make_member(make_organiser("Ailleurs"), Role.OWNER, email="known@example.org")
    known = boss.post("/manage/people/invitations", data=sent | {"email": "known@example.org"})
    assert (unknown.status_code, unknown.headers["Location"]) == (known.status_code, known.headers["Location"])
    page = boss.get("/manage/people").text
    assert page.count("/manage/people/invitations/") == 4  # send again and withdraw, twice


def test_who_is_there_already_is_not_invited_again(event: EventRow, organiser_id: int) -> None:
    invitation_id = invited_partner(event)
    with pytest.raises(AlreadyInvited), transaction():
        invite_partner(
            event.id, organiser_id, [EventFunction.DOOR], MAIL.upper(), name="", organisation="", locale="fr",
            ends_at=None, event_title="x", by=SYSTEM, now=NOW,
        )  # fmt: skip
    with transaction():
        accept_as_new(invitation_id, "Paul", HASHED, locale="fr", now=NOW)
    with pytest.raises(AlreadyPartner):
        invited_partner(event)
    colleague = make_member(organiser_id, Role.VIEWER, email="colleague@example.org")
    with pytest.raises(AlreadyMember), transaction():
        invite_member(organiser_id, Role.DOOR, colleague[1], name="", locale="fr", ends_at=None, by=SYSTEM, now=NOW)
    with transaction():
        set_end(colleague[0], organiser_id, NOW, by=SYSTEM, now=NOW)
        invite_member(organiser_id, Role.DOOR, colleague[1], name="", locale="fr", ends_at=None, by=SYSTEM, now=NOW)


def test_what_cannot_be_given_is_refused_at_its_field(event: EventRow) -> None:
    def problems(functions: tuple[EventFunction, ...], email: str, ends_at: datetime | None) -> dict[str, str]:
        with pytest.raises(FieldError) as refused, transaction():
            invite_partner(
                event.id, event.organiser_id, functions, email, name="", organisation="", locale="fr",
                ends_at=ends_at, event_title="x", by=SYSTEM, now=NOW,
            )  # fmt: skip
        return refused.value.problems

    assert problems((), MAIL, None) == {"functions": "required"}
    assert problems((EventFunction.DOOR,), MAIL, NOW) == {"ends_on": "past"}
    assert problems((EventFunction.DOOR,), "paul@example", None) == {"email": "email_ending"}


def test_an_account_made_meanwhile_is_not_made_twice(client: FlaskClient, organiser_id: int) -> None:
    invitation_id = invited_member(organiser_id)
    with transaction():
        create_account(MAIL, "Paul Duval", HASHED, by=SYSTEM, now=NOW)
    with pytest.raises(AccountExists), transaction():
        accept_as_new(invitation_id, "Paul", HASHED, locale="fr", now=NOW)
    state = find_invitation(latest_link().rpartition("/")[2], NOW)
    assert state is not None
    assert state.state is InvitationState.WAITING


def test_another_organisers_invitation_is_not_found(organiser_id: int) -> None:
    invitation_id = invited_member(organiser_id)
    other = make_organiser("Ailleurs")
    with pytest.raises(NotFound), transaction():
        revoke_invitation(invitation_id, other, by=SYSTEM, now=NOW)
    with pytest.raises(NotFound), transaction():
        send_again(invitation_id, other, event_title="", by=SYSTEM, now=NOW)
    assert _state(latest_link()) is InvitationState.WAITING


def _state(link: str) -> InvitationState | None:
    found = find_invitation(link.rpartition("/")[2], NOW)
    return found.state if found else None


def test_a_temp_leaves_by_themselves_and_can_be_prolonged(
    client: FlaskClient, whole_app: Flask, organiser_id: int
) -> None:
    """The clock moves past the last day: the cookie of yesterday opens nothing."""
    ends = (NOW + timedelta(days=1)).replace(hour=0, minute=0)
    invited_member(organiser_id, ends_at=ends)
    client.post(latest_link(), data=CHOSEN)
    assert client.get("/door/events").status_code == 200
    set_clock(whole_app.extensions, ends)
    assert client.get("/door/events").status_code == 403
    assert "prolong" in client.get("/manage/account").text
    account_id = find_account_id(MAIL)
    assert account_id is not None
    with transaction():
        set_end(account_id, organiser_id, ends + timedelta(days=1), by=SYSTEM, now=ends)
    assert client.get("/door/events").status_code == 200

"""Inviting by mail: to the organiser with a role, or to one event with functions.

A link works once, for 7 days, and never longer than what it gives.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import exists, insert, select, update

from app.accounts.enums import EventFunction, Role
from app.accounts.errors import AlreadyInvited, AlreadyMember, AlreadyPartner, InvitationInvalid
from app.accounts.invitations import InvitationRow, get_invitation, make_invitation_token
from app.accounts.models import Account, Delegation, Invitation, Membership
from app.accounts.operations.partners import entrust, require_grant
from app.accounts.operations.people import add_member, create_account
from app.accounts.passwords import NewPassword
from app.accounts.rules import INVITATION_LIFE, is_live
from app.core.actor import Actor, ActorKind
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.core.i18n import Locale
from app.core.text import TextError, normalise_email
from app.core.tokens import digest, new_token
from app.core.urls import settings
from app.messages.operations import queue_message

INVITATION_MAIL = "accounts.invitation"


def invite_member(
    organiser_id: int, role: Role, email: str, *, name: str, locale: Locale, ends_at: datetime | None, by: Actor, now: datetime
) -> int:  # fmt: skip
    """Invite somebody to work for the organiser, until `ends_at`; the invitation’s id.

    Raises FieldError (email, ends_on: past), AlreadyMember, AlreadyInvited.
    """
    address = _require_mail(email)
    if not is_live(ends_at, now):
        raise FieldError({"ends_on": "past"})
    _require_no_member(organiser_id, address, now)
    _require_not_invited(organiser_id, None, address)
    return _invite(
        {"organiser_id": organiser_id, "role": role, "email": address, "name": name.strip(), "locale": locale,
         "ends_at": ends_at}, "", by, now,
    )  # fmt: skip


def invite_partner(
    event_id: int, organiser_id: int, functions: Iterable[EventFunction], email: str, *, name: str, organisation: str,
    locale: Locale, ends_at: datetime | None, event_title: str, by: Actor, now: datetime,
) -> int:  # fmt: skip
    """Invite somebody of another organisation to hold functions of the event; the invitation’s id.

    Raises FieldError (email, functions, ends_on), AlreadyMember (a colleague: their role says what they may),
    AlreadyPartner, AlreadyInvited.
    """
    address, wanted = _require_mail(email), frozenset(functions)
    require_grant(wanted, ends_at, now)
    _require_no_member(organiser_id, address, now)
    holds = exists().where(
        Delegation.event_id == event_id,
        Delegation.revoked_at.is_(None),
        Delegation.account_id == Account.id,
        Account.email == address,
    )
    if db.session.execute(select(holds)).scalar_one():
        raise AlreadyPartner
    _require_not_invited(organiser_id, event_id, address)
    return _invite(
        {"organiser_id": organiser_id, "event_id": event_id, "functions": " ".join(sorted(wanted)), "email": address,
         "organisation": organisation.strip(), "name": name.strip(), "locale": locale, "ends_at": ends_at},
        event_title, by, now,
    )  # fmt: skip


def send_again(invitation_id: int, organiser_id: int, *, event_title: str, by: Actor, now: datetime) -> InvitationRow:
    """Send a new link, for 7 days from now or until what it gives ends; the earlier one ends.

    Raises NotFound, InvitationInvalid when it was accepted or revoked, or when what it gives has ended.
    """
    ends_at = get_invitation(invitation_id, now, organiser_id=organiser_id).ends_at
    expires_at = _end_of_link(ends_at, now)
    row = db.session.execute(
        update(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.organiser_id == organiser_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.ends_at.is_(None) | (Invitation.ends_at > now),
        )
        .values(expires_at=expires_at, digest=_digest(invitation_id, expires_at))
        .returning(Invitation.id)
    ).one_or_none()
    found = get_invitation(invitation_id, now, organiser_id=organiser_id)
    if row is None:
        raise InvitationInvalid
    _queue(found, event_title, now)
    _record(by, "invitation.sent_again", found, now)
    return found


def revoke_invitation(invitation_id: int, organiser_id: int, *, by: Actor, now: datetime) -> InvitationRow:
    """The link stops. Raises NotFound, InvitationInvalid when it was accepted or revoked already."""
    found = get_invitation(invitation_id, now, organiser_id=organiser_id)
    _close(invitation_id, {"revoked_at": now})
    _record(by, "invitation.revoked", found, now)
    return found


def accept_as_new(invitation_id: int, name: str, password: NewPassword, *, locale: Locale, now: datetime) -> int:
    """Make the account of who was invited, with what the invitation gives; the account’s id.

    Raises InvitationInvalid, AccountExists when there is one by now.
    """
    found = _use(invitation_id, now)
    guest = Actor(ActorKind.STAFF, name.strip(), None, found.organiser_id)
    account_id = create_account(found.email, name, password, by=guest, now=now, locale=locale)
    _give(found, account_id, name.strip(), now)
    return account_id


def accept_as(invitation_id: int, account_id: int, *, now: datetime) -> None:
    """Give an account what the invitation to its mail gives. Raises InvitationInvalid, also for another’s account."""
    found = _use(invitation_id, now)
    account = db.session.execute(
        select(Account.name).where(
            Account.id == account_id, Account.email == found.email, Account.disabled_at.is_(None)
        )
    ).one_or_none()
    if account is None:
        raise InvitationInvalid
    _give(found, account_id, account.name, now)


def _use(invitation_id: int, now: datetime) -> InvitationRow:
    """Only one of two who press at once gets past here."""
    found = get_invitation(invitation_id, now)
    if not is_live(found.ends_at, now) or found.expires_at <= now:
        raise InvitationInvalid
    _close(invitation_id, {"accepted_at": now})
    return found


def _give(found: InvitationRow, account_id: int, name: str, now: datetime) -> None:
    guest = Actor(ActorKind.STAFF, name, account_id, found.organiser_id)
    db.session.execute(update(Invitation).where(Invitation.id == found.id).values(account_id=account_id))
    if found.role is not None:
        with suppress(AlreadyMember):  # somebody added them meanwhile: that stands
            add_member(account_id, found.organiser_id, found.role, ends_at=found.ends_at, by=guest, now=now)
    elif found.event_id is not None:
        entrust(
            found.event_id, found.organiser_id, account_id, found.functions,
            organisation=found.organisation, ends_at=found.ends_at, by=guest, now=now,
        )  # fmt: skip
    _record(guest, "invitation.accepted", found, now)


def _close(invitation_id: int, values: dict[str, datetime]) -> None:
    closed = db.session.execute(
        update(Invitation)
        .where(Invitation.id == invitation_id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        .values(values)
        .returning(Invitation.id)
    ).one_or_none()
    if closed is None:
        raise InvitationInvalid


def _end_of_link(ends_at: datetime | None, now: datetime) -> datetime:
    """Seven days on, or the end of what it gives."""
    return now + INVITATION_LIFE if ends_at is None else min(now + INVITATION_LIFE, ends_at)


def _invite(values: dict[str, Any], event_title: str, by: Actor, now: datetime) -> int:
    expires_at = _end_of_link(values["ends_at"], now)
    stored = values | {
        "digest": digest(new_token()), "created_at": now, "expires_at": expires_at, "invited_by": by.id
    }  # fmt: skip
    invitation_id = db.session.execute(insert(Invitation).values(stored).returning(Invitation.id)).scalar_one()
    db.session.execute(
        update(Invitation).where(Invitation.id == invitation_id).values(digest=_digest(invitation_id, expires_at))
    )
    found = get_invitation(invitation_id, now)
    _queue(found, event_title, now)
    _record(by, "invitation.sent", found, now)
    return invitation_id


def _digest(invitation_id: int, expires_at: datetime) -> str:
    return digest(make_invitation_token(invitation_id, expires_at, settings().secret_key))


def _queue(found: InvitationRow, event_title: str, now: datetime) -> None:
    """The mail belongs to no organiser’s log: whoever reads it there could use the link."""
    queue_message(
        template=INVITATION_MAIL,
        subject=found.subject,
        recipient=found.email,
        locale=found.locale,
        params={
            "invitation_id": found.id, "expires_at": found.expires_at.isoformat(), "event_title": event_title,
        },
        organiser_id=None,
        now=now,
    )  # fmt: skip


def _record(by: Actor, verb: str, found: InvitationRow, now: datetime) -> None:
    subject = f"event:{found.event_id}" if found.event_id is not None else f"organiser:{found.organiser_id}"
    details = {
        "invitation_id": found.id,
        "functions": sorted(found.functions),
        "role": found.role.value if found.role else None,
    }
    record(by, verb, subject, now=now, organiser_id=found.organiser_id, details=details)


def _require_mail(email: str) -> str:
    try:
        return normalise_email(email)
    except TextError as error:
        raise FieldError({"email": error.code}) from error


def _require_no_member(organiser_id: int, address: str, now: datetime) -> None:
    works = exists().where(
        Membership.organiser_id == organiser_id,
        Membership.ends_at.is_(None) | (Membership.ends_at > now),
        Membership.account_id == Account.id,
        Account.email == address,
    )
    if db.session.execute(select(works)).scalar_one():
        raise AlreadyMember


def _require_not_invited(organiser_id: int, event_id: int | None, address: str) -> None:
    about = Invitation.event_id.is_(None) if event_id is None else Invitation.event_id == event_id
    waiting = exists().where(
        Invitation.organiser_id == organiser_id,
        about,
        Invitation.email == address,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    )
    if db.session.execute(select(waiting)).scalar_one():
        raise AlreadyInvited

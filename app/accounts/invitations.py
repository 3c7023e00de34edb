"""Invitations and what came of them: the links in their mails, those that wait, and who holds what of an event.

An invitation’s link is `<invitation>.<proof>`: the proof (HMAC-SHA256, RFC 2104) is over the invitation and the end of
its life. Only its digest is stored. Sending the mail again ends the life of the earlier link.
"""

import enum
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select

from app.accounts.enums import EventFunction, Role
from app.accounts.models import Account, Delegation, Invitation
from app.accounts.rules import is_live
from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import Locale, as_locale
from app.core.tokens import digest

_PURPOSE = b"parcours: link of an invitation"


class InvitationState(enum.StrEnum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"  # the link is more than 7 days old, or what it gives has ended


@dataclass(frozen=True)
class InvitationRow:
    """An invitation: to the organiser with `role`, or to the event with `functions`."""

    id: int
    organiser_id: int
    event_id: int | None
    role: Role | None
    functions: frozenset[EventFunction]
    organisation: str
    email: str
    name: str
    locale: Locale
    created_at: datetime
    expires_at: datetime
    ends_at: datetime | None
    state: InvitationState

    @property
    def ends_with_access(self) -> bool:
        """Whether the link ends no earlier than what it gives."""
        return self.ends_at is not None and self.expires_at >= self.ends_at

    @property
    def subject(self) -> str:
        """What its mails are about."""
        return f"invitation:{self.id}"


@dataclass(frozen=True)
class PartnerRow:
    """Who holds which functions of an event, for which organisation. `live` until `ends_at`."""

    account_id: int
    name: str
    email: str
    organisation: str
    functions: frozenset[EventFunction]
    since: datetime
    ends_at: datetime | None
    live: bool


def make_invitation_token(invitation_id: int, expires_at: datetime, secret_key: str) -> str:
    """The token of the link that works until `expires_at`."""
    key = hmac.digest(secret_key.encode(), _PURPOSE, sha256)
    proof = hmac.digest(key, f"{invitation_id}.{int(expires_at.timestamp())}".encode(), sha256)
    return f"{invitation_id}.{urlsafe_b64encode(proof).rstrip(b'=').decode()}"


def find_invitation(token: str, now: datetime) -> InvitationRow | None:
    """Whose link it is, whatever has become of it; None for one that never was, or that a later mail replaced."""
    return _find(now, Invitation.digest == digest(token))


def get_invitation(invitation_id: int, now: datetime, *, organiser_id: int | None = None) -> InvitationRow:
    """Raises NotFound, also for another organiser’s."""
    found = _find(now, Invitation.id == invitation_id)
    if found is None or organiser_id not in {None, found.organiser_id}:
        raise NotFound("invitation")
    return found


def list_invitations(organiser_id: int, now: datetime, *, event_id: int | None) -> list[InvitationRow]:
    """Those that were not accepted and not revoked, newest first: of one event, or (None) to the organiser itself."""
    about = Invitation.event_id.is_(None) if event_id is None else Invitation.event_id == event_id
    rows = db.session.execute(
        _SELECT.where(
            Invitation.organiser_id == organiser_id,
            about,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        ).order_by(Invitation.id.desc())
    )
    return [_invitation(row, now) for row in rows]


def list_partners(event_id: int, now: datetime) -> list[PartnerRow]:
    """Who holds functions of the event, by name; those whose time is over too, until they are revoked."""
    rows = db.session.execute(
        select(
            Account.id, Account.name, Account.email,
            Delegation.organisation, Delegation.function, Delegation.created_at, Delegation.ends_at,
        )
        .join(Account, Account.id == Delegation.account_id)
        .where(Delegation.event_id == event_id, Delegation.revoked_at.is_(None))
        .order_by(func.lower(Account.name), Account.id, Delegation.id)
    ).all()  # fmt: skip
    found: dict[int, PartnerRow] = {}
    for row in rows:
        before = found.get(row.id)
        functions = frozenset({row.function}) | (before.functions if before else frozenset())
        since = before.since if before else row.created_at
        live = is_live(row.ends_at, now)
        found[row.id] = PartnerRow(
            row.id, row.name, row.email, row.organisation, functions, since, row.ends_at, live
        )  # fmt: skip
    return list(found.values())


_SELECT = select(
    Invitation.id,
    Invitation.organiser_id,
    Invitation.event_id,
    Invitation.role,
    Invitation.functions,
    Invitation.organisation,
    Invitation.email,
    Invitation.name,
    Invitation.locale,
    Invitation.created_at,
    Invitation.expires_at,
    Invitation.ends_at,
    Invitation.accepted_at,
    Invitation.revoked_at,
)


def _find(now: datetime, condition: Any) -> InvitationRow | None:
    row = db.session.execute(_SELECT.where(condition)).one_or_none()
    return None if row is None else _invitation(row, now)


def _invitation(row: Any, now: datetime) -> InvitationRow:
    return InvitationRow(
        row.id, row.organiser_id, row.event_id, row.role, frozenset(EventFunction(f) for f in row.functions.split()),
        row.organisation, row.email, row.name, as_locale(row.locale), row.created_at, row.expires_at, row.ends_at,
        _state(row, now),
    )  # fmt: skip


def _state(row: Any, now: datetime) -> InvitationState:
    if row.accepted_at is not None:
        return InvitationState.ACCEPTED
    if row.revoked_at is not None:
        return InvitationState.REVOKED
    lives = now < row.expires_at and is_live(row.ends_at, now)
    return InvitationState.WAITING if lives else InvitationState.EXPIRED

"""Tables of organisers, accounts and tokens."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.enums import EventFunction, Role
from app.core.db import Model, text_enum

NOT_REVOKED = text("revoked_at IS NULL")


class Organiser(Model):
    """A tenant: an agency that runs events. `look_version` changes with its logo or colours, for caches."""

    __tablename__ = "organisers"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    tagline_fr: Mapped[str] = mapped_column(String(120), default="")
    tagline_en: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    help_hours_fr: Mapped[str] = mapped_column(String(120), default="")
    help_hours_en: Mapped[str] = mapped_column(String(120), default="")
    brand: Mapped[str] = mapped_column(String(7), default="#5E1A49")
    accent: Mapped[str] = mapped_column(String(7), default="#F2B632")
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    logo_type: Mapped[str] = mapped_column(String(40), default="")
    look_version: Mapped[int] = mapped_column(default=1)
    feed_token: Mapped[str] = mapped_column(String(40), unique=True)
    created_at: Mapped[datetime]


class Account(Model):
    """A person who logs in. `epoch` is in each of their cookies: raising it logs them out everywhere."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    epoch: Mapped[int] = mapped_column(default=1)
    locale: Mapped[str] = mapped_column(String(5), default="fr")
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Membership(Model):
    """A person of an organiser. From `ends_at` on it counts no more: short replacements leave by themselves.

    `guide` holds what they told their first steps: `hidden`, `previewed`, with spaces between.
    """

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("account_id", "organiser_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"), index=True)
    role: Mapped[Role] = mapped_column(text_enum(Role))
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    guide: Mapped[str] = mapped_column(String(60), default="", server_default="")


class Delegation(Model):
    """A function of one event in the hands of another organisation's person, from its making until `ends_at` or revoked."""

    __tablename__ = "delegations"
    __table_args__ = (
        Index(
            "uq_delegations_live",
            "event_id",
            "account_id",
            "function",
            unique=True,
            sqlite_where=NOT_REVOKED,
            postgresql_where=NOT_REVOKED,
        ),
        Index("ix_delegations_account", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    function: Mapped[EventFunction] = mapped_column(text_enum(EventFunction))
    organisation: Mapped[str] = mapped_column(String(160), default="")
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Invitation(Model):
    """A mail that lets its reader in: to the organiser with `role`, or to one event with `functions` (codes, spaces between).

    Only the digest of its link is kept. It is used once, before `expires_at`; what it gives ends at `ends_at`.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("(role IS NULL) <> (event_id IS NULL)", name="one_thing"),
        Index("ix_invitations_organiser", "organiser_id", "id"),
        Index("ix_invitations_event", "event_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    role: Mapped[Role | None] = mapped_column(text_enum(Role))
    functions: Mapped[str] = mapped_column(String(120), default="")
    organisation: Mapped[str] = mapped_column(String(160), default="")
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(120), default="")
    locale: Mapped[str] = mapped_column(String(5), default="fr")
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    revoked_at: Mapped[datetime | None]


class Throttle(Model):
    """Failed attempts for one key (an account's mail or an address, hashed), kept in the database for all processes."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime]
    blocked_until: Mapped[datetime | None]


class ApiToken(Model):
    """A program's key: only its digest is kept, and its last four characters to know it by.

    A door token belongs to an account and one event, and runs out; the day of its last use is not kept.
    """

    __tablename__ = "api_tokens"
    __table_args__ = (Index("ix_api_tokens_account_event", "account_id", "event_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(String(300))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    account_epoch: Mapped[int | None]
    event_id: Mapped[int | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    ending: Mapped[str] = mapped_column(String(4), default="", server_default="")
    last_used_on: Mapped[date | None]


class IdempotencyKey(Model):
    """An answer kept 24 h, so that a repeated call is answered the same and done once."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("token_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_id: Mapped[int] = mapped_column(ForeignKey("api_tokens.id"))
    key: Mapped[str] = mapped_column(String(255))
    body_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(index=True)

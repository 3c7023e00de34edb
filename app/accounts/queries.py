"""What pages and guards read about organisers, people and tokens. Every function takes one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app.accounts.enums import Role, Scope
from app.accounts.models import Account, ApiToken, Membership, Organiser
from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import Locale, as_locale
from app.core.tokens import digest


@dataclass(frozen=True)
class OrganiserRow:
    """An organiser as pages show it. `feed_token` opens its public calendar feed."""

    id: int
    slug: str
    name: str
    tagline_fr: str
    tagline_en: str
    email: str
    phone: str
    help_hours_fr: str
    help_hours_en: str
    brand: str
    accent: str
    has_logo: bool
    look_version: int
    feed_token: str

    def tagline(self, locale: str) -> str:
        return self.tagline_en or self.tagline_fr if locale == "en" else self.tagline_fr

    def help_hours(self, locale: str) -> str:
        return self.help_hours_en or self.help_hours_fr if locale == "en" else self.help_hours_fr


@dataclass(frozen=True)
class MembershipRow:
    """What an account may do for one organiser."""

    organiser: OrganiserRow
    role: Role


@dataclass(frozen=True)
class SignedInRow:
    """An account with all its memberships, by organiser's name."""

    account_id: int
    email: str
    name: str
    epoch: int
    locale: Locale
    memberships: tuple[MembershipRow, ...]


@dataclass(frozen=True)
class CredentialsRow:
    account_id: int
    password_hash: str
    epoch: int
    locale: Locale
    disabled: bool


@dataclass(frozen=True)
class MemberRow:
    account_id: int
    name: str
    email: str
    role: Role
    since: datetime


@dataclass(frozen=True)
class TokenRow:
    """A token in force at the time it was read; `expires_at` is still to be compared with the present.

    A door token has `account_id` (whose log-out everywhere ends it) and `event_id` (the only event it reaches).
    """

    id: int
    organiser_id: int
    name: str
    scopes: frozenset[Scope]
    account_id: int | None
    event_id: int | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


_ORGANISER = (
    Organiser.id,
    Organiser.slug,
    Organiser.name,
    Organiser.tagline_fr,
    Organiser.tagline_en,
    Organiser.email,
    Organiser.phone,
    Organiser.help_hours_fr,
    Organiser.help_hours_en,
    Organiser.brand,
    Organiser.accent,
    (Organiser.logo_type != "").label("has_logo"),
    Organiser.look_version,
    Organiser.feed_token,
)


def _organiser(values: Sequence[object]) -> OrganiserRow:
    return OrganiserRow(*values)  # type: ignore[arg-type]  # the columns of _ORGANISER, in the same order


def get_organiser(organiser_id: int) -> OrganiserRow:
    """Raises NotFound."""
    row = db.session.execute(select(*_ORGANISER).where(Organiser.id == organiser_id)).one_or_none()
    if row is None:
        raise NotFound("organiser")
    return _organiser(row)


def find_organiser_by_slug(slug: str) -> OrganiserRow | None:
    row = db.session.execute(select(*_ORGANISER).where(Organiser.slug == slug)).one_or_none()
    return None if row is None else _organiser(row)


def find_only_organiser() -> OrganiserRow | None:
    """The organiser of an installation that has just one; None when there are none or several."""
    rows = db.session.execute(select(*_ORGANISER).limit(2)).all()
    return _organiser(rows[0]) if len(rows) == 1 else None


def list_organisers() -> list[OrganiserRow]:
    return [_organiser(row) for row in db.session.execute(select(*_ORGANISER).order_by(Organiser.name))]


def find_logo(slug: str) -> bytes | None:
    """The organiser's logo, a PNG."""
    return db.session.execute(select(Organiser.logo).where(Organiser.slug == slug)).scalar_one_or_none()


def find_signed_in(account_id: int) -> SignedInRow | None:
    """The account and all it may do, or None when it is gone or disabled."""
    account = (Account.id, Account.email, Account.name, Account.epoch, Account.locale)
    rows = db.session.execute(
        select(*account, Membership.role, *_ORGANISER)
        .join_from(Account, Membership, Membership.account_id == Account.id, isouter=True)
        .join(Organiser, Organiser.id == Membership.organiser_id, isouter=True)
        .where(Account.id == account_id, Account.disabled_at.is_(None))
        .order_by(Organiser.name)
    ).all()
    if not rows:
        return None
    identity = rows[0]
    memberships = tuple(MembershipRow(_organiser(row[6:]), row[5]) for row in rows if row[5] is not None)
    return SignedInRow(identity[0], identity[1], identity[2], identity[3], as_locale(identity[4]), memberships)


def find_credentials(email: str) -> CredentialsRow | None:
    """What logging in compares; `email` is normalised."""
    row = db.session.execute(
        select(Account.id, Account.password_hash, Account.epoch, Account.locale, Account.disabled_at).where(
            Account.email == email
        )
    ).one_or_none()
    if row is None:
        return None
    return CredentialsRow(row.id, row.password_hash, row.epoch, as_locale(row.locale), row.disabled_at is not None)


def find_account_id(email: str) -> int | None:
    return db.session.execute(select(Account.id).where(Account.email == email)).scalar_one_or_none()


def list_members(organiser_id: int) -> list[MemberRow]:
    rows = db.session.execute(
        select(Account.id, Account.name, Account.email, Membership.role, Membership.created_at)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.organiser_id == organiser_id)
        .order_by(func.lower(Account.name), Account.id)
    )
    return [MemberRow(*row) for row in rows]


def find_role(account_id: int, organiser_id: int) -> Role | None:
    return db.session.execute(
        select(Membership.role).where(Membership.account_id == account_id, Membership.organiser_id == organiser_id)
    ).scalar_one_or_none()


def count_owners(organiser_id: int) -> int:
    """Owners who can log in."""
    return db.session.execute(
        select(func.count())
        .select_from(Membership)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.organiser_id == organiser_id, Membership.role == Role.OWNER, Account.disabled_at.is_(None))
    ).scalar_one()


_TOKEN = (
    ApiToken.id,
    ApiToken.organiser_id,
    ApiToken.name,
    ApiToken.scopes,
    ApiToken.account_id,
    ApiToken.event_id,
    ApiToken.created_at,
    ApiToken.expires_at,
    ApiToken.revoked_at,
)


def _token(row: Any) -> TokenRow:
    scopes = frozenset(Scope(text) for text in row[3].split())
    return TokenRow(row[0], row[1], row[2], scopes, row[4], row[5], row[6], row[7], row[8])


def find_token(token: str, now: datetime) -> TokenRow | None:
    """The token in force at `now`: not revoked, not expired, its account neither disabled nor logged out since."""
    row = db.session.execute(
        select(*_TOKEN)
        .join(Account, Account.id == ApiToken.account_id, isouter=True)
        .where(
            ApiToken.digest == digest(token),
            ApiToken.revoked_at.is_(None),
            (ApiToken.account_id.is_(None))
            | ((Account.epoch == ApiToken.account_epoch) & Account.disabled_at.is_(None)),
        )
    ).one_or_none()
    if row is None:
        return None
    found = _token(row)
    return None if found.expires_at is not None and found.expires_at <= now else found


def list_tokens(organiser_id: int) -> list[TokenRow]:
    """The tokens made for programs, newest first; door tokens are not among them."""
    rows = db.session.execute(
        select(*_TOKEN)
        .where(ApiToken.organiser_id == organiser_id, ApiToken.account_id.is_(None))
        .order_by(ApiToken.id.desc())
    )
    return [_token(row) for row in rows]

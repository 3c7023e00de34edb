"""What pages and guards read about organisers, people and tokens. Every function takes one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, func, or_, select, union_all

from app.accounts.enums import EventFunction, Role, Scope
from app.accounts.models import Account, ApiToken, Delegation, Membership, Organiser
from app.accounts.rules import Ability, functions_with, roles_with
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
    """What an account may do for one organiser, until `ends_at`."""

    organiser: OrganiserRow
    role: Role
    ends_at: datetime | None = None


@dataclass(frozen=True)
class EntrustedRow:
    """The functions of one event that an account holds for another organisation. `ends_at`: of the one that lasts longest."""

    organiser: OrganiserRow
    event_id: int
    functions: frozenset[EventFunction]
    organisation: str
    ends_at: datetime | None


@dataclass(frozen=True)
class SignedInRow:
    """An account with all its memberships, by organiser's name, and the events entrusted to it; live ones alone."""

    account_id: int
    email: str
    name: str
    epoch: int
    locale: Locale
    memberships: tuple[MembershipRow, ...]
    entrusted: tuple[EntrustedRow, ...] = ()


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
    ends_at: datetime | None


@dataclass(frozen=True)
class TokenRow:
    """A token in force at the time it was read; `expires_at` is still to be compared with the present.

    A door token has `account_id` (whose log-out everywhere ends it) and `event_id` (the only event it reaches). `ending` is
    the last four characters of a program's, `last_used_on` the last day (UTC) on which it called.
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
    ending: str = ""
    last_used_on: date | None = None


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


def find_signed_in(account_id: int, now: datetime) -> SignedInRow | None:
    """The account and all it may do at `now`, or None when it is gone or disabled. One statement, two for partners."""
    rows = db.session.execute(_signed_in(), {"sought": account_id, "at": now}).all()
    if not rows:
        return None
    first = rows[0]
    memberships = tuple(MembershipRow(_organiser(row[8:]), row[6], row[7]) for row in rows if row[6] is not None)
    return SignedInRow(
        first[0], first[1], first[2], first[3], as_locale(first[4]), memberships,
        _list_entrusted(account_id, now) if first[5] else (),
    )  # fmt: skip


@cache
def _signed_in() -> Any:
    """Made once, for every page of the desk runs it: making it anew takes longer than running it."""
    at: Any = bindparam("at", type_=Membership.__table__.c.ends_at.type)
    account = (Account.id, Account.email, Account.name, Account.epoch, Account.locale)
    entrusted = exists().where(Delegation.account_id == Account.id, *_live_delegation(at))
    live = (Membership.account_id == Account.id) & _live(Membership.ends_at, at)
    found: Any = (
        select(*account, entrusted.label("entrusted"), Membership.role, Membership.ends_at, *_ORGANISER)
        .join_from(Account, Membership, live, isouter=True)
        .join(Organiser, Organiser.id == Membership.organiser_id, isouter=True)
        .where(Account.id == bindparam("sought"), Account.disabled_at.is_(None))
        .order_by(Organiser.name)
    )
    return found


def _live(ends_at: Any, now: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = or_(ends_at.is_(None), ends_at > now)
    return found


def _live_delegation(now: Any) -> tuple[ColumnElement[bool], ...]:
    return Delegation.revoked_at.is_(None), _live(Delegation.ends_at, now)


def _list_entrusted(account_id: int, now: datetime) -> tuple[EntrustedRow, ...]:
    rows = db.session.execute(
        select(Delegation.event_id, Delegation.function, Delegation.organisation, Delegation.ends_at, *_ORGANISER)
        .join(Organiser, Organiser.id == Delegation.organiser_id)
        .where(Delegation.account_id == account_id, *_live_delegation(now))
        .order_by(Delegation.event_id, Delegation.id)
    ).all()
    found: dict[int, EntrustedRow] = {}
    for row in rows:
        before = found.get(row[0])
        functions, ends = frozenset({row[1]}), row[3]
        if before is not None:
            functions |= before.functions
            ends = None if ends is None or before.ends_at is None else max(ends, before.ends_at)
        found[row[0]] = EntrustedRow(_organiser(row[4:]), row[0], functions, row[2], ends)
    return tuple(found.values())


@dataclass(frozen=True)
class EndedRow:
    """What a person held for an organiser until `ended_at`: as one of its people, or as a partner of an event."""

    organiser: OrganiserRow
    ended_at: datetime


def find_ended(account_id: int, now: datetime) -> EndedRow | None:
    """What ended last of all that the person held and that is over by `now`."""
    over = func.coalesce(Delegation.revoked_at, Delegation.ends_at)
    member = select(Membership.organiser_id, Membership.ends_at.label("ended_at")).where(
        Membership.account_id == account_id, Membership.ends_at <= now
    )
    partner = select(Delegation.organiser_id, over.label("ended_at")).where(
        Delegation.account_id == account_id, over <= now
    )
    ended = union_all(member, partner).subquery()
    row = db.session.execute(
        select(ended.c.ended_at, *_ORGANISER)
        .join(Organiser, Organiser.id == ended.c.organiser_id)
        .order_by(ended.c.ended_at.desc(), Organiser.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else EndedRow(_organiser(row[1:]), row[0])


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


_MEMBER = select(
    Account.id, Account.name, Account.email, Membership.role, Membership.created_at, Membership.ends_at
).join(Membership, Membership.account_id == Account.id)


def list_members(organiser_id: int, *, text: str = "", offset: int = 0, limit: int | None = None) -> list[MemberRow]:
    """Who works for the organiser or did until their time was over, by name. `text` stands in the name or the mail."""
    statement = _MEMBER.where(Membership.organiser_id == organiser_id)
    if text:
        statement = statement.where(
            Account.name.icontains(text, autoescape=True) | Account.email.icontains(text, autoescape=True)
        )
    rows = db.session.execute(statement.order_by(func.lower(Account.name), Account.id).offset(offset).limit(limit))
    return [MemberRow(*row) for row in rows]


def get_member(account_id: int, organiser_id: int) -> MemberRow:
    """Raises NotFound for somebody who does not work for this organiser."""
    row = db.session.execute(
        _MEMBER.where(Account.id == account_id, Membership.organiser_id == organiser_id)
    ).one_or_none()
    if row is None:
        raise NotFound("member")
    return MemberRow(*row)


def count_owners(organiser_id: int) -> int:
    """Owners who can log in and whose work has no end."""
    return db.session.execute(
        select(func.count())
        .select_from(Membership)
        .join(Account, Account.id == Membership.account_id)
        .where(
            Membership.organiser_id == organiser_id,
            Membership.role == Role.OWNER,
            Membership.ends_at.is_(None),
            Account.disabled_at.is_(None),
        )
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
    ApiToken.ending,
    ApiToken.last_used_on,
)


def _token(row: Any) -> TokenRow:
    scopes = frozenset(Scope(text) for text in row[3].split())
    return TokenRow(
        row[0], row[1], row[2], scopes, row[4], row[5], row[6], row[7], row[8], row[9], row[10]
    )  # fmt: skip


def find_token(token: str, now: datetime) -> TokenRow | None:
    """The token in force at `now`: not revoked, not expired.

    A person's: they are neither disabled nor logged out since, and still hold the door of its event.
    """
    of_person = (
        (Account.epoch == ApiToken.account_epoch) & Account.disabled_at.is_(None) & or_(*_holds_door(now))
    )  # fmt: skip
    row = db.session.execute(
        select(*_TOKEN)
        .join(Account, Account.id == ApiToken.account_id, isouter=True)
        .where(
            ApiToken.digest == digest(token), ApiToken.revoked_at.is_(None), ApiToken.account_id.is_(None) | of_person
        )
    ).one_or_none()
    if row is None:
        return None
    found = _token(row)
    return None if found.expires_at is not None and found.expires_at <= now else found


def _holds_door(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """By their role for the token's organiser, or by their function of the token's event."""
    member = exists().where(
        Membership.account_id == ApiToken.account_id,
        Membership.organiser_id == ApiToken.organiser_id,
        Membership.role.in_(roles_with(Ability.DOOR)),
        _live(Membership.ends_at, now),
    )
    partner = exists().where(
        Delegation.account_id == ApiToken.account_id,
        Delegation.event_id == ApiToken.event_id,
        Delegation.function.in_(functions_with(Ability.DOOR)),
        *_live_delegation(now),
    )
    return member, partner


def list_tokens(organiser_id: int) -> list[TokenRow]:
    """The tokens made for programs, newest first; door tokens are not among them."""
    rows = db.session.execute(
        select(*_TOKEN)
        .where(ApiToken.organiser_id == organiser_id, ApiToken.account_id.is_(None))
        .order_by(ApiToken.id.desc())
    )
    return [_token(row) for row in rows]

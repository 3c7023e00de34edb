"""Organisers, accounts and who works for whom."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.enums import Role
from app.accounts.errors import AccountExists, AlreadyMember, LastOwner
from app.accounts.models import Account, Membership, Organiser
from app.accounts.operations.tokens import revoke_door_tokens
from app.accounts.passwords import NewPassword
from app.accounts.queries import count_owners
from app.accounts.rules import Ability, is_live, leaves_no_owner, roles_with
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError, NotFound
from app.core.i18n import Locale
from app.core.text import TextError, normalise_email, slugify
from app.core.tokens import new_token


def create_organiser(name: str, *, by: Actor, now: datetime, slug: str | None = None) -> int:
    """A new tenant with the default look; its id. A taken slug gets a number."""
    base = slugify(slug or name) or "organiser"
    taken = set(db.session.execute(select(Organiser.slug).where(Organiser.slug.startswith(base))).scalars())
    free, number = base, 2
    while free in taken:
        free, number = f"{base[:55]}-{number}", number + 1
    organiser_id = db.session.execute(
        insert(Organiser)
        .values(slug=free, name=name.strip(), feed_token=new_token(), created_at=now)
        .returning(Organiser.id)
    ).scalar_one()
    record(by, "organiser.created", f"organiser:{organiser_id}", now=now, organiser_id=organiser_id)
    return organiser_id


def create_account(
    email: str, name: str, password: NewPassword, *, by: Actor, now: datetime, locale: Locale = "fr"
) -> int:
    """A person who can log in; the id. Raises FieldError on the mail, AccountExists."""
    try:
        address = normalise_email(email)
    except TextError as error:
        raise FieldError({"email": error.code}) from error
    values = {
        "email": address,
        "name": name.strip(),
        "password_hash": password.hash,
        "locale": locale,
        "created_at": now,
    }
    try:
        with db.session.begin_nested():
            account_id = db.session.execute(insert(Account).values(values).returning(Account.id)).scalar_one()
    except IntegrityError as error:
        raise AccountExists(address) from error
    record(by, "account.created", f"account:{account_id}", now=now, organiser_id=by.organiser_id)
    return account_id


def add_member(
    account_id: int, organiser_id: int, role: Role, *, by: Actor, now: datetime, ends_at: datetime | None = None
) -> None:
    """Let a person work for an organiser, until `ends_at`; also one whose time was over.

    Raises AlreadyMember, FieldError (ends_on: past).
    """
    _require_future(ends_at, now)
    values = {
        "account_id": account_id, "organiser_id": organiser_id, "role": role, "created_at": now, "ends_at": ends_at
    }  # fmt: skip
    db.session.execute(
        delete(Membership).where(
            Membership.account_id == account_id, Membership.organiser_id == organiser_id, Membership.ends_at <= now
        )
    )
    try:
        with db.session.begin_nested():
            db.session.execute(insert(Membership).values(values))
    except IntegrityError as error:
        raise AlreadyMember from error
    _record(by, "member.added", account_id, organiser_id, now, {"role": role.value, "until": _day(ends_at)})


def change_role(account_id: int, organiser_id: int, role: Role, *, by: Actor, now: datetime) -> None:
    """Raises NotFound when the person does not work for the organiser, LastOwner."""
    before, ends_at = _lock_membership(account_id, organiser_id)
    if ends_at is None and leaves_no_owner(before, role, count_owners(organiser_id)):
        raise LastOwner
    db.session.execute(
        update(Membership)
        .where(Membership.account_id == account_id, Membership.organiser_id == organiser_id)
        .values(role=role)
    )
    if role not in roles_with(Ability.DOOR):
        revoke_door_tokens(account_id, now=now, organiser_id=organiser_id)
    _record(by, "member.role_changed", account_id, organiser_id, now, {"role": [before.value, role.value]})


def set_end(account_id: int, organiser_id: int, ends_at: datetime | None, *, by: Actor, now: datetime) -> None:
    """Prolong a person's work (None: without an end), or end it at once (`ends_at` is `now`), their door keys with it.

    Raises NotFound, FieldError (ends_on: past), LastOwner: one owner stays whose work has no end.
    """
    if ends_at != now:
        _require_future(ends_at, now)
    role, before = _lock_membership(account_id, organiser_id)
    if before is None and ends_at is not None and leaves_no_owner(role, None, count_owners(organiser_id)):
        raise LastOwner
    db.session.execute(
        update(Membership)
        .where(Membership.account_id == account_id, Membership.organiser_id == organiser_id)
        .values(ends_at=ends_at)
    )
    if not is_live(ends_at, now):
        revoke_door_tokens(account_id, now=now, organiser_id=organiser_id)
    _record(by, "member.end_set", account_id, organiser_id, now, {"until": [_day(before), _day(ends_at)]})


def remove_member(account_id: int, organiser_id: int, *, by: Actor, now: datetime) -> None:
    """End a person's work for an organiser; the account stays. Raises NotFound, LastOwner."""
    before, ends_at = _lock_membership(account_id, organiser_id)
    if ends_at is None and leaves_no_owner(before, None, count_owners(organiser_id)):
        raise LastOwner
    db.session.execute(
        delete(Membership).where(Membership.account_id == account_id, Membership.organiser_id == organiser_id)
    )
    revoke_door_tokens(account_id, now=now, organiser_id=organiser_id)
    _record(by, "member.removed", account_id, organiser_id, now, {"role": before.value})


def _lock_membership(account_id: int, organiser_id: int) -> tuple[Role, datetime | None]:
    """The organiser's row is locked, so that two owners cannot remove each other at the same instant."""
    db.session.execute(select(Organiser.id).where(Organiser.id == organiser_id).with_for_update(key_share=True))
    found = db.session.execute(
        select(Membership.role, Membership.ends_at).where(
            Membership.account_id == account_id, Membership.organiser_id == organiser_id
        )
    ).one_or_none()
    if found is None:
        raise NotFound("member")
    return found.role, found.ends_at


def _require_future(ends_at: datetime | None, now: datetime) -> None:
    if not is_live(ends_at, now):
        raise FieldError({"ends_on": "past"})


def _day(ends_at: datetime | None) -> str | None:
    return ends_at.isoformat() if ends_at is not None else None


def _record(by: Actor, verb: str, account_id: int, organiser_id: int, now: datetime, details: dict[str, Any]) -> None:
    record(by, verb, f"account:{account_id}", now=now, organiser_id=organiser_id, details=details)

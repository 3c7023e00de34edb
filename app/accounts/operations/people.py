"""Organisers, accounts and who works for whom."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.enums import MAY_SCAN, Role
from app.accounts.errors import AccountExists, AlreadyMember, LastOwner
from app.accounts.models import Account, Membership, Organiser
from app.accounts.operations.tokens import revoke_door_tokens
from app.accounts.passwords import hash_password
from app.accounts.queries import count_owners, find_role
from app.accounts.rules import leaves_no_owner, weakness_of
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


def create_account(email: str, name: str, password: str, *, by: Actor, now: datetime, locale: Locale = "fr") -> int:
    """A person who can log in; the id. Raises FieldError on the mail or the password, AccountExists."""
    try:
        address = normalise_email(email)
    except TextError as error:
        raise FieldError({"email": error.code}) from error
    weakness = weakness_of(password)
    if weakness:
        raise FieldError({"password": weakness})
    values = {
        "email": address,
        "name": name.strip(),
        "password_hash": hash_password(password),
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


def add_member(account_id: int, organiser_id: int, role: Role, *, by: Actor, now: datetime) -> None:
    """Let a person work for an organiser. Raises AlreadyMember."""
    values = {"account_id": account_id, "organiser_id": organiser_id, "role": role, "created_at": now}
    try:
        with db.session.begin_nested():
            db.session.execute(insert(Membership).values(values))
    except IntegrityError as error:
        raise AlreadyMember from error
    _record(by, "member.added", account_id, organiser_id, now, {"role": role.value})


def change_role(account_id: int, organiser_id: int, role: Role, *, by: Actor, now: datetime) -> None:
    """Raises NotFound when the person does not work for the organiser, LastOwner."""
    before = _lock_membership(account_id, organiser_id)
    if leaves_no_owner(before, role, count_owners(organiser_id)):
        raise LastOwner
    db.session.execute(
        update(Membership)
        .where(Membership.account_id == account_id, Membership.organiser_id == organiser_id)
        .values(role=role)
    )
    if role not in MAY_SCAN:
        revoke_door_tokens(account_id, now=now, organiser_id=organiser_id)
    _record(by, "member.role_changed", account_id, organiser_id, now, {"from": before.value, "to": role.value})


def remove_member(account_id: int, organiser_id: int, *, by: Actor, now: datetime) -> None:
    """End a person's work for an organiser; the account stays. Raises NotFound, LastOwner."""
    before = _lock_membership(account_id, organiser_id)
    if leaves_no_owner(before, None, count_owners(organiser_id)):
        raise LastOwner
    db.session.execute(
        delete(Membership).where(Membership.account_id == account_id, Membership.organiser_id == organiser_id)
    )
    revoke_door_tokens(account_id, now=now, organiser_id=organiser_id)
    _record(by, "member.removed", account_id, organiser_id, now, {"role": before.value})


def _lock_membership(account_id: int, organiser_id: int) -> Role:
    """The organiser's row is locked, so that two owners cannot remove each other at the same instant."""
    db.session.execute(select(Organiser.id).where(Organiser.id == organiser_id).with_for_update(key_share=True))
    role = find_role(account_id, organiser_id)
    if role is None:
        raise NotFound("member")
    return role


def _record(by: Actor, verb: str, account_id: int, organiser_id: int, now: datetime, details: dict[str, str]) -> None:
    record(by, verb, f"account:{account_id}", now=now, organiser_id=organiser_id, details=details)

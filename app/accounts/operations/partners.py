"""Functions of one event in the hands of another organisation’s people."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, select, update

from app.accounts.enums import EventFunction
from app.accounts.models import Account, Delegation
from app.accounts.operations.tokens import revoke_door_tokens
from app.accounts.rules import Ability, functions_with, is_live
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError, NotFound


def entrust(
    event_id: int,
    organiser_id: int,
    account_id: int,
    functions: Iterable[EventFunction],
    *,
    organisation: str,
    ends_at: datetime | None,
    by: Actor,
    now: datetime,
) -> None:
    """Let a person hold exactly these functions of the event, until `ends_at`; others that they held end now.

    Raises FieldError (functions: required; ends_on: past), NotFound when the account is gone.
    """
    wanted = frozenset(functions)
    require_grant(wanted, ends_at, now)
    _lock_account(account_id)
    held = frozenset(_held(event_id, account_id))
    _revoke(event_id, account_id, held - wanted, now)
    rows = [
        {
            "organiser_id": organiser_id, "event_id": event_id, "account_id": account_id, "function": function,
            "organisation": organisation, "created_at": now, "ends_at": ends_at,
        }
        for function in sorted(wanted - held)
    ]  # fmt: skip
    db.session.execute(
        update(Delegation)
        .where(Delegation.event_id == event_id, Delegation.account_id == account_id, Delegation.revoked_at.is_(None))
        .values(organisation=organisation, ends_at=ends_at)
    )
    if rows:
        db.session.execute(insert(Delegation), rows)
    details: dict[str, object] = {
        "account_id": account_id, "functions": [sorted(held), sorted(wanted)] if held else sorted(wanted),
        "until": ends_at.isoformat() if ends_at else None, "organisation": organisation,
    }  # fmt: skip
    verb = "partner.changed" if held else "partner.added"
    record(by, verb, f"event:{event_id}", now=now, organiser_id=organiser_id, details=details)


def end_functions(event_id: int, organiser_id: int, account_id: int, *, by: Actor, now: datetime) -> None:
    """Take back all that a person holds of the event, the key of their telephone with it. Raises NotFound."""
    _lock_account(account_id)
    held = frozenset(_held(event_id, account_id))
    if not held:
        raise NotFound("partner")
    _revoke(event_id, account_id, held, now)
    details = {"account_id": account_id, "functions": sorted(held)}
    record(by, "partner.removed", f"event:{event_id}", now=now, organiser_id=organiser_id, details=details)


def require_grant(functions: frozenset[EventFunction], ends_at: datetime | None, now: datetime) -> None:
    """Raises FieldError (functions: required; ends_on: past)."""
    problems = {}
    if not functions:
        problems["functions"] = "required"
    if not is_live(ends_at, now):
        problems["ends_on"] = "past"
    if problems:
        raise FieldError(problems)


def _lock_account(account_id: int) -> None:
    """So that two people who entrust the same person at once do it one after the other."""
    found = db.session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
    if found.scalar_one_or_none() is None:
        raise NotFound("account")


def _held(event_id: int, account_id: int) -> Iterable[EventFunction]:
    return db.session.execute(
        select(Delegation.function).where(
            Delegation.event_id == event_id, Delegation.account_id == account_id, Delegation.revoked_at.is_(None)
        )
    ).scalars()


def _revoke(event_id: int, account_id: int, functions: frozenset[EventFunction], now: datetime) -> None:
    if not functions:
        return
    db.session.execute(
        update(Delegation)
        .where(
            Delegation.event_id == event_id,
            Delegation.account_id == account_id,
            Delegation.function.in_(functions),
            Delegation.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    if functions & functions_with(Ability.DOOR):
        revoke_door_tokens(account_id, now=now, event_id=event_id)

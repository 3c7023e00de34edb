"""Logging in. The edge does it in three steps, so that no lock is held while the password is hashed:

1. `count_attempt` in its own transaction: the attempt counts before it is tried, so that parallel guesses count too;
2. `is_right_password(credentials.password_hash, password)`, as slow for a mail that nobody has;
3. when right, `forget_attempts` in a second transaction.
"""

from datetime import datetime

from sqlalchemy import delete, select, update

from app.accounts.errors import TooManyAttempts
from app.accounts.models import Account, Throttle
from app.accounts.operations.tokens import revoke_door_tokens
from app.accounts.passwords import hash_password, is_right_password
from app.accounts.rules import (
    ACCOUNT_FAILURES,
    ADDRESS_FAILURES,
    GRUDGE,
    LONGEST_BLOCK,
    Attempts,
    after_attempt,
    is_blocked,
    weakness_of,
)
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db, insert_or_skip
from app.core.errors import FieldError, NotFound
from app.core.tokens import digest


def count_attempt(email: str, address: str, *, now: datetime) -> None:
    """Count an attempt for the mail and for the network address, or raise TooManyAttempts (then nothing is counted).

    At most 5 a mail and 30 an address in 15 minutes; then blocks that grow from 5 minutes to an hour.
    """
    limits = {_mail_key(email): ACCOUNT_FAILURES, _address_key(address): ADDRESS_FAILURES}
    before = {key: _lock_attempts(key, now) for key in sorted(limits)}
    blocks = [a.blocked_until for a in before.values() if a.blocked_until is not None and is_blocked(a, now)]
    if blocks:
        raise TooManyAttempts(max(blocks))
    for key, limit in limits.items():
        _write_attempts(key, after_attempt(before[key], limit, now))


def forget_attempts(email: str, address: str, *, by: Actor, now: datetime) -> None:
    """After a right password: the mail starts anew, the address gets its attempt back. Records the log-in."""
    # the address first, as count_attempt locks them, so that two log-ins of one person never wait in a ring
    db.session.execute(
        update(Throttle)
        .where(Throttle.key == _address_key(address), Throttle.failures > 0)
        .values(failures=Throttle.failures - 1, blocked_until=None)
    )
    db.session.execute(delete(Throttle).where(Throttle.key == _mail_key(email)))
    record(by, "account.logged_in", f"account:{by.id}", now=now, organiser_id=None)


def purge_attempts(*, now: datetime) -> None:
    """Drop what no longer counts."""
    db.session.execute(delete(Throttle).where(Throttle.since < now - GRUDGE - 2 * LONGEST_BLOCK))


def change_password(account_id: int, current: str, new: str, *, by: Actor, now: datetime) -> int:
    """Set a new password and log out everywhere; the new epoch, for the session that goes on.

    Raises FieldError (current_password: password_wrong; new_password: password_short, password_common).
    """
    kept = db.session.execute(select(Account.password_hash).where(Account.id == account_id)).scalar_one_or_none()
    if kept is None:
        raise NotFound("account")
    if not is_right_password(kept, current):
        raise FieldError({"current_password": "password_wrong"})
    weakness = weakness_of(new)
    if weakness:
        raise FieldError({"new_password": weakness})
    db.session.execute(update(Account).where(Account.id == account_id).values(password_hash=hash_password(new)))
    record(by, "account.password_changed", f"account:{account_id}", now=now, organiser_id=by.organiser_id)
    return _raise_epoch(account_id, now)


def log_out_everywhere(account_id: int, *, by: Actor, now: datetime) -> int:
    """End every session and door key of the account; the new epoch."""
    epoch = _raise_epoch(account_id, now)
    record(by, "account.logged_out_everywhere", f"account:{account_id}", now=now, organiser_id=by.organiser_id)
    return epoch


def _raise_epoch(account_id: int, now: datetime) -> int:
    epoch = db.session.execute(
        update(Account).where(Account.id == account_id).values(epoch=Account.epoch + 1).returning(Account.epoch)
    ).scalar_one_or_none()
    if epoch is None:
        raise NotFound("account")
    revoke_door_tokens(account_id, now=now)
    return epoch


def _mail_key(email: str) -> str:
    return f"mail:{digest(email.strip().lower())}"


def _address_key(address: str) -> str:
    return f"from:{digest(address)}"


def _lock_attempts(key: str, now: datetime) -> Attempts:
    db.session.execute(insert_or_skip(Throttle, "key").values(key=key, failures=0, since=now))
    row = db.session.execute(
        select(Throttle.failures, Throttle.since, Throttle.blocked_until)
        .where(Throttle.key == key)
        .with_for_update(key_share=True)
    ).one()
    return Attempts(row.failures, row.since, row.blocked_until)


def _write_attempts(key: str, attempts: Attempts) -> None:
    db.session.execute(
        update(Throttle)
        .where(Throttle.key == key)
        .values(failures=attempts.failures, since=attempts.since, blocked_until=attempts.blocked_until)
    )

"""Logging in. The edge does it in three steps, so that no lock is held while the password is hashed:

1. `count_attempt` in its own transaction: the attempt counts before it is tried, so that parallel guesses count too;
2. `is_right_password(credentials.password_hash, password)`, as slow for a mail that nobody has;
3. when right, `forget_attempts` in a second transaction.

Changing the own password goes the same way: compare and hash first, then `change_password` writes.
"""

from datetime import datetime

from sqlalchemy import select, update

from app.accounts.errors import PasswordChanged
from app.accounts.models import Account
from app.accounts.operations import throttling
from app.accounts.operations.tokens import revoke_door_tokens
from app.accounts.passwords import NewPassword
from app.accounts.rules import ACCOUNT_FAILURES, ADDRESS_FAILURES
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import NotFound


def count_attempt(email: str, address: str, *, now: datetime) -> None:
    """Count an attempt for the mail and for the network address, or raise TooManyAttempts (then nothing is counted).

    At most 5 a mail and 30 an address in 15 minutes; then blocks that grow from 5 minutes to an hour.
    """
    limits = {throttling.mail_key(email): ACCOUNT_FAILURES, throttling.address_key(address): ADDRESS_FAILURES}
    throttling.count(limits, now=now)


def forget_attempts(email: str, address: str, *, by: Actor, now: datetime) -> None:
    """After a right password: the mail starts anew, the address gets its attempt back. Records the log-in."""
    # the address first, as counting locks them, so that two log-ins of one person never wait in a ring
    throttling.give_back(throttling.address_key(address))
    throttling.forget(throttling.mail_key(email))
    record(by, "account.logged_in", f"account:{by.id}", now=now, organiser_id=None)


def change_password(account_id: int, new: NewPassword, *, compared: str, by: Actor, now: datetime) -> int:
    """Set a new password and log out everywhere; the new epoch, for the session that goes on.

    `compared` is the hash that the current password was found to be right for. Raises PasswordChanged when it is another
    by now, NotFound.
    """
    kept = db.session.execute(
        select(Account.password_hash).where(Account.id == account_id).with_for_update(key_share=True)
    ).scalar_one_or_none()
    if kept is None:
        raise NotFound("account")
    if kept != compared:
        raise PasswordChanged
    record(by, "account.password_changed", f"account:{account_id}", now=now, organiser_id=by.organiser_id)
    return set_password(account_id, new, now=now)


def set_password(account_id: int, new: NewPassword, *, now: datetime) -> int:
    """Write a password and log out everywhere; the new epoch. The caller records why."""
    db.session.execute(update(Account).where(Account.id == account_id).values(password_hash=new.hash))
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

"""The link of who forgot their password. Nothing is stored: the link proves itself, and works once.

`<account>.<end>.<proof>`: the proof (HMAC-SHA256, RFC 2104) is over the account, the end of the link’s life and what the
account’s password and sessions are now. Setting a password, or logging out everywhere, makes every earlier link worthless.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import select

from app.accounts.models import Account
from app.accounts.rules import RESET_LIFE
from app.core.db import db
from app.core.i18n import Locale, as_locale

_SHAPE = re.compile(r"([0-9]{1,9})\.([0-9]{1,10})\.([A-Za-z0-9_-]{43})")
_PURPOSE = b"parcours: link of a forgotten password"


@dataclass(frozen=True)
class ResetAccount:
    """Whose password is set anew. `stamp` stands for the password and sessions of now."""

    account_id: int
    email: str
    name: str
    locale: Locale
    stamp: str = field(repr=False)


def find_reset_account(account_id: int, *, lock: bool = False) -> ResetAccount | None:
    """The account, unless it is gone or disabled. With `lock` its row is held until the transaction ends."""
    statement = select(
        Account.id, Account.email, Account.name, Account.locale, Account.password_hash, Account.epoch
    ).where(Account.id == account_id, Account.disabled_at.is_(None))
    row = db.session.execute(statement.with_for_update(key_share=True) if lock else statement).one_or_none()
    if row is None:
        return None
    return ResetAccount(row.id, row.email, row.name, as_locale(row.locale), f"{row.epoch}.{row.password_hash}")


def make_reset_token(account: ResetAccount, secret_key: str, *, asked_at: datetime) -> str:
    """The token of a link that works once, for an hour from `asked_at`."""
    ends = int((asked_at + RESET_LIFE).timestamp())
    return f"{account.account_id}.{ends}.{_proof(account, ends, secret_key)}"


def find_reset(token: str, secret_key: str, *, now: datetime, lock: bool = False) -> ResetAccount | None:
    """Whose password the token may set at `now`; None for one that is none, was used, or is too old."""
    said = _SHAPE.fullmatch(token)
    if said is None or datetime.fromtimestamp(int(said[2]), UTC) <= now:
        return None
    account = find_reset_account(int(said[1]), lock=lock)
    if account is None or not hmac.compare_digest(_proof(account, int(said[2]), secret_key), said[3]):
        return None
    return account


def _proof(account: ResetAccount, ends: int, secret_key: str) -> str:
    key = hmac.digest(secret_key.encode(), _PURPOSE, sha256)
    proof = hmac.digest(key, f"{account.account_id}.{ends}.{account.stamp}".encode(), sha256)
    return urlsafe_b64encode(proof).rstrip(b"=").decode()

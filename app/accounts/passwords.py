"""Passwords: argon2id (RFC 9106), with the same work for a mail that nobody has.

Hashing takes tens of milliseconds on purpose. It is done before a transaction is opened, so that nobody waits for the
database meanwhile: operations take a `NewPassword`, never a text.
"""

from dataclasses import dataclass, field
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.accounts.rules import weakness_of
from app.core.errors import FieldError

# 19 MiB, two passes, one lane: OWASP's least setting. More memory would let log-ins exhaust a small server.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True)
class NewPassword:
    """A password that is strong enough, hashed: made by `choose_password` alone."""

    hash: str = field(repr=False)


def choose_password(text: str, *, name: str = "password") -> NewPassword:
    """Check a password that somebody chose, and hash it. To be called outside of any transaction.

    Raises FieldError (`name`: password_short, password_common).
    """
    weakness = weakness_of(text)
    if weakness:
        raise FieldError({name: weakness})
    return NewPassword(_HASHER.hash(text))


def is_right_password(password_hash: str | None, password: str) -> bool:
    """Whether the password goes with the hash. None (no such account) takes as long and is never right."""
    try:
        _HASHER.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("a password that nobody has")

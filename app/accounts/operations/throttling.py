"""Attempts counted in the database, for all processes: log-ins, and mails asked for by who forgot a password."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, or_, select, update

from app.accounts.errors import TooManyAttempts
from app.accounts.models import Throttle
from app.accounts.rules import GRUDGE, LONGEST_BLOCK, WINDOW, Attempts, after_attempt, guesser_of, is_blocked
from app.core.db import db, insert_or_skip
from app.core.tokens import digest


def count(limits: Mapping[str, int], *, now: datetime) -> None:
    """Count an attempt under each key, or raise TooManyAttempts (then nothing is counted). `limits`: attempts by key."""
    before = {key: _lock_attempts(key, now) for key in sorted(limits)}
    blocks = [a.blocked_until for a in before.values() if a.blocked_until is not None and is_blocked(a, now)]
    if blocks:
        raise TooManyAttempts(max(blocks))
    for key, limit in limits.items():
        _write_attempts(key, after_attempt(before[key], limit, now))


def forget(key: str) -> None:
    """Start anew."""
    db.session.execute(delete(Throttle).where(Throttle.key == key))


def give_back(key: str) -> None:
    """Take one attempt back, and the block it may have caused."""
    db.session.execute(
        update(Throttle)
        .where(Throttle.key == key, Throttle.failures > 0)
        .values(failures=Throttle.failures - 1, blocked_until=None)
    )


def mail_key(email: str, what: str = "mail") -> str:
    return f"{what}:{digest(email.strip().lower())}"


def address_key(address: str, what: str = "from") -> str:
    """The key of a network address: a guesser with a whole IPv6 network counts as one."""
    return f"{what}:{digest(guesser_of(address))}"


def purge_attempts(*, now: datetime) -> None:
    """Drop what no longer counts: the window is over, and no block stands or stood lately."""
    forgiven = now - GRUDGE
    db.session.execute(
        delete(Throttle).where(
            Throttle.since < now - max(WINDOW, LONGEST_BLOCK),
            or_(Throttle.blocked_until.is_(None), Throttle.blocked_until < forgiven),
        )
    )


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

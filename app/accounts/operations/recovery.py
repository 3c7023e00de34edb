"""Forgetting one’s password: a mail with a link, by which a new one is set.

Who asks is answered before anybody looks whether there is such an account: a worker does that. So the answer takes as long
for an address that is unknown as for one that is known.
"""

from datetime import datetime

from sqlalchemy import select

from app.accounts.errors import ResetInvalid
from app.accounts.models import Account
from app.accounts.operations import throttling
from app.accounts.operations.log_in import set_password
from app.accounts.passwords import NewPassword
from app.accounts.reset_links import find_reset
from app.accounts.rules import ADDRESS_RESETS, MAIL_RESETS
from app.core.actor import VISITOR, Actor, ActorKind
from app.core.audit import record
from app.core.db import db
from app.core.tokens import digest
from app.core.urls import settings
from app.jobs.operations import enqueue
from app.messages.operations import queue_message
from app.messages.queries import is_queued_by

RESET_MAIL = "accounts.reset"
RESET_JOB = "accounts.send_reset"


def ask_reset(email: str, address: str, *, now: datetime) -> None:
    """Have the mail with the link sent, if somebody who may log in has this mail; the same work, whether or not.

    The job keeps the mail's digest alone.
    Raises TooManyAttempts, whoever the mail belongs to: 3 a mail and 10 a network address in 15 minutes.
    """
    throttling.count(
        {
            throttling.mail_key(email, "reset"): MAIL_RESETS,
            throttling.address_key(address, "reset-from"): ADDRESS_RESETS,
        },
        now=now,
    )
    enqueue(RESET_JOB, {"mail": digest(email), "asked_at": now.isoformat()}, now=now)


def send_reset(mail: str, *, asked_at: str, job_id: int, now: datetime) -> None:
    """Queue the mail of a job that ask_reset left, once, to the account whose mail has this digest."""
    accounts = db.session.execute(
        select(Account.id, Account.locale, Account.email).where(Account.disabled_at.is_(None))
    ).all()
    account = next((row for row in accounts if digest(row.email) == mail), None)
    if account is None:
        return
    subject = f"account:{account.id}"
    if is_queued_by(job_id, RESET_MAIL, subject):
        return
    queue_message(
        template=RESET_MAIL,
        subject=subject,
        recipient=account.email,
        locale=account.locale,
        params={"account_id": account.id, "asked_at": asked_at, "job_id": job_id},
        organiser_id=None,
        now=now,
    )
    record(VISITOR, "account.reset_asked", subject, now=now, organiser_id=None)


def reset_password(token: str, new: NewPassword, *, now: datetime) -> None:
    """Set the password by the link of the mail: every session and door key ends, and the link with them.

    Whoever locked the account by guessing locks it no longer. Raises ResetInvalid.
    """
    account = find_reset(token, settings().secret_key, now=now, lock=True)
    if account is None:
        raise ResetInvalid
    set_password(account.account_id, new, now=now)
    throttling.forget(throttling.mail_key(account.email))
    throttling.forget(throttling.mail_key(account.email, "reset"))
    person = Actor(ActorKind.STAFF, account.name, account.account_id)
    record(person, "account.password_reset", f"account:{account.account_id}", now=now, organiser_id=None)

"""Periodic work of accounts."""

from datetime import timedelta

from app.accounts import mails
from app.accounts.operations.answers import purge_answers
from app.accounts.operations.throttling import purge_attempts
from app.accounts.operations.tokens import purge_door_tokens
from app.core.transaction import transaction
from app.jobs.registry import JobContext, periodic

MAILS = mails.__name__  # imported here so that the renderers are registered wherever jobs are


@periodic("accounts.purge", every=timedelta(hours=1))
def purge(context: JobContext) -> None:
    """Drop kept answers after 24 hours, log-in attempts that no longer count, and door keys that ran out."""
    now = context.now()
    with transaction():
        purge_answers(now=now)
        purge_attempts(now=now)
        purge_door_tokens(now=now)

"""Periodic work of accounts."""

from datetime import timedelta

from app.accounts.operations.answers import purge_answers
from app.accounts.operations.log_in import purge_attempts
from app.core.transaction import transaction
from app.jobs.registry import JobContext, periodic


@periodic("accounts.purge", every=timedelta(hours=1))
def purge(context: JobContext) -> None:
    """Drop kept answers after 24 hours and log-in attempts that no longer count."""
    now = context.now()
    with transaction():
        purge_answers(now=now)
        purge_attempts(now=now)

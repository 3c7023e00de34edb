"""Work of accounts: what is done from time to time, and mails whose sending must not be seen from outside."""

from datetime import timedelta

from app.accounts import mails
from app.accounts.operations.answers import purge_answers
from app.accounts.operations.recovery import RESET_JOB, send_reset
from app.accounts.operations.throttling import purge_attempts
from app.accounts.operations.tokens import purge_door_tokens
from app.core.transaction import transaction
from app.jobs.registry import JobContext, handler, periodic

MAILS = mails.__name__  # imported here so that the renderers are registered wherever jobs are


@handler(RESET_JOB)
def send_asked_reset(context: JobContext) -> None:
    """Queue the mail to who forgot their password, if there is such an account."""
    asked = context.payload
    with transaction():
        send_reset(str(asked["mail"]), asked_at=str(asked["asked_at"]), job_id=context.job_id, now=context.now())


@periodic("accounts.purge", every=timedelta(hours=1))
def purge(context: JobContext) -> None:
    """Drop kept answers after 24 hours, log-in attempts that no longer count, and door keys that ran out."""
    now = context.now()
    with transaction():
        purge_answers(now=now)
        purge_attempts(now=now)
        purge_door_tokens(now=now)

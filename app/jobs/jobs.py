"""Periodic work of the queue itself."""

from datetime import timedelta

from app.core.transaction import transaction
from app.jobs.operations import purge_done
from app.jobs.registry import JobContext, periodic


@periodic("jobs.purge", every=timedelta(days=1))
def purge(context: JobContext) -> None:
    """Drop jobs that were done more than 30 days ago, in small transactions."""
    gone = 1
    while gone:
        with transaction():
            gone = purge_done(now=context.now())

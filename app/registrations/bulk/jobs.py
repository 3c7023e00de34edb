"""Actions on many in the background, and dropping those that were prepared and never begun."""

import time
from collections.abc import Callable
from datetime import timedelta

from app.core.transaction import in_transaction, transaction
from app.events.errors import EventNotFound
from app.jobs.registry import JobContext, handler, periodic
from app.registrations.bulk.operations import purge_prepared
from app.registrations.bulk.queries import BulkNotFound
from app.registrations.bulk.rules import RUN_JOB, UNDO_JOB
from app.registrations.bulk.working import run_chunk, undo_chunk

BREATH = 0.15
"""Seconds between two chunks: SQLite asks for its lock every 100 ms, so that whoever waits gets it."""


def breathe() -> None:
    """Let whoever waits for the database write in between."""
    time.sleep(BREATH)


@handler(RUN_JOB, cancellable=True)
def run_bulk(context: JobContext) -> None:
    """Deal with all of them, some in each transaction, together with how far it got: begun again, it goes on from there."""
    _work(context, lambda: run_chunk(context.payload["bulk_id"], context.job_id, now=context.now()))


@handler(UNDO_JOB, cancellable=True)
def undo_bulk(context: JobContext) -> None:
    """As `run_bulk`, giving back what was done."""
    _work(context, lambda: undo_chunk(context.payload["bulk_id"], context.job_id, now=context.now()))


def _work(context: JobContext, chunk: Callable[[], tuple[int, int] | None]) -> None:
    try:
        while (far := in_transaction(chunk)) is not None:
            context.progress(*far)
            breathe()
    except (BulkNotFound, EventNotFound):  # deleted meanwhile
        return


@periodic("registrations.purge_bulk", every=timedelta(hours=6))
def purge_bulk(context: JobContext) -> None:
    """Drop what was prepared a day ago and never begun."""
    with transaction():
        purge_prepared(now=context.now())

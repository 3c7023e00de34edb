"""Periodic work of structures; importing this registers their mails and what moves with them."""

from datetime import timedelta

from app.core.transaction import transaction
from app.jobs.registry import JobContext, periodic
from app.structures import belongings, mails
from app.structures.importing import jobs as importing
from app.structures.importing.files import purge_files
from app.structures.operations.links import purge_links

BELONGINGS = belongings.__name__
IMPORTS = importing.__name__
MAILS = mails.__name__


@periodic("structures.purge", every=timedelta(hours=1))
def purge(context: JobContext) -> None:
    """Drop links that no longer work, and files sent for import that are more than seven days old."""
    now = context.now()
    with transaction():
        purge_links(now=now)
        purge_files(now=now)

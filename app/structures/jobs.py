"""Work of structures; importing this registers their mails and what moves with them."""

from datetime import datetime, timedelta

from app.core.transaction import transaction
from app.jobs.registry import JobContext, handler, periodic
from app.structures import belongings, mails
from app.structures.importing import jobs as importing
from app.structures.importing.files import purge_files
from app.structures.operations.erasing import forget_last_mails
from app.structures.operations.links import LINK_JOB, purge_links, send_asked_link

BELONGINGS = belongings.__name__
IMPORTS = importing.__name__
MAILS = mails.__name__


@handler(LINK_JOB)
def send_link_to_who_asked(context: JobContext) -> None:
    """Queue the mail with a link, if the address that was given is a contact's."""
    asked_at = datetime.fromisoformat(str(context.payload["asked_at"]))
    with transaction():
        send_asked_link(
            str(context.payload["mail"]), asked_at=asked_at, job_id=context.job_id, now=context.now(),
            going_to=str(context.payload.get("going_to", "")),
        )  # fmt: skip


@periodic("structures.purge", every=timedelta(hours=1))
def purge(context: JobContext) -> None:
    """Drop links that no longer work, addresses of last mails, and files sent for import more than seven days ago."""
    now = context.now()
    with transaction():
        purge_links(now=now)
        forget_last_mails()
        purge_files(now=now)

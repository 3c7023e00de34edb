"""Work on many registrations, done by workers in small transactions."""

from datetime import timedelta

from app.core.transaction import transaction
from app.events.enums import EDITABLE
from app.events.errors import EventNotFound
from app.events.queries import get_event_by_id, list_events_by_id
from app.jobs.registry import JobContext, handler, periodic
from app.registrations import belongings, bin_jobs, called_off_jobs, held, mails, postponed_jobs, waiting_jobs
from app.registrations.bulk import jobs as bulk
from app.registrations.importing import jobs as importing
from app.registrations.operations.answer_files import purge_waiting
from app.registrations.operations.retention import forget_names
from app.registrations.operations.tickets import LINKS_JOB, send_links_again
from app.registrations.queries import (
    find_mail_by_digest,
    list_events_with_names,
)

BULK = bulk.__name__  # as MAILS: its jobs are registered with these
BIN = bin_jobs.__name__  # as MAILS; registers what goes into the bin with an event
CALLED_OFF = called_off_jobs.__name__  # as MAILS
BELONGINGS = belongings.__name__  # what goes with a structure that is merged
HELD = held.__name__  # what is told to a structure's contact
IMPORTS = importing.__name__  # as MAILS: its jobs are registered with these
MAILS = mails.__name__  # imported here so that the renderers are registered wherever jobs are
POSTPONED = postponed_jobs.__name__  # as MAILS
WAITING = waiting_jobs.__name__  # as MAILS


@handler(LINKS_JOB)
def send_links(context: JobContext) -> None:
    """Queue the mails with the links of who asked for them. Done again, it finds them told a moment ago."""
    try:
        event = get_event_by_id(int(context.payload["event_id"]))
    except EventNotFound:
        return  # it is in the bin by now, or gone
    mail = find_mail_by_digest(event.id, str(context.payload["mail"]))
    if mail is not None:
        with transaction():
            send_links_again(event, mail, now=context.now())


@periodic("registrations.forget_names", every=timedelta(hours=6))
def forget_old_names(context: JobContext) -> None:
    """Make people anonymous where an event is over for as long as it said that it keeps names."""
    now = context.now()
    for event in list_events_by_id(list_events_with_names(now)):
        if (event.date_to_come and event.state in EDITABLE) or event.ends_at + timedelta(
            days=event.keep_names_days
        ) > now:
            continue
        done = 1
        while done:
            with transaction():
                done = forget_names(event, now=now)


@periodic("registrations.purge_answer_files", every=timedelta(hours=6))
def purge_answer_files(context: JobContext) -> None:
    """Delete files that were sent with a form which was never finished."""
    with transaction():
        purge_waiting(now=context.now())

"""Work on many registrations, done by workers in small transactions."""

from datetime import timedelta

from app.core.transaction import transaction
from app.events.queries import get_event_by_id, list_events_by_id
from app.jobs.registry import JobContext, handler, periodic
from app.registrations import belongings, mails
from app.registrations.importing import jobs as importing
from app.registrations.notifications import list_told, tell
from app.registrations.operations.retention import forget_names
from app.registrations.queries import list_events_with_names, list_ids_alive, list_registrations_by_id

BELONGINGS = belongings.__name__  # what goes with a structure that is merged
IMPORTS = importing.__name__  # as MAILS: its jobs are registered with these
MAILS = mails.__name__  # imported here so that the renderers are registered wherever jobs are
CHUNK = 50


@handler("registrations.tell_event_cancelled")
def tell_event_cancelled(context: JobContext) -> None:
    """Queue the mail to everyone of a cancelled event. Begun again, it goes on with those not told yet."""
    event = get_event_by_id(int(context.payload["event_id"]))
    ids = list_ids_alive(event.id)
    told = list_told("event_cancelled", ids)
    left = [i for i in ids if i not in told]
    for start in range(0, len(left), CHUNK):
        registrations = list_registrations_by_id(left[start : start + CHUNK])
        with transaction():
            for registration in registrations:
                if registration.contact_email:
                    tell(
                        "event_cancelled", registration.id, registration.contact_email, registration.locale,
                        organiser_id=event.organiser_id, now=context.now(),
                    )  # fmt: skip
        context.progress(min(start + CHUNK, len(left)), len(left))


@periodic("registrations.forget_names", every=timedelta(hours=6))
def forget_old_names(context: JobContext) -> None:
    """Make people anonymous where an event is over for as long as it said that it keeps names."""
    now = context.now()
    for event in list_events_by_id(list_events_with_names(now)):
        if event.ends_at + timedelta(days=event.keep_names_days) > now:
            continue
        done = 1
        while done:
            with transaction():
                done = forget_names(event, now=now)

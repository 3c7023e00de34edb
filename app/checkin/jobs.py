"""Work of the day itself, done by workers: groups that do not come give their places back."""

from datetime import timedelta

from app.checkin.absent import RELEASE_JOB, list_events_with_absent, release_absent
from app.checkin.devices.operations import forget_hashes
from app.core.transaction import transaction
from app.events.errors import EventNotFound
from app.jobs.registry import JobContext, periodic


@periodic(RELEASE_JOB, every=timedelta(minutes=1))
def release(context: JobContext) -> None:
    """Each event in a transaction of its own. Done again, it finds nobody whose time is over."""
    now = context.now()
    for event_id in list_events_with_absent(now):
        try:
            with transaction():
                release_absent(event_id, now=now)
        except EventNotFound:
            continue  # it is in the bin by now, or gone


@periodic("checkin.forget_phones", every=timedelta(days=1))
def forget_phones(context: JobContext) -> None:
    """Of events that ended long ago no code and no phone's token is kept, not even as a digest."""
    now = context.now()
    with transaction():
        forget_hashes(now=now)

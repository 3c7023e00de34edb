"""Telling everybody that an event is called off, or that it takes place after all."""

from collections.abc import Sequence
from datetime import datetime

from app.core.transaction import transaction
from app.events.enums import EventState
from app.events.errors import EventNotFound
from app.events.queries import EventRow, get_event_by_id
from app.events.queries.called_off import find_called_off
from app.jobs.registry import JobContext, handler
from app.registrations.notifications import Kind, list_told, list_told_of, list_told_off, tell
from app.registrations.operations.reopening import TELL_REOPENED, telling_mark
from app.registrations.queries import list_ids_alive, list_registrations_by_id

CHUNK = 50


@handler("registrations.tell_event_cancelled")
def tell_event_cancelled(context: JobContext) -> None:
    """Queue the mail to everyone of a cancelled event. Begun again, it goes on with those not told yet.

    Where that was taken back meanwhile, nobody is told any more.
    """
    at = str(context.payload.get("at", ""))  # what was queued by an earlier release says none
    event = _find(context)
    ids = list_ids_alive(event.id) if event is not None else []
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        with transaction():
            event = _find(context)
            if event is None or (at and not _is_off(event, at)):
                return
            told = list_told_of("event_cancelled", chunk, "at", at) if at else list_told("event_cancelled", chunk)
            _tell("event_cancelled", event, [i for i in chunk if i not in told], at, context.now())
        context.progress(min(start + CHUNK, len(ids)), len(ids))


@handler(TELL_REOPENED)
def tell_event_reopened(context: JobContext) -> None:
    """Queue the mail to everyone who was told that the event is off. Begun again, it goes on with those not told yet."""
    at = str(context.payload["at"])
    event = _find(context)
    ids = list_ids_alive(event.id) if event is not None else []
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        with transaction():
            event = _find(context)
            if event is None or event.state is EventState.CANCELLED:
                return
            left = list_told_off(chunk, at) - list_told_of("event_reopened", chunk, "at", at)
            _tell("event_reopened", event, sorted(left), at, context.now())
        context.progress(min(start + CHUNK, len(ids)), len(ids))


def _find(context: JobContext) -> EventRow | None:
    """None when it is in the bin by now, or gone."""
    try:
        return get_event_by_id(int(context.payload["event_id"]))
    except EventNotFound:
        return None


def _is_off(event: EventRow, at: str) -> bool:
    """Whether that calling off still stands; archived, it does."""
    called_off = find_called_off(event.id)
    standing = event.state in {EventState.CANCELLED, EventState.ARCHIVED}
    return standing and called_off is not None and telling_mark(called_off.at) == at


def _tell(kind: Kind, event: EventRow, ids: Sequence[int], at: str, now: datetime) -> None:
    more = {"at": at} if at else None
    for registration in list_registrations_by_id(ids):
        if registration.contact_email:
            tell(
                kind, registration.id, registration.contact_email, registration.locale,
                organiser_id=event.organiser_id, now=now, more=more,
            )  # fmt: skip

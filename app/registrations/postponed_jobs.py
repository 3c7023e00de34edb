"""Telling everybody that an event has new dates, or that its date is to come."""

from datetime import datetime
from typing import Any

from app.core.transaction import transaction
from app.events.errors import EventNotFound
from app.events.queries import EventRow, get_event_by_id
from app.events.queries.postponed import list_asked_since
from app.jobs.registry import JobContext, handler
from app.registrations.notifications import list_told_of, tell
from app.registrations.queries import list_ids_asked, list_registrations_by_id

CHUNK = 50


@handler("registrations.tell_postponed")
def tell_postponed(context: JobContext) -> None:
    """Queue the mail to everyone who was asked about their wave. Begun again, it goes on with those not told yet.

    Whom the event asked once more since is left to that telling.
    """
    at = str(context.payload["at"])
    try:
        event = get_event_by_id(int(context.payload["event_id"]))
    except EventNotFound:
        return  # it is in the bin by now, or gone
    if event.postponed_at is None:
        return
    later = list_asked_since(event.id, datetime.fromisoformat(at))
    ids = list_ids_asked(event.id, event.postponed_at, asked_of(event, context.payload), but=later)
    for start in range(0, len(ids), CHUNK):
        with transaction():
            _tell(event, ids[start : start + CHUNK], at, set(context.payload.get("lost", ())), context.now())
        context.progress(min(start + CHUNK, len(ids)), len(ids))


def asked_of(event: EventRow, payload: dict[str, Any]) -> frozenset[int] | None:
    """The waves whose people are told; None: everybody's."""
    everybody = {wave.id for wave in event.waves}
    waves = frozenset(payload.get("waves", everybody))
    return None if everybody <= waves else waves


def _tell(event: EventRow, ids: list[int], at: str, lost: set[int], now: datetime) -> None:
    told = list_told_of("postponed", ids, "at", at)
    for registration in list_registrations_by_id([i for i in ids if i not in told]):
        if registration.contact_email:
            tell(
                "postponed", registration.id, registration.contact_email, registration.locale,
                organiser_id=event.organiser_id, now=now,
                more={"at": at} | ({"lost": True} if registration.id in lost else {}),
            )  # fmt: skip

"""Work around the waiting list: offering places that became free, and ending offers whose time is over."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from app.core.transaction import transaction
from app.events.errors import EventNotFound
from app.events.operations.waiting import OFFER_JOB
from app.jobs.registry import JobContext, handler, periodic
from app.registrations.operations.reminding import REMIND_JOB, remind_of_offers
from app.registrations.operations.waiting import (
    LAPSE_JOB,
    lapse_offers,
    list_events_run_out,
    list_events_with_room,
    offer_places,
)

logger = logging.getLogger(__name__)


@periodic(OFFER_JOB, every=timedelta(minutes=5))
def offer_free_places(context: JobContext) -> None:
    """Go through the list of the event that is named once. Done again, it finds nothing left to offer.

    Where none is named, through those of all events that have room: with time alone, who can come no more holds up nobody.
    """
    now = context.now()
    for_each(context, lambda: list_events_with_room(now), lambda event_id: offer_places(event_id, now=now))


@periodic(LAPSE_JOB, every=timedelta(minutes=1))
def lapse(context: JobContext) -> None:
    """End what is over: at the event that is named, else at all of them."""
    now = context.now()
    for_each(context, lambda: list_events_run_out(now), lambda event_id: lapse_offers(event_id, now=now))


def for_each(context: JobContext, find: Callable[[], Sequence[int]], work: Callable[[int], object]) -> None:
    """Work on the event that is named, else on all that are found, each in a transaction of its own.

    One that cannot be worked on keeps none of the others waiting: the last fault is raised when all is done.
    """
    named = context.payload.get("event_id")
    fault: Exception | None = None
    for event_id in [int(named)] if named is not None else find():
        try:
            with transaction():
                work(event_id)
        except EventNotFound:
            continue  # it is in the bin by now, or gone
        except Exception as error:
            logger.exception("waiting list of event %s", event_id)
            fault = error
    if fault is not None:
        raise fault


@handler(REMIND_JOB)
def remind(context: JobContext) -> None:
    """Done again, it writes to nobody twice."""
    until = datetime.fromisoformat(str(context.payload["until"]))
    with transaction():
        remind_of_offers(int(context.payload["event_id"]), until, now=context.now())

"""Boxes that the demo's next forum uses, at one of its stops."""

from datetime import datetime, timedelta

from app.boxes.queries import get_scenario, list_facilitators
from app.core.actor import SYSTEM
from app.events.queries import get_event
from app.loans.drafts import EventBoxesDraft
from app.loans.event_days import event_period
from app.loans.operations.at_events import book_event_boxes

SCENARIO, BOXES, STOP, PERSON = "SANTE-1", 2, "Stands métiers", "Inès Roux"


def make_event_boxes(organiser_id: int, slug: str, *, now: datetime) -> None:
    """Two boxes on all its days, run by one of our own people; booked a week ago."""
    event = get_event(slug, organiser_id=organiser_id)
    stop = next((stop.id for stop in event.stops if stop.name_fr == STOP), None)
    people = tuple(person.id for person in list_facilitators(organiser_id) if person.name == PERSON)
    draft = EventBoxesDraft(
        event.id, get_scenario(organiser_id, SCENARIO).id, BOXES, event_period(event), stop, people[:1]
    )  # fmt: skip
    book_event_boxes(draft, by=SYSTEM, now=now - timedelta(days=7))

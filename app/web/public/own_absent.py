"""« Your places were given back »: what one's own page says when the group did not come in time."""

from dataclasses import dataclass
from datetime import datetime

from app.events.queries import EventRow
from app.registrations.enums import RegistrationStatus
from app.registrations.itinerary import arrival_at, first_passages
from app.registrations.queries import RegistrationRow


@dataclass(frozen=True)
class AbsentCard:
    """When they were expected (None of no wave any more), since when their places are free; `over`: the event is."""

    expected_at: datetime | None
    since: datetime
    over: bool


def absent_card(event: EventRow, registration: RegistrationRow, now: datetime) -> AbsentCard | None:
    """None for whoever holds places, or does not come anyway."""
    if registration.absent_at is None or registration.status is not RegistrationStatus.CONFIRMED:
        return None
    firsts = first_passages(event)
    begins = [
        arrival_at(event, registration, wave, firsts.get((registration.id, wave.id)))
        for wave in event.waves
        if wave.id in registration.waves
    ]
    due = max((at for at in begins if at <= registration.absent_at), default=None)
    return AbsentCard(due, registration.absent_at, event.is_over(now))

"""The passages of the plan in force as routes are shown from them."""

from collections.abc import Sequence

from app.events.queries import EventRow
from app.flows.queries import list_first_passages, passages_of
from app.registrations.itinerary import Passage, register_itinerary
from app.registrations.queries import RegistrationRow


def planned_passages(event: EventRow, registration: RegistrationRow) -> Sequence[Passage] | None:
    """Where the teams of a registration are to be when; None where no plan in force knows of it."""
    if not registration.is_group or event.date_to_come:
        return None
    found = [
        Passage(p.wave_id, p.team, p.people, p.stop_id, p.stand, p.starts_at, p.ends_at)
        for p in passages_of(registration.id)
    ]
    return found or None


register_itinerary(planned_passages, list_first_passages)

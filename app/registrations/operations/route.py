"""Choosing which optional stops of the route a registration goes to."""

from datetime import datetime

from sqlalchemy import update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.events.operations import lock_event
from app.events.queries import EventRow, get_event_by_id
from app.messages.operations import raise_sequence
from app.registrations.errors import ChangeClosed
from app.registrations.models import Registration
from app.registrations.operations.locking import lock_registration
from app.registrations.rules import may_choose_stops


def choose_stop(registration_id: int, stop_id: int, *, goes: bool, by: Actor, now: datetime) -> bool:
    """Say whether this registration goes to an optional stop; whether that changed anything.

    Raises FieldError (stop: unknown_stop) for what is no optional stop of its route, ChangeClosed once its visit began.
    """
    before = lock_registration(registration_id)
    event = get_event_by_id(before.event_id)
    stop = next((s for s in event.stops if s.id == stop_id and s.optional and s.is_for(before.audience)), None)
    if stop is None:
        raise FieldError({"stop": "unknown_stop"})
    if not before.alive or not may_choose_stops(event, before.waves, staff=by.is_staff, now=now):
        raise ChangeClosed
    if goes != (stop_id in before.declined_stops):
        return False
    declined = _declined(event, before.declined_stops, stop_id, goes=goes)
    db.session.execute(
        update(Registration)
        .where(Registration.id == registration_id)
        .values(declined_stops=declined, changed_in=lock_event(event.id), updated_at=now)
    )
    raise_sequence(f"registration:{registration_id}", now=now)  # the visit ends at another time
    record(
        by, "registration.stop_chosen", f"registration:{registration_id}", now=now, organiser_id=before.organiser_id,
        details={"stop": stop.name_fr, "goes": [not goes, goes]},
    )  # fmt: skip
    return True


def _declined(event: EventRow, before: list[int], stop_id: int, *, goes: bool) -> list[int]:
    """The stops that are left out from now on, in the order of the route; what is no longer there is forgotten."""
    left_out = {*before, stop_id} - ({stop_id} if goes else set())
    return [stop.id for stop in event.stops if stop.id in left_out]

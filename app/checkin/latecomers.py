"""Groups that gave their places back and come after all: what a door does with them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from app.checkin.enums import Reason, ScanResult
from app.checkin.rules import Decision, Whereabouts
from app.core.db import db
from app.core.errors import WriteConflict
from app.events.models import Event
from app.events.queries import EventRow
from app.registrations.itinerary import StopTime, itinerary
from app.registrations.operations.absence import take_places_again
from app.registrations.queries import RegistrationRow, list_registrations_by_id


class GroupReturns(WriteConflict):
    """A ticket of a group that gave its places back: the event's row is to be locked before any other. To be done again so."""


def lock_event_first(event_id: int) -> None:
    """Where places may be taken, the event's row comes before all others."""
    db.session.execute(select(Event.id).where(Event.id == event_id).with_for_update(key_share=True))


def locks_in_order(event_first: bool) -> bool:
    """Whether places may be taken now: SQLite has one lock, which is held."""
    return event_first or db.engine.dialect.name == "sqlite"


class Latecomers:
    """The groups of one batch that hold nothing: what there is for each is looked at once, when somebody of it comes in."""

    def __init__(self, event: EventRow, registration_ids: Sequence[int], now: datetime) -> None:
        self._now, self._waiting = now, set(registration_ids)
        self._without: set[int] = set()
        self.first_spaces = {row.id: _first_space(itinerary(event, row)) for row in _read(registration_ids)}

    def awaits(self, registration_id: int) -> bool:
        return registration_id in self._waiting

    def let_in(self, registration_id: int, decision: Decision, before: Whereabouts, room: int | None) -> Decision:
        """They get their places again where there is room. Else they come in all the same, marked as too many, unless nobody of
        them is in yet and the first space of their route has no `room` (None: not asked).
        """
        if registration_id not in self._without and take_places_again(registration_id, now=self._now):
            self._waiting.discard(registration_id)
            return decision
        self._without.add(registration_id)
        if before.inside.people == 0 and room is not None and room <= 0:
            return Decision(ScanResult.REFUSED, Reason.SPACE_FULL, before)
        return replace(decision, over=True)


def _read(registration_ids: Sequence[int]) -> list[RegistrationRow]:
    return list_registrations_by_id(sorted(registration_ids)) if registration_ids else []


def _first_space(way: Sequence[StopTime]) -> int | None:
    return next((at.stop.space_id for at in way if at.stop.space_id is not None), None)

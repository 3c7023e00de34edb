"""How many wait for a wave, and having free places offered to them. Those who wait are registrations: of them only their number
is known here.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import literal, or_, select, update

from app.core.db import db
from app.events.models import Event, Wave
from app.jobs.operations import enqueue_unless_queued

OFFER_JOB = "registrations.offer_places"
"""Found by its name, for what works there stands above."""


def call_for_offers(event_id: int, *, now: datetime, moved: bool = False) -> None:
    """Have the waiting list gone through by a job, when anybody is on it: places may be free. The event's row is held.

    With `moved`, also when nobody is: waves begin earlier than they did, and offers end no later than that.
    """
    waits = select(Wave.id).where(Wave.event_id == Event.id, Wave.waiting > 0).exists()
    wanted = select(Event.organiser_id).where(Event.id == event_id, or_(literal(moved), waits))
    found = db.session.execute(wanted).scalar_one_or_none()
    if found is not None:
        subject = f"event:{event_id}"
        enqueue_unless_queued(OFFER_JOB, {"event_id": event_id}, now=now, subject=subject, organiser_id=found)


def count_waiting(wave_ids: Iterable[int], more: int) -> None:
    """Count `more` registrations (fewer, below zero) that wait for each of these waves. The event's row is held."""
    for wave_id in sorted(wave_ids):
        db.session.execute(update(Wave).where(Wave.id == wave_id).values(waiting=Wave.waiting + more))

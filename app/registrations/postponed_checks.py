"""What `doctor` checks about events that were postponed and the answers to it."""

from datetime import datetime

from sqlalchemy import or_, select

from app.core.checks import check
from app.core.db import db
from app.events.models import Event
from app.registrations.models import Registration


@check(
    "registrations.asked", "Who was asked whether they stay is of an event that was postponed, and only they answered"
)
def check_asked(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Registration.reference)
        .join(Event, Event.id == Registration.event_id)
        .where(
            or_(
                Registration.asked_at.is_not(None) & Event.postponed_at.is_(None),
                Registration.stays_at.is_not(None) & Registration.asked_at.is_(None),
            )
        )
        .order_by(Registration.id)
    ).scalars()
    dateless = db.session.execute(
        select(Event.slug).where(Event.date_to_come, Event.postponed_at.is_(None)).order_by(Event.id)
    ).scalars()
    return [
        *(f"{reference} answered what nobody asked, or was asked about dates that never moved" for reference in rows),
        *(f"event {slug} has a date to come and was never postponed" for slug in dateless),
    ]

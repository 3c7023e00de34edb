"""What `doctor` checks about waiting lists."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.core.checks import check
from app.core.db import db
from app.events.enums import EventState
from app.events.models import Event, Wave
from app.registrations.enums import RegistrationStatus
from app.registrations.models import Registration, RegistrationWave

PATIENCE = timedelta(hours=1)
"""How late the work that ends offers may be before somebody has to look at the workers."""


@check(
    "registrations.waiting", "A wave's count of those who wait for it is that of its registrations on the waiting list"
)
def check_waiting(now: datetime) -> list[str]:
    waits = (
        select(RegistrationWave.wave_id, func.count().label("waiting"))
        .join(Registration, Registration.id == RegistrationWave.registration_id)
        .where(Registration.status == RegistrationStatus.WAITLISTED)
        .group_by(RegistrationWave.wave_id)
        .subquery()
    )
    counted = func.coalesce(waits.c.waiting, 0)
    rows = db.session.execute(
        select(Wave.id, Wave.waiting, counted.label("counted"))
        .outerjoin(waits, waits.c.wave_id == Wave.id)
        .where(counted != Wave.waiting)
        .order_by(Wave.id)
    )
    return [f"wave {r.id} says that {r.waiting} registrations wait for it, they are {r.counted}" for r in rows]


@check("registrations.offers", "No offer of places goes on for an hour after its end, unless the event is called off")
def check_offers(now: datetime) -> list[str]:
    over = Registration.offer_expires_at < now - PATIENCE
    rows = db.session.execute(
        select(Registration.reference)
        .join(Event, Event.id == Registration.event_id)
        .where(Registration.status == RegistrationStatus.OFFERED, over, Event.state != EventState.CANCELLED)
        .order_by(Registration.id)
    ).scalars()
    return [f"{reference} still holds places that were offered until more than an hour ago" for reference in rows]

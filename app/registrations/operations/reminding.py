"""Reminding those to whom places are offered, some hours before the offer ends."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app.core.db import db
from app.events.models import Event
from app.jobs.operations import enqueue
from app.registrations.enums import RegistrationStatus
from app.registrations.models import Registration
from app.registrations.notifications import Told, list_told_of, tell_many

REMIND_JOB = "registrations.remind_of_offers"
SHORT = timedelta(hours=6)
"""Nobody is reminded of an offer that is kept no longer than this: they were written to a moment ago."""
BEFORE = timedelta(hours=3)
"""This long before the offer's end they are reminded."""


def remind_later(event_id: int, organiser_id: int, until: datetime, *, now: datetime) -> None:
    """Have those reminded, in time, whose offers are made now and end at `until`."""
    if until - now > SHORT:
        payload = {"event_id": event_id, "until": until.isoformat()}
        subject = f"event:{event_id}"
        enqueue(REMIND_JOB, payload, now=now, subject=subject, organiser_id=organiser_id, run_at=until - BEFORE)


def remind_of_offers(event_id: int, until: datetime, *, now: datetime) -> int:
    """Queue the mail to whoever has not answered an offer that ends then, once; how many. Too late, nobody is reminded."""
    held = select(Event.organiser_id).where(Event.id == event_id, Event.deleted_at.is_(None), ~Event.date_to_come)
    organiser_id = db.session.execute(held.with_for_update(key_share=True)).scalar_one_or_none()
    if organiser_id is None or until <= now:
        return 0
    rows = db.session.execute(
        select(Registration.id, Registration.contact_email, Registration.locale)
        .where(
            Registration.event_id == event_id,
            Registration.status == RegistrationStatus.OFFERED,
            Registration.offer_expires_at == until,
            Registration.contact_email != "",
        )
        .order_by(Registration.id)
    ).all()
    end = until.isoformat()
    done = list_told_of("offer_ends", [row.id for row in rows], "until", end)
    told = [Told(row.id, row.contact_email, row.locale) for row in rows if row.id not in done]
    tell_many("offer_ends", told, organiser_id=organiser_id, now=now, more={"until": end})
    return len(told)

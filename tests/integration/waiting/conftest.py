"""What the tests of waiting lists do and look at."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select

from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import EventDraft
from app.events.enums import WaitingPolicy
from app.events.models import Wave
from app.events.queries import EventRow
from app.jobs.models import Job, JobState
from app.jobs.worker import run_worker
from app.registrations.enums import RegistrationStatus
from app.registrations.operations import Registered, accept_offer, cancel_registration, decline_offer, offer_places
from app.registrations.queries import get_registration
from tests.factories import NOW, class_draft, make_event, make_organiser, make_registration, one_wave, person_draft

OFFERED, WAITS, CONFIRMED, CANCELLED, LAPSED = (
    RegistrationStatus.OFFERED,
    RegistrationStatus.WAITLISTED,
    RegistrationStatus.CONFIRMED,
    RegistrationStatus.CANCELLED,
    RegistrationStatus.LAPSED,
)
LATER = NOW + timedelta(hours=24)


def full(places: int, *, policy: WaitingPolicy = WaitingPolicy.HOLD, **changes: Any) -> tuple[EventRow, Registered]:
    """An event with one wave of so many places, and whoever holds them all."""
    event = make_event(make_organiser(), replace(one_wave(places, waiting_policy=policy), **changes))
    return event, make_registration(event, group(event, places))


def group(event: EventRow, people: int, **changes: Any) -> Any:

    return class_draft(event, participants=people, companions=0, **changes)


def waits(event: EventRow, people: int = 1, **changes: Any) -> Registered:
    """Somebody on the waiting list."""
    draft = group(event, people, **changes) if people > 1 else person_draft(event, **changes)

    made = make_registration(event, replace(draft, waitlist=True))
    assert made.status is WAITS
    return made


def statuses(*made: Registered) -> list[RegistrationStatus]:
    found = [get_registration(one.id).status for one in made]
    db.session.rollback()
    return found


def waiting(event: EventRow) -> list[int]:
    found = db.session.execute(select(Wave.waiting).where(Wave.event_id == event.id).order_by(Wave.id)).scalars()
    return list(found)


def cancel(made: Registered, now: datetime = NOW) -> None:
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=now)


def accept(made: Registered, now: datetime = NOW) -> None:
    with transaction():
        accept_offer(made.id, by=SYSTEM, now=now)


def decline(made: Registered, now: datetime = NOW) -> None:
    with transaction():
        decline_offer(made.id, by=SYSTEM, now=now)


def offer(event: EventRow, now: datetime = NOW) -> tuple[int, int]:
    with transaction():
        made = offer_places(event.id, now=now)
    return made.count, made.people


def stored_jobs(name: str) -> list[datetime]:
    """When such jobs that nobody began are due."""
    wanted = select(Job.run_at).where(Job.name == f"registrations.{name}", Job.state == JobState.QUEUED)
    return list(db.session.execute(wanted.order_by(Job.run_at)).scalars())


def drain(now: datetime = NOW) -> None:
    """The worker does all that is due at that moment."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    db.session.rollback()
    set_clock(app.extensions, now)
    run_worker(app, drain=True, stop=threading.Event(), concurrency=1)


def edited(event: EventRow, draft: EventDraft) -> EventDraft:
    """The draft with the event's own waves."""

    waves = tuple(replace(said, id=wave.id) for said, wave in zip(draft.waves, event.waves, strict=False))
    return replace(draft, waves=(*waves, *draft.waves[len(waves) :]), spaces=(), stops=())

"""What `doctor` checks about events."""

from datetime import datetime

from sqlalchemy import String, func, select
from sqlalchemy import cast as as_type

from app.core.checks import check
from app.core.db import db
from app.events.apart import list_clashes
from app.events.models import Allotment, Checkpoint, Event, EventAudience, Space, Stop, Wave
from app.events.queries import EventRow, list_events_by_id


@check("events.wave_capacity", "No wave holds more people than its capacity")
def check_waves(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Wave.id, Wave.taken, Wave.capacity).where((Wave.taken > Wave.capacity) | (Wave.taken < 0))
    )
    return [f"wave {r.id} holds {r.taken} people for {r.capacity} places" for r in rows]


@check("events.event_capacity", "No event holds more people than its overall limit")
def check_events(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Event.slug, Event.taken, Event.capacity).where((Event.taken > Event.capacity) | (Event.taken < 0))
    )
    return [f"event {r.slug} holds {r.taken} people for {r.capacity} places" for r in rows]


@check("events.allotments", "No audience holds more of a wave than it was allotted")
def check_allotments(now: datetime) -> list[str]:
    over = (Allotment.people > Allotment.max_people) | (Allotment.groups > Allotment.max_groups)
    rows = db.session.execute(
        select(Allotment.wave_id, Allotment.audience, Allotment.people, Allotment.groups).where(
            over | (Allotment.people < 0) | (Allotment.groups < 0)
        )
    )
    return [f"wave {r.wave_id} holds {r.people} people in {r.groups} groups of {r.audience}: too many" for r in rows]


@check("events.apart", "Audiences that an event keeps apart do not hold places at the same time")
def check_apart(now: datetime) -> list[str]:
    strict = select(Event.id).where(Event.deleted_at.is_(None), as_type(Event.apart, String) != "[]").order_by(Event.id)
    events = list_events_by_id(list(db.session.execute(strict).scalars()))
    return [problem for event in events for problem in _together(event)]


def _together(event: EventRow) -> list[str]:
    held = select(Allotment.wave_id, Allotment.audience).where(
        Allotment.wave_id.in_([wave.id for wave in event.waves]), Allotment.people > 0
    )
    clashes = list_clashes(event, [(wave_id, audience) for wave_id, audience in db.session.execute(held)])
    return [
        f"event {event.slug}: {c.audience} in wave {c.wave_id} and {c.other} in wave {c.other_wave_id} are not kept apart"
        for c in clashes
    ]


@check("events.counters", "Each wave counts every audience that its event accepts")
def check_counters(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Wave.id, EventAudience.code)
        .join(EventAudience, EventAudience.event_id == Wave.event_id)
        .outerjoin(Allotment, (Allotment.wave_id == Wave.id) & (Allotment.audience == EventAudience.code))
        .where(Allotment.id.is_(None))
    )
    return [f"wave {r.id} has no counter for {r.code}" for r in rows]


@check("events.doors", "Each event has one entrance, and each space one door of its own")
def check_doors(now: datetime) -> list[str]:
    entrances = db.session.execute(
        select(Event.slug, func.count(Checkpoint.id))
        .outerjoin(Checkpoint, (Checkpoint.event_id == Event.id) & Checkpoint.space_id.is_(None))
        .group_by(Event.id, Event.slug)
        .having(func.count(Checkpoint.id) != 1)
    )
    spaces = db.session.execute(
        select(Space.id, func.count(Checkpoint.id))
        .outerjoin(Checkpoint, Checkpoint.space_id == Space.id)
        .group_by(Space.id)
        .having(func.count(Checkpoint.id) != 1)
    )
    return [
        *(f"event {slug} has {count} entrances" for slug, count in entrances),
        *(f"space {space_id} has {count} doors" for space_id, count in spaces),
    ]


@check("events.stops", "A stop of a route is in a space of its own event")
def check_stops(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Stop.id, Space.event_id).join(Space, Space.id == Stop.space_id).where(Space.event_id != Stop.event_id)
    )
    return [f"stop {r.id} is in a space of event {r.event_id}" for r in rows]

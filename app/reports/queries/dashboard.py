"""The figures of one event's dashboard."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import String, and_, cast, func, select

from app.checkin.models import Presence, Scan
from app.checkin.queries import is_of_today, label_of, people_by_space
from app.core.db import db
from app.events.enums import Enrolment
from app.events.models import Wave
from app.events.queries import EventRow, Places, get_places
from app.jobs.models import Job, JobState
from app.messages.models import Message, MessageState
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.registrations.itinerary import arrival_at, first_passages
from app.registrations.models import Registration, RegistrationWave
from app.reports.queries.counted import count_registrations
from app.reports.queries.event_days import DayFigures, count_days
from app.reports.queries.scans import came_in
from app.reports.rules import (
    LATE_AFTER,
    LATE_UNTIL,
    LateGroup,
    Point,
    could_come,
    has_ended,
    list_points,
    wave_of_arrival,
)
from app.reports.sums import NOTHING, Sums, sum_up, sums_by

BIN = timedelta(minutes=10)
FAILURES_READ = 500
MOST_LATE = 10
MOST_AFTER = timedelta(hours=12)
"""A group may be planned, or late, so long after its wave begins."""


@dataclass(frozen=True)
class WaveFigures:
    """People of one wave: places taken, and those of its registrations who have come for it."""

    expected: int
    came: int


@dataclass(frozen=True)
class SpaceFigures:
    name: str
    present: int
    capacity: int


@dataclass(frozen=True)
class Dashboard:
    """`over`: it took place and has ended. `could_come`: people registered, once it began, unless it is off.

    `sums` are of everybody, `by_audience` of each audience's code, `days` of each day and audience; `arrivals` are (start of
    ten minutes, people who came in), in order, empty ones left out.
    """

    places: Places
    over: bool
    could_come: int
    sums: Sums
    by_audience: dict[str, Sums]
    days: DayFigures
    waves: dict[int, WaveFigures]
    spaces: tuple[SpaceFigures, ...]
    arrivals: tuple[tuple[datetime, int], ...]
    points: tuple[Point, ...]


def get_dashboard(event: EventRow, *, now: datetime) -> Dashboard:
    """Everything of the dashboard but declared statistics and targets: twelve statements at most, however many rows."""
    places = get_places(event)
    counted = count_registrations([event.id], now=now)
    over = not event.date_to_come and has_ended(event.state, event.cancel_code, event.cancel_reason, event.ends_at, now)
    ended = [event.id] if over else []
    sums = sum_up(counted, ended=ended)
    in_space = _present_by_space(event, now)
    spaces = tuple(SpaceFigures(s.name, in_space.get(s.id, 0), s.capacity) for s in event.spaces)
    points = list_points(
        event,
        places,
        spaces=[(s.name, s.present, s.capacity) for s in spaces],
        late=_late_groups(event, now),
        waiting=sums.waiting.people,
        mails_failed=_count_failed_mails(event),
        jobs_dead=_count_dead_jobs(event.organiser_id),
        offers=sums.offered.registrations,
        now=now,
    )
    return Dashboard(
        places=places,
        over=over,
        could_come=0
        if event.date_to_come
        else could_come(
            event.state, event.cancel_code, event.cancel_reason, event.starts_at, sums.registered.people, now
        ),
        sums=sums,
        by_audience=_in_order(event, sums_by(counted, lambda line: line.audience, ended=ended)),
        days=count_days(event, counted),
        waves=_waves(event, places),
        spaces=spaces,
        arrivals=_arrivals(event.id),
        points=tuple(points),
    )


def get_wave_figures(event: EventRow) -> dict[int, WaveFigures]:
    """People expected and come, wave by wave: three statements at most."""
    return _waves(event, get_places(event))


def _in_order(event: EventRow, found: dict[str, Sums]) -> dict[str, Sums]:
    """The event's audiences in their order, then any other that somebody is registered under."""
    accepted = [a.code for a in event.audiences]
    others = sorted(code for code, sums in found.items() if code not in accepted and sums.anything)
    return {code: found.get(code, NOTHING) for code in (*accepted, *others)}


def _present_by_space(event: EventRow, now: datetime) -> dict[int, int]:
    found = people_by_space(event.id, is_of_today(event, now))
    rows = db.session.execute(
        select(found.c.space_id, func.sum(found.c.people))
        .where(found.c.space_id.is_not(None))
        .group_by(found.c.space_id)
    )
    return {space_id: int(people) for space_id, people in rows if space_id is not None}


def _waves(event: EventRow, places: Places) -> dict[int, WaveFigures]:
    came = _came_by_only_wave(event.id) if event.enrolment is Enrolment.ONE else _came_by_nearest_wave(event)
    return {w.id: WaveFigures(places.waves.get(w.id, 0), came.get(w.id, 0)) for w in event.waves}


def _came_by_only_wave(event_id: int) -> dict[int, int]:
    rows = db.session.execute(
        select(RegistrationWave.wave_id, func.sum(Presence.came_participants + Presence.came_companions))
        .join(Presence, Presence.registration_id == RegistrationWave.registration_id)
        .where(Presence.event_id == event_id)
        .group_by(RegistrationWave.wave_id)
    )
    return {wave_id: int(people) for wave_id, people in rows}


def _came_by_nearest_wave(event: EventRow) -> dict[int, int]:
    """Where people take several waves: each arrival counts for the wave of that day which it is nearest to."""
    zone = ZoneInfo(event.timezone)
    wanted: dict[int, list[int]] = {}
    rows = db.session.execute(
        select(RegistrationWave.registration_id, RegistrationWave.wave_id)
        .join(Wave, Wave.id == RegistrationWave.wave_id)
        .where(Wave.event_id == event.id)
    )
    for registration_id, wave_id in rows:
        wanted.setdefault(registration_id, []).append(wave_id)
    scans = db.session.execute(
        select(Scan.registration_id, Scan.scanned_at, Scan.delta_participants + Scan.delta_companions)
        .where(*came_in(event.id))
        .order_by(Scan.scanned_at)
    )
    came: dict[int, int] = {}
    by_id = {w.id: w for w in event.waves}
    for comer, at, people in scans:
        mine = [by_id[w] for w in wanted.get(comer or 0, ()) if w in by_id]
        nearest = wave_of_arrival(at, mine, zone)
        if nearest is not None:
            came[nearest] = came.get(nearest, 0) + people
    return came


def _arrivals(event_id: int) -> tuple[tuple[datetime, int], ...]:
    """People who came in, by ten minutes: the text of an instant is the same on both databases up to there."""
    ten = func.substr(cast(Scan.scanned_at, String), 1, 15).label("ten")
    rows = db.session.execute(
        select(ten, func.sum(Scan.delta_participants + Scan.delta_companions))
        .where(*came_in(event_id))
        .group_by(ten)
        .order_by(ten)
    )
    return tuple((datetime.fromisoformat(f"{text}0:00+00:00"), int(people)) for text, people in rows)


def _late_groups(event: EventRow, now: datetime) -> list[LateGroup]:
    """Groups expected a while ago of which nobody has come today, latest expected first."""
    found = db.session.execute(
        select(Registration, Wave.id)
        .join(RegistrationWave, RegistrationWave.registration_id == Registration.id)
        .join(Wave, Wave.id == RegistrationWave.wave_id)
        .outerjoin(Presence, and_(Presence.registration_id == Registration.id, is_of_today(event, now)))
        .where(
            Wave.event_id == event.id,
            Wave.starts_at <= now - LATE_AFTER,
            Wave.starts_at > now - LATE_UNTIL - MOST_AFTER,
            Registration.kind == RegistrationKind.GROUP,
            Registration.status == RegistrationStatus.CONFIRMED,
            and_(func.coalesce(Presence.came_participants, 0) == 0, func.coalesce(Presence.came_companions, 0) == 0),
        )
        .order_by(Registration.sort_name, Registration.id)
    )
    rows, waves = found.all(), {wave.id: wave for wave in event.waves}
    firsts = first_passages(event) if rows else {}
    due = [(r, arrival_at(event, r, waves[wave], firsts.get((r.id, wave)))) for r, wave in rows if wave in waves]
    late = [(r, at) for r, at in due if now - LATE_UNTIL < at <= now - LATE_AFTER]
    return [
        LateGroup(
            reference=r.reference,
            label=label_of(True, r.class_label, r.organisation_name, r.contact_name),
            contact_name=r.contact_name,
            contact_phone=r.contact_phone,
            participants=r.participants,
            companions=r.companions,
            expected_at=at,
        )
        for r, at in sorted(late, key=lambda found: found[1], reverse=True)[:MOST_LATE]
    ]


def _count_failed_mails(event: EventRow) -> int:
    """Mails to registered people of this event that did not leave; the latest FAILURES_READ failures are looked at."""
    subjects = db.session.execute(
        select(Message.subject)
        .where(Message.organiser_id == event.organiser_id, Message.state == MessageState.FAILED)
        .order_by(Message.id.desc())
        .limit(FAILURES_READ)
    ).scalars()
    about = [int(s.partition(":")[2]) for s in subjects if s.startswith("registration:")]
    mine = set(
        db.session.execute(
            select(Registration.id).where(
                Registration.id.in_(about), Registration.event_id == event.id, Registration.deleted_at.is_(None)
            )
        ).scalars()
    )
    return sum(1 for registration_id in about if registration_id in mine)


def _count_dead_jobs(organiser_id: int) -> int:
    return db.session.execute(
        select(func.count()).select_from(Job).where(Job.state == JobState.DEAD, Job.organiser_id == organiser_id)
    ).scalar_one()

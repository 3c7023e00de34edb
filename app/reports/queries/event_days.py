"""The figures of each day of an event that lasts several."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, case, func, or_, select

from app.checkin.models import Presence, Scan
from app.core.db import db
from app.events.enums import Enrolment, Measure
from app.events.models import Wave
from app.events.queries import EventRow
from app.registrations.enums import HOLDING, RegistrationKind
from app.registrations.models import Registration, RegistrationWave
from app.reports.queries.scans import came_in
from app.reports.sums import Counted, sum_up

DayFigures = dict[tuple[date, str, Measure], int]
"""People of a day and an audience, by what a target may count; nothing where there is nobody."""


def days_of(event: EventRow) -> list[date]:
    """The local days of its waves, in order."""
    zone = ZoneInfo(event.timezone)
    return sorted({wave.starts_at.astimezone(zone).date() for wave in event.waves})


def count_days(event: EventRow, counted: list[Counted]) -> DayFigures:
    """Registered people and groups count on each day of their waves; present ones on each day on which they came in.

    Somebody who goes out and comes in again is one. Two statements; none for an event of one day, whose figures `counted`
    says already.
    """
    days = days_of(event)
    if len(days) < 2:
        return _one_day(days, counted)
    found = _registered(event)
    for (day, audience), people in _came(event, days).items():
        found[day, audience, Measure.PRESENT] = people
    return found


def _one_day(days: list[date], counted: list[Counted]) -> DayFigures:
    found: DayFigures = {}
    for audience in {line.audience for line in counted} if days else ():
        sums = sum_up((line for line in counted if line.audience == audience), ended=())
        for measure in Measure:
            found[days[0], audience, measure] = sums.reached(measure)
    return found


def _registered(event: EventRow) -> DayFigures:
    """Whoever takes several waves of a day counts once for that day."""
    zone = ZoneInfo(event.timezone)
    day_of = {wave.id: wave.starts_at.astimezone(zone).date() for wave in event.waves}
    people = Registration.participants + Registration.companions
    keys = [RegistrationWave.wave_id, Registration.audience, Registration.kind]
    statement = (
        select(*keys, people.label("people"), Registration.id)
        if event.enrolment is not Enrolment.ONE
        else select(*keys, func.sum(people).label("people"), func.count().label("id")).group_by(*keys)
    )
    rows = db.session.execute(
        statement.select_from(RegistrationWave)
        .join(Registration, Registration.id == RegistrationWave.registration_id)
        .join(Wave, Wave.id == RegistrationWave.wave_id)
        .where(Wave.event_id == event.id, Registration.status.in_(HOLDING))
    )
    found: DayFigures = {}
    seen: set[tuple[date, int]] = set()
    for row in rows:
        day, registrations = day_of.get(row.wave_id), row.id
        if day is None:
            continue
        if event.enrolment is not Enrolment.ONE:
            if (day, row.id) in seen:
                continue
            seen.add((day, row.id))
            registrations = 1
        _add(found, (day, row.audience, Measure.REGISTERED), int(row.people))
        if row.kind is RegistrationKind.GROUP:
            _add(found, (day, row.audience, Measure.GROUPS), int(registrations))
    return found


def _came(event: EventRow, days: list[date]) -> dict[tuple[date, str], int]:
    """By day and audience: of each registration, those who came in that day, at most as many as ever were in at once."""
    zone = ZoneInfo(event.timezone)
    bounds = [(_midnight(day, zone), _midnight(day + timedelta(days=1), zone)) for day in days]
    within = [and_(Scan.scanned_at >= first, Scan.scanned_at < last) for first, last in bounds]
    daily = (
        select(
            Scan.registration_id.label("registration_id"),
            case(*[(inside, number) for number, inside in enumerate(within)]).label("number"),
            (Scan.delta_participants + Scan.delta_companions).label("people"),
        )
        .where(*came_in(event.id), or_(*within))
        .subquery()
    )
    each = (
        select(daily.c.registration_id, daily.c.number, func.sum(daily.c.people).label("people"))
        .group_by(daily.c.registration_id, daily.c.number)
        .subquery()
    )
    most = Presence.came_participants + Presence.came_companions
    rows = db.session.execute(
        select(
            each.c.number,
            Registration.audience,
            func.sum(case((each.c.people > most, most), else_=each.c.people)).label("people"),
        )
        .join(Registration, Registration.id == each.c.registration_id)
        .join(Presence, Presence.registration_id == each.c.registration_id)
        .group_by(each.c.number, Registration.audience)
    )
    return {(days[row.number], row.audience): int(row.people) for row in rows}


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def _add(found: DayFigures, key: tuple[date, str, Measure], number: int) -> None:
    found[key] = found.get(key, 0) + number

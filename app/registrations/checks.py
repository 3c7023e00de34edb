"""What `doctor` checks about registrations: it counts again what the counters say."""

from datetime import datetime

from sqlalchemy import case, func, select

from app.core.checks import check
from app.core.db import db
from app.events.models import Allotment, Event, Wave
from app.registrations.enums import HOLDING, RegistrationKind, TicketKind
from app.registrations.models import DeclaredStatistics, Registration, RegistrationWave, Ticket

PEOPLE = Registration.participants + Registration.companions


@check("registrations.waves", "A wave's counter is the sum of the places that registrations hold in it")
def check_waves(now: datetime) -> list[str]:
    held = func.coalesce(func.sum(RegistrationWave.people), 0)
    rows = db.session.execute(
        select(Wave.id, Wave.taken, held.label("held"))
        .outerjoin(RegistrationWave, RegistrationWave.wave_id == Wave.id)
        .group_by(Wave.id, Wave.taken)
        .having(held != Wave.taken)
    )
    return [f"wave {r.id} counts {r.taken} people, its registrations hold {r.held}" for r in rows]


@check("registrations.events", "An event's counter is the sum of the people who hold places")
def check_events(now: datetime) -> list[str]:
    held = func.coalesce(func.sum(case((Registration.status.in_(HOLDING), PEOPLE), else_=0)), 0)
    rows = db.session.execute(
        select(Event.slug, Event.taken, held.label("held"))
        .outerjoin(Registration, Registration.event_id == Event.id)
        .group_by(Event.id, Event.slug, Event.taken)
        .having(held != Event.taken)
    )
    return [f"event {r.slug} counts {r.taken} people, its registrations hold {r.held}" for r in rows]


@check("registrations.allotments", "An audience's counters of a wave are what its registrations hold there")
def check_allotments(now: datetime) -> list[str]:
    held = (
        select(
            RegistrationWave.wave_id,
            Registration.audience,
            func.sum(RegistrationWave.people).label("people"),
            func.sum(case((Registration.kind == RegistrationKind.GROUP, 1), else_=0)).label("groups"),
        )
        .join(Registration, Registration.id == RegistrationWave.registration_id)
        .where(RegistrationWave.people > 0)
        .group_by(RegistrationWave.wave_id, Registration.audience)
        .subquery()
    )
    people, groups = func.coalesce(held.c.people, 0), func.coalesce(held.c.groups, 0)
    rows = db.session.execute(
        select(
            Allotment.wave_id,
            Allotment.audience,
            Allotment.people,
            Allotment.groups,
            people.label("p"),
            groups.label("g"),
        )
        .outerjoin(held, (held.c.wave_id == Allotment.wave_id) & (held.c.audience == Allotment.audience))
        .where((people != Allotment.people) | (groups != Allotment.groups))
    )
    uncounted = db.session.execute(
        select(held.c.wave_id, held.c.audience, held.c.people)
        .outerjoin(Allotment, (held.c.wave_id == Allotment.wave_id) & (held.c.audience == Allotment.audience))
        .where(Allotment.id.is_(None))
    )
    return [
        *(
            f"wave {r.wave_id} counts {r.people} people in {r.groups} groups of {r.audience}, they are {r.p} in {r.g}"
            for r in rows
        ),
        *(f"wave {r.wave_id} has {r.people} people of {r.audience} and no counter for them" for r in uncounted),
    ]


@check(
    "registrations.held",
    "Who has a place holds their whole headcount in each of their waves, and who has none holds nothing",
)
def check_held(now: datetime) -> list[str]:
    wanted = case((Registration.status.in_(HOLDING), PEOPLE), else_=0)
    rows = db.session.execute(
        select(Registration.reference, RegistrationWave.wave_id, RegistrationWave.people, wanted.label("wanted"))
        .join(RegistrationWave, RegistrationWave.registration_id == Registration.id)
        .where(RegistrationWave.people != wanted)
    )
    return [f"{r.reference} holds {r.people} places in wave {r.wave_id} instead of {r.wanted}" for r in rows]


@check("registrations.own_event", "A registration's waves are of its own event, and it has at least one")
def check_own_event(now: datetime) -> list[str]:
    foreign = db.session.execute(
        select(Registration.reference, Wave.id)
        .join(RegistrationWave, RegistrationWave.registration_id == Registration.id)
        .join(Wave, Wave.id == RegistrationWave.wave_id)
        .where(Wave.event_id != Registration.event_id)
    )
    without = db.session.execute(
        select(Registration.reference)
        .outerjoin(RegistrationWave, RegistrationWave.registration_id == Registration.id)
        .where(RegistrationWave.wave_id.is_(None))
    ).scalars()
    strangers = db.session.execute(
        select(Registration.reference)
        .join(Event, Event.id == Registration.event_id)
        .where(Event.organiser_id != Registration.organiser_id)
    ).scalars()
    return [
        *(f"{reference} has wave {wave_id} of another event" for reference, wave_id in foreign),
        *(f"{reference} has no wave" for reference in without),
        *(f"{reference} belongs to another organiser than its event" for reference in strangers),
    ]


@check("registrations.tickets", "Each registration has exactly one main ticket")
def check_tickets(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Registration.reference, func.count(Ticket.id))
        .outerjoin(Ticket, (Ticket.registration_id == Registration.id) & (Ticket.kind == TicketKind.MAIN))
        .group_by(Registration.id, Registration.reference)
        .having(func.count(Ticket.id) != 1)
    )
    return [f"{reference} has {count} main tickets" for reference, count in rows]


@check(
    "registrations.statistics",
    "What was declared for statistics belongs to a registration that still has it, or to nobody's name",
)
def check_statistics(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Registration.reference)
        .outerjoin(DeclaredStatistics, DeclaredStatistics.key == Registration.statistics_key)
        .where(Registration.statistics_key.is_not(None), DeclaredStatistics.key.is_(None))
    ).scalars()
    return [f"{reference} points to declared statistics that are gone" for reference in rows]


@check("registrations.versions", "No registration changed after its event's last version")
def check_versions(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(Registration.reference)
        .join(Event, Event.id == Registration.event_id)
        .where(Registration.changed_in > Event.version)
    ).scalars()
    return [f"{reference} says it changed in a version that its event has not reached" for reference in rows]

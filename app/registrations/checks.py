"""What `doctor` checks about registrations: it counts again what the counters say."""

from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, select

from app.core.checks import check
from app.core.db import db
from app.events.models import Allotment, Event, Wave
from app.events.operations.deleting import KEPT
from app.registrations import postponed_checks, waiting_checks
from app.registrations.bulk.rules import BulkCounts, BulkItem, count_items
from app.registrations.enums import ALIVE, HOLDING, RegistrationKind, TicketKind
from app.registrations.models import AnswerFile, BulkAction, DeclaredStatistics, Registration, RegistrationWave, Ticket
from app.registrations.queries import FORGOTTEN

GRACE = timedelta(days=2)
"""How late the work that empties the bin may be before somebody has to look at the workers."""
PEOPLE = Registration.participants + Registration.companions
HOLDS = and_(Registration.status.in_(HOLDING), Registration.absent_at.is_(None), ~Registration.beyond)
"""Who did not come gave the places back; who was let in beyond them never had any."""
WAITING = waiting_checks.__name__  # registers its checks with these
POSTPONED = postponed_checks.__name__  # as WAITING


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
    held = func.coalesce(func.sum(case((HOLDS, PEOPLE), else_=0)), 0)
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
    wanted = case((HOLDS, PEOPLE), else_=0)
    rows = db.session.execute(
        select(Registration.reference, RegistrationWave.wave_id, RegistrationWave.people, wanted.label("wanted"))
        .join(RegistrationWave, RegistrationWave.registration_id == Registration.id)
        .where(RegistrationWave.people != wanted)
    )
    return [f"{r.reference} holds {r.people} places in wave {r.wave_id} instead of {r.wanted}" for r in rows]


@check("registrations.bin", "Who is in the bin is cancelled, holds nothing and remembers the status they had")
def check_bin(now: datetime) -> list[str]:
    binned = Registration.deleted_at.is_not(None)
    forgetful = db.session.execute(
        select(Registration.reference).where(binned != Registration.deleted_status.is_not(None))
    ).scalars()
    standing = db.session.execute(
        select(Registration.reference, Event.slug)
        .join(Event, Event.id == Registration.event_id)
        .where(Event.deleted_at.is_not(None), Registration.status.in_(ALIVE))
    )
    late = db.session.execute(
        select(Registration.reference)
        .where(Registration.deleted_at < now - KEPT - GRACE, Registration.contact_name != FORGOTTEN)
        .order_by(Registration.id)
    ).scalars()
    return [
        *(f"{reference} is half in the bin: it lacks the moment, or the status that it had" for reference in forgetful),
        *(f"{reference} stands, but its event {slug} is in the bin" for reference, slug in standing),
        *(f"{reference} is in the bin for more than 30 days and still has a name" for reference in late),
    ]


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


@check("registrations.answer_files", "A registration's file is what its answer leads to, and belongs to the same event")
def check_answer_files(now: datetime) -> list[str]:
    rows = db.session.execute(
        select(
            Registration.reference, Registration.event_id, Registration.answers,
            AnswerFile.question_key, AnswerFile.token, AnswerFile.event_id.label("file_event_id"),
        ).join(Registration, Registration.id == AnswerFile.registration_id)
    )  # fmt: skip
    return [
        f"{r.reference} has a file for “{r.question_key}” that no answer leads to"
        for r in rows
        if r.answers.get(r.question_key) != r.token or r.event_id != r.file_event_id
    ]


@check("registrations.bulk", "An action on many deals with each of its registrations once, in their order")
def check_bulk(now: datetime) -> list[str]:
    begun = select(BulkAction.id).where(BulkAction.job_id.is_not(None)).order_by(BulkAction.id)
    found = (_look_at_bulk(bulk_id) for bulk_id in db.session.execute(begun).scalars().all())
    return [problem for problem in found if problem]


def _look_at_bulk(bulk_id: int) -> str:
    """What is wrong with one action: read by itself, for it may name thousands."""
    row = db.session.execute(
        select(
            BulkAction.registration_ids, BulkAction.items, BulkAction.finished_at, BulkAction.total, BulkAction.done,
            BulkAction.failed, BulkAction.put_back,
        ).where(BulkAction.id == bulk_id)
    ).one()  # fmt: skip
    dealt = [item["id"] for item in row.items]
    if dealt != row.registration_ids[: len(dealt)]:
        return f"action {bulk_id} dealt with others than its registrations, or with one twice"
    if row.finished_at is not None and len(dealt) < len(row.registration_ids):
        return f"action {bulk_id} ended after {len(dealt)} of {len(row.registration_ids)} registrations"
    counts = count_items(len(row.registration_ids), map(BulkItem.from_json, row.items))
    if counts != BulkCounts(row.total, row.done, row.failed, row.put_back):
        return f"action {bulk_id} tells other figures than what came of its registrations"
    return ""

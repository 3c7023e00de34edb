"""Who is where, for boards, doors and lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Subquery, and_, case, func, or_, select, union_all

from app.checkin.device_models import TeamPresence
from app.checkin.enums import OverrideReason, ScanResult
from app.checkin.models import Presence, Scan
from app.checkin.notes import list_notes
from app.checkin.rules import day_bounds
from app.core.db import db
from app.core.text import fold
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.enums import ALIVE, RegistrationStatus, TicketKind
from app.registrations.models import Registration, RegistrationWave, Ticket
from app.registrations.queries import in_no_bin
from app.registrations.rules import card_is_valid, ticket_status

_TEAM = TeamPresence.participants + TeamPresence.companions


@dataclass(frozen=True)
class SpacePresence:
    id: int
    present: int
    capacity: int


@dataclass(frozen=True)
class Occupancy:
    """People present now, in all, by audience, and in each space."""

    present: int
    by_audience: dict[str, int]
    spaces: tuple[SpacePresence, ...]


def is_of_day(day: date, timezone: str) -> ColumnElement[bool]:
    """Whether a presence tells of that local day; those of other days tell who was there then."""
    begins, ends = day_bounds(day, ZoneInfo(timezone))
    return and_(Presence.last_scan_at >= begins, Presence.last_scan_at < ends)


def is_of_today(event: EventRow, now: datetime) -> ColumnElement[bool]:
    return is_of_day(now.astimezone(ZoneInfo(event.timezone)).date(), event.timezone)


def people_by_space(event_id: int, within: ColumnElement[bool]) -> Subquery:
    """(registration_id, space_id, people, last_scan_at) of an event: each team where it is, the rest where their group was
    last. `within`: a condition on Presence.
    """
    apart = (
        select(TeamPresence.registration_id, func.sum(_TEAM).label("people"))
        .where(TeamPresence.event_id == event_id)
        .group_by(TeamPresence.registration_id)
        .subquery()
    )
    rest = select(
        Presence.registration_id, Presence.space_id,
        (Presence.participants + Presence.companions - func.coalesce(apart.c.people, 0)).label("people"),
        Presence.last_scan_at,
    ).outerjoin(apart, apart.c.registration_id == Presence.registration_id)  # fmt: skip
    teams = select(
        TeamPresence.registration_id, TeamPresence.space_id, _TEAM.label("people"), Presence.last_scan_at
    ).join(Presence, Presence.registration_id == TeamPresence.registration_id)
    of_event = Presence.event_id == event_id
    return union_all(rest.where(of_event, within), teams.where(of_event, within)).subquery("by_space")


def get_occupancy(event: EventRow, *, now: datetime) -> Occupancy:
    """Count the people present now, on the event's day of today: one statement."""
    found = people_by_space(event.id, is_of_today(event, now))
    rows = db.session.execute(
        select(Registration.audience, found.c.space_id, func.sum(found.c.people))
        .join(Registration, Registration.id == found.c.registration_id)
        .where(found.c.people > 0)
        .group_by(Registration.audience, found.c.space_id)
    )
    by_audience: dict[str, int] = {}
    by_space: dict[int, int] = {}
    for audience, space_id, count in rows:
        by_audience[audience] = by_audience.get(audience, 0) + int(count)
        if space_id is not None:
            by_space[space_id] = by_space.get(space_id, 0) + int(count)
    spaces = tuple(SpacePresence(s.id, by_space.get(s.id, 0), s.capacity) for s in event.spaces)
    return Occupancy(sum(by_audience.values()), by_audience, spaces)


def count_in_spaces(event: EventRow, space_ids: Sequence[int], days: Sequence[date]) -> dict[tuple[date, int], int]:
    """People by (local day, space), of those whose last day at the event that is: one statement."""
    zone = ZoneInfo(event.timezone)
    found = people_by_space(event.id, or_(*(is_of_day(day, event.timezone) for day in days)))
    bounds = [day_bounds(day, zone) for day in days]
    inside = [and_(found.c.last_scan_at >= begins, found.c.last_scan_at < ends) for begins, ends in bounds]
    people = func.sum(found.c.people)
    counts = [func.sum(case((one, found.c.people), else_=0)) for one in inside] if len(days) > 1 else [people]
    rows = db.session.execute(
        select(found.c.space_id, *counts).where(found.c.space_id.in_(space_ids)).group_by(found.c.space_id)
    )
    return {(day, row[0]): int(count) for row in rows for day, count in zip(days, row[1:], strict=True)}


@dataclass(frozen=True)
class DoorTicket:
    """One ticket as a door's list holds it: the least that decides. `absent`: its group gave its places back."""

    code: str
    reference: str
    label: str
    audience: str
    status: RegistrationStatus
    kind: TicketKind
    participants: int
    companions: int
    waves: tuple[int, ...]
    absent: bool = False


@dataclass(frozen=True)
class DoorList:
    cursor: int
    tickets: tuple[DoorTicket, ...]


def list_door_tickets(event: EventRow, *, since: int | None = None) -> DoorList:
    """Tickets of an event, or those whose registration changed after version `since` (cancelled ones then included).

    A withdrawn card is as good as cancelled; so is one that was deleted, and then nothing more is said of it.
    """
    from_events = select(Registration.id).where(Registration.event_id == event.id)
    if since is None:
        from_events = from_events.where(Registration.status.in_(ALIVE), in_no_bin())
    else:
        from_events = from_events.where(Registration.changed_in > since)
    waves: dict[int, list[int]] = {}
    for registration_id, wave_id in db.session.execute(
        select(RegistrationWave.registration_id, RegistrationWave.wave_id)
        .where(RegistrationWave.registration_id.in_(from_events))
        .order_by(RegistrationWave.wave_id)
    ):
        waves.setdefault(registration_id, []).append(wave_id)
    rows = db.session.execute(
        select(
            Ticket.code, Ticket.kind, Ticket.label, Ticket.number, Registration.id, Registration.reference, Registration.audience,
            Registration.status, Registration.participants, Registration.companions, Registration.kind.label("of"),
            Registration.class_label, Registration.organisation_name, Registration.contact_name, Registration.changed_in,
            Registration.deleted_at, Registration.absent_at,
        )
        .join(Registration, Registration.id == Ticket.registration_id)
        .where(Registration.id.in_(from_events))
        .order_by(Ticket.id)
    ).all()  # fmt: skip
    cursor = max((r.changed_in for r in rows), default=since or 0)
    tickets = tuple(
        DoorTicket(
            code=r.code,
            reference=r.reference if r.deleted_at is None else "",
            label=r.label or label_of(r.of == "group", r.class_label, r.organisation_name, r.contact_name)
            if r.deleted_at is None
            else "",
            audience=r.audience,
            status=ticket_status(r.status, r.number, r.participants),
            kind=r.kind,
            participants=r.participants if r.kind is TicketKind.MAIN else 1,
            companions=r.companions if r.kind is TicketKind.MAIN else 0,
            waves=tuple(waves.get(r.id, ())),
            absent=r.absent_at is not None and r.deleted_at is None,
        )
        for r in rows
        if since is not None or card_is_valid(r.number, r.participants)
    )
    return DoorList(cursor, tickets)


def label_of(group: bool, class_label: str, organisation_name: str, contact_name: str) -> str:
    """Who is at the door, in a few words: « 3e B · Collège des Trois-Rivières », or a name."""
    if not group:
        return contact_name
    return " · ".join(p for p in (class_label, organisation_name) if p) or contact_name


@dataclass(frozen=True)
class DoorMatch:
    """A registration found by name, number or code, as staff at a door see it; `inside` are those in today.

    `absent`: a group that gave its places back, for it did not come in time.
    """

    registration_id: int
    code: str
    reference: str
    label: str
    contact_name: str
    audience: str
    group: bool
    status: RegistrationStatus
    expected: Headcount
    inside: Headcount
    waves: tuple[int, ...]
    last_in_at: datetime | None
    last_door: int | None
    absent: bool = False


def find_at_door(event: EventRow, text: str, *, now: datetime, limit: int = 12) -> list[DoorMatch]:
    """Registrations of the event whose name, school, class or number holds all the words typed. Four statements at most."""
    words = fold(text).split()
    if not words:
        return []
    conditions = [Registration.search_text.contains(word, autoescape=True) for word in words]
    return _matches(event, conditions, now, limit)


def find_ticket_at_door(event: EventRow, code: str, *, now: datetime) -> DoorMatch | None:
    """The registration of a ticket of this event, or None."""
    owner = select(Ticket.registration_id).where(Ticket.code == code).scalar_subquery()
    found = _matches(event, [or_(Registration.id == owner)], now, 1)
    return found[0] if found else None


def _matches(event: EventRow, conditions: Sequence[object], now: datetime, limit: int) -> list[DoorMatch]:
    rows = db.session.execute(
        select(Registration, Ticket.code, Presence.participants.label("in_p"), Presence.companions.label("in_c"))
        .join(Ticket, (Ticket.registration_id == Registration.id) & (Ticket.kind == TicketKind.MAIN))
        .outerjoin(Presence, and_(Presence.registration_id == Registration.id, is_of_today(event, now)))
        .where(Registration.event_id == event.id, in_no_bin(), *conditions)  # type: ignore[arg-type]
        .order_by(Registration.status != RegistrationStatus.CONFIRMED, Registration.sort_name, Registration.id)
        .limit(limit)
    ).all()
    ids = [r.Registration.id for r in rows]
    waves: dict[int, list[int]] = {}
    for registration_id, wave_id in db.session.execute(
        select(RegistrationWave.registration_id, RegistrationWave.wave_id).where(
            RegistrationWave.registration_id.in_(ids)
        )
    ):
        waves.setdefault(registration_id, []).append(wave_id)
    last = _last_in(ids)
    return [
        DoorMatch(
            registration_id=r.Registration.id,
            code=r.code,
            reference=r.Registration.reference,
            label=label_of(
                r.Registration.kind == "group", r.Registration.class_label, r.Registration.organisation_name,
                r.Registration.contact_name,
            ),
            contact_name=r.Registration.contact_name,
            audience=r.Registration.audience,
            group=r.Registration.kind == "group",
            status=r.Registration.status,
            expected=Headcount(r.Registration.participants, r.Registration.companions),
            inside=Headcount(r.in_p or 0, r.in_c or 0),
            waves=tuple(sorted(waves.get(r.Registration.id, ()))),
            last_in_at=last.get(r.Registration.id, (None, None))[0],
            last_door=last.get(r.Registration.id, (None, None))[1],
            absent=r.Registration.absent_at is not None,
        )
        for r in rows
    ]  # fmt: skip


def _last_in(registration_ids: Sequence[int]) -> dict[int, tuple[datetime, int | None]]:
    rows = db.session.execute(
        select(Scan.registration_id, Scan.scanned_at, Scan.checkpoint_id)
        .where(
            Scan.registration_id.in_(registration_ids),
            Scan.result == ScanResult.ACCEPTED,
            Scan.delta_participants + Scan.delta_companions > 0,
            Scan.undoes.is_(None),
        )
        .order_by(Scan.scanned_at, Scan.id)
    )
    return {registration_id: (at, door) for registration_id, at, door in rows if registration_id is not None}


@dataclass(frozen=True)
class ScanLine:
    """One scan in a registration's history. `override` and `note`: why staff let them in though the answer was no; `settles`: one
    of the desk, which settles two counts of the same people.
    """

    scanned_at: datetime
    direction: str
    result: ScanResult
    reason: str | None
    checkpoint_id: int | None
    device: str
    delta: Headcount
    over: bool
    undone: bool
    undoing: bool
    team: int | None = None
    override: OverrideReason | None = None
    note: str = ""
    settles: bool = False


def list_scans(registration_id: int) -> list[ScanLine]:
    """What happened at doors with one registration's tickets, oldest first: one statement, and one more where staff let them in."""
    rows = (
        db.session.execute(select(Scan).where(Scan.registration_id == registration_id).order_by(Scan.id))
        .scalars()
        .all()
    )
    undone = {s.undoes for s in rows if s.undoes}
    notes = list_notes([registration_id] if any(s.override_reason for s in rows) else [])
    return [
        ScanLine(
            s.scanned_at, s.direction, s.result, s.reason, s.checkpoint_id, s.device,
            Headcount(s.delta_participants, s.delta_companions), s.over, s.scan_id in undone,
            s.undoes is not None, s.team, s.override_reason, notes.get(s.scan_id, ""),
            s.checkpoint_id is None and s.undoes is None,
        )
        for s in rows
    ]  # fmt: skip


def label_scans(organiser_id: int, scan_ids: Sequence[str]) -> dict[str, str]:
    """Whose ticket each of these scans was, as its answer says it; scans of no ticket, or of one deleted since, are left out."""
    rows = db.session.execute(
        select(
            Scan.scan_id, Ticket.kind, Ticket.label, Registration.kind.label("of"), Registration.class_label,
            Registration.organisation_name, Registration.contact_name,
        )
        .join(Ticket, Ticket.id == Scan.ticket_id)
        .join(Registration, Registration.id == Scan.registration_id)
        .where(Scan.organiser_id == organiser_id, Scan.scan_id.in_(scan_ids), in_no_bin())
    )  # fmt: skip
    return {
        r.scan_id: ticket_label(
            r.label if r.kind is TicketKind.ROUTE_CARD else "",
            label_of(r.of == "group", r.class_label, r.organisation_name, r.contact_name),
        )
        for r in rows
    }


def ticket_label(card: str, holder: str) -> str:
    """What the door calls a ticket: its holder, and for a route card its own number first."""
    return f"{card} · {holder}" if card else holder


def get_whereabouts(event: EventRow, registration_id: int, *, now: datetime) -> tuple[Headcount, Headcount]:
    """(inside now, most ever in) of one registration."""
    row = db.session.get(Presence, registration_id)
    if row is None:
        return Headcount(0, 0), Headcount(0, 0)
    begins, ends = day_bounds(now.astimezone(ZoneInfo(event.timezone)).date(), ZoneInfo(event.timezone))
    inside = Headcount(row.participants, row.companions) if begins <= row.last_scan_at < ends else Headcount(0, 0)
    return inside, Headcount(row.came_participants, row.came_companions)

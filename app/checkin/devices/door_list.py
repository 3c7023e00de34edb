"""The list of a phone at the door: the least that decides without network, whole or what changed since."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from app.checkin.devices.errors import CursorGone
from app.checkin.enums import Direction, ScanResult
from app.checkin.models import Presence, Scan
from app.checkin.queries import is_of_today, label_of
from app.checkin.replaying import PastScan, follow_cards
from app.checkin.rules import day_bounds
from app.core.db import db
from app.events.queries import EventRow, get_version
from app.registrations.drafts import Headcount
from app.registrations.enums import ALIVE, RegistrationKind, RegistrationStatus, TicketKind
from app.registrations.models import Registration, RegistrationWave, Ticket
from app.registrations.queries import in_no_bin
from app.registrations.rules import card_is_valid, ticket_status

GONE = (RegistrationStatus.CANCELLED, RegistrationStatus.LAPSED)
MOST_CHANGES = 5_000
"""Registrations of a list of changes; when more changed, the whole list is shorter to say."""
SETTLED = timedelta(seconds=60)
"""Longer than a transaction of passages takes: a passage received before that is either in the store or never will be.

On PostgreSQL a passage with a lower number may be seen after one with a higher one. Those of the last minute are told again.
"""
CURSOR = re.compile(r"([1-9]\d{0,9}):(\d{1,10}):(\d{1,10}):(\d{1,7}):(\d{1,10})", re.ASCII)

Row = list[object]
Arrivals = Callable[[Collection[int] | None], Mapping[tuple[int, int], datetime]]
"""When groups are to come by the plan in force, by registration and wave, of some registrations or (None) of all."""


@dataclass(frozen=True)
class Cursor:
    """How far a list goes: the event's version, the last settled passage, the local day, and the plan that made its teams."""

    event_id: int
    version: int
    scan_id: int
    day: int
    plan_id: int

    def __str__(self) -> str:
        return f"{self.event_id}:{self.version}:{self.scan_id}:{self.day}:{self.plan_id}"


@dataclass(frozen=True)
class Now:
    """Where the list stands: its cursor, and `mark`, which differs as soon as anything of the list does."""

    cursor: Cursor
    mark: str


@dataclass(frozen=True)
class DeviceList:
    """`tickets` are rows as docs/door.md names them; `full` is the whole list, else what changed."""

    cursor: Cursor
    full: bool
    tickets: list[Row]


def read_cursor(text: str, event_id: int) -> Cursor:
    """Raises CursorGone for what is no cursor of this event."""
    found = CURSOR.fullmatch(text)
    if found is None or int(found[1]) != event_id:
        raise CursorGone("this cursor is not of this list")
    return Cursor(*(int(part) for part in found.groups()))


def stand(event: EventRow, plan_id: int | None, *, now: datetime) -> Now:
    """Where the event's list stands, read before the list: what changes meanwhile is told twice rather than never."""
    version = get_version(event.id)
    newest = db.session.execute(select(Scan.id, Scan.received_at).order_by(Scan.id.desc()).limit(1)).one_or_none()
    last = settled = 0
    if newest is not None:
        last = settled = newest.id
        if newest.received_at > now - SETTLED:
            old = select(Scan.id).where(Scan.received_at <= now - SETTLED).order_by(Scan.id.desc()).limit(1)
            settled = db.session.execute(old).scalar_one_or_none() or 0
    day = now.astimezone(ZoneInfo(event.timezone)).date().toordinal()
    cursor = Cursor(event.id, version, settled, day, plan_id or 0)
    return Now(cursor, f"{event.id}-{version}-{last}-{day}-{plan_id or 0}")


def list_for_device(
    event: EventRow,
    at: Now,
    since: Cursor | None,
    teams: Mapping[int, Sequence[int]],
    arrivals: Arrivals,
    *,
    now: datetime,
) -> DeviceList:
    """The tickets of an event, or those of registrations that changed or whose people passed a door after `since`.

    Whole again on another local day than `since`, for then nobody is inside, and when the groups' teams are of another plan.
    `teams` are people of each team of a registration, `arrivals` tells their hours. What no longer opens stands among the changes
    with its status; of one that was deleted nothing more is said. A whole list holds the main tickets of those who gave their
    place back, too.
    Raises CursorGone for a cursor of a lost future.
    """
    if since is not None and not (since.version <= at.cursor.version and since.scan_id <= at.cursor.scan_id):
        raise CursorGone("this cursor is not of this list")
    ids: Sequence[int] | None = None
    if since is not None and (since.day, since.plan_id) == (at.cursor.day, at.cursor.plan_id):
        ids = _changed(event.id, since)
    if ids is not None and len(ids) <= MOST_CHANGES:
        return DeviceList(at.cursor, False, _rows(event, ids, teams, _today(event, arrivals(ids), now), now))
    return DeviceList(at.cursor, True, _rows(event, None, teams, _today(event, arrivals(None), now), now))


def _today(event: EventRow, arrivals: Mapping[tuple[int, int], datetime], now: datetime) -> dict[int, int]:
    """The first planned arrival of each registration on this local day, in seconds since 1970."""
    zone = ZoneInfo(event.timezone)
    begins, ends = day_bounds(now.astimezone(zone).date(), zone)
    found: dict[int, int] = {}
    for (owner, _wave), at in sorted(arrivals.items(), key=lambda one: one[1]):
        if begins <= at < ends:
            found.setdefault(owner, int(at.timestamp()))
    return found


def _changed(event_id: int, since: Cursor) -> list[int]:
    edited = select(Registration.id).where(Registration.event_id == event_id, Registration.changed_in > since.version)
    passed = select(Scan.registration_id).where(
        Scan.id > since.scan_id, Scan.event_id == event_id, Scan.result == ScanResult.ACCEPTED
    )
    found = {*db.session.execute(edited).scalars(), *db.session.execute(passed).scalars()}
    return sorted(registration_id for registration_id in found if registration_id is not None)


def _rows(
    event: EventRow,
    ids: Sequence[int] | None,
    teams: Mapping[int, Sequence[int]],
    planned: Mapping[int, int],
    now: datetime,
) -> list[Row]:
    """Four statements, one more where cards were scanned today."""
    if ids is not None and not ids:
        return []
    waves = _waves(event, ids)
    last_in = _last_in(event, ids, now)
    cards = _cards(event, ids, now)
    rows: list[Row] = []
    for t in db.session.execute(_tickets(event, ids, now)):
        main, deleted = t.kind is TicketKind.MAIN, t.deleted_at is not None
        if ids is None and not card_is_valid(t.number, t.participants):
            continue
        group = t.of is RegistrationKind.GROUP
        label = "" if deleted else t.label or label_of(group, t.class_label, t.organisation_name, t.contact_name)
        place = (
            ([t.in_p or 0, t.in_c or 0], [t.came_p or 0, t.came_c or 0], t.space_id or 0, last_in.get(t.owner, 0))
            if main
            else cards.get(t.id, ([0, 0], [0, 0], 0, 0))
        )
        rows.append(
            [
                sha256(t.code.encode()).hexdigest()[:32], t.reference if main and not deleted else "", label, t.audience,
                ticket_status(t.status, t.number, t.participants).value, t.kind.value, t.owner,
                t.participants if main else 1, t.companions if main else 0, waves.get(t.owner, []), *place,
                int(t.absent_at is not None), list(teams.get(t.owner, ())) if main else [],
                planned.get(t.owner, 0) if main else 0,
            ]
        )  # fmt: skip
    return rows


def _tickets(event: EventRow, ids: Sequence[int] | None, now: datetime) -> Select[*tuple[object, ...]]:
    r = Registration
    today = case((is_of_today(event, now), 1), else_=0)
    chosen = (
        select(
            Ticket.id, Ticket.code, Ticket.kind, Ticket.label, Ticket.number, r.id.label("owner"), r.reference, r.audience,
            r.status, r.participants, r.companions, r.kind.label("of"), r.class_label, r.organisation_name, r.contact_name,
            r.deleted_at, r.absent_at, (Presence.participants * today).label("in_p"), (Presence.companions * today).label("in_c"),
            Presence.came_participants.label("came_p"), Presence.came_companions.label("came_c"),
            (Presence.space_id * today).label("space_id"),
        )
        .join(r, r.id == Ticket.registration_id)
        .outerjoin(Presence, Presence.registration_id == r.id)
        .where(r.event_id == event.id)
        .order_by(Ticket.id)
    )  # fmt: skip
    # who gave their place back may come all the same: the phone says why not, rather than that it knows no such ticket
    told = or_(r.status.in_(ALIVE), and_(r.status.in_(GONE), Ticket.kind == TicketKind.MAIN))
    return chosen.where(told, in_no_bin()) if ids is None else chosen.where(r.id.in_(ids))


def _waves(event: EventRow, ids: Sequence[int] | None) -> dict[int, list[int]]:
    asked = select(RegistrationWave.registration_id, RegistrationWave.wave_id).order_by(RegistrationWave.wave_id)
    asked = (
        asked.where(RegistrationWave.wave_id.in_([wave.id for wave in event.waves]))
        if ids is None
        else asked.where(RegistrationWave.registration_id.in_(ids))
    )
    found: dict[int, list[int]] = {}
    for owner, wave_id in db.session.execute(asked):
        found.setdefault(owner, []).append(wave_id)
    return found


def _last_in(event: EventRow, ids: Sequence[int] | None, now: datetime) -> dict[int, int]:
    """When each registration's people last came in today, in seconds since 1970; what was taken back does not count."""
    asked = select(Scan.registration_id, func.max(Scan.scanned_at)).where(
        *_of_today(event, now), Scan.delta_participants + Scan.delta_companions > 0, Scan.undoes.is_(None)
    )
    asked = asked if ids is None else asked.where(Scan.registration_id.in_(ids))
    rows = db.session.execute(asked.group_by(Scan.registration_id))
    return {owner: int(at.timestamp()) for owner, at in rows if owner is not None}


def _of_today(event: EventRow, now: datetime) -> tuple[ColumnElement[bool], ...]:
    zone = ZoneInfo(event.timezone)
    begins, ends = day_bounds(now.astimezone(zone).date(), zone)
    return (
        Scan.event_id == event.id, Scan.result == ScanResult.ACCEPTED, Scan.scanned_at >= begins, Scan.scanned_at < ends,
    )  # fmt: skip


def _cards(
    event: EventRow, ids: Sequence[int] | None, now: datetime
) -> dict[int, tuple[list[int], list[int], int, int]]:
    """(inside, came, space, last in) of the route cards that were scanned today.

    Inside [1, 0]: the pupil is surely in; came [1, 0] and inside [0, 0]: surely out. Of other cards the class's headcount tells.
    """
    today = _of_today(event, now)
    classes = (
        select(Scan.registration_id)
        .join(Ticket, Ticket.id == Scan.ticket_id)
        .where(*today, Ticket.kind == TicketKind.ROUTE_CARD)
        .distinct()
    )
    classes = classes if ids is None else classes.where(Scan.registration_id.in_(ids))
    wanted = [owner for owner in db.session.execute(classes).scalars() if owner is not None]
    if not wanted:
        return {}
    scans = db.session.execute(
        select(
            Scan.scan_id, Scan.registration_id, Scan.ticket_id, Scan.checkpoint_id, Scan.space_id, Scan.direction, Scan.scanned_at,
            Scan.delta_participants, Scan.delta_companions, Scan.undoes, Ticket.kind,
        )
        .join(Ticket, Ticket.id == Scan.ticket_id, isouter=True)
        .where(Scan.registration_id.in_(wanted), *today)
        .order_by(Scan.id)
    )  # fmt: skip
    space_of = {checkpoint.id: checkpoint.space_id for checkpoint in event.checkpoints}
    past: dict[int, list[PastScan]] = {}
    for s in scans:
        card = s.ticket_id if s.kind is TicketKind.ROUTE_CARD else None
        past.setdefault(s.registration_id, []).append(
            PastScan(
                s.scan_id, s.direction, s.space_id, Headcount(s.delta_participants, s.delta_companions), s.scanned_at, s.undoes,
                card, space_of.get(s.checkpoint_id),
            )
        )  # fmt: skip
    return {card: told for of_class in past.values() for card, told in _tell_cards(of_class)}


def _tell_cards(past: Sequence[PastScan]) -> Iterable[tuple[int, tuple[list[int], list[int], int, int]]]:
    known = follow_cards(past)
    undone = {scan.undoes for scan in past}
    for card in sorted({*known.inside, *known.outside, *known.spaces}):
        entered = [
            int(scan.scanned_at.timestamp())
            for scan in past
            if scan.card == card and scan.direction is Direction.IN and not scan.undoes and scan.scan_id not in undone
        ]
        surely = [int(card in known.inside), 0]
        came = [int(card in known.inside or card in known.outside), 0]
        yield card, (surely, came, known.spaces.get(card, 0), max(entered, default=0))

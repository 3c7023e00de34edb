"""What organisers follow during an event: who is here, who is still to come, what asks for somebody.

What was expected is read once for each version of the event, what happens at the doors whenever something did. A mark tells which.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, case, func, or_, select

from app.checkin.device_models import Conflict, DoorDevice
from app.checkin.enums import ConflictStatus
from app.checkin.models import Scan
from app.checkin.queries import Occupancy
from app.core.db import db
from app.events.enums import Enrolment
from app.events.models import Event
from app.events.queries import EventRow, WaveRow
from app.events.route import begin_of
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.registrations.itinerary import arrival_at, first_passages
from app.registrations.models import Registration, RegistrationWave
from app.reports.queries.live_standing import Standing
from app.reports.queries.scans import came_in
from app.reports.rules import LATE_UNTIL, wave_of_arrival

GRACE = timedelta(minutes=5)
"""After which somebody who was to come counts as late."""
SOON = timedelta(minutes=30)
"""How long before a group is to come it is among those that are not there yet."""
MOST_GROUPS = 30
NOT_DELETED = Registration.deleted_at.is_(None)
"""The event is none of the bin's: the mark is found of others alone, so that no row has to ask for it."""

_EVENTS = Event.__table__.c
_MARK = select(
    _EVENTS.id, _EVENTS.organiser_id, _EVENTS.revision, _EVENTS.version, _EVENTS.updated_at,
    # by number, from the last one known on: the index of the event would be read whole for the highest number of it
    select(func.max(Scan.id)).where(Scan.id >= bindparam("known"), Scan.event_id + 0 == _EVENTS.id)
    .scalar_subquery().label("last_scan"),
    select(func.count()).where(Conflict.event_id == _EVENTS.id, Conflict.status == ConflictStatus.OPEN)
    .scalar_subquery().label("conflicts"),
    select(func.sum(DoorDevice.unsent)).where(DoorDevice.event_id == _EVENTS.id).scalar_subquery().label("unsent"),
    select(func.count()).where(
        DoorDevice.event_id == _EVENTS.id, DoorDevice.revoked_at.is_(None), DoorDevice.signed_out_at.is_(None)
    ).scalar_subquery().label("devices"),
).where(
    _EVENTS.slug == bindparam("slug"), _EVENTS.organiser_id == bindparam("organiser_id"), _EVENTS.deleted_at.is_(None)
)  # fmt: skip


@dataclass(frozen=True)
class LiveMark:
    """What tells whether a board that was made still holds. `version`: of what was expected; `etag`: of all of it;
    `changes`: the event's version.
    """

    event_id: int
    version: str
    etag: str
    changes: int
    last_scan: int
    conflicts: int


def find_live_mark(slug: str, *, organiser_id: int, known: int = 0) -> LiveMark | None:
    """Where an event of that organiser stands now: one statement. `known`: the last scan of an earlier mark of it."""
    row = db.session.execute(_MARK, {"slug": slug, "organiser_id": organiser_id, "known": known}).first()
    if row is None:
        return None
    version = f"{row.id}.{row.revision}.{row.version}.{row.updated_at:%H%M%S%f}"
    last_scan = row.last_scan or 0
    etag = f"{version}.{last_scan}.{row.conflicts}.{row.unsent or 0}.{row.devices}"
    return LiveMark(row.id, version, etag, row.version, last_scan, row.conflicts)


@dataclass(frozen=True)
class Heads:
    people: int = 0
    groups: int = 0


@dataclass(frozen=True)
class WaveLive:
    """A wave of today. Who has not come is `coming`, or `late` once they were to be here for GRACE."""

    wave: WaveRow
    begins_at: datetime
    ends_at: datetime
    expected: Heads
    arrived: Heads
    coming: Heads
    late: Heads


@dataclass(frozen=True)
class AwaitedGroup:
    """A group of which nobody came though it is to come by now or soon. `absent_at`: it gave its places back."""

    registration_id: int
    reference: str
    class_label: str
    organisation_name: str
    contact_name: str
    contact_phone: str
    audience: str
    people: int
    wave_id: int
    due_at: datetime
    absent_at: datetime | None


@dataclass(frozen=True)
class Expected:
    """Who is to come today: by wave, and every group with the hour at which the plan in force has it come, else its wave's.

    Groups stand in the order of that hour; among them those that gave their places back.
    """

    waves: Mapping[int, Heads]
    groups: tuple[AwaitedGroup, ...]


@dataclass(frozen=True)
class Arrivals:
    """Present now, waves of today in order, groups that are not there: of `awaited_count`, the MOST_GROUPS longest awaited."""

    occupancy: Occupancy
    waves: tuple[WaveLive, ...]
    awaited: tuple[AwaitedGroup, ...]
    awaited_count: int


def waves_of_today(event: EventRow, now: datetime) -> list[WaveRow]:
    """By the hour at which they begin, their delay added."""
    zone = ZoneInfo(event.timezone)
    today = now.astimezone(zone).date()
    return sorted((w for w in event.waves if begin_of(w).astimezone(zone).date() == today), key=begin_of)


def get_expected(event: EventRow, *, now: datetime) -> Expected:
    """Three statements, none on a day without waves."""
    waves = {wave.id: wave for wave in waves_of_today(event, now)}
    if not waves:
        return Expected({}, ())
    rows = db.session.execute(
        select(
            RegistrationWave.wave_id, func.sum(RegistrationWave.people),
            func.sum(case((Registration.kind == RegistrationKind.GROUP, 1), else_=0)),
        )
        .join(Registration, Registration.id == RegistrationWave.registration_id)
        .where(
            RegistrationWave.wave_id.in_(waves), RegistrationWave.people > 0,
            Registration.status == RegistrationStatus.CONFIRMED, NOT_DELETED,
        )
        .group_by(RegistrationWave.wave_id)
    )  # fmt: skip
    heads = {wave: Heads(int(people), int(groups)) for wave, people, groups in rows}
    return Expected(heads, _list_groups(event, waves))


def _list_groups(event: EventRow, waves: Mapping[int, WaveRow]) -> tuple[AwaitedGroup, ...]:
    """The confirmed groups of these waves that hold places or gave them back."""
    firsts = first_passages(event)
    rows = db.session.execute(
        select(*(getattr(Registration, name) for name in _GROUP_COLUMNS), RegistrationWave.wave_id)
        .join_from(Registration, RegistrationWave, RegistrationWave.registration_id == Registration.id)
        .where(
            Registration.event_id == event.id, Registration.kind == RegistrationKind.GROUP,
            Registration.status == RegistrationStatus.CONFIRMED, NOT_DELETED, RegistrationWave.wave_id.in_(waves),
            or_(RegistrationWave.people > 0, Registration.absent_at.is_not(None)),
        )
    )  # fmt: skip
    groups = [_group(r, arrival_at(event, r, waves[r.wave_id], firsts.get((r.id, r.wave_id)))) for r in rows]
    return tuple(sorted(groups, key=lambda group: (group.due_at, group.class_label, group.reference)))


_GROUP_COLUMNS = (
    "id", "reference", "class_label", "organisation_name", "contact_name", "contact_phone", "audience", "participants",
    "companions", "absent_at", "declined_stops",
)  # fmt: skip


def _group(row: Any, due_at: datetime) -> AwaitedGroup:
    return AwaitedGroup(
        row.id, row.reference, row.class_label, row.organisation_name, row.contact_name, row.contact_phone, row.audience,
        row.participants + row.companions, row.wave_id, due_at, row.absent_at,
    )  # fmt: skip


def get_arrivals(event: EventRow, expected: Expected, standing: Standing, *, now: datetime) -> Arrivals:
    """What the people present make of what was expected: no statement, but one where people take several waves."""
    occupancy, waves = standing.occupancy(event), waves_of_today(event, now)
    if not waves:
        return Arrivals(occupancy, (), (), 0)
    came = _came_one(standing) if event.enrolment is Enrolment.ONE else _came_several(event, waves, now)
    missing = _find_missing(waves, expected, standing, came, now)
    lines = tuple(_wave(wave, expected.waves.get(wave.id, Heads()), came, missing, now) for wave in waves)
    return Arrivals(occupancy, lines, missing.listed, missing.count)


@dataclass(frozen=True)
class _Came:
    """By wave: people and groups who came for it, and the places that these hold.

    `groups` are (registration, wave) that came; None where everybody comes once.
    """

    waves: Mapping[int, Heads]
    places: Mapping[int, int]
    groups: Collection[tuple[int, int]] | None


def _came_one(standing: Standing) -> _Came:
    """Where everybody comes once, who came is who came for their wave."""
    heads = {wave: Heads(people, standing.groups[wave]) for wave, people in standing.people.items()}
    return _Came(heads, standing.held, None)


def _came_several(event: EventRow, waves: Sequence[WaveRow], now: datetime) -> _Came:
    """Where people take several waves, each arrival counts for the wave of theirs that it is nearest to."""
    zone = ZoneInfo(event.timezone)
    by_id = {wave.id: wave for wave in waves}
    rows = db.session.execute(
        select(
            Scan.id, Scan.registration_id, Scan.scanned_at, Scan.delta_participants + Scan.delta_companions,
            Registration.kind, RegistrationWave.wave_id, RegistrationWave.people,
        )
        .join(Registration, Registration.id == Scan.registration_id)
        .join(RegistrationWave, RegistrationWave.registration_id == Scan.registration_id)
        .where(*came_in(event.id), RegistrationWave.wave_id.in_(by_id), NOT_DELETED)
    ).all()  # fmt: skip
    of_scan: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        of_scan[row[0]].append(row)
    people: dict[int, int] = defaultdict(int)
    came: dict[tuple[int, int], tuple[int, bool]] = {}
    for found in of_scan.values():
        nearest = wave_of_arrival(found[0][2], [by_id[row.wave_id] for row in found], zone)
        if nearest is not None:
            people[nearest] += found[0][3]
            held = next(row.people for row in found if row.wave_id == nearest)
            came[found[0].registration_id, nearest] = (held, found[0].kind == RegistrationKind.GROUP)
    heads, places = {}, {}
    for wave in by_id:
        mine = [what for (_one, of), what in came.items() if of == wave]
        heads[wave] = Heads(people[wave], sum(group for _held, group in mine))
        places[wave] = sum(held for held, _group in mine)
    return _Came(heads, places, set(came))


@dataclass(frozen=True)
class _Missing:
    """Groups that did not come: those whose places are kept by wave, and among them the late ones; those to be listed."""

    groups: Mapping[int, Heads]
    late: Mapping[int, Heads]
    listed: tuple[AwaitedGroup, ...]
    count: int


def _find_missing(
    waves: Sequence[WaveRow], expected: Expected, standing: Standing, came: _Came, now: datetime
) -> _Missing:
    """Of the groups that are to come, those of which nobody did, each by its own hour."""
    near = {wave.id for wave in waves if begin_of(wave) <= now + SOON}
    found = [group for group in expected.groups if group.wave_id in near]
    if came.groups is None:
        found = [group for group in found if not standing.has_come(group.registration_id)]
    else:
        found = [group for group in found if (group.registration_id, group.wave_id) not in came.groups]
    kept = [group for group in found if group.absent_at is None]
    listed = [group for group in found if now - LATE_UNTIL < group.due_at <= now + SOON]
    late = [group for group in kept if group.due_at <= now - GRACE]
    return _Missing(_by_wave(kept), _by_wave(late), tuple(listed[:MOST_GROUPS]), len(listed))


def _by_wave(groups: Sequence[AwaitedGroup]) -> dict[int, Heads]:
    people, count = Counter[int](), Counter[int]()
    for group in groups:
        people[group.wave_id] += group.people
        count[group.wave_id] += 1
    return {wave: Heads(people[wave], groups_of) for wave, groups_of in count.items()}


def _wave(wave: WaveRow, expected: Heads, came: _Came, missing: _Missing, now: datetime) -> WaveLive:
    """Groups are late by their own hour, everybody else with the wave."""
    begins, ends = begin_of(wave), wave.ends_at + timedelta(minutes=wave.late_minutes)
    arrived, late = came.waves.get(wave.id, Heads()), missing.late.get(wave.id, Heads())
    people = max(0, expected.people - came.places.get(wave.id, 0))
    groups = missing.groups.get(wave.id, Heads())
    late_people = late.people
    if begins + GRACE <= now:
        late_people += max(0, people - groups.people)
    late_people = min(late_people, people)
    left = groups.groups if begins <= now + SOON else max(0, expected.groups - arrived.groups)
    return WaveLive(
        wave, begins, ends, expected, arrived, Heads(people - late_people, max(0, left - late.groups)),
        Heads(late_people, late.groups),
    )  # fmt: skip

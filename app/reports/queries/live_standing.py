"""Where everybody of an event is today: read whole once a minute, and between only what moved since.

A board is made again after each passage: counting 10,000 people anew each time would be most of what fifty who watch it cost.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Table, and_, bindparam, func, select

from app.checkin.device_models import TeamPresence
from app.checkin.enums import ScanResult
from app.checkin.models import Presence, Scan
from app.checkin.queries import Occupancy, SpacePresence, is_of_today
from app.core.db import db
from app.events.queries import EventRow
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.registrations.models import Registration, RegistrationWave

WHOLE_EVERY = timedelta(seconds=60)
"""After which everything is read anew, whatever changed without a passage."""
SETTLED = timedelta(seconds=60)
"""Longer than a transaction of passages takes: one received before that is in the store. Later ones are looked for each time,
for on PostgreSQL a passage with a lower number may be seen after one with a higher one.
"""
WRITTEN = timedelta(seconds=10)
"""Longer than writing passages takes once they have their numbers: whatever had a lower number than one that was seen so long ago
is in the store too.
"""
_SCANS = cast(Table, Scan.__table__).c
_SINCE = select(_SCANS.id, _SCANS.registration_id).where(  # by number: the index of the event would be read whole
    _SCANS.id > bindparam("settled"), _SCANS.event_id + 0 == bindparam("event"), _SCANS.result == ScanResult.ACCEPTED
)
MOST_MOVED = 2_000
"""Registrations that are read one by one; when more moved, reading all is quicker."""


class _Here(NamedTuple):
    """People of one registration: where they are now (space, people), who came, and for which of its waves (wave, places)."""

    audience: str
    group: bool
    places: tuple[tuple[int | None, int], ...]
    came: int
    waves: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Standing:
    """Everybody's whereabouts at a moment, on a local day. `version` and `revision` are the event's, `rows` by registration.

    Up to the scan `settled` all are known, `seen` are the numbers of those after it that are, `sights` until which number there
    were some when (oldest first). `present` is by (audience, space); the others by wave: people, groups and the places held of
    those who came.
    """

    event_id: int
    day: date
    revision: int
    version: int
    read_at: datetime
    settled: int
    rows: Mapping[int, _Here]
    present: Counter[tuple[str, int | None]]
    people: Counter[int]
    groups: Counter[int]
    held: Counter[int]
    seen: frozenset[int] = frozenset()
    sights: tuple[tuple[datetime, int], ...] = ()

    def has_come(self, registration_id: int) -> bool:
        row = self.rows.get(registration_id)
        return row is not None and row.came > 0

    def occupancy(self, event: EventRow) -> Occupancy:
        """As get_occupancy counts it."""
        by_audience, by_space = Counter[str](), Counter[int]()
        for (audience, space), people in self.present.items():
            if people:
                by_audience[audience] += people
            if people and space is not None:
                by_space[space] += people
        spaces = tuple(SpacePresence(space.id, by_space[space.id], space.capacity) for space in event.spaces)
        return Occupancy(by_audience.total(), dict(by_audience), spaces)


def follow(event: EventRow, before: Standing | None, *, version: int, now: datetime) -> Standing:
    """Where everybody is now: what moved or changed since `before`, else everything. Four statements at most, two more when
    many moved at once.

    `version` is the event's before this is read. Whole again on another local day, and when the event itself was edited.
    """
    day = now.astimezone(ZoneInfo(event.timezone)).date()
    if (
        before is not None
        and (before.event_id, before.day, before.revision) == (event.id, day, event.revision)
        and now - before.read_at < WHOLE_EVERY
    ):
        passed = _scans_since(event.id, before.settled)
        moved = _changed(event.id, before.version)
        moved |= {passed[scan] for scan in passed.keys() - before.seen}
        if len(moved) <= MOST_MOVED:
            known = _with_scans(replace(before, version=version), passed, now)
            return _with(known, moved, _read(event, now, moved) if moved else {})
    last = select(Scan.id).where(Scan.received_at <= now - SETTLED).order_by(Scan.id.desc()).limit(1)
    settled = db.session.execute(last).scalar_one_or_none() or 0
    # before the people: who moves between the two is read again
    passed = _scans_since(event.id, settled)
    empty = Standing(
        event.id, day, event.revision, version, now, settled, {}, Counter(), Counter(), Counter(), Counter()
    )
    return _with(_with_scans(empty, passed, now), (), _read(event, now, None))


def _changed(event_id: int, version: int) -> set[int]:
    """Registrations that changed after the event had that version."""
    changed = select(Registration.id).where(Registration.event_id == event_id, Registration.changed_in > version)
    return set(db.session.execute(changed).scalars())


def _scans_since(event_id: int, settled: int) -> dict[int, int]:
    """Whom the accepted passages with a higher number moved, by that number."""
    found = db.session.execute(_SINCE, {"settled": settled, "event": event_id})
    return {scan: registration_id for scan, registration_id in found if registration_id is not None}


def _with_scans(before: Standing, passed: Mapping[int, int], now: datetime) -> Standing:
    """`before` once it knows these passages, which are all of those after its settled one."""
    sights = (*before.sights, (now, max(passed, default=before.settled)))
    settled = max((scan for at, scan in sights if at <= now - WRITTEN), default=before.settled)
    left = tuple((at, scan) for at, scan in sights if at > now - WRITTEN)
    return replace(before, settled=settled, sights=left, seen=frozenset(scan for scan in passed if scan > settled))


def _read(event: EventRow, now: datetime, ids: Collection[int] | None) -> dict[int, _Here]:
    """The people of today, of these registrations or of all: two statements."""
    apart: dict[int, list[tuple[int | None, int]]] = {}
    teams = select(
        TeamPresence.registration_id,
        TeamPresence.space_id,
        func.sum(TeamPresence.participants + TeamPresence.companions),
    ).where(TeamPresence.event_id == event.id)
    if ids is not None:
        teams = teams.where(TeamPresence.registration_id.in_(ids))
    for owner, space, people in db.session.execute(teams.group_by(TeamPresence.registration_id, TeamPresence.space_id)):
        apart.setdefault(owner, []).append((space, int(people)))
    found: dict[int, _Here] = {}
    for row in _rows(event, now, ids):
        known = found.get(row.id)
        held = () if row.wave_id is None or row.deleted else ((row.wave_id, row.places if row.holds else 0),)
        found[row.id] = (
            known._replace(waves=known.waves + held) if known is not None else _here(row, apart.get(row.id, []), held)
        )
    return found


def _here(row: Row[Any], teams: list[tuple[int | None, int]], waves: tuple[tuple[int, int], ...]) -> _Here:
    """Each team where it is, the rest where their group was last."""
    rest = row.inside - sum(people for _space, people in teams)
    places = tuple((space, people) for space, people in [(row.space_id, rest), *teams] if people > 0)
    return _Here(row.audience, row.is_group, places, row.came, waves)


def _rows(event: EventRow, now: datetime, ids: Collection[int] | None) -> Iterator[Row[Any]]:
    statement = (
        select(
            Presence.registration_id.label("id"), (Presence.participants + Presence.companions).label("inside"),
            (Presence.came_participants + Presence.came_companions).label("came"), Presence.space_id,
            Registration.audience, (Registration.kind == RegistrationKind.GROUP).label("is_group"),
            (Registration.status == RegistrationStatus.CONFIRMED).label("holds"),
            Registration.deleted_at.is_not(None).label("deleted"), RegistrationWave.wave_id,
            RegistrationWave.people.label("places"),
        )
        .join_from(Presence, Registration, Registration.id == Presence.registration_id)
        .outerjoin(
            RegistrationWave,
            and_(
                RegistrationWave.registration_id == Presence.registration_id,
                RegistrationWave.wave_id.in_([wave.id for wave in event.waves]),
            ),
        )
        .where(Presence.event_id == event.id, is_of_today(event, now))
    )  # fmt: skip
    if ids is not None:
        statement = statement.where(Presence.registration_id.in_(ids))
    return iter(db.session.execute(statement))


def _with(before: Standing, moved: Collection[int], found: Mapping[int, _Here]) -> Standing:
    """`before` with the rows found in place of those of the registrations that moved."""
    rows = dict(before.rows)
    counts = before.present.copy(), before.people.copy(), before.groups.copy(), before.held.copy()
    for one in moved:
        gone = rows.pop(one, None)
        if gone is not None:
            _count(gone, -1, *counts)
    for one, here in found.items():
        rows[one] = here
        _count(here, 1, *counts)
    present, people, groups, held = counts
    return replace(before, rows=rows, present=present, people=people, groups=groups, held=held)


def _count(
    here: _Here, sign: int, present: Counter[tuple[str, int | None]], people: Counter[int], groups: Counter[int],
    held: Counter[int],
) -> None:  # fmt: skip
    for space, heads in here.places:
        present[here.audience, space] += sign * heads
    if here.came:
        for wave, places in here.waves:
            people[wave] += sign * here.came
            groups[wave] += sign * here.group
            held[wave] += sign * places

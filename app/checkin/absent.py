"""Groups that are expected and not there: who they are, and giving their places back when their time is over.

A group that is registered for several waves gives its places back after the last of them alone.
"""

import enum
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.checkin.patience import AWAITED, came_today, read_patience, whole_minute
from app.checkin.queries import label_of
from app.core.actor import SYSTEM, Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.events.enums import EventState
from app.events.models import Event, Wave
from app.events.operations import hold_event
from app.events.queries import EventRow, WaveRow
from app.registrations.drafts import Headcount
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.registrations.itinerary import Walker, arrival_at, first_passages
from app.registrations.models import Registration, RegistrationWave
from app.registrations.operations.absence import ABSENT, give_back_places
from app.registrations.operations.locking import lock_registration
from app.registrations.queries import in_no_bin

RELEASE_JOB = "registrations.release_absent"
WAIT = timedelta(minutes=10)
RUNNING = (EventState.PUBLISHED, EventState.CLOSED)


class Absence(enum.StrEnum):
    """AWAITED: late, its places are kept. GONE: it gave them back. EXTRA: it gave them back, and came in without any."""

    AWAITED = "awaited"
    GONE = "gone"
    EXTRA = "extra"


@dataclass(frozen=True)
class AbsentGroup:
    """A group of today whose wave has begun. `since`: when it was expected. `gives_back_at` is None where nobody set a time.

    `label` is its class, else its body; `contact_name` and `reference` tell it from others of the same label.
    """

    registration_id: int
    reference: str
    label: str
    contact_name: str
    contact_phone: str
    audience: str
    expected: Headcount
    wave_id: int
    since: datetime
    state: Absence
    gives_back_at: datetime | None
    absent_at: datetime | None


def list_absent(event: EventRow, *, now: datetime) -> list[AbsentGroup]:
    """Groups of today of which nobody came though they were to come by now, and those that gave places back; longest awaited
    first. Five statements at most.
    """
    if event.date_to_come:
        return []
    zone = ZoneInfo(event.timezone)
    today = now.astimezone(zone).date()
    rows = _read(event.id)
    firsts = first_passages(event)
    due = {row.id: one for row in rows if (one := _due(event, row, row.waves, firsts, now)) is not None}
    late = [row for row in rows if row.id in due]
    came, patience = came_today(due, today, zone), read_patience(event, due, today)
    found = []
    for row in late:
        if row.id in came and row.absent_at is None:
            continue
        state = Absence.AWAITED if row.absent_at is None else Absence.EXTRA if row.id in came else Absence.GONE
        until = (
            patience.over_at(event, row.id, row.created_at, due[row.id].at)
            if _is_last(event, row.waves, due[row.id].wave)
            else None
        )
        found.append(
            AbsentGroup(
                row.id, row.reference, label_of(True, row.class_label, row.organisation_name, row.contact_name),
                row.contact_name, row.contact_phone, row.audience, Headcount(row.participants, row.companions),
                due[row.id].wave.id, due[row.id].at, state, until, row.absent_at,
            )
        )  # fmt: skip
    return sorted(found, key=lambda group: (group.since, group.label, group.registration_id))


def release_absent(event_id: int, *, by: Actor = SYSTEM, now: datetime) -> list[int]:
    """Have every group give its places back whose time is over and of which nobody came today; their ids.

    Their rows are locked before their scans are looked at, as doors lock them: who passes at this very moment has either come,
    or finds the places given back. Raises EventNotFound.
    """
    event = hold_event(event_id)
    if event.absent_minutes is None or event.state not in RUNNING:
        return []
    over = [
        group.registration_id
        for group in list_absent(event, now=now)
        if group.state is Absence.AWAITED and group.gives_back_at is not None and group.gives_back_at <= now
    ]
    return [one for one in over if _give_back(event, one, by, now)]


def give_back_now(registration_id: int, *, by: Actor, now: datetime) -> None:
    """The team gives back the places of a group that is not there, whatever time is left. Raises MoveNotAllowed (it came)."""
    before = lock_registration(registration_id)
    event = hold_event(before.event_id)
    if event.state not in RUNNING or _due(event, before, before.waves, first_passages(event), now) is None:
        raise MoveNotAllowed("give_back", event.state.value)
    if not _give_back(event, registration_id, by, now):
        raise MoveNotAllowed("give_back", "came")


def wait_longer(registration_id: int, *, by: Actor, now: datetime) -> datetime:
    """Keep the places of a group that is late for ten more minutes; until when. Raises MoveNotAllowed."""
    before = lock_registration(registration_id)
    event = hold_event(before.event_id)
    zone = ZoneInfo(event.timezone)
    today = now.astimezone(zone).date()
    due = _due(event, before, before.waves, first_passages(event), now)
    if due is None or before.absent_at is not None or before.status is not RegistrationStatus.CONFIRMED:
        raise MoveNotAllowed("wait_longer", before.status.value)
    over_at = read_patience(event, [before.id], today).over_at(event, before.id, before.created_at, due.at)
    until = whole_minute(max(over_at or now, now) + WAIT)
    details = {"awaited_until": until.isoformat()}
    record(by, AWAITED, f"registration:{before.id}", now=now, organiser_id=before.organiser_id, details=details)
    return until


def list_events_with_absent(now: datetime) -> list[int]:
    """Events in which a time may be over: a wave of the last day began."""
    began = select(Wave.event_id).where(Wave.starts_at <= now, Wave.starts_at > now - timedelta(days=1))
    return list(
        db.session.execute(
            select(Event.id)
            .where(
                Event.absent_minutes.is_not(None), Event.state.in_(RUNNING), Event.deleted_at.is_(None),
                Event.date_to_come.is_(False), Event.id.in_(began),
            )
            .order_by(Event.id)
        ).scalars()
    )  # fmt: skip


def _give_back(event: EventRow, registration_id: int, by: Actor, now: datetime) -> bool:
    zone = ZoneInfo(event.timezone)
    locked = select(Registration.id).where(Registration.id == registration_id).with_for_update(key_share=True)
    db.session.execute(locked)
    if came_today([registration_id], now.astimezone(zone).date(), zone):
        return False
    give_back_places(registration_id, by=by, now=now)
    return True


@dataclass(frozen=True)
class _Group:
    id: int
    reference: str
    class_label: str
    organisation_name: str
    contact_name: str
    contact_phone: str
    audience: str
    participants: int
    companions: int
    absent_at: datetime | None
    created_at: datetime
    declined_stops: Sequence[int]
    waves: tuple[int, ...]


_NAMES = [name for name in _Group.__dataclass_fields__ if name != "waves"]
_COLUMNS = [getattr(Registration, name) for name in _NAMES]


def _read(event_id: int) -> list[_Group]:
    """The confirmed groups of an event: one statement."""
    rows: list[Any] = list(
        db.session.execute(
            select(*_COLUMNS, RegistrationWave.wave_id)
            .join(RegistrationWave, RegistrationWave.registration_id == Registration.id)
            .where(
                Registration.event_id == event_id, Registration.kind == RegistrationKind.GROUP,
                Registration.status == RegistrationStatus.CONFIRMED, in_no_bin(),
            )
        )
    )  # fmt: skip
    waves: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        waves[row.id].append(row.wave_id)
    return [
        _Group(**{n: getattr(row, n) for n in _NAMES}, waves=tuple(waves[row.id]))
        for row in {row.id: row for row in rows}.values()
    ]


class _Known(Walker, Protocol):
    """A registration, or what is known of one."""

    @property
    def id(self) -> int: ...
    @property
    def absent_at(self) -> datetime | None: ...


@dataclass(frozen=True)
class _Due:
    """A wave for which a group was to come at `at`."""

    wave: WaveRow
    at: datetime


def _due(
    event: EventRow, one: _Known, wave_ids: Collection[int], firsts: Mapping[tuple[int, int], datetime], now: datetime
) -> _Due | None:
    """The latest of a group's waves of today for which it was to come by now: as planned, else with the wave."""
    zone = ZoneInfo(event.timezone)
    own = [
        _Due(wave, _expected_at(one, wave, arrival_at(event, one, wave, firsts.get((one.id, wave.id)))))
        for wave in event.waves
        if wave.id in wave_ids and wave.starts_at.astimezone(zone).date() == now.astimezone(zone).date()
    ]
    return max((due for due in own if due.at <= now), key=lambda due: due.at, default=None)


def _expected_at(one: _Known, wave: WaveRow, at: datetime) -> datetime:
    """Who gave places back by then was expected before what moved its hour since: a delay, or another plan."""
    return wave.starts_at if one.absent_at is not None and wave.starts_at <= one.absent_at < at else at


def _is_last(event: EventRow, wave_ids: Collection[int], wave: WaveRow) -> bool:
    return wave.starts_at == max(w.starts_at for w in event.waves if w.id in wave_ids)


__all__ = [
    "ABSENT", "AWAITED", "RELEASE_JOB", "Absence", "AbsentGroup", "give_back_now", "list_absent",
    "list_events_with_absent", "release_absent", "wait_longer",
]  # fmt: skip

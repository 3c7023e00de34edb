"""The list of an event's registrations, by name, a page at a time, whatever their number."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select, tuple_

from app.accounts.rules import SCHOOL_AUDIENCE, RowLimit
from app.checkin.models import Presence
from app.core.cache import remembered
from app.core.db import db, writing
from app.core.text import fold
from app.events.queries import EventRow, get_version
from app.registrations.enums import ALIVE, RegistrationKind, RegistrationStatus
from app.registrations.models import Registration, RegistrationWave
from app.reports.rules import listed_name

PAGE = 50


class Arrival(enum.StrEnum):
    """Who has come of a registration, at any time: everybody, some, or nobody yet."""

    ALL = "all"
    SOME = "some"
    NOBODY = "nobody"


@dataclass(frozen=True)
class ListFilter:
    """What a list is narrowed to; empty parts narrow nothing. All words of `text` must be found."""

    text: str = ""
    statuses: frozenset[RegistrationStatus] = frozenset()
    waves: frozenset[int] | None = None
    audiences: frozenset[str] = frozenset()
    arrivals: frozenset[Arrival] = frozenset()
    rows: RowLimit = RowLimit.ALL

    @property
    def whole(self) -> "ListFilter":
        """The list that somebody with the same rows sees without narrowing it."""
        return ListFilter(rows=self.rows)

    @property
    def narrows(self) -> bool:
        return self != self.whole


@dataclass(frozen=True)
class Totals:
    """Registrations that stand and their people; `off` counts the cancelled and lapsed ones beside them."""

    registrations: int
    people: int
    off: int

    @property
    def listed(self) -> int:
        """Rows of the list."""
        return self.registrations + self.off


@dataclass(frozen=True)
class RegistrationLine:
    """One row: `name` as sorted, `came` the most people ever in, `waves` in the order of their start."""

    id: int
    reference: str
    name: str
    kind: RegistrationKind
    audience: str
    status: RegistrationStatus
    participants: int
    companions: int
    contact_email: str
    contact_phone: str
    organisation_name: str
    class_label: str
    commune: str
    came: int
    last_scan_at: datetime | None
    waves: tuple[int, ...] = field(default=())

    @property
    def people(self) -> int:
        return self.participants + self.companions

    @property
    def alive(self) -> bool:
        return self.status in ALIVE


@dataclass(frozen=True)
class RegistrationPage:
    """`shown` counts what the filter lets through, `whole` the event; `more`: rows follow, `less`: rows precede."""

    lines: tuple[RegistrationLine, ...]
    shown: Totals
    whole: Totals
    more: bool
    less: bool


def get_totals(event_id: int) -> Totals:
    """All registrations of an event: one statement, two when something changed since this process last counted."""
    return _count(event_id, get_version(event_id), ListFilter())


def count_without_mail(event_id: int) -> int:
    """Registrations that stand and that no mail can reach."""
    return db.session.execute(
        select(func.count())
        .select_from(Registration)
        .where(Registration.event_id == event_id, Registration.status.in_(ALIVE), Registration.contact_email == "")
    ).scalar_one()


def list_registrations(
    event: EventRow, wanted: ListFilter, *, after: int | None = None, before: int | None = None, limit: int = PAGE
) -> RegistrationPage:
    """One page by (sort_name, id), after or before the registration of that id; six statements at most.

    A page costs the same whatever the number of registrations. Totals are remembered until the event's version rises;
    arrivals do not raise it, so a list narrowed by arrival is counted anew.
    """
    version = get_version(event.id)
    whole = _count(event.id, version, wanted.whole)
    shown = _count(event.id, version, wanted) if wanted.narrows else whole
    backwards = before is not None
    seen = _position(event.id, before if backwards else after, wanted.rows)
    conditions = _conditions(event.id, wanted)
    key = tuple_(Registration.sort_name, Registration.id)
    if seen is not None:
        edge = tuple_(*seen)
        conditions.append(key < edge if backwards else key > edge)
    order = [Registration.sort_name, Registration.id]
    rows = db.session.execute(
        select(*_COLUMNS)
        .outerjoin(Presence, Presence.registration_id == Registration.id)
        .where(*conditions)
        .order_by(*[column.desc() if backwards else column for column in order])
        .limit(limit + 1)
    ).all()
    beyond, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows = rows[::-1]
    lines = _with_waves(event, rows)
    return RegistrationPage(
        lines, shown, whole, more=beyond if not backwards else True, less=beyond if backwards else seen is not None
    )


_COLUMNS = (
    Registration.id, Registration.reference, Registration.contact_name, Registration.sort_name, Registration.kind,
    Registration.audience, Registration.status, Registration.participants, Registration.companions,
    Registration.contact_email, Registration.contact_phone, Registration.organisation_name, Registration.class_label,
    Registration.commune, Presence.came_participants, Presence.came_companions, Presence.last_scan_at,
)  # fmt: skip
_PEOPLE = Registration.participants + Registration.companions
_CAME = func.coalesce(Presence.came_participants + Presence.came_companions, 0)


def _position(event_id: int, registration_id: int | None, rows: RowLimit) -> tuple[str, int] | None:
    """Where a registration stands in the list; None for one that is not in it: its name is nobody's business."""
    if registration_id is None:
        return None
    row = db.session.execute(
        select(Registration.sort_name, Registration.id).where(
            Registration.id == registration_id, Registration.event_id == event_id, *_within(rows)
        )
    ).first()
    return None if row is None else (row.sort_name, row.id)


def _conditions(event_id: int, wanted: ListFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Registration.event_id == event_id, *_within(wanted.rows)]
    found += [Registration.search_text.contains(word, autoescape=True) for word in fold(wanted.text).split()]
    if wanted.statuses:
        found.append(Registration.status.in_(sorted(wanted.statuses)))
    if wanted.audiences:
        found.append(Registration.audience.in_(sorted(wanted.audiences)))
    if wanted.waves is not None:
        asks = select(RegistrationWave.wave_id).where(
            RegistrationWave.registration_id == Registration.id, RegistrationWave.wave_id.in_(sorted(wanted.waves))
        )
        found.append(asks.exists())
    if wanted.arrivals:
        found.append(_arrived(wanted.arrivals))
    return found


def _within(limit: RowLimit) -> list[ColumnElement[bool]]:
    """The rows that somebody has: `app.accounts.rules.is_within`, as a condition."""
    if limit is RowLimit.GROUPS_AND_SCHOOLS:
        return [or_(Registration.kind == RegistrationKind.GROUP, Registration.audience == SCHOOL_AUDIENCE)]
    return [] if limit is RowLimit.ALL else [false()]


def _arrived(arrivals: frozenset[Arrival]) -> ColumnElement[bool]:
    state = case((_CAME == 0, Arrival.NOBODY.value), (_CAME < _PEOPLE, Arrival.SOME.value), else_=Arrival.ALL.value)
    return and_(Registration.status == RegistrationStatus.CONFIRMED, state.in_(sorted(a.value for a in arrivals)))


def _count(event_id: int, version: int, wanted: ListFilter) -> Totals:
    kept, key = remembered("registration_totals"), (event_id, version, wanted)
    found = kept.get(key)
    if isinstance(found, Totals):
        return found
    alive = Registration.status.in_(ALIVE)
    statement = select(
        func.coalesce(func.sum(case((alive, 1), else_=0)), 0),
        func.coalesce(func.sum(case((alive, _PEOPLE), else_=0)), 0),
        func.coalesce(func.sum(case((alive, 0), else_=1)), 0),
    ).where(*_conditions(event_id, wanted))
    if wanted.arrivals:
        statement = statement.outerjoin(Presence, Presence.registration_id == Registration.id)
    registrations, people, off = db.session.execute(statement).one()
    totals = Totals(int(registrations), int(people), int(off))
    if not wanted.arrivals and not writing.get():
        kept[key] = totals
    return totals


def _with_waves(event: EventRow, rows: Sequence[Any]) -> tuple[RegistrationLine, ...]:
    order = {wave.id: position for position, wave in enumerate(event.waves)}
    waves: dict[int, list[int]] = {}
    for registration_id, wave_id in db.session.execute(
        select(RegistrationWave.registration_id, RegistrationWave.wave_id).where(
            RegistrationWave.registration_id.in_([row.id for row in rows])
        )
    ):
        waves.setdefault(registration_id, []).append(wave_id)
    return tuple(
        RegistrationLine(
            id=row.id, reference=row.reference, name=listed_name(row.contact_name, row.sort_name), kind=row.kind,
            audience=row.audience, status=row.status, participants=row.participants, companions=row.companions,
            contact_email=row.contact_email, contact_phone=row.contact_phone, organisation_name=row.organisation_name,
            class_label=row.class_label, commune=row.commune,
            came=(row.came_participants or 0) + (row.came_companions or 0), last_scan_at=row.last_scan_at,
            waves=tuple(sorted(waves.get(row.id, ()), key=lambda wave_id: order.get(wave_id, 0))),
        )
        for row in rows
    )  # fmt: skip

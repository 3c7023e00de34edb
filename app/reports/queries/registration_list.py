"""The list of an event's registrations: searched, narrowed and sorted as a `ListQuery` says, whatever their number.

Nobody gets a value of it that the access does not include: without PEOPLE_SEE, names, mails, telephones and answers are empty.
What is in the bin is in no list.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Select,
    String,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    literal_column,
    select,
    type_coerce,
    union_all,
)

from app.accounts.rules import Ability, Access, RowLimit, may, row_limit
from app.checkin.models import Presence
from app.core import clock
from app.core.cache import remembered
from app.core.db import db, writing
from app.events.enums import QuestionKind
from app.events.models import Wave
from app.events.queries import EventRow, get_version
from app.registrations.enums import ALIVE, RegistrationKind, RegistrationStatus, Source
from app.registrations.models import AnswerFile, Registration, RegistrationWave
from app.reports.lists import ListQuery
from app.reports.queries.list_sql import PEOPLE, STANDS, ListSql, list_sql, within
from app.reports.rules import listed_name

BATCH = 1000
IS_ABSENT = and_(Registration.status == RegistrationStatus.CONFIRMED, Registration.absent_at.is_not(None))


@dataclass(frozen=True)
class Totals:
    """Registrations that stand and their people; `off` counts the cancelled and lapsed ones beside them.

    Of those that stand, `waiting` with `waiting_people` wait for places; all others have, or were offered, some, but `absent`
    with `absent_people`, who did not come and gave theirs back.
    """

    registrations: int
    people: int
    off: int
    waiting: int = 0
    waiting_people: int = 0
    absent: int = 0
    absent_people: int = 0

    @property
    def placed(self) -> int:
        """Those that have places or had some until they did not come, as every figure calls « registrations »."""
        return self.registrations - self.waiting

    @property
    def placed_people(self) -> int:
        return self.people - self.waiting_people

    @property
    def listed(self) -> int:
        """Rows of the list."""
        return self.registrations + self.off


@dataclass(frozen=True)
class RegistrationLine:
    """One row, every column's value. `name` as sorted; `came_*` the most people ever in; `waves` in the order of their start.

    `files` names the files given as answers, by their token.
    """

    id: int
    reference: str
    name: str = field(repr=False)
    contact_name: str = field(repr=False)
    kind: RegistrationKind
    audience: str
    status: RegistrationStatus
    participants: int
    companions: int
    contact_email: str = field(repr=False)
    contact_phone: str = field(repr=False)
    structure_id: int | None
    organisation_name: str
    uai: str
    class_label: str
    commune: str
    is_15_or_older: bool | None
    oriented_by: str
    locale: str
    source: Source
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    cancel_code: str
    cancel_reason: str
    no_show_code: str
    came_participants: int
    came_companions: int
    last_scan_at: datetime | None
    absent_at: datetime | None = None
    answers: Mapping[str, Any] = field(default_factory=dict, repr=False)
    waves: tuple[int, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def people(self) -> int:
        return self.participants + self.companions

    @property
    def absent(self) -> bool:
        """It did not come in time, and its places went to others."""
        return self.absent_at is not None

    @property
    def came(self) -> int:
        return self.came_participants + self.came_companions

    @property
    def is_group(self) -> bool:
        return self.kind is RegistrationKind.GROUP

    @property
    def alive(self) -> bool:
        return self.status in ALIVE


@dataclass(frozen=True)
class RegistrationPage:
    """One page: `number` of `pages`, `size` rows each but the last. `shown` counts the whole list, `whole` it unnarrowed."""

    lines: tuple[RegistrationLine, ...]
    shown: Totals
    whole: Totals
    number: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.shown.listed // self.size))

    @property
    def first(self) -> int:
        """Which row of the list the page begins with."""
        return (self.number - 1) * self.size + 1


def get_totals(event_id: int, *, version: int | None = None) -> Totals:
    """All registrations of an event: one statement, two when something changed since this process last counted.

    One less for who just read the event's `version`.
    """
    return _whole(event_id, get_version(event_id) if version is None else version, RowLimit.ALL)


def count_without_mail(event_id: int) -> int:
    """Registrations that stand and that no mail can reach."""
    return db.session.execute(
        select(func.count())
        .select_from(Registration)
        .where(Registration.event_id == event_id, STANDS, Registration.contact_email == "")
    ).scalar_one()


def list_registrations(event: EventRow, query: ListQuery, access: Access, *, page: int = 1) -> RegistrationPage:
    """One page, the last one when `page` lies beyond; six statements at most (one more where a question takes files)."""
    found, version = list_sql(event, query, access), get_version(event.id)
    if found.costly:
        return _at_once(event, query, access, found, _whole(event.id, version, row_limit(access)), page)
    whole = _whole(event.id, version, row_limit(access))
    shown = _totals(found.select, event.id) if found.conditions else whole
    number = max(1, min(page, -(-shown.listed // query.size)))
    ids = _ids_between(found, (number - 1) * query.size, min(number * query.size, shown.listed), shown.listed)
    return RegistrationPage(tuple(_lines(event, ids, access)), shown, whole, number=number, size=query.size)


def _ids_between(found: ListSql, start: int, end: int, total: int) -> list[int]:
    """Of the rows from `start` to before `end`: the nearer end is sorted, not the whole list. One statement, none for no rows."""
    if start >= end:
        return []
    statement = found.select(Registration.id).limit(end - start)
    if start <= total - end:
        return list(db.session.execute(statement.order_by(*found.order).offset(start)).scalars())
    return list(db.session.execute(statement.order_by(*found.order_backwards).offset(total - end)).scalars())[::-1]


def find_ids(event: EventRow, query: ListQuery, access: Access) -> list[int]:
    """The ids of the whole list, in its order: one statement."""
    found = list_sql(event, query, access)
    return list(db.session.execute(found.select(Registration.id).order_by(*found.order)).scalars())


def find_own_ids(event: EventRow, ids: Sequence[int], access: Access) -> list[int]:
    """Those of `ids` that are rows of this person at this event, in the order of the unnarrowed list."""
    found = list_sql(event, ListQuery(), access)
    statement = found.select(Registration.id).where(Registration.id.in_(ids)).order_by(*found.order)
    return list(db.session.execute(statement).scalars())


def iter_lines(event: EventRow, query: ListQuery, access: Access, *, batch: int = BATCH) -> Iterator[RegistrationLine]:
    """The whole list in its order: one statement for the ids, then three for each batch of rows; flat memory.

    Ids are read once, so that no row comes twice or is missed while others register; what is deleted meanwhile is left out.
    """
    ids = find_ids(event, query, access)
    for start in range(0, len(ids), batch):
        yield from _lines(event, ids[start : start + batch], access)


def count_rows(event: EventRow, query: ListQuery, access: Access) -> int:
    """How many rows the list has: one statement."""
    found = list_sql(event, query, access)
    return int(db.session.execute(found.select(func.count())).scalar_one())


# --- Counting -----------------------------------------------------------------------------------------------------


def _whole(event_id: int, version: int, rows: RowLimit) -> Totals:
    """Remembered until the event's version rises, as it does with every change of its registrations."""
    kept, key = remembered("registration_totals"), (event_id, version, rows)
    found = kept.get(key)
    if isinstance(found, Totals):
        return found
    held = Registration.event_id == event_id, Registration.deleted_at.is_(None), *within(rows)
    totals = _totals(lambda *columns: select(*columns).where(*held), event_id)
    if not writing.get():
        kept[key] = totals
    return totals


_BY_STATUS: tuple[Any, ...] = (type_coerce(Registration.status, String), func.count(), func.sum(PEOPLE))
"""By status: an index holds all of it. Asking row by row whether it stands takes four times as long."""
_ABSENT: tuple[Any, ...] = (literal("absent"), func.count(), func.coalesce(func.sum(PEOPLE), 0))
_DAY = timedelta(days=1)


def _totals(statement_of: Callable[..., Select[Any]], event_id: int) -> Totals:
    """Of what makes a statement of columns. Rows are read, for who did not come, only of an event that begins within a day."""
    begins = exists().where(Wave.event_id == event_id, Wave.starts_at <= clock.now() + _DAY).correlate(None)
    found = union_all(
        statement_of(*_BY_STATUS).group_by(Registration.status), statement_of(*_ABSENT).where(begins, IS_ABSENT)
    )
    sums = {row[0]: (int(row[1]), int(row[2])) for row in db.session.execute(found)}
    gone, waiting = sums.pop("absent", (0, 0)), sums.get(RegistrationStatus.WAITLISTED.value, (0, 0))
    alive = [sums.get(status.value, (0, 0)) for status in ALIVE]
    registrations = sum(number for number, _people in alive)
    return Totals(
        registrations,
        sum(people for _number, people in alive),
        sum(number for number, _people in sums.values()) - registrations,
        *waiting,
        *gone,
    )


def _at_once(
    event: EventRow, query: ListQuery, access: Access, found: ListSql, whole: Totals, page: int
) -> RegistrationPage:
    """Totals and ids of a page in one statement that looks at every row once; a second one for a page beyond the last."""
    keys = [key.value.label(f"key_{number}") for number, key in enumerate(found.keys)]
    absent = Registration.absent_at.is_not(None) if found.confirmed else IS_ABSENT
    gone = case((absent, 1), else_=0).label("gone")
    kinds = () if found.confirmed else (
        case((STANDS, 1), else_=0).label("stands"),
        case((Registration.status == RegistrationStatus.WAITLISTED, 1), else_=0).label("waits"),
    )  # fmt: skip
    matching = found.select(Registration.id, *kinds, gone, PEOPLE.label("people"), *keys).cte("matching")
    totals = select(*_sums(matching.c, confirmed=found.confirmed)).subquery()
    ordered = select(matching.c.id, *(matching.c[key.name] for key in keys)).order_by(*_ordering(matching, found))
    shown = ordered.limit(query.size).offset((max(1, page) - 1) * query.size).subquery()
    rows = db.session.execute(
        select(totals, shown.c.id)
        .select_from(totals.outerjoin(shown, literal_column("1 = 1")))
        .order_by(*_ordering(shown, found))
    ).all()
    first = rows[0]
    counted = Totals(**{name: int(getattr(first, name)) for name in Totals.__dataclass_fields__})
    ids = [row.id for row in rows if row.id is not None]
    if not ids and counted.listed:
        return _at_once(event, query, access, found, whole, -(-counted.listed // query.size))
    number = max(1, page) if ids else 1
    return RegistrationPage(tuple(_lines(event, ids, access)), counted, whole, number=number, size=query.size)


def _sums(rows: Any, *, confirmed: bool) -> list[Any]:
    """The figures of Totals, by their names; of confirmed ones alone less is to be looked at."""
    gone = [rows.gone, rows.gone * rows.people]
    found = [literal(1), rows.people] if confirmed else [rows.stands, rows.stands * rows.people, 1 - rows.stands]
    waiting = [] if confirmed else [rows.waits, rows.waits * rows.people]
    sums: list[Any] = [func.coalesce(func.sum(value), 0) for value in (*found, *waiting, *gone)]
    if confirmed:
        sums[2:2] = [literal(0)] * 3
    return [value.label(name) for name, value in zip(Totals.__dataclass_fields__, sums, strict=True)]


def _ordering(rows: Any, found: ListSql) -> list[Any]:
    return [key.ordering(rows.c[f"key_{number}"]) for number, key in enumerate(found.keys)]


# --- Rows ---------------------------------------------------------------------------------------------------------

_COLUMNS = (
    Registration.id, Registration.reference, Registration.contact_name, Registration.sort_name, Registration.kind,
    Registration.audience, Registration.status, Registration.participants, Registration.companions,
    Registration.contact_email, Registration.contact_phone, Registration.structure_id, Registration.organisation_name,
    Registration.uai, Registration.class_label, Registration.commune, Registration.is_15_or_older,
    Registration.oriented_by, Registration.locale, Registration.source, Registration.created_at,
    Registration.updated_at, Registration.cancelled_at, Registration.cancel_code, Registration.cancel_reason,
    Registration.no_show_code, Registration.absent_at, Registration.answers,
    func.coalesce(Presence.came_participants, 0).label("came_participants"),
    func.coalesce(Presence.came_companions, 0).label("came_companions"), Presence.last_scan_at,
)  # fmt: skip
_THESE: Any = bindparam("ids", expanding=True)
_OF_THESE = (
    select(*_COLUMNS, Registration.deleted_at)
    .outerjoin(Presence, Presence.registration_id == Registration.id)
    .where(Registration.id.in_(_THESE))
)
_WAVES_OF_THESE = select(RegistrationWave.registration_id, RegistrationWave.wave_id).where(
    RegistrationWave.registration_id.in_(_THESE)
)
"""Made once: making a statement of so many columns takes a millisecond."""
_HIDDEN: dict[str, Any] = {
    "contact_name": "", "contact_email": "", "contact_phone": "", "is_15_or_older": None, "oriented_by": "",
    "cancel_reason": "", "answers": {},
}  # fmt: skip


def _lines(event: EventRow, ids: Sequence[int], access: Access) -> list[RegistrationLine]:
    """The rows of these ids, in this order, without what the access does not include. What was deleted meanwhile is left out
    here: as a condition PostgreSQL may think it narrower than the ids, and read the rows of all events.
    """
    rows = db.session.execute(_OF_THESE, {"ids": ids}).all()
    by_id, waves = {row.id: row._asdict() for row in rows}, _waves(event, ids)
    named = may(access, Ability.PEOPLE_SEE)
    files = _files(event, ids) if named else {}
    lines = []
    for registration_id in ids:
        values = by_id.get(registration_id)
        if values is None or values.pop("deleted_at") is not None:
            continue
        sort_name = values.pop("sort_name")
        values = values if named else values | _HIDDEN
        name = listed_name(values["contact_name"], sort_name) if named else ""
        lines.append(
            RegistrationLine(
                **values, name=name, waves=waves.get(registration_id, ()), files=files.get(registration_id, {})
            )
        )
    return lines


def _waves(event: EventRow, ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    order = {wave.id: position for position, wave in enumerate(event.waves)}
    found: dict[int, list[int]] = {}
    for registration_id, wave_id in db.session.execute(_WAVES_OF_THESE, {"ids": ids}):
        found.setdefault(registration_id, []).append(wave_id)
    return {key: tuple(sorted(values, key=lambda wave_id: order.get(wave_id, 0))) for key, values in found.items()}


def _files(event: EventRow, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """{registration: {token: name}} of files given as answers; asks only where a question takes files."""
    if all(question.kind is not QuestionKind.FILE for question in event.questions):
        return {}
    found: dict[int, dict[str, str]] = {}
    rows: Any = db.session.execute(
        select(AnswerFile.registration_id, AnswerFile.token, AnswerFile.name).where(AnswerFile.registration_id.in_(ids))
    )
    for registration_id, token, name in rows:
        found.setdefault(registration_id, {})[token] = name
    return found

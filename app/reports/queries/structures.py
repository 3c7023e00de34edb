"""Structures with what they did together with the organiser: the directory, and one structure's figures and history."""

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select

from app.checkin.models import Presence
from app.core.db import db
from app.core.i18n import Locale
from app.events.enums import EventState
from app.events.models import Event, Wave
from app.messages.models import Message, MessageState
from app.messages.queries import MessageRow
from app.registrations.enums import ALIVE, RegistrationKind, RegistrationStatus
from app.registrations.models import Registration, RegistrationWave
from app.structures.models import Structure, StructureContact, StructureKind
from app.structures.queries import matches_text

PAGE = 50
MOST_REGISTRATIONS = 500
MOST_MAILS = 20
BATCH = 500


class Order(enum.StrEnum):
    """What the directory is sorted by."""

    NAME = "name"
    COMMUNE = "commune"
    KIND = "kind"
    PEOPLE = "people"
    LATEST = "latest"


@dataclass(frozen=True)
class DirectoryFilter:
    """What narrows the directory. `contacts`: whether the text is looked for in contacts' names and mails as well."""

    text: str = ""
    kinds: frozenset[StructureKind] = frozenset()
    communes: frozenset[str] = frozenset()
    archived: bool = False
    contacts: bool = False

    @property
    def narrows(self) -> bool:
        return bool(self.text or self.kinds or self.communes)


@dataclass(frozen=True)
class DirectoryLine:
    """A structure in the directory: `people` are those that its registrations stand for, `latest` its last event's day."""

    id: int
    kind: StructureKind
    name: str
    commune: str
    uai: str
    siret: str
    contacts: int = 0
    people: int = 0
    events: int = 0
    latest: datetime | None = None


@dataclass(frozen=True)
class DirectoryPage:
    """One page; `total` counts what the filter lets through, `whole` the directory."""

    lines: tuple[DirectoryLine, ...]
    total: int
    whole: int


@dataclass(frozen=True)
class Figures:
    """What a structure came to: people registered and present, groups, and at how many events."""

    registered: int
    present: int
    groups: int
    events: int


@dataclass(frozen=True)
class RegistrationOf:
    """A registration of a structure. `came` are the most people of it that were ever in; `waves` begin in order."""

    id: int
    reference: str
    token: str = field(repr=False)
    mail_key: str = field(repr=False)
    contact_name: str = field(repr=False)
    kind: RegistrationKind
    audience: str
    status: RegistrationStatus
    class_label: str
    participants: int
    companions: int
    came: int
    event_id: int
    event_slug: str
    event_state: EventState
    title_fr: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    date_to_come: bool = False
    absent_at: datetime | None = None
    waves: tuple[datetime, ...] = ()

    @property
    def people(self) -> int:
        return self.participants + self.companions

    @property
    def alive(self) -> bool:
        return self.status in ALIVE

    def title(self, locale: Locale) -> str:
        return self.title_fr if locale == "fr" else self.title_en or self.title_fr


_SELECT = select(
    Structure.id, Structure.kind, Structure.name, Structure.commune, func.coalesce(Structure.uai, ""),
    func.coalesce(Structure.siret, ""),
)  # fmt: skip
_PEOPLE = Registration.participants + Registration.companions
_CAME = func.coalesce(Presence.came_participants + Presence.came_companions, 0)


def _standing() -> list[ColumnElement[bool]]:
    """Registrations that are in no bin, of events that are in none."""
    return [Registration.deleted_at.is_(None), Event.deleted_at.is_(None)]


def list_directory(
    organiser_id: int, wanted: DirectoryFilter, *, order: Order = Order.NAME, descending: bool = False, page: int = 1
) -> DirectoryPage:
    """One page of the directory, in five statements at most whatever its length."""
    whole = _count(_shown(organiser_id, wanted))
    conditions = _narrowed(organiser_id, wanted)
    total = _count(conditions) if wanted.narrows else whole
    statement: Any = _SELECT.where(*conditions)
    statement = _ordered(statement, organiser_id, order, descending)
    rows: Any = db.session.execute(statement.limit(PAGE).offset((max(page, 1) - 1) * PAGE)).all()
    sums, contacts = _sums([row[0] for row in rows]), _contact_counts([row[0] for row in rows])
    lines = [
        _line(row, contacts=contacts.get(row[0], 0), **sums.get(row[0], {})) for row in rows
    ]  # fmt: skip
    return DirectoryPage(tuple(lines), total, whole)


def iter_directory(
    organiser_id: int, wanted: DirectoryFilter, *, order: Order = Order.NAME, descending: bool = False
) -> Iterator[DirectoryLine]:
    """The whole directory as `list_directory` shows it, read some hundred at a time; its order is that of the beginning."""
    statement: Any = select(Structure.id).where(*_narrowed(organiser_id, wanted))
    ids = list(db.session.execute(_ordered(statement, organiser_id, order, descending)).scalars())
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        found: Any = {row[0]: row for row in db.session.execute(_SELECT.where(Structure.id.in_(batch)))}
        sums, contacts = _sums(batch), _contact_counts(batch)
        yield from (
            _line(found[i], contacts=contacts.get(i, 0), **sums.get(i, {})) for i in batch if i in found
        )  # fmt: skip


def count_directory(organiser_id: int, wanted: DirectoryFilter) -> int:
    """How many structures a filter lets through: one statement."""
    return _count(_narrowed(organiser_id, wanted))


def _shown(organiser_id: int, wanted: DirectoryFilter) -> list[ColumnElement[bool]]:
    """The directory unnarrowed: what is archived, or what is not."""
    archived = Structure.archived_at.is_not(None) if wanted.archived else Structure.archived_at.is_(None)
    return [Structure.organiser_id == organiser_id, Structure.merged_into_id.is_(None), archived]


def _narrowed(organiser_id: int, wanted: DirectoryFilter) -> list[ColumnElement[bool]]:
    conditions = _shown(organiser_id, wanted) + matches_text(wanted.text, contacts=wanted.contacts)
    if wanted.kinds:
        conditions.append(Structure.kind.in_(sorted(wanted.kinds)))
    if wanted.communes:
        conditions.append(Structure.commune.in_(sorted(wanted.communes)))
    return conditions


def _line(row: Any, **sums: Any) -> DirectoryLine:
    return replace(DirectoryLine(*row), **sums)


def _count(conditions: Sequence[ColumnElement[bool]]) -> int:
    return db.session.execute(select(func.count()).select_from(Structure).where(*conditions)).scalar_one()


def _ordered(statement: Any, organiser_id: int, order: Order, descending: bool) -> Any:
    """Ties go by name, then by id, so that pages do not overlap."""
    if order is Order.COMMUNE:
        keys: list[Any] = [Structure.commune == "", func.lower(Structure.commune)]
    elif order is Order.KIND:
        keys = [Structure.kind]
    elif order in {Order.PEOPLE, Order.LATEST}:
        sums = (
            select(
                Registration.structure_id,
                func.sum(case((Registration.status.in_(ALIVE), _PEOPLE), else_=0)).label("people"),
                func.max(Event.starts_at).label("latest"),
            )
            .join(Event, Event.id == Registration.event_id)
            .where(Registration.organiser_id == organiser_id, Registration.structure_id.is_not(None), *_standing())
            .group_by(Registration.structure_id)
            .subquery()
        )
        statement = statement.outerjoin(sums, sums.c.structure_id == Structure.id)
        keys = [sums.c.structure_id.is_(None)]
        by = sums.c.people if order is Order.PEOPLE else sums.c.latest
        return statement.order_by(*keys, by.desc() if descending else by, Structure.name_key, Structure.id)
    else:
        keys = [Structure.name_key]
    *first, last = keys
    return statement.order_by(*first, last.desc() if descending else last, Structure.name_key, Structure.id)


def _sums(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    rows = db.session.execute(
        select(
            Registration.structure_id,
            func.sum(case((Registration.status.in_(ALIVE), _PEOPLE), else_=0)),
            func.count(func.distinct(Registration.event_id)),
            func.max(Event.starts_at),
        )
        .join(Event, Event.id == Registration.event_id)
        .where(Registration.structure_id.in_(ids), *_standing())
        .group_by(Registration.structure_id)
    )
    return {row[0]: {"people": int(row[1]), "events": row[2], "latest": row[3]} for row in rows}


def _contact_counts(ids: Sequence[int]) -> dict[int, int]:
    rows = db.session.execute(
        select(StructureContact.structure_id, func.count())
        .where(StructureContact.structure_id.in_(ids), StructureContact.ended_at.is_(None))
        .group_by(StructureContact.structure_id)
    )
    return {row[0]: row[1] for row in rows}


def get_figures(structure_id: int) -> Figures:
    """What it came to: one statement. Cancelled registrations do not count; those who came do, whatever came of it."""
    alive = Registration.status.in_(ALIVE)
    row = db.session.execute(
        select(
            func.coalesce(func.sum(case((alive, _PEOPLE), else_=0)), 0),
            func.coalesce(func.sum(_CAME), 0),
            func.count(case((alive & (Registration.kind == RegistrationKind.GROUP), Registration.id))),
            func.count(func.distinct(case((alive, Registration.event_id)))),
        )
        .select_from(Registration)
        .join(Event, Event.id == Registration.event_id)
        .outerjoin(Presence, Presence.registration_id == Registration.id)
        .where(Registration.structure_id == structure_id, *_standing())
    ).one()
    return Figures(*(int(value) for value in row))


def list_registrations_of(structure_id: int, *, limit: int = MOST_REGISTRATIONS) -> list[RegistrationOf]:
    """A structure's registrations, those of the latest event first: two statements."""
    rows: Any = db.session.execute(
        select(
            Registration.id, Registration.reference, Registration.token, Registration.mail_key,
            Registration.contact_name, Registration.kind, Registration.audience, Registration.status,
            Registration.class_label, Registration.participants, Registration.companions, _CAME, Event.id, Event.slug,
            Event.state, Event.title_fr, Event.title_en, Event.starts_at, Event.ends_at, Event.timezone, Event.date_to_come,
            Registration.absent_at,
        )
        .join(Event, Event.id == Registration.event_id)
        .outerjoin(Presence, Presence.registration_id == Registration.id)
        .where(Registration.structure_id == structure_id, *_standing())
        .order_by(Event.starts_at.desc(), Event.id.desc(), Registration.class_label, Registration.id)
        .limit(limit)
    ).all()  # fmt: skip
    waves: dict[int, list[datetime]] = {}
    for registration_id, starts_at in db.session.execute(
        select(RegistrationWave.registration_id, Wave.starts_at)
        .join(Wave, Wave.id == RegistrationWave.wave_id)
        .where(RegistrationWave.registration_id.in_([row[0] for row in rows]))
        .order_by(Wave.starts_at)
    ):
        waves.setdefault(registration_id, []).append(starts_at)
    return [replace(RegistrationOf(*row), waves=tuple(waves.get(row[0], ()))) for row in rows]


def list_mails_of(
    organiser_id: int, registration_ids: Sequence[int], contact_ids: Sequence[int]
) -> tuple[list[MessageRow], int]:
    """The latest mails about these registrations and to these contacts, and how many were sent in all."""
    subjects = [f"registration:{i}" for i in registration_ids] + [f"contact:{i}" for i in contact_ids]
    where = [Message.subject.in_(subjects), or_(Message.organiser_id == organiser_id, Message.organiser_id.is_(None))]
    rows: Any = db.session.execute(
        select(
            Message.id, Message.organiser_id, Message.subject, Message.template, Message.recipient, Message.locale,
            Message.title, Message.state, Message.error, Message.queued_at, Message.sent_at,
        )
        .where(*where)
        .order_by(Message.id.desc())
        .limit(MOST_MAILS)
    ).all()  # fmt: skip
    sent = db.session.execute(
        select(func.count()).select_from(Message).where(*where, Message.state == MessageState.SENT)
    ).scalar_one()
    return [MessageRow(*row) for row in rows], sent

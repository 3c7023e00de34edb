"""The journal: who changed what and when, over all that an organiser has, and the names of what its lines speak of.

A page takes a fixed number of statements: one for its lines, one for each kind of object or word that they name.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, exists, func, literal, or_, select, tuple_

from app.accounts.models import Account, Invitation, Membership
from app.accounts.rules import RowLimit
from app.core.actor import ActorKind
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.i18n import Locale
from app.events.enums import ReasonUse
from app.events.models import Event, EventTemplate, Project, Wave
from app.events.queries.reasons import lists_of_reasons
from app.events.reasons import ReasonRow
from app.registrations.enums import RegistrationKind
from app.registrations.models import Registration
from app.reports.exports import ExportFilters
from app.reports.models import Export
from app.reports.queries.list_sql import within
from app.structures.models import Structure, StructureContact

PAGE = 50
LOOKED_BACK = 5_000
"""Lines among which those who did something are looked for: the filter by person offers them."""


@dataclass(frozen=True)
class Who:
    """Who did it: a person or program by id, or everybody of a kind (visitors, Parcours) without."""

    kind: ActorKind
    id: int | None = None
    label: str = field(default="", compare=False)


@dataclass(frozen=True)
class JournalFilter:
    """What is looked for. `subject` names one object (structure:12); `groups` are verbs' beginnings (structure., import.).

    `event_id`: what happened to an event and to the registrations of it that `rows` lets see. `since` ≤ at < `until`.
    `outsider`: the account of a reader to whom the team, its partners and what others took out are no business.
    """

    organiser_id: int
    subject: str = ""
    event_id: int | None = None
    rows: RowLimit = RowLimit.ALL
    groups: tuple[str, ...] = ()
    outsider: int | None = None
    who: Who | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class JournalLine:
    id: int
    at: datetime
    actor_kind: ActorKind
    actor_id: int | None
    actor_label: str = field(repr=False)
    verb: str
    subject: str
    details: dict[str, Any] = field(repr=False)

    @property
    def subject_kind(self) -> str:
        return self.subject.partition(":")[0]

    @property
    def subject_id(self) -> int | None:
        number = self.subject.partition(":")[2]
        return int(number) if number.isdecimal() else None


@dataclass(frozen=True)
class JournalPage:
    """`more`: older lines follow the last one."""

    lines: tuple[JournalLine, ...]
    more: bool


@dataclass(frozen=True)
class EventName:
    slug: str
    title_fr: str
    title_en: str
    timezone: str
    deleted: bool

    def title(self, locale: Locale) -> str:
        return self.title_fr if locale == "fr" else self.title_en or self.title_fr


@dataclass(frozen=True)
class RegistrationName:
    """`name` is the class, the body of a group, or the person: for those who may see people."""

    reference: str
    event_id: int
    name: str = field(repr=False)
    deleted: bool


@dataclass(frozen=True)
class JournalNames:
    """What is known of the objects that lines speak of, by id; what is gone is missing."""

    events: dict[int, EventName]
    registrations: dict[int, RegistrationName]
    structures: dict[int, str]
    accounts: dict[int, str]
    projects: dict[int, str]
    templates: dict[int, str]
    waves: dict[int, tuple[datetime, str]]
    reasons: dict[ReasonUse, tuple[ReasonRow, ...]]
    contacts: dict[int, str]
    invitations: dict[int, str]
    titles: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """The titles of an export's columns, in their order and in the language of who took it out."""
    members: frozenset[int] = frozenset()
    """Those of the accounts that work for the organiser: they have a page among its people."""

    def person_of(self, line: JournalLine) -> str:
        """Whom a line is about beside its subject: a partner, a structure's contact, somebody invited."""
        people = {"account_id": self.accounts, "contact_id": self.contacts, "invitation_id": self.invitations}
        found = (names.get(line.details.get(key, 0)) for key, names in people.items())
        return next((name for name in found if name), "")

    def zone_of(self, line: JournalLine) -> str | None:
        """The clocks of the event that a line speaks of."""
        event_id = line.subject_id if line.subject_kind == "event" else None
        if line.subject_kind == "registration" and (found := self.registrations.get(line.subject_id or 0)):
            event_id = found.event_id
        event = self.events.get(event_id or 0)
        return event.timezone if event else None


def list_journal(wanted: JournalFilter, *, before_id: int | None = None, limit: int = PAGE) -> JournalPage:
    """Newest first; `before_id` is the id of the last line seen."""
    entry = AuditEntry
    statement = (
        select(
            entry.id, entry.at, entry.actor_kind, entry.actor_id, entry.actor_label, entry.verb, entry.subject, entry.details
        )
        .where(*_conditions(wanted))
        .order_by(entry.at.desc(), entry.id.desc())
        .limit(limit + 1)
    )  # fmt: skip
    if before_id is not None:
        last = select(entry.at).where(entry.id == before_id).correlate(None).scalar_subquery()
        statement = statement.where(tuple_(entry.at, entry.id) < tuple_(last, literal(before_id)))
    rows = db.session.execute(statement).all()
    lines = tuple(
        JournalLine(r.id, r.at, ActorKind(r.actor_kind), r.actor_id, r.actor_label, r.verb, r.subject, r.details)
        for r in rows[:limit]
    )
    return JournalPage(lines, len(rows) > limit)


def list_people_at_work(organiser_id: int) -> list[Who]:
    """The people and programs who did something lately, by name."""
    entry = AuditEntry
    lately = (
        select(entry.actor_kind, entry.actor_id, entry.actor_label)
        .where(entry.organiser_id == organiser_id)
        .order_by(entry.id.desc())
        .limit(LOOKED_BACK)
        .subquery()
    )
    rows = db.session.execute(
        select(lately.c.actor_kind, lately.c.actor_id, func.max(lately.c.actor_label))
        .where(lately.c.actor_kind.in_([ActorKind.STAFF.value, ActorKind.TOKEN.value]), lately.c.actor_id.is_not(None))
        .group_by(lately.c.actor_kind, lately.c.actor_id)
    )
    found = [Who(ActorKind(kind), actor_id, label) for kind, actor_id, label in rows]
    return sorted(found, key=lambda who: who.label.casefold())


def name_subjects(lines: Sequence[JournalLine], organiser_id: int) -> JournalNames:
    """Names for all that these lines speak of, of this organiser alone."""
    ids = {kind: sorted(_ids(lines, kind)) for kind in _KINDS}
    registrations = _registrations(ids["registration"], organiser_id)
    events = sorted({*ids["event"], *(r.event_id for r in registrations.values())})
    accounts, members = _accounts(sorted({*ids["account"], *_detail_ids(lines, "account_id")}), organiser_id)
    return JournalNames(
        events=_events(events, organiser_id),
        registrations=registrations,
        structures=_names(select(Structure.id, Structure.name), Structure, ids["structure"], organiser_id),
        accounts=accounts,
        members=members,
        projects=_names(select(Project.id, Project.name), Project, ids["project"], organiser_id),
        templates=_names(select(EventTemplate.id, EventTemplate.name), EventTemplate, ids["template"], organiser_id),
        waves=_waves(sorted(_wave_ids(lines)), organiser_id),
        contacts=_contacts(sorted(_detail_ids(lines, "contact_id")), organiser_id),
        invitations=_invitations(sorted(_detail_ids(lines, "invitation_id")), organiser_id),
        titles=_titles(sorted(_detail_ids([line for line in lines if line.verb == EXPORTED], "export")), organiser_id),
        reasons=lists_of_reasons(organiser_id) if any(_tells_reason(line) for line in lines) else {},
    )


OF_THE_TEAM = ("member.", "account.", "invitation.", "partner.", "door_")
"""Beginnings of the verbs that tell who works here, with names and mail addresses."""
EXPORTED = "export.made"
_KINDS = ("event", "registration", "structure", "account", "project", "template")
REASON_FIELDS = frozenset({"code", "cancel_code", "no_show_code"})


def _conditions(wanted: JournalFilter) -> list[ColumnElement[bool]]:
    entry = AuditEntry
    found: list[ColumnElement[bool]] = [entry.organiser_id == wanted.organiser_id]
    if wanted.subject:
        found.append(entry.subject == wanted.subject)
    if wanted.event_id is not None:
        found.append(_of_event(wanted.event_id, wanted.rows))
    if wanted.groups:
        found.append(or_(*(entry.verb.startswith(group, autoescape=True) for group in wanted.groups)))
    if wanted.outsider is not None:
        found += [~entry.verb.startswith(group, autoescape=True) for group in OF_THE_TEAM]
        own = and_(entry.actor_kind == ActorKind.STAFF.value, entry.actor_id == wanted.outsider)
        found.append(or_(~entry.verb.startswith("export."), own))
    if wanted.who is not None:
        found.append(entry.actor_kind == wanted.who.kind.value)
        if wanted.who.id is not None:
            found.append(entry.actor_id == wanted.who.id)
    if wanted.since is not None:
        found.append(entry.at >= wanted.since)
    if wanted.until is not None:
        found.append(entry.at < wanted.until)
    return found


def _of_event(event_id: int, rows: RowLimit) -> ColumnElement[bool]:
    own = AuditEntry.subject == f"event:{event_id}"
    if rows is RowLimit.NONE:
        return own
    theirs = select(literal("registration:").concat(cast(Registration.id, String))).where(
        Registration.event_id == event_id, *within(rows)
    )
    return or_(own, AuditEntry.subject.in_(theirs))


def _ids(lines: Iterable[JournalLine], kind: str) -> set[int]:
    return {line.subject_id for line in lines if line.subject_kind == kind and line.subject_id is not None}


def _detail_ids(lines: Iterable[JournalLine], name: str) -> set[int]:
    return {found for line in lines if isinstance(found := line.details.get(name), int)}


def _wave_ids(lines: Iterable[JournalLine]) -> set[int]:
    found: set[int] = set()
    for line in lines:
        if line.subject_kind == "registration" and isinstance(waves := line.details.get("waves"), list):
            found |= {i for part in waves for i in (part if isinstance(part, list) else [part]) if isinstance(i, int)}
    return found


def _tells_reason(line: JournalLine) -> bool:
    return not REASON_FIELDS.isdisjoint(line.details)


def _events(ids: Collection[int], organiser_id: int) -> dict[int, EventName]:
    if not ids:
        return {}
    rows = db.session.execute(
        select(Event.id, Event.slug, Event.title_fr, Event.title_en, Event.timezone, Event.deleted_at).where(
            Event.id.in_(ids), Event.organiser_id == organiser_id
        )
    )
    return {r.id: EventName(r.slug, r.title_fr, r.title_en, r.timezone, r.deleted_at is not None) for r in rows}


def _registrations(ids: Collection[int], organiser_id: int) -> dict[int, RegistrationName]:
    if not ids:
        return {}
    own = Registration
    rows = db.session.execute(
        select(
            own.id, own.reference, own.event_id, own.kind, own.class_label, own.organisation_name, own.contact_name,
            own.deleted_at,
        ).where(own.id.in_(ids), own.organiser_id == organiser_id)
    )  # fmt: skip
    found = {}
    for r in rows:
        group = r.kind is RegistrationKind.GROUP
        name = (r.class_label or r.organisation_name or r.contact_name) if group else r.contact_name
        found[r.id] = RegistrationName(r.reference, r.event_id, name, r.deleted_at is not None)
    return found


def _names(statement: Any, table: Any, ids: Collection[int], organiser_id: int) -> dict[int, str]:
    if not ids:
        return {}
    rows = db.session.execute(statement.where(table.id.in_(ids), table.organiser_id == organiser_id)).all()
    return {row[0]: row[1] for row in rows}


def _accounts(ids: Collection[int], organiser_id: int) -> tuple[dict[int, str], frozenset[int]]:
    """Names, and which of them work for the organiser."""
    if not ids:
        return {}, frozenset()
    works = exists().where(Membership.account_id == Account.id, Membership.organiser_id == organiser_id)
    rows = db.session.execute(select(Account.id, Account.name, works).where(Account.id.in_(ids))).all()
    return {row[0]: row[1] for row in rows}, frozenset(row[0] for row in rows if row[2])


def _contacts(ids: Collection[int], organiser_id: int) -> dict[int, str]:
    own = select(StructureContact.id, StructureContact.name)
    return _names(own, StructureContact, ids, organiser_id)


def _invitations(ids: Collection[int], organiser_id: int) -> dict[int, str]:
    own = select(Invitation.id, case((Invitation.name != "", Invitation.name), else_=Invitation.email))
    return _names(own, Invitation, ids, organiser_id)


def _titles(ids: Collection[int], organiser_id: int) -> dict[int, tuple[str, ...]]:
    if not ids:
        return {}
    rows = db.session.execute(
        select(Export.id, Export.filters).where(Export.id.in_(ids), Export.organiser_id == organiser_id)
    )
    return {r.id: ExportFilters.from_json(r.filters).titles for r in rows}


def _waves(ids: Collection[int], organiser_id: int) -> dict[int, tuple[datetime, str]]:
    if not ids:
        return {}
    rows = db.session.execute(
        select(Wave.id, Wave.starts_at, Event.timezone)
        .join(Event, Event.id == Wave.event_id)
        .where(Wave.id.in_(ids), Event.organiser_id == organiser_id)
    )
    return {r.id: (r.starts_at, r.timezone) for r in rows}

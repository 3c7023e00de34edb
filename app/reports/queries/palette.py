"""What the search of the desk finds: registrations, events and structures that somebody may see."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from app.accounts.rules import SCHOOL_AUDIENCE, Ability, Access, RowLimit, may, row_limit
from app.core.db import db
from app.core.text import fold
from app.events.enums import EventKind, EventState
from app.events.models import Event
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.registrations.models import Registration
from app.registrations.queries import normal_reference
from app.reports.rules import listed_name
from app.structures.models import Structure, StructureKind
from app.venues.models import Venue

CANDIDATES = 200
"""Rows read for who may not see names, before those found by a name alone are left out."""


@dataclass(frozen=True)
class FoundRegistration:
    """A registration with its event. `name` is empty for who may not see people's data; `absent`: it gave its places back."""

    reference: str
    name: str = field(repr=False)
    organisation_name: str
    class_label: str
    status: RegistrationStatus
    people: int
    event_id: int
    event_slug: str
    event_title_fr: str
    event_title_en: str
    absent: bool = False


@dataclass(frozen=True)
class FoundEvent:
    """An event in one line of results."""

    id: int
    organiser_id: int
    slug: str
    kind: EventKind
    state: EventState
    title_fr: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    place: str

    def title(self, locale: str) -> str:
        return self.title_en or self.title_fr if locale == "en" else self.title_fr


@dataclass(frozen=True)
class FoundStructure:
    """A structure in one line of results; `number` is its UAI or its SIRET."""

    id: int
    name: str
    kind: StructureKind
    commune: str
    number: str


def find_registrations(accesses: Sequence[Access], text: str, *, limit: int = 8) -> list[FoundRegistration]:
    """Registrations that hold all the words typed, latest event first, then by name.

    Each access gives its organiser's registrations, or one event's, within its row limit. One statement for accesses that
    see names, another for those that do not: these find nobody by a name, a mail or a telephone. What is in the bin is
    not found.
    """
    words = fold(text).split()
    if not words:
        return []
    named = [access for access in accesses if may(access, Ability.PEOPLE_SEE)]
    nameless = [access for access in accesses if access not in named]
    found = [_registration(row, named=True) for row in _registrations(named, words, text, limit)]
    for row in _registrations(nameless, words, text, CANDIDATES, groups_first=True):
        visible = fold(
            f"{row.organisation_name} {row.class_label} {row.commune} {row.reference} {row.reference.replace('-', '')}"
        )
        if all(word in visible for word in words) or row.reference == normal_reference(text):
            found.append(_registration(row, named=False))
    once = {line.reference: line for line in reversed(found)}  # with its name where two accesses reach it
    return [line for line in found if once[line.reference] is line][:limit]


def find_by_reference(accesses: Sequence[Access], text: str) -> tuple[str, str] | None:
    """(event's slug, reference) of the registration whose number was typed, in any case, with or without dashes."""
    row = db.session.execute(
        select(Event.slug, Registration.reference)
        .join(Event, Event.id == Registration.event_id)
        .where(
            Registration.reference == normal_reference(text),
            Registration.deleted_at.is_(None),
            Event.deleted_at.is_(None),
            _within(accesses),
        )
    ).first()
    return None if row is None else (row.slug, row.reference)


def find_events(accesses: Sequence[Access], text: str = "", *, limit: int = 6) -> list[FoundEvent]:
    """Events whose title, place or commune hold all the words typed, whatever the accents; latest first. One statement.

    Without words: the latest ones.
    """
    words = fold(text).split()
    statement: Select[*tuple[Any, ...]] = (
        select(
            Event.id, Event.organiser_id, Event.slug, Event.kind, Event.state, Event.title_fr, Event.title_en,
            Event.starts_at, Event.ends_at, Event.timezone, Venue.name.label("venue"), Venue.commune,
        )
        .outerjoin(Venue, Venue.id == Event.venue_id)
        .where(Event.deleted_at.is_(None), _events_within(accesses))
        .order_by(Event.starts_at.desc(), Event.id.desc())
    )  # fmt: skip
    found = []
    for row in db.session.execute(statement if words else statement.limit(limit)):
        place = ", ".join(part for part in (row.venue, row.commune) if part)
        seen = fold(f"{row.title_fr} {row.title_en} {place} {row.slug}") if words else ""
        if all(word in seen for word in words):
            values = row._asdict()
            del values["venue"], values["commune"]
            found.append(FoundEvent(**values, place=place))
            if len(found) == limit:
                break
    return found


def find_structures(organiser_id: int, text: str, *, limit: int = 5) -> list[FoundStructure]:
    """Structures of the directory whose name, commune or number hold all the words typed, by name. One statement."""
    words = fold(text).split()
    if not words:
        return []
    rows = db.session.execute(
        select(Structure.id, Structure.name, Structure.kind, Structure.commune, Structure.uai, Structure.siret)
        .where(
            Structure.organiser_id == organiser_id,
            Structure.merged_into_id.is_(None),
            *[Structure.search_text.contains(word, autoescape=True) for word in words],
        )
        .order_by(Structure.archived_at.is_not(None), Structure.name, Structure.id)
        .limit(limit)
    )
    return [FoundStructure(r.id, r.name, r.kind, r.commune, r.uai or r.siret or "") for r in rows]


def _registrations(
    accesses: Sequence[Access], words: Sequence[str], text: str, limit: int, *, groups_first: bool = False
) -> Sequence[Any]:
    if not accesses:
        return []
    order = [Event.starts_at.desc(), Registration.sort_name, Registration.id]
    holds = and_(*[Registration.search_text.contains(word, autoescape=True) for word in words])
    statement: Select[*tuple[Any, ...]] = (
        select(
            Registration.reference, Registration.contact_name, Registration.sort_name, Registration.organisation_name,
            Registration.class_label, Registration.commune, Registration.status, Registration.participants,
            Registration.companions, Registration.absent_at, Event.id, Event.slug, Event.title_fr, Event.title_en,
        )
        .join(Event, Event.id == Registration.event_id)
        .where(
            or_(holds, Registration.reference == normal_reference(text)),
            Registration.deleted_at.is_(None),
            Event.deleted_at.is_(None),
            _within(accesses),
        )
        .order_by(*([Registration.organisation_name == ""] if groups_first else []), *order)
        .limit(limit)
    )  # fmt: skip
    return db.session.execute(statement).all()


def _registration(row: Any, *, named: bool) -> FoundRegistration:
    return FoundRegistration(
        row.reference, listed_name(row.contact_name, row.sort_name) if named else "", row.organisation_name,
        row.class_label, row.status, row.participants + row.companions, row.id, row.slug, row.title_fr, row.title_en,
        row.absent_at is not None,
    )  # fmt: skip


def _within(accesses: Sequence[Access]) -> ColumnElement[bool]:
    """The registrations that these accesses reach, as far as their row limits say."""
    return or_(false(), *[rows_of(access) for access in accesses])


def rows_of(access: Access) -> ColumnElement[bool]:
    """The registrations that an access reaches: its organiser's or its event's, within its row limit."""
    limit = row_limit(access)
    if limit is RowLimit.NONE:
        return false()
    rows = [Registration.organiser_id == access.organiser_id]
    if access.event_id is not None:
        rows.append(Registration.event_id == access.event_id)
    if limit is RowLimit.GROUPS_AND_SCHOOLS:
        rows.append(or_(Registration.kind == RegistrationKind.GROUP, Registration.audience == SCHOOL_AUDIENCE))
    return and_(*rows)


def _events_within(accesses: Sequence[Access]) -> ColumnElement[bool]:
    return or_(
        false(),
        *[
            Event.organiser_id == access.organiser_id
            if access.event_id is None
            else and_(Event.organiser_id == access.organiser_id, Event.id == access.event_id)
            for access in accesses
        ],
    )

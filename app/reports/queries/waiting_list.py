"""The waiting list of an event in its order, and the offers that are out: for the team's pages.

Nobody gets a row, or a name, that the access does not include. One's place in the list is counted among all who wait for one
of the same waves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, select

from app.accounts.rules import Ability, Access, may, row_limit
from app.core.audit import AuditEntry
from app.core.cache import remembered
from app.core.db import db, writing
from app.events.queries import EventRow, get_version
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.registrations.models import Registration, RegistrationWave
from app.registrations.operations.calling import CALLED_VERB
from app.reports.lists import ListQuery
from app.reports.queries.list_sql import PEOPLE, list_sql, within

PAGE = 50


@dataclass(frozen=True)
class WaitingLine:
    """Somebody who waits, or to whom places are offered. Name, telephone and mail are empty without PEOPLE_SEE.

    `place` counts from 1, among those who wait for one of the same waves, `before` are the people of those who come first in
    it: both 0 for an offer. `offered_until` is None for who waits. `called_at` and `said` tell of the last telephone call
    about the offer.
    """

    id: int
    reference: str
    name: str = field(repr=False)
    phone: str = field(repr=False)
    email: str = field(repr=False)
    has_mail: bool
    is_group: bool
    class_label: str
    organisation_name: str
    audience: str
    people: int
    waves: tuple[int, ...]
    since: datetime
    place: int = 0
    before: int = 0
    offered_until: datetime | None = None
    called_at: datetime | None = None
    said: str = field(default="", repr=False)


@dataclass(frozen=True)
class WaitingPage:
    """One page: `number` of `pages`; `count` registrations and `people` are those of the whole list as narrowed."""

    lines: tuple[WaitingLine, ...]
    count: int
    people: int
    number: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // PAGE))


@dataclass(frozen=True)
class OpenOffers:
    """Offers that nobody answered yet; `silent` are those of people without mail, whom the team calls.

    `waiting` counts the registrations that wait beside them.
    """

    count: int
    people: int
    silent: int
    waiting: int


NOBODY_WAITS = OpenOffers(0, 0, 0, 0)

_COLUMNS: tuple[Any, ...] = (
    Registration.id, Registration.reference, Registration.contact_name, Registration.contact_phone,
    Registration.contact_email, Registration.kind, Registration.class_label, Registration.organisation_name,
    Registration.audience, PEOPLE.label("people"), Registration.created_at, Registration.offer_expires_at,
)  # fmt: skip


def list_queue(event: EventRow, query: ListQuery, access: Access, *, page: int = 1) -> WaitingPage:
    """A page of those who wait, in their order, narrowed by the query's words and waves; four statements.

    Places are counted as everybody's own page counts them: among who waits for one of the same waves, however the list is
    narrowed.
    """
    wanted = replace(query, statuses=frozenset({RegistrationStatus.WAITLISTED}))
    found = list_sql(event, wanted, access)
    count, people = db.session.execute(found.select(func.count(), func.coalesce(func.sum(PEOPLE), 0))).one()
    number = max(1, min(page, -(-count // PAGE)))
    rows = db.session.execute(
        found.select(*_COLUMNS).order_by(Registration.id).limit(PAGE).offset((number - 1) * PAGE)
    ).all()
    return WaitingPage(_with_places(event, _lines(rows, access)), count, int(people), number)


def _with_places(event: EventRow, lines: tuple[WaitingLine, ...]) -> tuple[WaitingLine, ...]:
    """Who waits before each of these for one of its waves, said: one statement, which reads the list up to the last of them."""
    if not lines:
        return lines
    asked = (
        select(Registration.id, PEOPLE.label("people"), RegistrationWave.wave_id)
        .join(RegistrationWave, RegistrationWave.registration_id == Registration.id)
        .where(Registration.event_id == event.id, Registration.status == RegistrationStatus.WAITLISTED)
        .where(Registration.id <= lines[-1].id)
        .order_by(Registration.id, RegistrationWave.wave_id)
    )
    shown = {line.id: line for line in lines}
    before: dict[tuple[int, ...], list[int]] = {}  # by the waves that are waited for together: parties, people
    placed = []
    for registration_id, group in groupby(db.session.execute(asked), key=itemgetter(0)):
        rows = list(group)
        waves, people = tuple(row[2] for row in rows), rows[0][1]
        if registration_id in shown:
            ahead = [counted for others, counted in before.items() if not set(others).isdisjoint(waves)]
            place, more = 1 + sum(one[0] for one in ahead), sum(one[1] for one in ahead)
            placed.append(replace(shown[registration_id], place=place, before=more))
        counted = before.setdefault(waves, [0, 0])
        counted[0], counted[1] = counted[0] + 1, counted[1] + people
    return tuple(placed)


def list_offers(event: EventRow, query: ListQuery, access: Access, *, page: int = 1) -> WaitingPage:
    """A page of the offers that are out, those that end first before the others; four statements."""
    found = list_sql(event, replace(query, statuses=frozenset({RegistrationStatus.OFFERED})), access)
    count, people = db.session.execute(found.select(func.count(), func.coalesce(func.sum(PEOPLE), 0))).one()
    number = max(1, min(page, -(-count // PAGE)))
    rows = db.session.execute(
        found.select(*_COLUMNS)
        .order_by(Registration.offer_expires_at, Registration.id)
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    ).all()
    return WaitingPage(_with_calls(_lines(rows, access), access), count, int(people), number)


def count_offers(event_id: int, access: Access, *, version: int | None = None) -> OpenOffers:
    """Those among the rows of the access: one statement, two when something changed since this process last counted.

    One less for who just read the event's `version`.
    """
    limit = row_limit(access)
    kept, key = remembered("open_offers"), (event_id, get_version(event_id) if version is None else version, limit)
    found = kept.get(key)
    if isinstance(found, OpenOffers):
        return found
    offered = Registration.status == RegistrationStatus.OFFERED
    which = (offered, 1), (offered, PEOPLE), (offered & (Registration.contact_email == ""), 1), (~offered, 1)
    counted = (func.coalesce(func.sum(case(pair, else_=0)), 0) for pair in which)
    stands = Registration.status.in_([RegistrationStatus.OFFERED, RegistrationStatus.WAITLISTED])
    mine = Registration.event_id == event_id, Registration.deleted_at.is_(None), stands, *within(limit)
    open_now = OpenOffers(*(int(value) for value in db.session.execute(select(*counted).where(*mine)).one()))
    if not writing.get():
        kept[key] = open_now
    return open_now


def list_silent_offers(event_id: int, access: Access) -> tuple[WaitingLine, ...]:
    """Offers to people whom no mail reaches, at most 2 * PAGE of them, those that end first before the others."""
    rows = db.session.execute(
        select(*_COLUMNS)
        .where(*_offered(event_id, access), Registration.contact_email == "")
        .order_by(Registration.offer_expires_at, Registration.id)
        .limit(2 * PAGE)
    ).all()
    return _with_calls(_lines(rows, access), access)


def _offered(event_id: int, access: Access) -> list[ColumnElement[bool]]:
    return [
        Registration.event_id == event_id,
        Registration.status == RegistrationStatus.OFFERED,
        Registration.deleted_at.is_(None),
        *within(row_limit(access)),
    ]


def _lines(rows: Sequence[Row[Any]], access: Access) -> tuple[WaitingLine, ...]:
    named = may(access, Ability.PEOPLE_SEE)
    asked = select(RegistrationWave.registration_id, RegistrationWave.wave_id).where(
        RegistrationWave.registration_id.in_([row.id for row in rows])
    )
    waves: dict[int, list[int]] = {}
    for registration_id, wave_id in db.session.execute(asked.order_by(RegistrationWave.wave_id)) if rows else ():
        waves.setdefault(registration_id, []).append(wave_id)
    return tuple(
        WaitingLine(
            id=r.id, reference=r.reference, name=r.contact_name if named else "", phone=r.contact_phone if named else "",
            email=r.contact_email if named else "", has_mail=bool(r.contact_email),
            is_group=r.kind is RegistrationKind.GROUP, class_label=r.class_label, organisation_name=r.organisation_name,
            audience=r.audience, people=r.people, waves=tuple(waves.get(r.id, ())), since=r.created_at,
            offered_until=r.offer_expires_at,
        )
        for r in rows
    )  # fmt: skip


def _with_calls(lines: tuple[WaitingLine, ...], access: Access) -> tuple[WaitingLine, ...]:
    """What was noted of the last call about each."""
    subjects = [f"registration:{line.id}" for line in lines]
    latest = (
        select(func.max(AuditEntry.id))
        .where(AuditEntry.subject.in_(subjects), AuditEntry.verb == CALLED_VERB)
        .group_by(AuditEntry.subject)
    )
    wanted = select(AuditEntry.subject, AuditEntry.at, AuditEntry.details).where(AuditEntry.id.in_(latest))
    calls = {row.subject: row for row in db.session.execute(wanted)} if subjects else {}
    named = may(access, Ability.PEOPLE_SEE)
    found = []
    for line, subject in zip(lines, subjects, strict=True):
        call = calls.get(subject)
        said = str(call.details.get("said", "")) if call is not None and named else ""
        found.append(replace(line, called_at=call.at if call is not None else None, said=said))
    return tuple(found)

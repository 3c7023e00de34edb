"""Who did not come: confirmed, never let in at any door, once the event is over. What is in the bin counts nowhere."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, case, exists, func, or_, select, tuple_

from app.accounts.rules import Ability, Access, may, row_limit
from app.checkin.models import Presence
from app.core.db import db
from app.core.text import fold
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.registrations.models import Registration
from app.reports.queries.list_sql import PEOPLE, within

PAGE = 50


@dataclass(frozen=True)
class NoShowLine:
    """One registration whose people did not come. Name and telephone are empty without PEOPLE_SEE."""

    id: int
    reference: str
    name: str = field(repr=False)
    phone: str = field(repr=False)
    email: str = field(repr=False)
    is_group: bool
    class_label: str
    organisation_name: str
    audience: str
    people: int
    code: str


@dataclass(frozen=True)
class NoShowTotals:
    """Registrations and their people who did not come; `by_code` counts (registrations, people), "" where no reason is told."""

    by_code: dict[str, tuple[int, int]]

    @property
    def registrations(self) -> int:
        return sum(count for count, _ in self.by_code.values())

    @property
    def people(self) -> int:
        return sum(people for _, people in self.by_code.values())

    @property
    def untold(self) -> int:
        return self.by_code.get("", (0, 0))[0]


@dataclass(frozen=True)
class NoShowPage:
    lines: tuple[NoShowLine, ...]
    more: bool


def count_no_shows(event_id: int, access: Access) -> NoShowTotals:
    """Those among the rows of the access: one statement."""
    rows = db.session.execute(
        select(Registration.no_show_code, func.count(), func.sum(PEOPLE))
        .where(*_absent(event_id, access))
        .group_by(Registration.no_show_code)
    )
    return NoShowTotals({code: (int(count), int(people)) for code, count, people in rows})


def list_no_shows(
    event_id: int, access: Access, *, codes: Collection[str] = (), text: str = "", after: int | None = None
) -> NoShowPage:
    """A page in the order of names (of numbers without PEOPLE_SEE), those of `codes` alone where some are named.

    `after` is the id of the last row seen. One statement.
    """
    named = may(access, Ability.PEOPLE_SEE)
    sort = Registration.sort_name if named else Registration.reference
    statement = _lines().where(*_absent(event_id, access)).order_by(sort, Registration.id).limit(PAGE + 1)
    if codes:
        statement = statement.where(Registration.no_show_code.in_(sorted(codes)))
    statement = statement.where(*(_holds(word, named=named) for word in fold(text).split()))
    if after is not None:
        last = select(sort, Registration.id).where(Registration.id == after).subquery()
        key = tuple_(select(last.c[0]).scalar_subquery(), select(last.c[1]).scalar_subquery())
        statement = statement.where(tuple_(sort, Registration.id) > key)
    lines = [_line(row, named=named) for row in db.session.execute(statement).mappings()]
    return NoShowPage(tuple(lines[:PAGE]), len(lines) > PAGE)


def pick_no_shows(event_id: int, access: Access, ids: Collection[int]) -> frozenset[int]:
    """Of these registrations, those that the access has among its rows and that did not come."""
    found: set[int] = set()
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        part = Registration.id.in_(wanted[start : start + 500])
        found |= set(db.session.execute(select(Registration.id).where(part, *_absent(event_id, access))).scalars())
    return frozenset(found)


def _absent(event_id: int, access: Access) -> list[ColumnElement[bool]]:
    came = exists().where(
        Presence.registration_id == Registration.id, Presence.came_participants + Presence.came_companions > 0
    )
    return [
        Registration.event_id == event_id,
        Registration.deleted_at.is_(None),
        Registration.status == RegistrationStatus.CONFIRMED,
        ~came,
        *within(row_limit(access)),
    ]


def _holds(word: str, *, named: bool) -> ColumnElement[bool]:
    """Without names: only what such a person sees is searched."""
    if named:
        return Registration.search_text.contains(word, autoescape=True)
    texts = (Registration.reference, Registration.organisation_name, Registration.class_label)
    return or_(*(func.lower(text).contains(word, autoescape=True) for text in texts))


def _lines() -> Select[tuple[Any, ...]]:
    columns = (
        Registration.id, Registration.reference, Registration.contact_name, Registration.contact_phone,
        Registration.contact_email, Registration.class_label, Registration.organisation_name, Registration.audience,
        PEOPLE.label("people"), Registration.no_show_code,
        case((Registration.kind == RegistrationKind.GROUP, 1), else_=0).label("is_group"),
    )  # fmt: skip
    return select(*columns)


def _line(r: RowMapping, *, named: bool) -> NoShowLine:
    return NoShowLine(
        id=r["id"],
        reference=r["reference"],
        name=r["contact_name"] if named else "",
        phone=r["contact_phone"] if named else "",
        email=r["contact_email"] if named else "",
        is_group=bool(r["is_group"]),
        class_label=r["class_label"],
        organisation_name=r["organisation_name"],
        audience=r["audience"],
        people=r["people"],
        code=r["no_show_code"],
    )

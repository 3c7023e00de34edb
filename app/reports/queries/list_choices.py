"""What a list of registrations can be narrowed to, as far as its registrations say: structures, and who sent people."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, select

from app.accounts.enums import MAY_READ
from app.accounts.rules import Ability, Access, may, row_limit
from app.core.db import db
from app.core.text import fold
from app.events.enums import ReasonUse
from app.events.queries import EventRow
from app.events.queries.reasons import labels_of_cancellations, list_reasons
from app.registrations.models import Registration
from app.reports.lists import ListQuery
from app.reports.queries.list_sql import holds, within
from app.structures.models import Structure

MOST_CHOICES = 300


@dataclass(frozen=True)
class ListChoices:
    """(id, name) of the structures that registered, by name; those who sent people, by name. At most MOST_CHOICES each.

    `more`: there are other structures beside these.
    """

    structures: tuple[tuple[int, str], ...] = ()
    oriented_by: tuple[str, ...] = ()
    more: bool = False


def list_choices(event: EventRow, access: Access, *, structure: str = "") -> ListChoices:
    """What the person's rows hold, as it stands now: two statements, one for who sees no people's data.

    `structure`: words that the structures' names hold, whatever the case and the accents.
    """
    rows = _own_rows(event, access)
    named = [holds(Structure.name_key, word) for word in fold(structure).split()]
    structures = db.session.execute(
        select(Structure.id, Structure.name)
        .where(Structure.id.in_(select(Registration.structure_id).where(*rows)), *named)
        .order_by(Structure.name_key, Structure.id)
        .limit(MOST_CHOICES + 1)
    ).all()
    senders = select(Registration.oriented_by).where(*rows, Registration.oriented_by != "").distinct()
    sees_people = may(access, Ability.PEOPLE_SEE)
    sent = db.session.execute(senders.limit(MOST_CHOICES)).scalars() if sees_people else ()
    return ListChoices(
        structures=tuple((row.id, row.name) for row in structures[:MOST_CHOICES]),
        oriented_by=tuple(sorted(sent, key=str.casefold)),
        more=len(structures) > MOST_CHOICES,
    )


def known_query(event: EventRow, query: ListQuery, access: Access) -> ListQuery:
    """The query less what there is no more: structures; audiences and reasons that no list has and no row of the person's.

    At most two statements for each of these that it is narrowed by.
    """
    found = query
    if query.structures:
        known = name_structures(event, query.structures, access)
        found = replace(found, structures=query.structures & known.keys())
    if strange := query.audiences - {audience.code for audience in event.audiences}:
        gone = strange - _held(event, access, Registration.audience, strange)
        found = replace(found, audiences=query.audiences - gone)
    if query.cancel_codes and (strange := query.cancel_codes - labels_of_cancellations(event.organiser_id).keys()):
        gone = strange - _held(event, access, Registration.cancel_code, strange)
        found = replace(found, cancel_codes=query.cancel_codes - gone)
    if query.no_show_codes:
        reasons = list_reasons(event.organiser_id, ReasonUse.NO_SHOW, retired=True)
        strange = query.no_show_codes - {row.code for row in reasons}
        gone = strange - _held(event, access, Registration.no_show_code, strange)
        found = replace(found, no_show_codes=query.no_show_codes - gone)
    return found


def _held(event: EventRow, access: Access, column: Any, values: frozenset[str]) -> frozenset[str]:
    """Those of the values that a row of the person's has."""
    if not values:
        return values
    rows = select(column).where(*_own_rows(event, access), column.in_(sorted(values))).distinct()
    return frozenset(db.session.execute(rows).scalars())


def _own_rows(event: EventRow, access: Access) -> list[ColumnElement[bool]]:
    return [Registration.event_id == event.id, Registration.deleted_at.is_(None), *within(row_limit(access))]


def name_structures(event: EventRow, ids: Iterable[int], access: Access) -> dict[int, str]:
    """The names of structures, by id: one statement. Who may not read the directory knows those of their rows alone."""
    known = [Structure.id.in_(sorted(ids)), Structure.organiser_id == event.organiser_id]
    if access.role not in MAY_READ:
        theirs = select(Registration.structure_id).where(*_own_rows(event, access))
        known.append(Structure.id.in_(theirs))
    return {row.id: row.name for row in db.session.execute(select(Structure.id, Structure.name).where(*known))}

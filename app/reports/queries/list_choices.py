"""What a list of registrations can be narrowed to, as far as its registrations say: structures, and who sent people."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from app.accounts.enums import MAY_READ
from app.accounts.rules import Ability, Access, may, row_limit
from app.core.db import db
from app.events.queries import EventRow
from app.registrations.models import Registration
from app.reports.queries.list_sql import within
from app.structures.models import Structure

MOST_CHOICES = 300


@dataclass(frozen=True)
class ListChoices:
    """(id, name) of the structures that registered, by name; those who sent people, by name. At most MOST_CHOICES each."""

    structures: tuple[tuple[int, str], ...] = ()
    oriented_by: tuple[str, ...] = ()


def list_choices(event: EventRow, access: Access) -> ListChoices:
    """What the person's rows hold, as it stands now: two statements, one for who sees no people's data."""
    rows = [Registration.event_id == event.id, Registration.deleted_at.is_(None), *within(row_limit(access))]
    of_event = select(Registration.structure_id).where(*rows)
    structures = db.session.execute(
        select(Structure.id, Structure.name)
        .where(Structure.id.in_(of_event))
        .order_by(Structure.name_key, Structure.id)
        .limit(MOST_CHOICES)
    ).all()
    senders = select(Registration.oriented_by).where(*rows, Registration.oriented_by != "").distinct()
    named = may(access, Ability.PEOPLE_SEE)
    sent = db.session.execute(senders.limit(MOST_CHOICES)).scalars() if named else ()
    return ListChoices(tuple((row.id, row.name) for row in structures), tuple(sorted(sent, key=str.casefold)))


def name_structures(event: EventRow, ids: Iterable[int], access: Access) -> dict[int, str]:
    """The names of structures, by id: one statement. Who may not read the directory knows those of their rows alone."""
    known = [Structure.id.in_(sorted(ids)), Structure.organiser_id == event.organiser_id]
    if access.role not in MAY_READ:
        theirs = select(Registration.structure_id).where(
            Registration.event_id == event.id, Registration.deleted_at.is_(None), *within(row_limit(access))
        )
        known.append(Structure.id.in_(theirs))
    return {row.id: row.name for row in db.session.execute(select(Structure.id, Structure.name).where(*known))}

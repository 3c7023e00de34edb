"""What a batch of scans asks the database, written once: making these statements anew for each scan takes longer than running them.

On PostgreSQL each list goes as one array that is looked up value by value. Its planner, which knows nothing of tables that fill
up within minutes, would else read all passages of an organiser and compare each with all that were sent.
"""

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    String,
    Table,
    TableValuedAlias,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.types import TypeEngine

from app.checkin.device_models import TeamPresence
from app.checkin.models import Presence, Scan
from app.checkin.passages import is_attempt
from app.core.db import db
from app.registrations.enums import TicketKind
from app.registrations.models import Registration, Ticket

SCANS, TICKETS, PRESENCES, TEAMS = (cast(Table, model.__table__) for model in (Scan, Ticket, Presence, TeamPresence))
_REGISTRATIONS = cast(Table, Registration.__table__)
_ANY_HOLDERS = (
    select(
        TICKETS.c.id.label("ticket_id"), TICKETS.c.code, TICKETS.c.kind.label("ticket_kind"), TICKETS.c.label.label("card"),
        TICKETS.c.number,
        _REGISTRATIONS.c.id, _REGISTRATIONS.c.event_id, _REGISTRATIONS.c.status, _REGISTRATIONS.c.kind,
        _REGISTRATIONS.c.participants, _REGISTRATIONS.c.companions, _REGISTRATIONS.c.class_label,
        _REGISTRATIONS.c.organisation_name, _REGISTRATIONS.c.contact_name, _REGISTRATIONS.c.deleted_at,
        _REGISTRATIONS.c.absent_at,
    )
    .select_from(TICKETS.join(_REGISTRATIONS, _REGISTRATIONS.c.id == TICKETS.c.registration_id))
    .order_by(_REGISTRATIONS.c.id)
    .with_for_update(of=_REGISTRATIONS, key_share=True)
)  # fmt: skip
_OWN = _REGISTRATIONS.c.organiser_id == bindparam("organiser")
_SENT = TICKETS.c.code.in_(bindparam("codes", expanding=True)) & _REGISTRATIONS.c.deleted_at.is_(None)
_UNDONE = _REGISTRATIONS.c.id.in_(bindparam("also", expanding=True)) & (
    (TICKETS.c.kind == TicketKind.MAIN) | TICKETS.c.id.in_(bindparam("shown", expanding=True))
)


@dataclass(frozen=True)
class Lookups:
    """Statements, with the names of what they are given.

    `stored`: passages by `organiser` and UUID (`sent`). `holders`: what the tickets of an `organiser` with these `codes` lead
    to, in the order of their registrations, which it locks; deleted ones may be among them. `present`, `split` and `attempts`:
    presences, teams by number, and passages in the order in which they came with the kind of the ticket, of registrations (`ids`).
    """

    stored: Select[Any]
    holders: Select[Any]
    present: Select[Any]
    split: Select[Any]
    attempts: Select[Any]


TYPED = (
    select(_REGISTRATIONS.c.reference, TICKETS.c.code)
    .select_from(_REGISTRATIONS.join(TICKETS, TICKETS.c.registration_id == _REGISTRATIONS.c.id))
    .where(
        _REGISTRATIONS.c.reference.in_(bindparam("typed", expanding=True)), TICKETS.c.kind == TicketKind.MAIN,
        _REGISTRATIONS.c.organiser_id == bindparam("organiser"),
    )
)  # fmt: skip
HOLDERS_AND_UNDONE = _ANY_HOLDERS.where(_OWN, _SENT | _UNDONE)
"""As `holders`, and those of the registrations `also`: their main tickets and those of `shown`. A deleted one opens nothing, but a
passage of it from before can still be taken back. Apart from the other, which nearly every call asks: beside an OR, SQLite would
read all tickets.
"""


def lookups() -> Lookups:
    """Those of the database in use."""
    return _OF_POSTGRESQL if db.engine.dialect.name == "postgresql" else _OF_SQLITE


def _one_by_one(column: Column[Any], name: str, of: TypeEngine[Any], *also: ColumnElement[bool]) -> FromClause:
    """The rows of a column's table, found by its index for each value of a list. OFFSET: the planner cannot turn that round."""
    listed = _listed(name, of)
    found = select(column.table).where(column == listed.c.value, *also).offset(0).lateral(f"found_{name}")
    return select(found).select_from(listed).join(found, true()).subquery(f"by_{name}")


def _listed(name: str, of: TypeEngine[Any]) -> TableValuedAlias:
    return func.unnest(bindparam(name, type_=ARRAY(of))).table_valued("value").render_derived(f"one_of_{name}")


def _by_uuid() -> Select[Any]:
    """The first passage from each UUID on, where it is that one. Asked for the UUID itself, the planner takes any index in which
    the organiser stands first while it believes that there are few passages; for this order there is but one.
    """
    listed, key = _listed("sent", String()), (SCANS.c.organiser_id, SCANS.c.scan_id)
    sought = tuple_(bindparam("organiser", type_=Integer()), listed.c.value)
    next_one = select(SCANS).where(tuple_(*key) >= sought).order_by(*key).limit(literal_column("1"))
    found = next_one.lateral("found_sent")
    same = found.c.scan_id == listed.c.value, found.c.organiser_id == bindparam("organiser")
    return select(found).select_from(listed).join(found, and_(*same))


def _for_sqlite() -> Lookups:
    ids: Any = bindparam("ids", expanding=True)
    attempts = select(SCANS, TICKETS.c.kind.label("ticket_kind")).join_from(
        SCANS, TICKETS, TICKETS.c.id == SCANS.c.ticket_id, isouter=True
    )
    return Lookups(
        select(SCANS).where(
            SCANS.c.organiser_id == bindparam("organiser"), SCANS.c.scan_id.in_(bindparam("sent", expanding=True))
        ),
        _ANY_HOLDERS.where(_OWN, _SENT),
        select(PRESENCES).where(PRESENCES.c.registration_id.in_(ids)),
        select(TEAMS).where(TEAMS.c.registration_id.in_(ids)).order_by(TEAMS.c.team),
        attempts.where(SCANS.c.registration_id.in_(ids), is_attempt(SCANS.c)).order_by(SCANS.c.id),
    )


def _for_postgresql() -> Lookups:
    ids: Any = bindparam("ids", type_=ARRAY(Integer()))
    passed = _one_by_one(SCANS.c.registration_id, "ids", Integer(), is_attempt(SCANS.c))
    shown = _one_by_one(TICKETS.c.code, "codes", String())
    whose = select(_REGISTRATIONS.c.organiser_id).where(_REGISTRATIONS.c.id == shown.c.registration_id)
    own = select(shown.c.id).where(whose.scalar_subquery() == bindparam("organiser"))
    return Lookups(
        _by_uuid(),
        # no condition but the tickets' numbers, by which it has to begin
        _ANY_HOLDERS.where(TICKETS.c.id == any_(func.array(own.scalar_subquery()))),
        select(PRESENCES).where(PRESENCES.c.registration_id == any_(ids)),
        select(TEAMS).where(TEAMS.c.registration_id == any_(ids)).order_by(TEAMS.c.team),
        select(passed, TICKETS.c.kind.label("ticket_kind"))
        .join_from(passed, TICKETS, TICKETS.c.id == passed.c.ticket_id, isouter=True)
        .order_by(passed.c.id),
    )


_OF_SQLITE, _OF_POSTGRESQL = _for_sqlite(), _for_postgresql()

__all__ = ["HOLDERS_AND_UNDONE", "PRESENCES", "SCANS", "TEAMS", "TICKETS", "TYPED", "Lookups", "lookups"]

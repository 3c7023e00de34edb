"""Writing a new registration with all that belongs to it: its waves, its ticket, a line of history, the mail that tells.

While this goes on, everybody else who registers for the event waits for its row. So PostgreSQL is given one statement that
takes the places and writes everything; SQLite has no such statements, and no network to wait for between two of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import ARRAY, CTE, ColumnElement, Integer, Select, String, Table, bindparam, func, insert, select
from sqlalchemy import cast as as_type
from sqlalchemy.dialects import sqlite

from app.core.actor import Actor
from app.core.audit import record, record_from, record_values
from app.core.db import db
from app.core.errors import WriteConflict
from app.core.statements import NOW, ORGANISER, constant, insert_from
from app.core.tokens import new_reference, new_ticket_code, new_token
from app.events.operations import Held, count_waiting, lock_event, take_places
from app.events.operations.places import TAKING, Taken, take_rest, taking_values
from app.events.queries import EventRow
from app.messages.operations import queue_from, queue_values
from app.registrations.drafts import RegistrationDraft
from app.registrations.enums import ALIVE, RegistrationStatus, Source, TicketKind
from app.registrations.errors import AlreadyRegistered
from app.registrations.models import Registration, RegistrationWave, Ticket
from app.registrations.notifications import Kind, tell
from app.registrations.operations.locking import asked_by
from app.registrations.rules import search_text

ATTEMPTS = 20
_VERB = "registration.made"

_REGISTRATIONS, _WAVES, _TICKETS = (cast(Table, model.__table__) for model in (Registration, RegistrationWave, Ticket))
_SAME = (
    select(_REGISTRATIONS.c.id)
    .where(
        _REGISTRATIONS.c.event_id == bindparam("event"),
        _REGISTRATIONS.c.same_key == bindparam("key"),
        _REGISTRATIONS.c.status.in_(ALIVE),
    )
    .limit(1)
)
# nothing is written where the reference is taken, or the same person is registered
_INSERT = sqlite.insert(_REGISTRATIONS).on_conflict_do_nothing().returning(_REGISTRATIONS.c.id)
_INSERT_WAVES, _INSERT_TICKET = insert(_WAVES), insert(_TICKETS)


@dataclass(frozen=True)
class NewRegistration:
    """What is to be written. `draft` is clean; `columns` are those of the registration that need nothing else."""

    event: EventRow
    draft: RegistrationDraft
    columns: Mapping[str, Any]
    by: Actor
    now: datetime
    quiet: bool

    @property
    def held(self) -> Held:
        """The places that it holds when it is confirmed."""
        return asked_by(self.draft)


class Stored(NamedTuple):
    """What was drawn for a registration that now is there."""

    id: int
    reference: str
    token: str
    ticket_code: str


def confirm(new: NewRegistration, *, past_queue: bool = False) -> Stored:
    """Take the places, or none of them, and write the registration. `past_queue`: whose turn it is, though others wait.

    Raises WaveFull (QueueFirst: nothing was written then), AudienceFull, AlreadyRegistered, and WriteConflict when the event
    is no longer as `new.event` says. The caller then undoes what was written, by a savepoint or with the whole transaction.
    """
    status, event_id, revision = RegistrationStatus.CONFIRMED, new.event.id, new.event.revision
    if db.engine.dialect.name != "postgresql":
        return _store(new, status, take_places(event_id, new.held, revision=revision, past_queue=past_queue))
    drawn = _draw(new)
    statement, values = _at_once(new, status, drawn, taking=True)
    values |= taking_values(event_id, new.held, revision, past_queue=past_queue)
    row = db.session.execute(statement, values).one()
    if row.id is not None:
        return Stored(row.id, **drawn)
    version = take_rest(event_id, new.held, revision, Taken.of(row), past_queue=past_queue)
    return _store(new, status, version)


def wait(new: NewRegistration) -> Stored:
    """Write the registration into the waiting list: it holds no place. Raises AlreadyRegistered."""
    version = lock_event(new.event.id)
    count_waiting(new.draft.waves, 1)
    return _store(new, RegistrationStatus.WAITLISTED, version)


def confirm_beyond(new: NewRegistration) -> Stored:
    """Write a confirmed registration that holds no place: `columns` say that it is beyond them. Raises AlreadyRegistered."""
    return _store(new, RegistrationStatus.CONFIRMED, lock_event(new.event.id))


def require_new(new: NewRegistration) -> None:
    """Raises AlreadyRegistered when the same person or class is registered, unless nobody can be told so."""
    key = None if must_not_tell(new.draft) else new.columns["same_key"]
    same = key and db.session.execute(_SAME, {"event": new.event.id, "key": key}).scalar_one_or_none()
    if same is not None:
        raise AlreadyRegistered(same)


def _store(new: NewRegistration, status: RegistrationStatus, version: int) -> Stored:
    """Write it under the event's lock. A reference that somebody has is drawn again. Raises AlreadyRegistered."""
    write = _write_at_once if db.engine.dialect.name == "postgresql" else _write_by_turns
    for _ in range(ATTEMPTS):
        drawn = _draw(new)
        registration_id = write(new, status, version, drawn)
        if registration_id is not None:
            return Stored(registration_id, **drawn)
        require_new(new)
        if must_not_tell(new.draft):
            new = replace(new, columns={**new.columns, "same_key": None})
    raise WriteConflict("no free reference, or the same line of a file was written meanwhile")


def must_not_tell(draft: RegistrationDraft) -> bool:
    """Whether saying « registered already » would tell a visitor about somebody else: a page would tell everybody who knows a
    name and a telephone number, where a mail reaches the person alone. They register once more, and staff see both.
    """
    return draft.source is Source.WEB and not draft.contact.email


def _draw(new: NewRegistration) -> dict[str, str]:
    return {
        "reference": new_reference(new.event.reference_prefix),
        "token": new_token(),
        "ticket_code": new_ticket_code(),
    }


def _row(new: NewRegistration, status: RegistrationStatus, drawn: Mapping[str, str]) -> dict[str, Any]:
    return {
        **new.columns,
        "status": status,
        "reference": drawn["reference"],
        "token": drawn["token"],
        "search_text": search_text(new.draft, drawn["reference"]),
    }


def _details(new: NewRegistration, status: RegistrationStatus) -> dict[str, Any]:
    draft = new.draft
    return {"status": status, "people": draft.headcount.people, "waves": list(draft.waves), "source": draft.source}


def _held_in_each(new: NewRegistration, status: RegistrationStatus) -> int:
    return new.held.people if status is RegistrationStatus.CONFIRMED and not new.columns.get("beyond") else 0


def _news(new: NewRegistration, status: RegistrationStatus) -> Kind | None:
    if new.quiet or not new.draft.contact.email:
        return None
    return "confirmed" if status is RegistrationStatus.CONFIRMED else "waitlisted"


def _write_by_turns(
    new: NewRegistration, status: RegistrationStatus, version: int, drawn: Mapping[str, str]
) -> int | None:
    row = _row(new, status, drawn) | {"changed_in": version}
    registration_id: int | None = db.session.execute(_INSERT, row).scalar_one_or_none()
    if registration_id is None:
        return None
    whose, people = {"registration_id": registration_id}, _held_in_each(new, status)
    db.session.execute(_INSERT_WAVES, [{**whose, "wave_id": wave_id, "people": people} for wave_id in new.draft.waves])
    ticket = {"kind": TicketKind.MAIN, "code": drawn["ticket_code"], "number": 0, "label": ""}
    db.session.execute(_INSERT_TICKET, whose | ticket)
    organiser_id, details = new.event.organiser_id, _details(new, status)
    subject = f"registration:{registration_id}"
    record(new.by, _VERB, subject, now=new.now, organiser_id=organiser_id, details=details)
    if (news := _news(new, status)) is not None:
        mail, locale = new.draft.contact.email, new.draft.locale
        tell(news, registration_id, mail, locale, organiser_id=organiser_id, now=new.now)
    return registration_id


def _write_at_once(
    new: NewRegistration, status: RegistrationStatus, version: int, drawn: Mapping[str, str]
) -> int | None:
    statement, values = _at_once(new, status, drawn, taking=False)
    registration_id: int | None = db.session.execute(statement, values | {"at_version": version}).scalar_one_or_none()
    return registration_id


def _at_once(
    new: NewRegistration, status: RegistrationStatus, drawn: Mapping[str, str], *, taking: bool
) -> tuple[Select[Any], dict[str, Any]]:
    """PostgreSQL's statement, and what it is run with but for the places or the event's version."""
    row, news = _row(new, status, drawn), _news(new, status)
    values: dict[str, Any] = {f"new_{name}": value for name, value in row.items()}
    values |= record_values(new.by, _VERB, _details(new, status))
    if news is not None:
        values |= queue_values(f"registrations.{news}", new.draft.contact.email, new.draft.locale)
    values |= {
        "now": new.now,
        "organiser": new.event.organiser_id,
        "waves": list(new.draft.waves),
        "held": _held_in_each(new, status),
        "ticket_code": drawn["ticket_code"],
    }
    return _statement(tuple(row), taking=taking, mailing=news is not None), values


@cache
def _statement(columns: tuple[str, ...], *, taking: bool, mailing: bool) -> Select[Any]:
    """All of it for PostgreSQL, each part taking its rows from the one before; with `taking`, nothing unless all places are had.

    `columns` names what is given of the registration. The answer is its id, None where it was not written; with `taking`, what
    was had of the places besides.
    """
    event = TAKING.event if taking else select(bindparam("at_version", type_=Integer).label("version")).cte("e")
    made = _registration(event, columns, taking=taking)
    subject = constant("registration:", String()) + as_type(made.c.id, String)
    held, each_wave = bindparam("held", type_=Integer), func.unnest(bindparam("waves", type_=ARRAY(Integer)))
    ticket = {
        "registration_id": made.c.id,
        "kind": constant(TicketKind.MAIN, _TICKETS.c.kind.type),
        "code": bindparam("ticket_code", type_=_TICKETS.c.code.type),
        "label": constant("", String()),
    }
    parts = [
        insert_from(made, _WAVES, {"registration_id": made.c.id, "wave_id": each_wave, "people": held}).cte("p"),
        insert_from(made, _TICKETS, ticket).cte("t"),
        record_from(made, subject).cte("h"),
    ]
    if mailing:
        params = func.json_build_object(constant("registration_id", String()), made.c.id)
        parts += queue_from(made, subject=subject, params=params)
    answer = [select(made.c.id).scalar_subquery().label("id"), *(TAKING.columns if taking else ())]
    return select(*answer).add_cte(*parts)


def _registration(event: CTE, columns: tuple[str, ...], *, taking: bool) -> CTE:
    """The registration's own row. It is not written where the reference is taken, or the same person is registered."""
    source = select(event.c.version).where(TAKING.enough).subquery("enough") if taking else event
    others: dict[str, ColumnElement[Any]] = {
        "organiser_id": ORGANISER, "created_at": NOW, "updated_at": NOW, "changed_in": source.c.version,
    }  # fmt: skip
    given = {
        name: bindparam(f"new_{name}", type_=_REGISTRATIONS.c[name].type) for name in columns if name not in others
    }
    made = insert_from(source, _REGISTRATIONS, {**given, **others})
    return made.on_conflict_do_nothing().returning(_REGISTRATIONS.c.id).cte("r")

"""What lies in the bin: events and registrations that were deleted within the last 30 days, and who did it."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, union_all

from app.accounts.rules import Access
from app.core.audit import AuditEntry, list_history
from app.core.db import db
from app.core.text import fold
from app.events.enums import EDITABLE, EventKind, EventState
from app.events.models import Event
from app.events.operations.deleting import KEPT
from app.events.parts import NotBack
from app.registrations.enums import RegistrationKind, RegistrationStatus
from app.registrations.models import Registration
from app.registrations.queries import FORGOTTEN
from app.reports.queries.palette import rows_of
from app.reports.rules import listed_name

PAGE = 50


class BinKind(enum.StrEnum):
    EVENT = "event"
    REGISTRATION = "registration"


@dataclass(frozen=True)
class BinLine:
    """One deleted thing. `who` deleted it at `at`; `gone_at` is when it goes for good.

    Of an event, `registrations` and `people` are those that went with it, `placeless` the registrations among them that had
    no places: they wait, gave theirs back, or were let in beyond them. Of a registration `status` is the one it had;
    `reference` and what follows are its own, and empty of an event. `told`: people were told of it; `forgotten`: the name
    was erased while it lay there.
    """

    kind: BinKind
    id: int
    at: datetime
    gone_at: datetime
    who: str
    told: bool
    event_slug: str
    title_fr: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    event_kind: EventKind
    event_state: EventState
    registrations: int = 0
    people: int = 0
    placeless: int = 0
    reference: str = ""
    name: str = field(default="", repr=False)
    organisation_name: str = ""
    class_label: str = ""
    group: bool = False
    status: RegistrationStatus | None = None
    forgotten: bool = False

    @property
    def stays(self) -> bool:
        """Whether nobody can bring it back: its event is archived or called off, or nobody is left to come."""
        return self.kind is BinKind.REGISTRATION and (self.forgotten or self.event_state not in EDITABLE)

    def title(self, locale: str) -> str:
        return self.title_en or self.title_fr if locale == "en" else self.title_fr


@dataclass(frozen=True)
class BinPage:
    """One page, latest first; `total` counts what the filter lets through, `whole` what lies in the bin."""

    lines: tuple[BinLine, ...]
    total: int
    whole: int


def list_bin(access: Access, *, now: datetime, kind: BinKind | None = None, text: str = "", page: int = 1) -> BinPage:
    """What the access reaches: an organiser's bin, or that of one event, within its row limit. Six statements at most.

    Registrations that went with their event are not listed: they come back with it.
    """
    words = fold(text).split()
    whole = _count(_entries(access, None, [], now))
    entries = _entries(access, kind, words, now)
    total = _count(entries) if kind or words else whole
    listed = entries.subquery()
    rows = db.session.execute(
        select(listed.c.kind, listed.c.id)
        .order_by(listed.c.at.desc(), listed.c.kind, listed.c.id.desc())
        .limit(PAGE)
        .offset((max(page, 1) - 1) * PAGE)
    ).all()
    found = _events([row.id for row in rows if row.kind == BinKind.EVENT])
    found |= _registrations([row.id for row in rows if row.kind == BinKind.REGISTRATION])
    return BinPage(tuple(found[row.kind, row.id] for row in rows if (row.kind, row.id) in found), total, whole)


def get_binned_line(access: Access, event_id: int, *, now: datetime) -> BinLine | None:
    """An organiser's event that is in its bin, with its `placeless`, or None."""
    held = Event.id == event_id, Event.organiser_id == access.organiser_id, *_fresh(Event.deleted_at, now)
    there = db.session.execute(select(Event.id).where(*held)).scalar_one_or_none()
    if there is None or access.event_id is not None:
        return None
    line = _events([event_id]).get((BinKind.EVENT, event_id))
    return None if line is None else replace(line, placeless=_count_placeless(event_id, line.at))


def _count_placeless(event_id: int, deleted_at: datetime) -> int:
    waits = Registration.deleted_status == RegistrationStatus.WAITLISTED
    return db.session.execute(
        select(func.count()).select_from(Registration).where(
            Registration.event_id == event_id, Registration.deleted_at == deleted_at,
            or_(waits, Registration.absent_at.is_not(None), Registration.beyond),
        )
    ).scalar_one()  # fmt: skip


def find_binned_reference(access: Access, event_id: int, reference: str, *, now: datetime) -> int | None:
    """The id of a registration of that event that is in its bin and that the access reaches, or None."""
    return db.session.execute(
        select(Registration.id).where(
            Registration.event_id == event_id,
            Registration.reference == reference,
            rows_of(access),
            *_fresh(Registration.deleted_at, now),
        )
    ).scalar_one_or_none()


def get_not_back(event_id: int) -> dict[int, NotBack]:
    """What did not come back when an event last did, by registration."""
    line = next((row for row in list_history(f"event:{event_id}") if row.verb == "event.restored"), None)
    left = [] if line is None else line.details.get("not_back", [])
    return {item["registration_id"]: NotBack(**item) for item in left}


def _fresh(deleted_at: Any, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return deleted_at.is_not(None), deleted_at >= now - KEPT


def _entries(access: Access, kind: BinKind | None, words: Sequence[str], now: datetime) -> Any:
    parts: list[Any] = []
    if access.event_id is None and kind is not BinKind.REGISTRATION:
        titles = [Event.title_fr.icontains(word, autoescape=True) for word in words]
        parts.append(
            select(
                literal(BinKind.EVENT.value).label("kind"), Event.id.label("id"), Event.deleted_at.label("at")
            ).where(Event.organiser_id == access.organiser_id, *_fresh(Event.deleted_at, now), *titles)
        )
    if kind is not BinKind.EVENT:
        texts = [Registration.search_text.contains(word, autoescape=True) for word in words]
        parts.append(
            select(
                literal(BinKind.REGISTRATION.value).label("kind"), Registration.id.label("id"),
                Registration.deleted_at.label("at"),
            )
            .join(Event, and_(Event.id == Registration.event_id, Event.deleted_at.is_(None)))
            .where(rows_of(access), *_fresh(Registration.deleted_at, now), *texts)
        )  # fmt: skip
    return union_all(*parts) if len(parts) > 1 else parts[0]


def _count(entries: Any) -> int:
    return db.session.execute(select(func.count()).select_from(entries.subquery())).scalar_one()


_EVENT = (
    Event.slug, Event.title_fr, Event.title_en, Event.starts_at, Event.ends_at, Event.timezone,
    Event.kind.label("event_kind"), Event.state.label("event_state"),
)  # fmt: skip


def _events(ids: Sequence[int]) -> dict[tuple[str, int], BinLine]:
    if not ids:
        return {}
    rows = db.session.execute(select(Event.id, Event.deleted_at, *_EVENT).where(Event.id.in_(ids))).all()
    lines = _deletions("event", "event.deleted", ids)
    return {
        (BinKind.EVENT, row.id): BinLine(
            **_shared(BinKind.EVENT, row, lines),
            registrations=int(_details(lines, row.id).get("registrations", 0)),
            people=int(_details(lines, row.id).get("people", 0)),
        )
        for row in rows
    }


def _registrations(ids: Sequence[int]) -> dict[tuple[str, int], BinLine]:
    if not ids:
        return {}
    rows = db.session.execute(
        select(
            Registration.id, Registration.deleted_at, Registration.reference, Registration.contact_name,
            Registration.sort_name, Registration.organisation_name, Registration.class_label, Registration.kind,
            Registration.deleted_status, Registration.participants, Registration.companions, Registration.updated_at,
            *_EVENT,
        )
        .join(Event, Event.id == Registration.event_id)
        .where(Registration.id.in_(ids))
    ).all()  # fmt: skip
    lines = _deletions("registration", "registration.deleted", ids)
    return {
        (BinKind.REGISTRATION, row.id): BinLine(
            **_shared(BinKind.REGISTRATION, row, lines),
            people=row.participants + row.companions,
            reference=row.reference,
            name=listed_name(row.contact_name, row.sort_name),
            organisation_name=row.organisation_name,
            class_label=row.class_label,
            group=row.kind is RegistrationKind.GROUP,
            status=row.deleted_status,
            forgotten=row.contact_name == FORGOTTEN and row.updated_at > row.deleted_at,
        )
        for row in rows
    }


def _shared(kind: BinKind, row: Any, lines: dict[int, Any]) -> dict[str, Any]:
    line = lines.get(row.id)
    return {
        "kind": kind, "id": row.id, "at": row.deleted_at, "gone_at": row.deleted_at + KEPT,
        "who": line.actor_label if line is not None else "", "told": bool(_details(lines, row.id).get("told")),
        "event_slug": row.slug, "title_fr": row.title_fr, "title_en": row.title_en, "starts_at": row.starts_at,
        "ends_at": row.ends_at, "timezone": row.timezone, "event_kind": row.event_kind, "event_state": row.event_state,
    }  # fmt: skip


def _details(lines: dict[int, Any], number: int) -> dict[str, Any]:
    line = lines.get(number)
    return {} if line is None else line.details


def _deletions(kind: str, verb: str, ids: Sequence[int]) -> dict[int, Any]:
    """The line of history of the last deletion of each."""
    subjects = {f"{kind}:{number}": number for number in ids}
    rows = db.session.execute(
        select(AuditEntry.id, AuditEntry.subject, AuditEntry.actor_label, AuditEntry.details)
        .where(AuditEntry.subject.in_(list(subjects)), AuditEntry.verb == verb)
        .order_by(AuditEntry.id)
    )
    return {subjects[row.subject]: row for row in rows}

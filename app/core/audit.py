"""Who changed what and when. One line for each operation, written in its transaction."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import JSON, ColumnElement, FromClause, Index, Insert, String, Table, bindparam, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.actor import Actor, ActorKind
from app.core.db import Model, db
from app.core.statements import NOW, ORGANISER, insert_from


class AuditEntry(Model):
    """An append-only line. `subject` names an object as kind:id, such as registration:12."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "subject", "id"),
        Index("ix_audit_entries_organiser", "organiser_id", "at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    organiser_id: Mapped[int | None]
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[int | None]
    actor_label: Mapped[str] = mapped_column(String(200))
    verb: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(60))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


LONGEST = 200
"""Characters kept of a text that was changed: enough to know it by."""

_ENTRIES = cast(Table, AuditEntry.__table__)
_INSERT = insert(_ENTRIES)  # made once, on a plain table: every operation runs it


@dataclass(frozen=True)
class AuditRow:
    at: datetime
    actor_kind: ActorKind
    actor_label: str
    verb: str
    details: dict[str, Any]


def record(
    by: Actor,
    verb: str,
    subject: str,
    *,
    now: datetime,
    organiser_id: int | None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write one audit line. `details` holds what changed, never secrets and no more personal data than needed."""
    line = _line(by, verb, details)
    db.session.execute(_INSERT, {**line, "at": now, "organiser_id": organiser_id, "subject": subject})


def record_many(
    by: Actor, verb: str, details: Mapping[str, dict[str, Any]], *, now: datetime, organiser_id: int | None
) -> None:
    """`record` of one verb for each subject of `details`, in one statement."""
    rows = [
        {**_line(by, verb, said), "at": now, "organiser_id": organiser_id, "subject": subject}
        for subject, said in details.items()
    ]
    if rows:
        db.session.execute(_INSERT, rows)


def record_from(source: FromClause, subject: ColumnElement[str]) -> Insert:
    """`record` for each row of `source`, as a part of a larger statement on PostgreSQL; run it with `record_values`."""
    names = ("actor_kind", "actor_id", "actor_label", "verb", "details")
    line = {name: bindparam(f"history_{name}", type_=_ENTRIES.c[name].type) for name in names}
    return insert_from(source, _ENTRIES, {**line, "at": NOW, "organiser_id": ORGANISER, "subject": subject})


def record_values(by: Actor, verb: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a statement made with `record_from` is run with, beside `now` and `organiser`."""
    return {f"history_{name}": value for name, value in _line(by, verb, details).items()}


def changes_between(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, list[Any]]:
    """For `details`: {field: [before, after]} of what differs, as JSON keeps it. Never of people's data: name fields there."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: [_kept(before.get(name)), _kept(after[name])] for name in names}


def _kept(value: object) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_kept(item) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    return value


def _line(by: Actor, verb: str, details: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "actor_kind": by.kind.value,
        "actor_id": by.id,
        "actor_label": by.label,
        "verb": verb,
        "details": details or {},
    }


def list_history(subject: str, *, limit: int = 200) -> list[AuditRow]:
    """What happened to one object, newest first."""
    rows = db.session.execute(
        select(AuditEntry.at, AuditEntry.actor_kind, AuditEntry.actor_label, AuditEntry.verb, AuditEntry.details)
        .where(AuditEntry.subject == subject)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return [AuditRow(r.at, ActorKind(r.actor_kind), r.actor_label, r.verb, r.details) for r in rows]

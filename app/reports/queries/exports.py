"""The log of what was taken out, and the files that can still be fetched."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.accounts.models import Account
from app.accounts.rules import RowLimit
from app.core.db import db
from app.core.errors import NotFound
from app.core.i18n import Locale, as_locale
from app.events.models import Event
from app.jobs.models import Job, JobState
from app.reports.enums import ExportFormat
from app.reports.exports import REGISTRATIONS, ExportFilters
from app.reports.models import Export

PAGE = 50
LATEST_PRINTS = 12
AT_WORK = frozenset({JobState.QUEUED, JobState.RUNNING})
LONGEST_DOWNLOAD = timedelta(hours=1)
"""A CSV that is not at its end after so long never came there."""


class ExportState(enum.StrEnum):
    """Where an export is. REFUSED: who asked for it might no longer when its turn came. GONE: it was there for a week."""

    AT_WORK = "at_work"
    DONE = "done"
    READY = "ready"
    GONE = "gone"
    REFUSED = "refused"
    STOPPED = "stopped"


@dataclass(frozen=True)
class ExportRow:
    """A line of the log. `rows` None: not known, for none was written yet. `event_slug` is empty once the event is deleted."""

    id: int
    organiser_id: int
    event_id: int | None
    event_slug: str
    event_title_fr: str
    event_title_en: str
    event_starts_at: datetime | None
    account_id: int | None
    actor_label: str
    what: str
    format: ExportFormat
    columns: tuple[str, ...]
    filters: ExportFilters
    personal: bool
    locale: Locale
    rows: int | None
    file_name: str
    size: int | None
    content_until: datetime | None
    job_id: int | None
    job_state: JobState | None
    progress_done: int
    progress_total: int
    created_at: datetime
    finished_at: datetime | None

    def event_title(self, locale: str) -> str:
        return self.event_title_en or self.event_title_fr if locale == "en" else self.event_title_fr

    @property
    def limit(self) -> RowLimit:
        return self.filters.rows

    def state(self, now: datetime) -> ExportState:
        if self.format is ExportFormat.CSV:
            if self.finished_at is not None:
                return ExportState.DONE
            recent = now - self.created_at < LONGEST_DOWNLOAD
            return ExportState.AT_WORK if recent else ExportState.STOPPED
        if self.finished_at is None:
            return ExportState.AT_WORK if self.job_state in AT_WORK else ExportState.STOPPED
        if self.content_until is None:
            return ExportState.REFUSED
        return ExportState.READY if self.size is not None and now < self.content_until else ExportState.GONE


@dataclass(frozen=True)
class ExportPage:
    """Some lines, latest first; `more`: earlier ones follow."""

    lines: tuple[ExportRow, ...]
    more: bool


@dataclass(frozen=True)
class ExportFile:
    """A file to be fetched."""

    name: str
    content: bytes = field(repr=False)


_ROW = (
    Export.id, Export.organiser_id, Export.event_id, Event.slug, Event.title_fr, Event.title_en, Event.starts_at, Event.deleted_at,
    Export.account_id, Export.actor_label, Export.what, Export.format, Export.columns, Export.filters, Export.personal,
    Export.locale, Export.rows, Export.file_name, func.length(Export.content).label("size"), Export.content_until,
    Export.job_id, Job.state, Job.progress_done, Job.progress_total, Export.created_at, Export.finished_at,
)  # fmt: skip


def list_exports(
    organiser_id: int,
    *,
    event_id: int | None = None,
    account_id: int | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> ExportPage:
    """Of an organiser, of one event or person where wanted, latest first, earlier than the one of that id. One statement."""
    where: list[ColumnElement[bool]] = [Export.organiser_id == organiser_id]
    if event_id is not None:
        where.append(Export.event_id == event_id)
    if account_id is not None:
        where.append(Export.account_id == account_id)
    if before is not None:
        where.append(Export.id < before)
    found = _list(where, limit + 1)
    return ExportPage(tuple(found[:limit]), len(found) > limit)


def get_export(export_id: int, *, organiser_id: int | None = None, event_id: int | None = None) -> ExportRow:
    """One line, of that organiser and event where they are named. Raises NotFound."""
    where: list[ColumnElement[bool]] = [Export.id == export_id]
    if organiser_id is not None:
        where.append(Export.organiser_id == organiser_id)
    if event_id is not None:
        where.append(Export.event_id == event_id)
    found = _list(where, 1)
    if not found:
        raise NotFound(f"export {export_id}")
    return found[0]


def list_prints(event_id: int, account_id: int | None = None, *, limit: int = LATEST_PRINTS) -> list[ExportRow]:
    """The latest papers that were printed of an event, by one person where wanted."""
    where: list[ColumnElement[bool]] = [Export.event_id == event_id, Export.format == ExportFormat.PDF]
    if account_id is not None:
        where.append(Export.account_id == account_id)
    return _list(where, limit)


def find_same_at_work(
    account_id: int, event_id: int, columns: Sequence[str], filters: ExportFilters, *, what: str = REGISTRATIONS
) -> int | None:
    """The file that this person asked for already, just so, and that is still being made."""
    rows = db.session.execute(
        select(Export.id, Export.columns, Export.filters)
        .join(Job, Job.id == Export.job_id)
        .where(
            Export.account_id == account_id,
            Export.event_id == event_id,
            Export.what == what,
            Export.finished_at.is_(None),
            Job.state.in_(sorted(AT_WORK)),
        )
        .order_by(Export.id.desc())
        .limit(20)
    )
    asked = (list(columns), filters.to_json())
    return next((row.id for row in rows if (row.columns, row.filters) == asked), None)


def get_file(export_id: int, now: datetime) -> ExportFile:
    """The content of a file that can still be fetched. Raises NotFound."""
    row = db.session.execute(
        select(Export.file_name, Export.content).where(
            Export.id == export_id, Export.content.is_not(None), Export.content_until > now
        )
    ).one_or_none()
    if row is None or row.content is None:
        raise NotFound(f"file of export {export_id}")
    return ExportFile(row.file_name, row.content)


def list_exporters(organiser_id: int) -> list[tuple[int, str]]:
    """Who ever took something out: (account, name), by name."""
    rows = db.session.execute(
        select(Account.id, Account.name)
        .where(Account.id.in_(select(Export.account_id).where(Export.organiser_id == organiser_id)))
        .order_by(func.lower(Account.name), Account.id)
    )
    return [(row[0], row[1]) for row in rows]


def list_exported_events(organiser_id: int, locale: Locale) -> list[tuple[str, str, datetime]]:
    """The events of which something was taken out: (slug, title, beginning), those that begin last first."""
    rows = db.session.execute(
        select(Event.slug, Event.title_fr, Event.title_en, Event.starts_at)
        .where(
            Event.id.in_(select(Export.event_id).where(Export.organiser_id == organiser_id)), Event.deleted_at.is_(None)
        )
        .order_by(Event.starts_at.desc(), Event.id.desc())
    )
    return [(row[0], row[1] if locale == "fr" else row[2] or row[1], row[3]) for row in rows]


def _list(where: Sequence[ColumnElement[bool]], limit: int) -> list[ExportRow]:
    rows: Any = db.session.execute(
        select(*_ROW)
        .outerjoin(Event, Event.id == Export.event_id)
        .outerjoin(Job, Job.id == Export.job_id)
        .where(*where)
        .order_by(Export.id.desc())
        .limit(limit)
    )
    return [_row(row) for row in rows]


def _row(row: Any) -> ExportRow:
    return ExportRow(
        id=row.id,
        organiser_id=row.organiser_id,
        event_id=row.event_id,
        event_slug=row.slug if row.slug and row.deleted_at is None else "",
        event_title_fr=row.title_fr or "",
        event_title_en=row.title_en or "",
        event_starts_at=row.starts_at,
        account_id=row.account_id,
        actor_label=row.actor_label,
        what=row.what,
        format=row.format,
        columns=tuple(row.columns),
        filters=ExportFilters.from_json(row.filters),
        personal=row.personal,
        locale=as_locale(row.locale),
        rows=row.rows,
        file_name=row.file_name,
        size=row.size,
        content_until=row.content_until,
        job_id=row.job_id,
        job_state=row.state,
        progress_done=row.progress_done or 0,
        progress_total=row.progress_total or 0,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )

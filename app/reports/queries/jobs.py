"""Work in the background, with what each piece is about."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, case, cast, func, or_, select

from app.core.db import db
from app.core.errors import NotFound
from app.events.models import Event
from app.jobs.models import Job, JobState
from app.jobs.registry import list_cancellable
from app.messages.models import Message
from app.registrations.models import ImportFile, Registration
from app.registrations.queries import in_no_bin


@dataclass(frozen=True)
class JobLine:
    """One piece of work. A mail has its recipient and template, an import the name of its file; the event's title is
    that of an import or of work on a whole event. `next_try_at` is when a waiting one is due.
    """

    id: int
    name: str
    state: JobState
    attempts: int
    last_error: str
    progress_done: int
    progress_total: int
    created_at: datetime
    next_try_at: datetime | None
    finished_at: datetime | None
    recipient: str = field(repr=False)
    template: str
    file_name: str
    event_slug: str
    event_title_fr: str
    event_title_en: str

    def event_title(self, locale: str) -> str:
        return self.event_title_en or self.event_title_fr if locale == "en" else self.event_title_fr

    @property
    def may_cancel(self) -> bool:
        return self.state is JobState.QUEUED and self.name in list_cancellable()


def list_work(
    organiser_id: int,
    state: JobState | None = None,
    *,
    text: str = "",
    names: Collection[str] = (),
    before: int | None = None,
    limit: int = 50,
) -> list[JobLine]:
    """An organiser's jobs, in one state or in any, newest first; `before` is the last one seen. One statement.

    With a `text`: those whose recipient, file, event or error holds it, whatever the case, and all those of `names`.
    """
    statement = _lines(organiser_id).order_by(Job.id.desc()).limit(limit)
    if state is not None:
        statement = statement.where(Job.state == state)
    if text:
        seen = (_RECIPIENT, ImportFile.name, Event.title_fr, Event.title_en, Job.last_error)
        holds = [column.icontains(text, autoescape=True) for column in seen]
        statement = statement.where(or_(Job.name.in_(sorted(names)), *holds))
    if before is not None:
        statement = statement.where(Job.id < before)
    return [_line(row) for row in db.session.execute(statement)]


def get_work(job_id: int, organiser_id: int) -> JobLine:
    """One job of an organiser. Raises NotFound."""
    row = db.session.execute(_lines(organiser_id).where(Job.id == job_id)).one_or_none()
    if row is None:
        raise NotFound(f"job {job_id}")
    return _line(row)


def count_work(organiser_id: int) -> dict[JobState, int]:
    """How many jobs an organiser has in each state. One statement."""
    rows = db.session.execute(
        select(Job.state, func.count()).where(Job.organiser_id == organiser_id).group_by(Job.state)
    )
    counts = {row[0]: row[1] for row in rows}
    return {state: counts.get(state, 0) for state in JobState}


def _lines(organiser_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Job.id, Job.name, Job.state, Job.attempts, Job.last_error, Job.progress_done, Job.progress_total,
            Job.created_at, Job.run_at, Job.finished_at, _RECIPIENT.label("recipient"), Message.template,
            ImportFile.name.label("file_name"), Event.slug, Event.title_fr, Event.title_en,
        )
        .outerjoin(Message, (Message.id == _about("message")) & (Message.organiser_id == organiser_id))
        .outerjoin(Registration, Registration.id == _about("registration", Message.subject))
        .outerjoin(ImportFile, ImportFile.id == _about("import"))
        .outerjoin(
            Event,
            (Event.id == func.coalesce(ImportFile.event_id, _about("event")))
            & (Event.organiser_id == organiser_id)
            & Event.deleted_at.is_(None),
        )
        .where(Job.organiser_id == organiser_id)
    )  # fmt: skip


def _line(row: Any) -> JobLine:
    return JobLine(
        id=row.id,
        name=row.name,
        state=row.state,
        attempts=row.attempts,
        last_error=row.last_error,
        progress_done=row.progress_done,
        progress_total=row.progress_total,
        created_at=row.created_at,
        next_try_at=row.run_at if row.state is JobState.QUEUED else None,
        finished_at=row.finished_at,
        recipient=row.recipient or "",
        template=row.template or "",
        file_name=row.file_name or "",
        event_slug=row.slug or "",
        event_title_fr=row.title_fr or "",
        event_title_en=row.title_en or "",
    )


def _about(kind: str, subject: Any = Job.subject) -> ColumnElement[int | None]:
    """The id in a subject such as message:12; NULL for a subject of another kind."""
    prefix = f"{kind}:"
    return case((subject.startswith(prefix), cast(func.substr(subject, len(prefix) + 1), Integer)), else_=None)


_RECIPIENT = case((or_(Registration.id.is_(None), in_no_bin()), Message.recipient), else_="")
"""To whom a mail goes, unless it is about somebody in the bin."""

"""Taking lists out: the log's line before the first byte, its end after the last, a file that is kept for a week."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import insert, select, update

from app.core.actor import Actor, ActorKind
from app.core.audit import record
from app.core.db import db
from app.jobs.operations import enqueue
from app.reports.enums import ExportFormat
from app.reports.exports import KEPT, ExportDraft, ExportFilters
from app.reports.models import Export

WRITE_JOB = "reports.write_export"
_QUIET = {"synchronize_session": False}
_PURGED_AT_ONCE = 200


def log_csv(draft: ExportDraft, *, by: Actor, now: datetime) -> int:
    """The line of a CSV that is about to be sent; its id. `finish_csv` says that it came to its end.

    Nothing will ask for it again by what it was narrowed to: the names looked for are not even written down.
    """
    return _log(replace(draft, filters=draft.filters.without_names()), ExportFormat.CSV, by=by, now=now)


def finish_csv(export_id: int, rows: int, *, now: datetime) -> None:
    """All bytes are on their way; so many rows they were."""
    _change(export_id, rows=rows, finished_at=now)


def ask_for_xlsx(draft: ExportDraft, *, by: Actor, now: datetime) -> int:
    """The line of an XLSX, and the job that makes it; the line's id."""
    return ask_for_file(draft, ExportFormat.XLSX, WRITE_JOB, by=by, now=now)


def ask_for_file(draft: ExportDraft, form: ExportFormat, job: str, *, by: Actor, now: datetime) -> int:
    """The line of a file, and the job of that name, which makes it from `export_id`; the line's id."""
    export_id = _log(draft, form, by=by, now=now)
    job_id = enqueue(
        job,
        {"export_id": export_id},
        now=now,
        subject=f"event:{draft.event_id}",
        organiser_id=draft.organiser_id,
    )
    _change(export_id, job_id=job_id)
    return export_id


def lock_waiting(export_id: int) -> bool:
    """Hold the line until the transaction ends; whether its file is still to be made."""
    found = db.session.execute(
        select(Export.id).where(Export.id == export_id, Export.finished_at.is_(None)).with_for_update(key_share=True)
    ).one_or_none()
    return found is not None


def keep_file(export_id: int, content: bytes, rows: int, *, now: datetime, file_name: str | None = None) -> None:
    """The file is made: it can be fetched for a week. One that was made or refused already stays as it is.

    `file_name`: its name, where that was not known yet when it was asked for.
    """
    named = {} if file_name is None else {"file_name": file_name}
    if lock_waiting(export_id):
        _change(export_id, content=content, content_until=now + KEPT, rows=rows, finished_at=now, **named)


def refuse(export_id: int, *, now: datetime) -> None:
    """No file: who asked for it may no longer have it. The line stays."""
    if lock_waiting(export_id):
        _change(export_id, rows=None, finished_at=now)
        _forget_names([export_id])


def log_fetched(export_id: int, *, organiser_id: int, event_id: int, by: Actor, now: datetime) -> None:
    """Somebody fetches a file: that, too, is to be found again."""
    record(by, "export.fetched", f"event:{event_id}", now=now, organiser_id=organiser_id, details={"export": export_id})


def purge_contents(*, now: datetime) -> int:
    """Delete the content of files that were there for a week, some at once; how many. Their lines stay.

    What they were narrowed to by name goes with them, and that of those asked for so long ago that never came to be.
    """
    old = (
        select(Export.id)
        .where(Export.content.is_not(None), Export.content_until <= now)
        .order_by(Export.id)
        .limit(_PURGED_AT_ONCE)
    )
    gone = db.session.execute(
        update(Export).where(Export.id.in_(old)).values(content=None).returning(Export.id), execution_options=_QUIET
    )
    ids = list(gone.scalars())
    never = select(Export.id).where(Export.finished_at.is_(None), Export.created_at <= now - KEPT)
    _forget_names([*ids, *db.session.execute(never.where(Export.format != ExportFormat.CSV)).scalars()])
    return len(ids)


def _forget_names(ids: Sequence[int]) -> None:
    """An XLSX that is asked for by names no longer kept is not made: `still_allowed` finds that it would be another."""
    for row in db.session.execute(select(Export.id, Export.filters).where(Export.id.in_(ids))).all():
        kept = ExportFilters.from_json(row.filters).without_names().to_json()
        if kept != row.filters:
            _change(row.id, filters=kept)


def _log(draft: ExportDraft, form: ExportFormat, *, by: Actor, now: datetime) -> int:
    export_id: int = db.session.execute(
        insert(Export)
        .values(
            organiser_id=draft.organiser_id,
            event_id=draft.event_id,
            account_id=by.id if by.kind is ActorKind.STAFF else None,
            actor_label=by.label,
            what=draft.what,
            format=form,
            columns=list(draft.columns),
            filters=draft.filters.to_json(),
            personal=draft.personal,
            locale=draft.locale,
            rows=draft.rows,
            file_name=draft.file_name,
            created_at=now,
        )
        .returning(Export.id)
    ).scalar_one()
    subject = f"organiser:{draft.organiser_id}" if draft.event_id is None else f"event:{draft.event_id}"
    details = {
        "export": export_id,
        "what": draft.what,
        "format": form.value,
        "columns": list(draft.columns),
        "filters": _filter_names(draft.filters),
        "personal": draft.personal,
        "rows": draft.rows,
    }
    record(by, "export.made", subject, now=now, organiser_id=draft.organiser_id, details=details)
    return export_id


def _filter_names(filters: ExportFilters) -> list[str]:
    """By what a list was narrowed, without the names that were searched for: the history is kept for ever."""
    return sorted({name for name, _value in filters.args})


def _change(export_id: int, **values: object) -> None:
    db.session.execute(update(Export).where(Export.id == export_id).values(values), execution_options=_QUIET)

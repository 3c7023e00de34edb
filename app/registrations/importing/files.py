"""The files themselves: kept while somebody looks at them, emptied once written, gone after seven days.

Whatever changes a file holds its row first and asks how far it is: an import pressed twice is begun once, and nothing is
changed or deleted under a job that reads it.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.events.queries import EventRow
from app.jobs.operations import enqueue
from app.registrations.importing.errors import ImportBusy, ImportNotFound
from app.registrations.importing.mapping import ColumnMapping
from app.registrations.importing.queries import ImportRow, get_import
from app.registrations.importing.report import Checked, ImportReport, Refused, Writing, Written
from app.registrations.importing.stages import CHECK_JOB, MAY_WRITE, WRITE_JOB, ImportStage
from app.registrations.models import ImportFile

KEPT = timedelta(days=7)


def keep_file(event: EventRow, name: str, content: bytes, mapping: ColumnMapping, *, by: Actor, now: datetime) -> int:
    """Keep a file that was read, with the columns that are proposed for it; its id."""
    purge_files(now=now)
    import_id = db.session.execute(
        insert(ImportFile)
        .values(
            event_id=event.id, name=name[:200], content=content, mapping=mapping.to_json(), report={}, created_at=now
        )
        .returning(ImportFile.id)
    ).scalar_one()  # fmt: skip
    details = {"name": name[:200], "bytes": len(content)}
    record(by, "import.sent", f"event:{event.id}", now=now, organiser_id=event.organiser_id, details=details)
    return import_id


def set_mapping(import_id: int, mapping: ColumnMapping) -> None:
    """Remember which column says what; what was checked before no longer holds. Raises ImportBusy, MoveNotAllowed."""
    row = _lock_idle(import_id)
    if row.stage is ImportStage.WRITTEN:
        raise MoveNotAllowed("check", row.stage)
    _update(import_id, mapping=mapping.to_json(), report={}, job_id=None)


def store_check(import_id: int, checked: Checked) -> None:
    _update(import_id, report=ImportReport(checked).to_json())


def store_refusal(row: ImportRow, refused: Refused) -> None:
    """Nothing (more) is written: say why, and let the person check again."""
    report = ImportReport(row.report.checked, None, refused, row.report.writing)
    _update(row.id, report=report.to_json())


def store_writing(row: ImportRow, writing: Writing) -> None:
    """Some more lines are dealt with."""
    _update(row.id, report=ImportReport(row.report.checked, writing=writing).to_json())


def store_result(row: ImportRow, written: Written, *, now: datetime) -> None:
    """All lines are dealt with: the file's content, full of names, goes."""
    _update(row.id, report=ImportReport(row.report.checked, written).to_json(), content=b"", written_at=now)


def start_check(import_id: int, event: EventRow, *, now: datetime) -> int:
    """Check a long file in the background; the job's id. Raises ImportBusy."""
    row = _lock_idle(import_id)
    return _start(CHECK_JOB, row, event, {"import_id": row.id}, now)


def start_writing(
    import_id: int, event: EventRow, *, leave_out: bool, send_mails: bool, by: Actor, now: datetime
) -> None:
    """Write the file in the background, or go on with it where it stopped, as it was chosen then.

    A second press while it is being written, or after, changes nothing. Raises MoveNotAllowed before it was checked, and
    when lines with a problem are not left out.
    """
    row = get_import(import_id, lock=True)
    if row.stage in {ImportStage.WRITING, ImportStage.WRITTEN}:
        return
    checked = row.report.checked
    if row.stage not in MAY_WRITE or checked is None:
        raise MoveNotAllowed("write", row.stage)
    writing = row.report.writing or Writing(leave_out, send_mails, total=checked.lines - len(checked.bad_lines))
    if checked.bad_lines and not writing.leave_out:
        raise MoveNotAllowed("write", row.stage)
    payload = {
        "import_id": row.id,
        "by": {"kind": by.kind.value, "label": by.label, "id": by.id, "organiser_id": by.organiser_id},
    }
    store_writing(row, writing)
    _start(WRITE_JOB, row, event, payload, now)


def _start(name: str, row: ImportRow, event: EventRow, payload: dict[str, object], now: datetime) -> int:
    job_id = enqueue(name, payload, now=now, subject=f"import:{row.id}", organiser_id=event.organiser_id)
    _update(row.id, job_id=job_id)
    return job_id


def give_up(import_id: int, event: EventRow, *, by: Actor, now: datetime) -> None:
    """Delete a file. Raises ImportBusy."""
    row = _lock_idle(import_id)
    db.session.execute(delete(ImportFile).where(ImportFile.id == row.id))
    details = {"name": row.name}
    record(by, "import.given_up", f"event:{event.id}", now=now, organiser_id=event.organiser_id, details=details)


def _lock_idle(import_id: int) -> ImportRow:
    """Hold the file. Raises ImportBusy while a job reads it, ImportNotFound."""
    row = get_import(import_id, lock=True)
    if row.at_work:
        raise ImportBusy(row.name)
    return row


def purge_files(*, now: datetime) -> None:
    """Delete the files that are more than seven days old, written or not."""
    db.session.execute(delete(ImportFile).where(ImportFile.created_at < now - KEPT))


def _update(import_id: int, **values: object) -> None:
    changed = db.session.execute(
        update(ImportFile).where(ImportFile.id == import_id).values(**values).returning(ImportFile.id)
    ).first()
    if changed is None:
        raise ImportNotFound(str(import_id))

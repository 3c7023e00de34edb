"""The files themselves: kept while somebody looks at them, emptied once written, gone after seven days."""

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.events.queries import EventRow
from app.jobs.operations import enqueue
from app.registrations.importing.errors import ImportNotFound
from app.registrations.importing.mapping import ColumnMapping, propose
from app.registrations.importing.queries import ImportRow
from app.registrations.importing.reading import read_sheet
from app.registrations.importing.report import Checked, ImportReport, Refused, Written
from app.registrations.models import ImportFile

KEPT = timedelta(days=7)


def keep_file(event: EventRow, name: str, content: bytes, *, by: Actor, now: datetime) -> int:
    """Keep a file that can be read, with the columns that are proposed; its id. Raises ImportRefused."""
    mapping = propose(read_sheet(content).header)
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
    """Remember which column says what; what was checked before no longer holds."""
    _update(import_id, mapping=mapping.to_json(), report={}, job_id=None)


def store_check(import_id: int, checked: Checked) -> None:
    _update(import_id, report=ImportReport(checked).to_json())


def store_refusal(row: ImportRow, refused: Refused) -> None:
    """Nothing was written: say why, and let the person check again."""
    _update(row.id, report=ImportReport(row.report.checked, None, refused).to_json())


def store_result(row: ImportRow, written: Written, *, now: datetime) -> None:
    """Everything is written: the file's content, full of names, goes."""
    _update(row.id, report=ImportReport(row.report.checked, written).to_json(), content=b"", written_at=now)


def start_check(row: ImportRow, event: EventRow, *, now: datetime) -> int:
    """Check a long file in the background; the job's id."""
    return _start("registrations.check_import", row, event, {"import_id": row.id}, now)


def start_writing(
    row: ImportRow, event: EventRow, *, leave_out: bool, send_mails: bool, by: Actor, now: datetime
) -> int:
    """Write the file in the background; the job's id. A second press finds the first one's job."""
    payload = {
        "import_id": row.id, "leave_out": leave_out, "send_mails": send_mails,
        "by": {"kind": by.kind.value, "label": by.label, "id": by.id, "organiser_id": by.organiser_id},
    }  # fmt: skip
    return _start("registrations.write_import", row, event, payload, now)


def _start(name: str, row: ImportRow, event: EventRow, payload: dict[str, object], now: datetime) -> int:
    job_id = enqueue(name, payload, now=now, subject=f"import:{row.id}", organiser_id=event.organiser_id)
    _update(row.id, job_id=job_id)
    return job_id


def give_up(row: ImportRow, event: EventRow, *, by: Actor, now: datetime) -> None:
    """Delete a file."""
    db.session.execute(delete(ImportFile).where(ImportFile.id == row.id))
    details = {"name": row.name}
    record(by, "import.given_up", f"event:{event.id}", now=now, organiser_id=event.organiser_id, details=details)


def purge_files(*, now: datetime) -> None:
    """Delete the files that are more than seven days old, written or not."""
    db.session.execute(delete(ImportFile).where(ImportFile.created_at < now - KEPT))


def _update(import_id: int, **values: object) -> None:
    changed = db.session.execute(
        update(ImportFile).where(ImportFile.id == import_id).values(**values).returning(ImportFile.id)
    ).first()
    if changed is None:
        raise ImportNotFound(str(import_id))

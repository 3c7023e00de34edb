"""The files themselves: kept while somebody looks at them, emptied once written, gone after seven days."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.jobs.models import Job, JobState
from app.jobs.operations import enqueue
from app.structures.errors import FileNotFound, FileWritten
from app.structures.importing.mapping import ColumnMapping
from app.structures.models import StructureImport

KEPT = timedelta(days=7)
WRITE_JOB = "structures.write_import"


@dataclass(frozen=True)
class Tally:
    """What an import has done so far: new structures, completed ones, new contacts, lines left out in the end."""

    structures: int = 0
    completed: int = 0
    contacts: int = 0
    refused: tuple[int, ...] = ()

    def plus(
        self, *, structures: int = 0, completed: int = 0, contacts: int = 0, refused: int | None = None
    ) -> "Tally":
        more = () if refused is None else (refused,)
        return Tally(
            self.structures + structures, self.completed + completed, self.contacts + contacts, self.refused + more
        )


@dataclass(frozen=True)
class FileRow:
    """A file sent for import. `total` is 0 until writing begins; `job_state` that of the job that writes it."""

    id: int
    organiser_id: int
    name: str
    mapping: ColumnMapping
    created_at: datetime
    written_at: datetime | None
    done: int = 0
    total: int = 0
    tally: Tally = field(default_factory=Tally)
    job_state: JobState | None = None

    @property
    def at_work(self) -> bool:
        return self.written_at is None and self.job_state in {JobState.QUEUED, JobState.RUNNING}

    @property
    def begun(self) -> bool:
        return self.job_state is not None


def keep_file(organiser_id: int, name: str, content: bytes, mapping: ColumnMapping, *, by: Actor, now: datetime) -> int:
    """Keep a file that was read, with the columns that are proposed for it; its id."""
    purge_files(now=now)
    file_id = db.session.execute(
        insert(StructureImport)
        .values(
            organiser_id=organiser_id, name=name[:200], content=content, mapping=mapping.to_json(), result={},
            created_at=now,
        )
        .returning(StructureImport.id)
    ).scalar_one()  # fmt: skip
    _record(by, "structures.import_sent", organiser_id, now, {"name": name[:200]})
    return file_id


def get_file(file_id: int, *, organiser_id: int, lock: bool = False) -> FileRow:
    """Raises FileNotFound."""
    statement = select(
        StructureImport.id, StructureImport.organiser_id, StructureImport.name, StructureImport.mapping,
        StructureImport.created_at, StructureImport.written_at, StructureImport.result,
    ).where(StructureImport.id == file_id, StructureImport.organiser_id == organiser_id)  # fmt: skip
    row = db.session.execute(statement.with_for_update(key_share=True) if lock else statement).first()
    if row is None:
        raise FileNotFound(str(file_id))
    return _file(row)


def list_files(organiser_id: int) -> list[FileRow]:
    """Files of the last days, newest first."""
    rows = db.session.execute(
        select(
            StructureImport.id, StructureImport.organiser_id, StructureImport.name, StructureImport.mapping,
            StructureImport.created_at, StructureImport.written_at, StructureImport.result,
        )
        .where(StructureImport.organiser_id == organiser_id)
        .order_by(StructureImport.id.desc())
        .limit(20)
    )  # fmt: skip
    return [_file(row) for row in rows]


def get_content(file_id: int) -> bytes:
    """Empty once it is written."""
    return db.session.execute(select(StructureImport.content).where(StructureImport.id == file_id)).scalar_one()


def set_mapping(file_id: int, mapping: ColumnMapping, *, organiser_id: int) -> None:
    """Raises FileNotFound, FileWritten once writing has begun."""
    if get_file(file_id, organiser_id=organiser_id, lock=True).begun:
        raise FileWritten(str(file_id))
    db.session.execute(
        update(StructureImport).where(StructureImport.id == file_id).values(mapping=mapping.to_json())
    )  # fmt: skip


def start_writing(file_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Write the file in the background, or go on where it stopped. Pressed twice, it begins once. Raises FileNotFound."""
    row = get_file(file_id, organiser_id=organiser_id, lock=True)
    if row.at_work or row.written_at is not None:
        return
    payload = {
        "file_id": file_id,
        "organiser_id": organiser_id,
        "by": {"kind": by.kind.value, "label": by.label, "id": by.id, "organiser_id": by.organiser_id},
    }
    job_id = enqueue(WRITE_JOB, payload, now=now, subject=f"structures:{organiser_id}", organiser_id=organiser_id)
    store_progress(row, row.done, row.total, row.tally, job_id=job_id)


def store_progress(row: FileRow, done: int, total: int, tally: Tally, *, job_id: int | None = None) -> None:
    """How far the writing is."""
    stored = db.session.execute(select(StructureImport.result).where(StructureImport.id == row.id)).scalar_one()
    result = {
        "job_id": stored.get("job_id") if job_id is None else job_id, "done": done, "total": total,
        "structures": tally.structures, "completed": tally.completed, "contacts": tally.contacts,
        "refused": list(tally.refused),
    }  # fmt: skip
    db.session.execute(update(StructureImport).where(StructureImport.id == row.id).values(result=result))


def finish(row: FileRow, tally: Tally, *, by: Actor, now: datetime) -> None:
    """Everything is dealt with: the file's content, full of names, goes."""
    db.session.execute(
        update(StructureImport).where(StructureImport.id == row.id).values(content=b"", written_at=now)
    )  # fmt: skip
    details = {
        "name": row.name, "structures": tally.structures, "completed": tally.completed, "contacts": tally.contacts,
    }  # fmt: skip
    _record(by, "structures.imported", row.organiser_id, now, details)


def give_up(file_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Delete a file. Raises FileNotFound, FileWritten while a job writes it."""
    row = get_file(file_id, organiser_id=organiser_id, lock=True)
    if row.at_work:
        raise FileWritten(row.name)
    db.session.execute(delete(StructureImport).where(StructureImport.id == file_id))
    _record(by, "structures.import_given_up", organiser_id, now, {"name": row.name})


def purge_files(*, now: datetime) -> None:
    """Delete the files that are more than seven days old, written or not."""
    db.session.execute(delete(StructureImport).where(StructureImport.created_at < now - KEPT))


def _file(row: Any) -> FileRow:
    result: dict[str, Any] = row.result or {}
    tally = Tally(
        result.get("structures", 0), result.get("completed", 0), result.get("contacts", 0),
        tuple(result.get("refused", ())),
    )  # fmt: skip
    job_id, state = result.get("job_id"), None
    if job_id is not None:
        state = db.session.execute(select(Job.state).where(Job.id == job_id)).scalar_one_or_none() or JobState.DONE
    return FileRow(
        row.id, row.organiser_id, row.name, ColumnMapping.from_json(row.mapping), row.created_at, row.written_at,
        result.get("done", 0), result.get("total", 0), tally, state,
    )  # fmt: skip


def _record(by: Actor, verb: str, organiser_id: int, now: datetime, details: dict[str, object]) -> None:
    record(by, verb, f"organiser:{organiser_id}", now=now, organiser_id=organiser_id, details=details)

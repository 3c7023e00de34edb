"""What an import reads: the registrations that are there, and the files that were sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from app.core.db import db
from app.core.text import fold
from app.jobs.models import Job, JobState
from app.registrations.drafts import Headcount, RegistrationDraft
from app.registrations.enums import ALIVE
from app.registrations.importing.errors import ImportNotFound
from app.registrations.importing.mapping import ColumnMapping
from app.registrations.importing.plan import Known, KnownRegistrations
from app.registrations.importing.report import ImportReport
from app.registrations.importing.stages import AT_WORK, ImportStage, stage_of
from app.registrations.models import ImportFile, Registration, RegistrationWave
from app.registrations.rules import same_key


@dataclass(frozen=True)
class ImportRow:
    """A file that was sent. `mapping` is as proposed or chosen; `report` tells how far it got.

    `progress_done` and `progress_total` are those of the job that was last begun for it, 0 when there is none.
    """

    id: int
    event_id: int
    name: str
    mapping: ColumnMapping
    report: ImportReport
    job_id: int | None
    job_state: JobState | None
    progress_done: int
    progress_total: int
    stage: ImportStage
    created_at: datetime
    written_at: datetime | None

    @property
    def at_work(self) -> bool:
        """Whether a job is checking or writing it."""
        return self.stage in AT_WORK


_ROW = (
    ImportFile.id, ImportFile.event_id, ImportFile.name, ImportFile.mapping, ImportFile.report, ImportFile.job_id,
    ImportFile.created_at, ImportFile.written_at, Job.name.label("job_name"), Job.state.label("job_state"),
    Job.progress_done, Job.progress_total,
)  # fmt: skip


def get_import(import_id: int, *, event_id: int | None = None, lock: bool = False) -> ImportRow:
    """A file, of that event if one is named. Raises ImportNotFound.

    With `lock` its row is held until the transaction ends: then no other can begin a job for it.
    """
    where = [ImportFile.id == import_id] + ([ImportFile.event_id == event_id] if event_id is not None else [])
    if lock:  # by itself: a statement that waited for a lock goes on with the jobs that there were when it began
        db.session.execute(select(ImportFile.id).where(*where).with_for_update(key_share=True))
    found = _list(where, 1)
    if not found:
        raise ImportNotFound(str(import_id))
    return found[0]


def list_imports(event_id: int, *, limit: int = 10) -> list[ImportRow]:
    """The files sent for an event, latest first."""
    return _list([ImportFile.event_id == event_id], limit)


def _list(where: Sequence[ColumnElement[bool]], limit: int) -> list[ImportRow]:
    rows = db.session.execute(
        select(*_ROW)
        .outerjoin(Job, Job.id == ImportFile.job_id)
        .where(*where)
        .order_by(ImportFile.id.desc())
        .limit(limit)
    ).mappings()
    return [_row(row) for row in rows]


def _row(row: Mapping[str, Any] | Any) -> ImportRow:
    report = ImportReport.from_json(row["report"])
    return ImportRow(
        id=row["id"],
        event_id=row["event_id"],
        name=row["name"],
        mapping=ColumnMapping.from_json(row["mapping"]),
        report=report,
        job_id=row["job_id"],
        job_state=row["job_state"],
        progress_done=row["progress_done"] or 0,
        progress_total=row["progress_total"] or 0,
        stage=stage_of(report, row["job_name"], row["job_state"]),
        created_at=row["created_at"],
        written_at=row["written_at"],
    )


def get_content(import_id: int) -> bytes:
    """The file's bytes; none once it was written. Raises ImportNotFound."""
    content = db.session.execute(select(ImportFile.content).where(ImportFile.id == import_id)).scalar_one_or_none()
    if content is None:
        raise ImportNotFound(str(import_id))
    return content


def find_known(event_id: int) -> KnownRegistrations:
    """The event's registrations by all that a line is recognised by: two statements. One in the bin may be written anew."""
    return _known([Registration.event_id == event_id, Registration.deleted_at.is_(None)])


def find_known_among(event_id: int, drafts: Sequence[RegistrationDraft]) -> KnownRegistrations:
    """Those of the event's registrations by which one of these drafts (some hundreds) is recognised: two statements."""
    imports = {draft.import_key for draft in drafts if draft.import_key}
    keys = {key for draft in drafts if (key := same_key(draft)) is not None}
    phones = {draft.contact.phone for draft in drafts if not draft.contact.email}
    wanted = or_(
        Registration.import_key.in_(sorted(imports)),
        Registration.same_key.in_(sorted(keys)),
        and_(Registration.same_key.is_(None), Registration.contact_phone.in_(sorted(phones))),
    )
    return _known([Registration.event_id == event_id, Registration.deleted_at.is_(None), wanted])


def _known(where: Sequence[ColumnElement[bool]]) -> KnownRegistrations:
    waves: dict[int, list[int]] = {}
    for registration_id, wave_id in db.session.execute(
        select(RegistrationWave.registration_id, RegistrationWave.wave_id)
        .join(Registration, Registration.id == RegistrationWave.registration_id)
        .where(*where)
    ):
        waves.setdefault(registration_id, []).append(wave_id)
    by_import: dict[str, Known] = {}
    by_same: dict[str, Known] = {}
    by_phone: dict[tuple[str, str], Known] = {}
    for r in db.session.execute(
        select(
            Registration.id, Registration.reference, Registration.status, Registration.audience,
            Registration.participants, Registration.companions,
            Registration.import_key, Registration.same_key, Registration.contact_name,
            Registration.contact_phone, Registration.answers,
        )
        .where(*where)
        .order_by(Registration.id)
    ):  # fmt: skip
        alive = r.status in ALIVE
        headcount = Headcount(r.participants, r.companions)
        known = Known(r.reference, alive, r.audience, headcount, tuple(sorted(waves.get(r.id, ()))), r.answers)
        if r.import_key:
            by_import[r.import_key] = known
        if alive and r.same_key:
            by_same[r.same_key] = known
        if alive and not r.same_key and r.contact_phone:
            by_phone[fold(r.contact_name), r.contact_phone] = known
    return KnownRegistrations(by_import, by_same, by_phone)

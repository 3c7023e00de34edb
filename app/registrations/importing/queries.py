"""What an import reads: the registrations that are there, and the files that were sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from app.core.db import db
from app.core.text import fold
from app.registrations.drafts import Headcount
from app.registrations.enums import ALIVE
from app.registrations.importing.errors import ImportNotFound
from app.registrations.importing.mapping import ColumnMapping
from app.registrations.importing.plan import Known, KnownRegistrations
from app.registrations.importing.report import ImportReport
from app.registrations.models import ImportFile, Registration, RegistrationWave


@dataclass(frozen=True)
class ImportRow:
    """A file that was sent. `mapping` is as proposed or chosen; `report` tells how far it got."""

    id: int
    event_id: int
    name: str
    mapping: ColumnMapping
    report: ImportReport
    job_id: int | None
    created_at: datetime
    written_at: datetime | None


_ROW = (
    ImportFile.id, ImportFile.event_id, ImportFile.name, ImportFile.mapping, ImportFile.report, ImportFile.job_id,
    ImportFile.created_at, ImportFile.written_at,
)  # fmt: skip


def get_import(import_id: int, *, event_id: int | None = None) -> ImportRow:
    """A file, of that event if one is named. Raises ImportNotFound."""
    where = [ImportFile.id == import_id] + ([ImportFile.event_id == event_id] if event_id is not None else [])
    found = _list(where, 1)
    if not found:
        raise ImportNotFound(str(import_id))
    return found[0]


def list_imports(event_id: int, *, limit: int = 10) -> list[ImportRow]:
    """The files sent for an event, latest first."""
    return _list([ImportFile.event_id == event_id], limit)


def _list(where: Sequence[ColumnElement[bool]], limit: int) -> list[ImportRow]:
    rows = db.session.execute(select(*_ROW).where(*where).order_by(ImportFile.id.desc()).limit(limit)).mappings()
    return [_row(row) for row in rows]


def _row(row: Mapping[str, Any] | Any) -> ImportRow:
    values = {name: row[name] for name in ImportRow.__dataclass_fields__}
    values["mapping"] = ColumnMapping.from_json(values["mapping"])
    values["report"] = ImportReport.from_json(values["report"])
    return ImportRow(**values)


def get_content(import_id: int) -> bytes:
    """The file's bytes; none once it was written. Raises ImportNotFound."""
    content = db.session.execute(select(ImportFile.content).where(ImportFile.id == import_id)).scalar_one_or_none()
    if content is None:
        raise ImportNotFound(str(import_id))
    return content


def find_known(event_id: int) -> KnownRegistrations:
    """The event's registrations by all that a line is recognised by: two statements."""
    waves: dict[int, list[int]] = {}
    for registration_id, wave_id in db.session.execute(
        select(RegistrationWave.registration_id, RegistrationWave.wave_id)
        .join(Registration, Registration.id == RegistrationWave.registration_id)
        .where(Registration.event_id == event_id)
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
            Registration.contact_phone,
        )
        .where(Registration.event_id == event_id)
        .order_by(Registration.id)
    ):  # fmt: skip
        alive = r.status in ALIVE
        headcount = Headcount(r.participants, r.companions)
        known = Known(r.reference, alive, r.audience, headcount, tuple(sorted(waves.get(r.id, ()))))
        if r.import_key:
            by_import[r.import_key] = known
        if alive and r.same_key:
            by_same[r.same_key] = known
        if alive and not r.same_key and r.contact_phone:
            by_phone[fold(r.contact_name), r.contact_phone] = known
    return KnownRegistrations(by_import, by_same, by_phone)

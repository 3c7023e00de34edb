"""How far a file is on its way, and what may be done with it there. Pure.

sent → (checking →) checked → writing → written; checked or writing → refused → checked; writing → stopped → writing.
"""

import enum

from app.jobs.models import JobState
from app.registrations.importing.report import ImportReport

CHECK_JOB = "registrations.check_import"
WRITE_JOB = "registrations.write_import"
ALIVE = frozenset({JobState.QUEUED, JobState.RUNNING})


class ImportStage(enum.StrEnum):
    """`stopped`: some lines may be registered, the others wait for somebody to go on."""

    SENT = "sent"
    CHECKING = "checking"
    CHECKED = "checked"
    WRITING = "writing"
    STOPPED = "stopped"
    REFUSED = "refused"
    WRITTEN = "written"


AT_WORK = frozenset({ImportStage.CHECKING, ImportStage.WRITING})
MAY_WRITE = frozenset({ImportStage.CHECKED, ImportStage.STOPPED})


def stage_of(report: ImportReport, job_name: str | None, job_state: JobState | None) -> ImportStage:
    """The stage, from what is kept of the file and from the job that was last begun for it."""
    alive = job_state in ALIVE
    if report.written is not None:
        return ImportStage.WRITTEN
    if alive and job_name == WRITE_JOB:
        return ImportStage.WRITING
    if report.refused is not None:
        return ImportStage.REFUSED
    if report.writing is not None:
        return ImportStage.STOPPED
    if report.checked is not None:
        return ImportStage.CHECKED
    return ImportStage.CHECKING if alive else ImportStage.SENT

"""Asking for papers of many registrations: noted as every list that is taken out."""

from datetime import datetime

from app.core.actor import Actor
from app.reports.enums import ExportFormat
from app.reports.exports import ExportDraft
from app.reports.operations.exports import ask_for_file

PRINT_JOB = "reports.write_papers"


def ask_for_papers(draft: ExportDraft, *, by: Actor, now: datetime) -> int:
    """The line of the papers, and the job that makes them; the line's id."""
    return ask_for_file(draft, ExportFormat.PDF, PRINT_JOB, by=by, now=now)

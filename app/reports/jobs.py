"""XLSX files in the background, and dropping them after their week."""

from datetime import timedelta
from io import BytesIO

from app.core.errors import NotFound
from app.core.transaction import transaction
from app.events.queries import get_event_by_id
from app.jobs.registry import JobContext, handler, periodic
from app.registrations.bulk.queries import find_access
from app.reports import parts, print_jobs
from app.reports.exports_registrations import registrations_sheet, still_allowed
from app.reports.exports_xlsx import write_xlsx
from app.reports.operations.exports import WRITE_JOB, keep_file, purge_contents, refuse
from app.reports.queries.exports import ExportRow, get_export

PARTS = parts.__name__  # what goes with an event that is removed, registered wherever jobs are
PAPERS = print_jobs.__name__  # as PARTS: making papers
ROWS_A_STEP = 2_000


@handler(WRITE_JOB, cancellable=True)
def write_export(context: JobContext) -> None:
    """Make the file with what the person may see now: who lost a function meanwhile gets none. Done twice, it is one."""
    try:
        export = get_export(int(context.payload["export_id"]))
    except NotFound:
        return
    if export.finished_at is not None or export.job_id != context.job_id:
        return
    made = _make(export, context)
    with transaction():
        if made is None:
            refuse(export.id, now=context.now())
        else:
            content, rows = made
            keep_file(export.id, content, rows, now=context.now())


def _make(export: ExportRow, context: JobContext) -> tuple[bytes, int] | None:
    """The file and its rows; None when the person may not have it, or the event is gone."""
    if export.event_id is None or export.account_id is None:
        return None
    try:
        event = get_event_by_id(export.event_id)
    except NotFound:
        return None
    access = find_access(export.account_id, export.organiser_id, event.id, context.now())
    query = still_allowed(export, event, access) if access is not None else None
    if access is None or query is None:
        return None

    def progress(rows: int) -> None:
        if rows % ROWS_A_STEP == 0:
            context.progress(rows, max(rows, export.rows or 0))

    target = BytesIO()
    sheet = registrations_sheet(event, query, access, export.locale)
    rows = write_xlsx(target, sheet, made_at=context.now(), progress=progress)
    return target.getvalue(), rows


@periodic("reports.purge_exports", every=timedelta(hours=1))
def purge_exports(context: JobContext) -> None:
    with transaction():
        purge_contents(now=context.now())

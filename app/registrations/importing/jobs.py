"""Imports in the background: checking a long file, writing one, and dropping old ones."""

import time
from datetime import timedelta

from app.core.actor import Actor, ActorKind
from app.core.transaction import transaction
from app.events.errors import EventNotFound
from app.events.queries import get_event_by_id
from app.jobs.registry import JobContext, handler, periodic
from app.registrations.importing.errors import ImportNotFound, ImportOver, ImportRefused
from app.registrations.importing.files import purge_files, store_check, store_refusal
from app.registrations.importing.plan import Plan
from app.registrations.importing.planning import make_plan
from app.registrations.importing.queries import ImportRow, get_content, get_import
from app.registrations.importing.report import Checked, Refused, Writing, report_of
from app.registrations.importing.stages import CHECK_JOB, WRITE_JOB
from app.registrations.importing.writing import lines_of, write_chunk
from app.sheets.reading import read_sheet

BREATH = 0.15
"""Seconds between two chunks: SQLite asks for its lock every 100 ms, so that whoever waits gets it."""


def breathe() -> None:
    """Let whoever waits for the database write in between."""
    time.sleep(BREATH)


@handler(CHECK_JOB, cancellable=True)
def check_import(context: JobContext) -> None:
    """The dry run of a long file. A file that was given up, or sent to another job, meanwhile needs none."""
    row = _find(context)
    if row is None or row.report.checked is not None:
        return
    plan = _plan(row, context)
    if plan is not None:
        with transaction():
            store_check(row.id, report_of(plan))


@handler(WRITE_JOB, cancellable=True)
def write_import(context: JobContext) -> None:
    """Write the lines, some in each transaction, together with how far it got: begun again, it goes on from there.

    Where a line that was fine has a problem before anything is written, nothing is: somebody looks again.
    """
    row = _find(context)
    if row is None or row.report.checked is None or row.report.writing is None:
        return
    plan = _plan(row, context)
    if plan is None or _is_refused(row, plan, row.report.checked, row.report.writing):
        return
    lines, by = lines_of(plan, row.report.checked.bad_lines), _actor(context.payload["by"])
    writing: Writing | None = row.report.writing
    try:
        while writing is not None:
            with transaction():
                writing = write_chunk(row.id, context.job_id, lines, by=by, now=context.now())
            if writing is not None:
                context.progress(writing.done, writing.total)
                breathe()
    except ImportRefused as error:
        with transaction():
            store_refusal(get_import(row.id, lock=True), Refused(0, error.code, dict(error.facts)))
    except (ImportNotFound, ImportOver, EventNotFound):  # deleted, or another job does it by now
        return


def _is_refused(row: ImportRow, plan: Plan, checked: Checked, writing: Writing) -> bool:
    """Whether nothing is written, for a line has a problem that nobody was told of: then that is stored."""
    if writing.done:
        return False
    new = [p for p in plan.problems if not p.warning and p.line not in set(checked.bad_lines)]
    if new:
        first = min(new, key=lambda p: p.line)
        with transaction():
            store_refusal(get_import(row.id, lock=True), Refused(first.line, first.code, dict(first.facts)))
    return bool(new)


@periodic("registrations.purge_imports", every=timedelta(days=1))
def purge_imports(context: JobContext) -> None:
    with transaction():
        purge_files(now=context.now())


def _find(context: JobContext) -> ImportRow | None:
    """The file, if it is still there and this is the job that was last begun for it."""
    try:
        row = get_import(int(context.payload["import_id"]))
    except ImportNotFound:
        return None
    return row if row.job_id == context.job_id and row.written_at is None else None


def _plan(row: ImportRow, context: JobContext) -> Plan | None:
    """The plan as of now, or None when the file as a whole is refused: then that is stored. None when the event is deleted."""
    try:
        return make_plan(get_event_by_id(row.event_id), read_sheet(get_content(row.id)), row.mapping, context.progress)
    except ImportRefused as error:
        with transaction():
            store_refusal(get_import(row.id, lock=True), Refused(0, error.code, dict(error.facts)))
        return None
    except EventNotFound:
        return None


def _actor(stored: dict[str, object]) -> Actor:
    number = {name: value if isinstance(value := stored[name], int) else None for name in ("id", "organiser_id")}
    return Actor(ActorKind(str(stored["kind"])), str(stored["label"]), number["id"], number["organiser_id"])

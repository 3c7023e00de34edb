"""Imports in the background: checking a long file, writing one, and dropping old ones."""

from datetime import timedelta

from app.core.actor import Actor, ActorKind
from app.core.transaction import transaction
from app.events.queries import get_event_by_id
from app.jobs.registry import JobContext, handler, periodic
from app.registrations.importing.errors import ImportNotFound, ImportRefused, LineRefused
from app.registrations.importing.files import purge_files, store_check, store_refusal, store_result
from app.registrations.importing.plan import Plan
from app.registrations.importing.planning import make_plan
from app.registrations.importing.queries import ImportRow, get_content, get_import
from app.registrations.importing.reading import read_sheet
from app.registrations.importing.report import Refused, report_of
from app.registrations.importing.writing import write_plan


@handler("registrations.check_import")
def check_import(context: JobContext) -> None:
    """The dry run of a long file. A file that was given up meanwhile needs none."""
    row = _find(context)
    if row is None or row.report.checked is not None:
        return
    plan = _plan(row, context)
    if plan is not None:
        with transaction():
            store_check(row.id, report_of(plan))


@handler("registrations.write_import")
def write_import(context: JobContext) -> None:
    """Write all lines in one transaction, together with the result: begun again, it sees that it is done."""
    row = _find(context)
    if row is None or row.written_at is not None or row.report.checked is None:
        return
    plan = _plan(row, context)
    if plan is None:
        return
    leave_out = row.report.checked.bad_lines if context.payload["leave_out"] else ()
    now = context.now()
    try:
        with transaction():
            written = write_plan(
                get_event_by_id(row.event_id),
                plan,
                leave_out=leave_out,
                send_mails=bool(context.payload["send_mails"]),
                file_name=row.name,
                by=_actor(context.payload["by"]),
                now=now,
            )
            store_result(row, written, now=now)
    except LineRefused as error:
        problem = next((p for p in plan.problems if p.line == error.line and p.code == error.code), None)
        with transaction():
            store_refusal(row, Refused(error.line, error.code, dict(problem.facts) if problem else {}))


@periodic("registrations.purge_imports", every=timedelta(days=1))
def purge_imports(context: JobContext) -> None:
    with transaction():
        purge_files(now=context.now())


def _find(context: JobContext) -> ImportRow | None:
    try:
        return get_import(int(context.payload["import_id"]))
    except ImportNotFound:
        return None


def _plan(row: ImportRow, context: JobContext) -> Plan | None:
    """The plan as of now, or None when the file as a whole is refused: then that is stored."""
    try:
        return make_plan(get_event_by_id(row.event_id), read_sheet(get_content(row.id)), row.mapping, context.progress)
    except ImportRefused as error:
        with transaction():
            store_refusal(row, Refused(0, error.code, dict(error.facts)))
        return None


def _actor(stored: dict[str, object]) -> Actor:
    number = {name: value if isinstance(value := stored[name], int) else None for name in ("id", "organiser_id")}
    return Actor(ActorKind(str(stored["kind"])), str(stored["label"]), number["id"], number["organiser_id"])

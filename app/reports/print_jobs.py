"""Papers of many registrations in the background: files of some hundred sheets, one after the other."""

import io
import zipfile
from dataclasses import dataclass

from app.accounts.queries import get_organiser
from app.accounts.rules import Access, row_limit
from app.core.actor import Actor, ActorKind
from app.core.errors import NotFound
from app.core.transaction import transaction
from app.events.enums import EDITABLE
from app.events.queries import EventRow, get_event_by_id
from app.jobs.registry import JobContext, handler
from app.registrations.bulk.queries import find_access
from app.registrations.operations import issue_route_cards
from app.registrations.papers import admits
from app.registrations.queries import list_registrations_by_id
from app.reports.enums import PaperKind
from app.reports.lists import ArgList
from app.reports.operations.exports import keep_file, refuse
from app.reports.operations.prints import PRINT_JOB
from app.reports.papers import Printer
from app.reports.printing import Print, Printed, may_print, parts_of, print_name, read_print
from app.reports.queries.exports import ExportRow, get_export
from app.reports.queries.printing import find_last_print, find_printed


@dataclass(frozen=True)
class Made:
    """What came out: the file's name by how many files there are, how many badges, tickets, cards or lines."""

    name: str
    content: bytes
    items: int


@handler(PRINT_JOB, cancellable=True)
def write_papers(context: JobContext) -> None:
    """Make the papers of who is there now, for who may still have them. Done twice, they are made once."""
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
            keep_file(export.id, made.content, made.items, now=context.now(), file_name=made.name)


def _make(export: ExportRow, context: JobContext) -> Made | None:
    """None when the person may not have them any more, or there is nothing to print by now."""
    if export.event_id is None or export.account_id is None:
        return None
    try:
        event = get_event_by_id(export.event_id)
    except NotFound:
        return None
    access = find_access(export.account_id, export.organiser_id, event.id, context.now())
    wanted = _still_allowed(export, event, access) if access is not None else None
    if access is None or wanted is None:
        return None
    since = find_last_print(event.id, wanted.kind, export.filters, before=export.id) if wanted.changed_only else None
    rows = find_printed(event, wanted, access, since=since)
    if wanted.kind is PaperKind.CARDS:
        _issue_cards(event, rows, export, context)
    return _files(event, wanted.kind, rows, export, context)


def _files(
    event: EventRow, kind: PaperKind, rows: list[Printed], export: ExportRow, context: JobContext
) -> Made | None:
    printer = Printer.of(event, get_organiser(event.organiser_id), export.locale)
    total, done = sum(row.items(kind) for row in rows), 0
    files: list[bytes] = []
    items = 0
    context.progress(0, total)
    for part in parts_of(kind, rows):
        content, count = printer.print(kind, part)
        files += [content] if count else []
        items += count
        done += sum(row.items(kind) for row in part)
        context.progress(done, total)
    if not files:
        return None
    name = print_name(kind, event, export.locale, files=len(files), now=context.now())
    return Made(name, files[0] if len(files) == 1 else _zipped(files, name), items)


def _zipped(files: list[bytes], name: str) -> bytes:
    """The files in their order, stored as they are: a PDF does not get smaller."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as book:
        for number, content in enumerate(files, start=1):
            book.writestr(zipfile.ZipInfo(f"{name.removesuffix('.zip')}-{number:02}.pdf"), content)
    return target.getvalue()


def _still_allowed(export: ExportRow, event: EventRow, access: Access) -> Print | None:
    """What was asked for, if it still means the same to who asked; else None."""
    wanted = read_print(PaperKind(export.what), ArgList(export.filters.args), event, access)
    same = may_print(access) and row_limit(access) is export.limit
    return wanted if same and tuple(wanted.to_args()) == export.filters.args else None


def _issue_cards(event: EventRow, rows: list[Printed], export: ExportRow, context: JobContext) -> None:
    """Number the cards of classes that have none yet, or fewer than pupils."""
    if event.state not in EDITABLE:
        return
    by = Actor(ActorKind.STAFF, export.actor_label, export.account_id, export.organiser_id)
    ids = [row.id for row in rows if row.school]
    for registration in list_registrations_by_id(ids) if ids else []:
        if admits(event, registration) and len(registration.cards) < registration.participants:
            with transaction():
                issue_route_cards(registration.id, by=by, now=context.now())

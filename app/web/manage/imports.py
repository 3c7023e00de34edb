"""Importing registrations: a file, its columns, the dry run, and the writing, which goes on without the page."""

import csv
import io
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.core import clock
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.jobs.models import JobState
from app.jobs.queries import JobRow, get_job
from app.registrations.importing.errors import ImportRefused
from app.registrations.importing.files import (
    KEPT,
    give_up,
    keep_file,
    set_mapping,
    start_check,
    start_writing,
    store_check,
)
from app.registrations.importing.mapping import missing_fields
from app.registrations.importing.planning import make_plan, require_importable
from app.registrations.importing.queries import ImportRow, get_content, get_import, list_imports
from app.registrations.importing.reading import MOST_BYTES, Sheet, read_sheet
from app.registrations.importing.report import Checked, report_of
from app.registrations.importing.wording import say_code, say_difference, say_fields, say_problem, say_refusal
from app.web.filters import number
from app.web.forms.imports import ColumnsForm, UploadForm, WritingForm, chosen_mapping, column_name, columns_form
from app.web.guards import current_actor, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_own_event

blueprint = Blueprint("manage_imports", __name__, url_prefix="/manage/events/<slug>/import")

AT_ONCE = 3_000  # lines that are checked while the person waits: about a second
SHOWN = 200
SAMPLES = 3


@blueprint.get("")
@event_staff(MAY_MANAGE)
def show(slug: str) -> str:
    return _upload_page(get_own_event(slug), UploadForm(formdata=None))


@blueprint.post("")
@event_staff(MAY_MANAGE)
def upload(slug: str) -> str | tuple[str, int] | Response:
    event, form = get_own_event(slug), UploadForm()
    sent = form.file.data
    try:
        require_importable(event)
        if not isinstance(sent, FileStorage) or not sent.filename:
            raise ImportRefused("no_file")
        content = sent.stream.read(MOST_BYTES + 1)
        with transaction():
            import_id = keep_file(event, sent.filename, content, by=current_actor(), now=clock.now())
    except ImportRefused as refused:
        form.file.errors = [say_refusal(refused, current_locale())]
        return _upload_page(event, form), 422
    return redirect(_url(event, import_id))


@blueprint.get("/<int:import_id>")
@event_staff(MAY_MANAGE)
def columns(slug: str, import_id: int) -> str | Response:
    event, row = _find(slug, import_id)
    if row.written_at is not None:
        return redirect(_url(event, row.id, "progress"))
    sheet = read_sheet(get_content(row.id))
    return _columns_page(event, row, sheet, columns_form(sheet.header, row.mapping, current_locale(), sent=False))


@blueprint.post("/<int:import_id>")
@event_staff(MAY_MANAGE)
def check(slug: str, import_id: int) -> str | tuple[str, int] | Response:
    event, row = _find(slug, import_id)
    if row.written_at is not None or _is_at_work(row, event):
        return redirect(_url(event, row.id, "progress"))
    sheet = read_sheet(get_content(row.id))
    form = columns_form(sheet.header, row.mapping, current_locale(), sent=True)
    if not form.validate_on_submit() or not _accept_columns(form, event, row, sheet):
        return _columns_page(event, row, sheet, form), 422
    return redirect(_url(event, row.id, "progress" if len(sheet.rows) > AT_ONCE else "report"))


@blueprint.get("/<int:import_id>/report")
@event_staff(MAY_MANAGE)
def report(slug: str, import_id: int) -> str | Response:
    event, row = _find(slug, import_id)
    if row.written_at is not None or _is_at_work(row, event):
        return redirect(_url(event, row.id, "progress"))
    if row.report.checked is None:
        return redirect(_url(event, row.id))
    return _report_page(event, row, row.report.checked)


@blueprint.get("/<int:import_id>/problems.csv")
@event_staff(MAY_MANAGE)
def problems(slug: str, import_id: int) -> Response:
    """The problems as a table for a spreadsheet; no cell of it is ever a formula."""
    event, row = _find(slug, import_id)
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    writer.writerow([_("Line"), _("Column"), _("Problem"), _("Value")])
    for problem in row.report.checked.problems if row.report.checked else ():
        message = say_problem(problem, current_locale())
        writer.writerow([problem.line, *map(_safe, (problem.column, message, problem.value))])
    name = f"{event.slug}-import-{row.id}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + target.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


@blueprint.post("/<int:import_id>/writing")
@event_staff(MAY_MANAGE)
def write(slug: str, import_id: int) -> Response:
    """Begin writing what the report said. Pressed twice, it begins once."""
    event, row = _find(slug, import_id)
    checked, form = row.report.checked, WritingForm()
    leave_out = request.form.get("leave_out") == "1"
    if checked is None or not checked.registrations or (checked.bad_lines and not leave_out):
        return redirect(_url(event, row.id, "report"))
    if row.written_at is None and not _is_at_work(row, event):
        with transaction():
            start_writing(
                row,
                event,
                leave_out=leave_out,
                send_mails=bool(form.send_mails.data),
                by=current_actor(),
                now=clock.now(),
            )
    return redirect(_url(event, row.id, "progress"))


@blueprint.get("/<int:import_id>/progress")
@event_staff(MAY_MANAGE)
def progress(slug: str, import_id: int) -> str | Response:
    """How far the work is, then what it came to: to be left and found again."""
    event, row = _find(slug, import_id)
    job = _job(row, event)
    if job is None and row.written_at is None:
        return _go(_url(event, row.id))
    checked_only = row.report.checked is not None and row.report.refused is None and row.written_at is None
    if job is not None and job.state is JobState.DONE and checked_only:
        return _go(_url(event, row.id, "report"))
    refused = row.report.refused
    return render_template(
        "manage/imports/progress.html",
        row=row,
        job=job,
        at_work=_is_at_work(row, event),
        refusal="" if refused is None else _say_refused(refused.line, refused.code, dict(refused.facts)),
        texts=_texts(row.report.checked) if row.report.checked else {},
        **_context(event, row),
    )


@blueprint.post("/<int:import_id>/removal")
@event_staff(MAY_MANAGE)
def remove(slug: str, import_id: int) -> Response:
    event, row = _find(slug, import_id)
    if not _is_at_work(row, event):
        with transaction():
            give_up(row, event, by=current_actor(), now=clock.now())
        flash(_("The file “%(name)s” is deleted.", name=row.name), "ok")
    return redirect(f"/manage/events/{event.slug}/import")


def _find(slug: str, import_id: int) -> tuple[EventRow, ImportRow]:
    event = get_own_event(slug)
    return event, get_import(import_id, event_id=event.id)


def _url(event: EventRow, import_id: int, page: str = "") -> str:
    return f"/manage/events/{event.slug}/import/{import_id}" + (f"/{page}" if page else "")


def _go(url: str) -> Response:
    """Lead the whole page there, also when only a part of it asked."""
    if request.headers.get("HX-Request"):
        return Response("", headers={"HX-Redirect": url})
    return redirect(url)


def _job(row: ImportRow, event: EventRow) -> JobRow | None:
    return None if row.job_id is None else get_job(row.job_id, organiser_id=event.organiser_id)


def _is_at_work(row: ImportRow, event: EventRow) -> bool:
    job = _job(row, event)
    return job is not None and job.state in {JobState.QUEUED, JobState.RUNNING}


def _accept_columns(form: ColumnsForm, event: EventRow, row: ImportRow, sheet: Sheet) -> bool:
    """Remember the columns and check the file with them; False when they do not do, told at the form."""
    mapping, twice = chosen_mapping(form, len(sheet.header))
    locale = current_locale()
    for name, field in twice.items():
        label = say_fields(field.value, locale)[0]
        form[name].errors = [_("Another column is “%(name)s” already.", name=label)]
    missing = missing_fields(mapping, event)
    if missing:
        labels = say_fields(" ".join("|".join(group) for group in missing), locale)
        form.form_errors.append(_("No column says: %(names)s.", names=", ".join(labels)))
    if twice or missing:
        return False
    if len(sheet.rows) > AT_ONCE:
        with transaction():
            set_mapping(row.id, mapping)
            start_check(row, event, now=clock.now())
        return True
    try:
        checked = report_of(make_plan(event, sheet, mapping))
    except ImportRefused as refused:
        form.form_errors.append(say_refusal(refused, locale))
        return False
    with transaction():
        set_mapping(row.id, mapping)
        store_check(row.id, checked)
    return True


def _upload_page(event: EventRow, form: UploadForm) -> str:
    try:
        require_importable(event)
        closed = ""
    except ImportRefused as refused:
        closed = say_refusal(refused, current_locale())
    return render_template(
        "manage/imports/upload.html", form=form, imports=list_imports(event.id), closed=closed, **_context(event, None)
    )


def _columns_page(event: EventRow, row: ImportRow, sheet: Sheet, form: ColumnsForm) -> str:
    samples = [[r.cells[n] for r in sheet.rows if r.cells[n]][:SAMPLES] for n in range(len(sheet.header))]
    table = [(name, form[column_name(n)], samples[n]) for n, name in enumerate(sheet.header)]
    lines = ngettext("%(num)d line", "%(num)d lines", len(sheet.rows))
    return render_template(
        "manage/imports/columns.html", form=form, row=row, table=table, lines=lines, **_context(event, row)
    )


def _report_page(event: EventRow, row: ImportRow, checked: Checked) -> str:
    locale = current_locale()
    shown = [p for p in checked.problems if not p.warning][:SHOWN]
    warnings = [p for p in checked.problems if p.warning][:SHOWN]
    return render_template(
        "manage/imports/report.html",
        row=row,
        checked=checked,
        form=WritingForm(formdata=None),
        problems=[(p, say_problem(p, locale)) for p in shown],
        warnings=[(p, say_problem(p, locale)) for p in warnings],
        differences=[
            (d, ", ".join(say_difference(name, locale) for name in d.names)) for d in checked.differences[:SHOWN]
        ],
        audiences=[(event.audience(a.code).label(locale), a) for a in checked.audiences],
        texts=_texts(checked),
        **_context(event, row),
    )


def _texts(checked: Checked) -> dict[str, str]:
    """The figures of the report with their words."""
    bad = len(checked.bad_lines)
    return {
        "good": ngettext("%(n)s line", "%(n)s lines", checked.registrations, n=number(checked.registrations)),
        "people": ngettext("%(n)s person", "%(n)s people", checked.people, n=number(checked.people)),
        "bad": ngettext("%(n)s line", "%(n)s lines", bad, n=number(bad)),
        "there": ngettext("%(n)s line", "%(n)s lines", checked.there, n=number(checked.there)),
    }


def _say_refused(line: int, code: str, facts: dict[str, str | int]) -> str:
    locale = current_locale()
    if line == 0:
        return say_refusal(ImportRefused(code, **facts), locale)
    return str(_("Line %(line)s: %(problem)s", line=line, problem=say_code(code, facts, locale)))


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _context(event: EventRow, row: ImportRow | None) -> dict[str, Any]:
    base = f"/manage/events/{event.slug}"
    return {
        **event_context(event, "registrations"),
        "import_url": f"{base}/import",
        "row_url": _url(event, row.id) if row else "",
        "list_url": f"{base}/registrations",
        "days_kept": KEPT.days,
    }

"""Importing registrations: a file, its columns, the dry run, and the writing, which goes on without the page."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import MoveNotAllowed
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.jobs.models import JobState
from app.registrations.importing.answers import PREFIX, answers_from_json, importable
from app.registrations.importing.errors import ImportBusy, ImportRefused
from app.registrations.importing.files import (
    KEPT,
    give_up,
    keep_file,
    set_mapping,
    start_check,
    start_writing,
    store_check,
)
from app.registrations.importing.mapping import ColumnMapping, Field, missing_fields, propose
from app.registrations.importing.planning import make_plan, require_importable
from app.registrations.importing.queries import ImportRow, get_content, get_import, list_imports
from app.registrations.importing.report import report_of
from app.registrations.importing.stages import ImportStage
from app.registrations.importing.wording import (
    say_code,
    say_field,
    say_fields,
    say_problem,
    say_question,
    say_refusal,
)
from app.sheets.reading import MOST_BYTES, Sheet, read_sheet
from app.web.forms.columns import ColumnsForm, chosen_columns, chosen_others, column_name, columns_form
from app.web.forms.imports import UploadForm, WritingForm
from app.web.guards import current_actor, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_own_event
from app.web.manage.import_report import answer_views, cause_views, count_words, difference_views, unwritten_views
from app.web.problems_csv import problems_csv

blueprint = Blueprint("manage_imports", __name__, url_prefix="/manage/events/<slug>/import")

AT_ONCE = 3_000  # lines that are checked while the person waits: about a second
SAMPLES = 3


@blueprint.get("")
@event_staff(Ability.IMPORT)
def show(slug: str) -> str:
    return _upload_page(get_own_event(slug), UploadForm(formdata=None))


@blueprint.post("")
@event_staff(Ability.IMPORT)
def upload(slug: str) -> str | tuple[str, int] | Response:
    event, form = get_own_event(slug), UploadForm()
    sent = form.file.data
    try:
        require_importable(event)
        if not isinstance(sent, FileStorage) or not sent.filename:
            raise ImportRefused("no_file")
        content = sent.stream.read(MOST_BYTES + 1)
        columns = propose(read_sheet(content).header, importable(event))
        with transaction():
            import_id = keep_file(event, sent.filename, content, columns, by=current_actor(), now=clock.now())
    except ImportRefused as refused:
        form.file.errors = [say_refusal(refused, current_locale())]
        return _upload_page(event, form), 422
    return redirect(_url(event, import_id))


@blueprint.get("/<int:import_id>")
@event_staff(Ability.IMPORT)
def columns(slug: str, import_id: int) -> str | Response:
    event, row = _find(slug, import_id)
    if row.at_work or row.stage is ImportStage.WRITTEN:
        return redirect(_url(event, row.id, "progress"))
    sheet = read_sheet(get_content(row.id))
    return _columns_page(event, row, sheet, _columns_form(event, row, sheet, sent=False))


@blueprint.post("/<int:import_id>")
@event_staff(Ability.IMPORT)
def check(slug: str, import_id: int) -> str | tuple[str, int] | Response:
    event, row = _find(slug, import_id)
    if row.at_work or row.stage is ImportStage.WRITTEN:
        return redirect(_url(event, row.id, "progress"))
    sheet = read_sheet(get_content(row.id))
    form = _columns_form(event, row, sheet, sent=True)
    try:
        if not form.validate_on_submit() or not _accept_columns(form, event, row, sheet):
            return _columns_page(event, row, sheet, form), 422
    except (ImportBusy, MoveNotAllowed):  # a colleague was faster
        return redirect(_url(event, row.id, "progress"))
    return redirect(_url(event, row.id, "progress" if len(sheet.rows) > AT_ONCE else "report"))


@blueprint.get("/<int:import_id>/report")
@event_staff(Ability.IMPORT)
def report(slug: str, import_id: int) -> str | Response:
    event, row = _find(slug, import_id)
    if row.at_work or row.stage in {ImportStage.STOPPED, ImportStage.WRITTEN}:
        return redirect(_url(event, row.id, "progress"))
    checked = row.report.checked
    if checked is None:
        return redirect(_url(event, row.id))
    locale = current_locale()
    return render_template(
        "manage/imports/report.html",
        row=row,
        checked=checked,
        form=WritingForm(formdata=None),
        problems=cause_views(checked, warnings=False),
        warnings=cause_views(checked, warnings=True),
        differences=difference_views(checked),
        audiences=[(event.audience(a.code).label(locale), a) for a in checked.audiences],
        answers=answer_views(event, checked),
        texts=count_words(checked),
        **_context(event, row),
    )


@blueprint.get("/<int:import_id>/problems.csv")
@event_staff(Ability.IMPORT)
def problems(slug: str, import_id: int) -> Response:
    """The problems as a table for a spreadsheet; no cell of it is ever a formula."""
    event, row = _find(slug, import_id)
    found = row.report.checked.problems if row.report.checked else ()
    return problems_csv(found, lambda p: say_problem(p, current_locale()), f"{event.slug}-import-{row.id}.csv")


@blueprint.post("/<int:import_id>/writing")
@event_staff(Ability.IMPORT)
def write(slug: str, import_id: int) -> Response:
    """Begin writing what the report said, or go on where it stopped. Pressed twice, it begins once."""
    event, row = _find(slug, import_id)
    checked, form = row.report.checked, WritingForm()
    if checked is None or not checked.registrations:
        return redirect(_url(event, row.id, "report"))
    try:
        with transaction():
            start_writing(
                row.id,
                event,
                leave_out=request.form.get("leave_out") == "1",
                send_mails=bool(form.send_mails.data),
                by=current_actor(),
                now=clock.now(),
            )
    except MoveNotAllowed:
        return redirect(_url(event, row.id, "report"))
    return redirect(_url(event, row.id, "progress"))


@blueprint.get("/<int:import_id>/progress")
@event_staff(Ability.IMPORT)
def progress(slug: str, import_id: int) -> str | Response:
    """How far the work is, then what it came to: to be left and found again."""
    event, row = _find(slug, import_id)
    if row.stage is ImportStage.CHECKED:
        return _go(_url(event, row.id, "report"))
    if row.stage is ImportStage.SENT and row.job_state is not JobState.DEAD:
        return _go(_url(event, row.id))
    refused, writing = row.report.refused, row.report.writing
    return render_template(
        "manage/imports/progress.html",
        row=row,
        writing=writing,
        written=row.report.written,
        unwritten=unwritten_views(row.report),
        refusal="" if refused is None else _say_refused(refused.line, refused.code, dict(refused.facts)),
        **_context(event, row),
    )


@blueprint.post("/<int:import_id>/removal")
@event_staff(Ability.IMPORT)
def remove(slug: str, import_id: int) -> Response:
    event, row = _find(slug, import_id)
    try:
        with transaction():
            give_up(row.id, event, by=current_actor(), now=clock.now())
    except ImportBusy:
        return redirect(_url(event, row.id, "progress"))
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


def _questions(event: EventRow) -> dict[str, str]:
    """The questions that a column may answer, as they are called in the form."""
    return {f"{PREFIX}{q.key}": say_question(q, current_locale()) for q in importable(event)}


def _columns_form(event: EventRow, row: ImportRow, sheet: Sheet, *, sent: bool) -> ColumnsForm:
    return columns_form(sheet.header, row.mapping, say_field, current_locale(), sent=sent, others=_questions(event))


def _accept_columns(form: ColumnsForm, event: EventRow, row: ImportRow, sheet: Sheet) -> bool:
    """Remember the columns and check the file with them; False when they do not do, told at the form."""
    locale, questions = current_locale(), _questions(event)
    taken, repeated = chosen_columns(form, len(sheet.header), Field)
    answers, answered = chosen_others(form, len(sheet.header), questions)
    mapping = ColumnMapping(taken, answers_from_json(answers))
    twice = {name: say_fields(field.value, locale)[0] for name, field in repeated.items()}
    twice |= {name: questions[value] for name, value in answered.items()}
    for name, label in twice.items():
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
            start_check(row.id, event, now=clock.now())
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


def _say_refused(line: int, code: str, facts: dict[str, str | int]) -> str:
    locale = current_locale()
    if line == 0:
        return say_refusal(ImportRefused(code, **facts), locale)
    return str(_("Line %(line)s: %(problem)s", line=line, problem=say_code(code, facts, locale)))


def _context(event: EventRow, row: ImportRow | None) -> dict[str, Any]:
    base = f"/manage/events/{event.slug}"
    return {
        **event_context(event, "registrations"),
        "import_url": f"{base}/import",
        "row_url": _url(event, row.id) if row else "",
        "list_url": f"{base}/registrations",
        "days_kept": KEPT.days,
    }

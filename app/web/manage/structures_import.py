"""Importing structures with their contacts: a file, its columns, what would happen, and the writing."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.core import clock
from app.core.transaction import transaction
from app.sheets.errors import ImportRefused
from app.sheets.problems import Problem
from app.sheets.reading import MOST_BYTES, Sheet, read_sheet
from app.structures.errors import FileWritten
from app.structures.importing.files import (
    KEPT,
    FileRow,
    get_content,
    get_file,
    give_up,
    keep_file,
    list_files,
    set_mapping,
    start_writing,
)
from app.structures.importing.mapping import ColumnMapping, Field, propose
from app.structures.importing.planning import Plan, make_plan
from app.structures.importing.wording import say_field, say_problem, say_refusal
from app.structures.importing.writing import read_directory
from app.web.forms.columns import chosen_columns, column_name, columns_form
from app.web.forms.structures import UploadForm
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.i18n import current_locale
from app.web.problems_csv import problems_csv

blueprint = Blueprint("manage_structures_import", __name__, url_prefix="/manage/structures/import")

Answer = str | tuple[str, int] | Response
BASE = "/manage/structures/import"
SAMPLES = 3
MOST_SHOWN = 100


@blueprint.get("")
@staff(MAY_MANAGE)
def show() -> str:
    return _upload_page(UploadForm(formdata=None))


@blueprint.post("")
@staff(MAY_MANAGE)
def upload() -> Answer:
    form = UploadForm()
    sent = form.file.data
    try:
        if not isinstance(sent, FileStorage) or not sent.filename:
            raise ImportRefused("no_file")
        content = sent.stream.read(MOST_BYTES + 1)
        mapping = propose(read_sheet(content).header)
        with transaction():
            file_id = keep_file(
                current_organiser_id(), sent.filename, content, mapping, by=current_actor(), now=clock.now()
            )
    except ImportRefused as refused:
        form.file.errors = [say_refusal(refused, current_locale())]
        return _upload_page(form), 422
    return redirect(f"{BASE}/{file_id}")


@blueprint.get("/<int:file_id>")
@staff(MAY_MANAGE)
def columns(file_id: int) -> str | Response:
    row = _get(file_id)
    if row.begun:
        return redirect(f"{BASE}/{file_id}/progress")
    sheet = read_sheet(get_content(file_id))
    return _columns_page(row, sheet, columns_form(sheet.header, row.mapping, say_field, current_locale(), sent=False))


@blueprint.post("/<int:file_id>")
@staff(MAY_MANAGE)
def check(file_id: int) -> Answer:
    row, locale = _get(file_id), current_locale()
    if row.begun:
        return redirect(f"{BASE}/{file_id}/progress")
    sheet = read_sheet(get_content(file_id))
    form = columns_form(sheet.header, row.mapping, say_field, locale, sent=True)
    if not form.validate_on_submit():
        return _columns_page(row, sheet, form), 422
    taken, twice = chosen_columns(form, len(sheet.header), Field)
    mapping = ColumnMapping(taken)
    for name, field in twice.items():
        form[name].errors = [_("Another column is “%(name)s” already.", name=say_field(field, locale))]
    if mapping.column(Field.NAME) is None:
        form.form_errors.append(_("No column says: %(names)s.", names=say_field(Field.NAME, locale)))
    if twice or form.form_errors:
        return _columns_page(row, sheet, form), 422
    try:
        with transaction():
            set_mapping(file_id, mapping, organiser_id=row.organiser_id)
    except FileWritten:  # a colleague was faster
        return redirect(f"{BASE}/{file_id}/progress")
    return redirect(f"{BASE}/{file_id}/report")


@blueprint.get("/<int:file_id>/report")
@staff(MAY_MANAGE)
def report(file_id: int) -> Answer:
    row = _get(file_id)
    if row.begun:
        return redirect(f"{BASE}/{file_id}/progress")
    try:
        plan = _plan(row)
    except ImportRefused as refused:
        flash(say_refusal(refused, current_locale()), "waiting")
        return redirect(f"{BASE}/{file_id}")
    problems = [p for p in plan.problems if not p.warning]
    warnings = [p for p in plan.problems if p.warning]
    return render_template(
        "manage/structures/import_report.html",
        row=row,
        row_url=f"{BASE}/{file_id}",
        plan=plan,
        problems=_views(problems[:MOST_SHOWN]),
        warnings=_views(warnings[:MOST_SHOWN]),
        more=max(0, len(problems) - MOST_SHOWN) + max(0, len(warnings) - MOST_SHOWN),
        shown=MOST_SHOWN,
        import_url=BASE,
    )


@blueprint.get("/<int:file_id>/problems.csv")
@staff(MAY_MANAGE)
def problems(file_id: int) -> Response:
    """The problems as a table for a spreadsheet; no cell of it is ever a formula."""
    row = _get(file_id)
    found = () if row.begun else _plan(row).problems
    return problems_csv(found, lambda p: say_problem(p, current_locale()), f"structures-import-{row.id}.csv")


@blueprint.post("/<int:file_id>/writing")
@staff(MAY_MANAGE)
def write(file_id: int) -> Response:
    """Begin writing what the report said, or go on where it stopped. Lines with a problem stay out."""
    row = _get(file_id)
    plan = None if row.begun else _plan(row)
    if plan is not None and plan.bad_lines and request.form.get("leave_out") != "1":
        return redirect(f"{BASE}/{file_id}/report")
    with transaction():
        start_writing(file_id, organiser_id=row.organiser_id, by=current_actor(), now=clock.now())
    return redirect(f"{BASE}/{file_id}/progress")


@blueprint.get("/<int:file_id>/progress")
@staff(MAY_MANAGE)
def progress(file_id: int) -> str | Response:
    """How far the work is, then what it came to: to be left and found again."""
    row = _get(file_id)
    if not row.begun:
        return redirect(f"{BASE}/{file_id}")
    return render_template(
        "manage/structures/import_progress.html", row=row, row_url=f"{BASE}/{file_id}", import_url=BASE
    )


@blueprint.post("/<int:file_id>/removal")
@staff(MAY_MANAGE)
def remove(file_id: int) -> Response:
    row = _get(file_id)
    try:
        with transaction():
            give_up(file_id, organiser_id=row.organiser_id, by=current_actor(), now=clock.now())
    except FileWritten:
        return redirect(f"{BASE}/{file_id}/progress")
    flash(_("The file “%(name)s” is deleted.", name=row.name), "ok")
    return redirect(BASE)


def _get(file_id: int) -> FileRow:
    return get_file(file_id, organiser_id=current_organiser_id())


def _plan(row: FileRow) -> Plan:
    return make_plan(read_sheet(get_content(row.id)), row.mapping, read_directory(row.organiser_id))


def _views(problems: list[Problem]) -> list[dict[str, Any]]:
    locale = current_locale()
    return [
        {"line": p.line, "column": p.column, "message": say_problem(p, locale), "value": p.value} for p in problems
    ]  # fmt: skip


def _upload_page(form: UploadForm) -> str:
    return render_template(
        "manage/structures/import_upload.html", form=form, files=list_files(current_organiser_id()), import_url=BASE,
        days_kept=KEPT.days,
    )  # fmt: skip


def _columns_page(row: FileRow, sheet: Sheet, form: Any) -> str:
    samples = [[r.cells[n] for r in sheet.rows if r.cells[n]][:SAMPLES] for n in range(len(sheet.header))]
    table = [(name, form[column_name(n)], samples[n]) for n, name in enumerate(sheet.header)]
    return render_template(
        "manage/structures/import_columns.html", form=form, row=row, row_url=f"{BASE}/{row.id}", table=table,
        lines=len(sheet.rows), import_url=BASE,
    )  # fmt: skip

"""Importing boxes and contents: the files, what they would do, and the writing.

Between the two steps the page itself holds the files, which are small; what it sends back is read anew.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app.boxes.enums import Wear
from app.boxes.importing.planning import Plan
from app.boxes.importing.wording import say_problem, say_refusal
from app.boxes.importing.writing import plan_sheets, write_plan
from app.core import clock
from app.core.transaction import transaction
from app.sheets.errors import ImportRefused
from app.sheets.reading import read_sheet
from app.web.forms.boxes import WEAR_LABELS, BoxImportForm
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.i18n import current_locale
from app.web.manage.boxes_tabs import LENDS, boxes_context

blueprint = Blueprint("manage_boxes_import", __name__, url_prefix="/manage/boxes/import")

BASE = "/manage/boxes/import"
MOST_SHOWN = 200
CHANGE_LABELS = {
    "title_fr": _l("Title"), "players_min": _l("Fewest players"), "players_max": _l("Most players"),
    "minutes": _l("Minutes"), "depot": _l("Depot"), "wear": _l("Wear"), "quantity": _l("Quantity"),
    "consumable": _l("Consumable"),
}  # fmt: skip
MOST_BYTES = 150 * 1024
"""Of a file: the page holds two of them, and a form's fields are bounded."""


@blueprint.get("")
@staff(LENDS)
def show() -> str:
    return _page(BoxImportForm(formdata=None), None)


@blueprint.post("")
@staff(LENDS)
def send() -> str | tuple[str, int] | Response:
    """« check » says what the files would do, « write » does it if every line is well."""
    organiser_id, form = current_organiser_id(), BoxImportForm()
    if not form.validate_on_submit():
        return _page(form, None), 422
    try:
        contents = [_sent(field.data) for field in (form.file, form.contents) if _is_sent(field.data)] or _kept()
        if not contents:
            raise ImportRefused("no_file")
        sheets = [read_sheet(content) for content in contents]
        plan = plan_sheets(organiser_id, sheets)
        if request.form.get("action") != "write" or plan.problems or plan.changes_nothing:
            return _page(form, plan, contents)
        with transaction():
            plan = plan_sheets(organiser_id, sheets)
            write_plan(organiser_id, plan, by=current_actor(), now=clock.now())
    except ImportRefused as refused:
        form.file.errors = [say_refusal(refused, current_locale())]
        return _page(form, None), 422
    flash(_("The inventory is written."), "ok")
    return redirect("/manage/boxes/all")


def _shown(value: object) -> str:
    """A value of a change in words."""
    if isinstance(value, Wear):
        return str(WEAR_LABELS[value])
    if isinstance(value, bool):
        return str(_("consumable") if value else _("to bring back"))
    return "–" if value in (None, "") else str(value)


def _is_sent(data: object) -> bool:
    return isinstance(data, FileStorage) and bool(data.filename)


def _sent(data: FileStorage) -> bytes:
    content = data.stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ImportRefused("too_heavy", limit=MOST_BYTES // 1024)
    return content


def _kept() -> list[bytes]:
    """The files that the page was sent with before."""
    try:
        return [b64decode(text, validate=True) for text in request.form.getlist("kept")[:2]]
    except (binascii.Error, ValueError) as error:
        raise ImportRefused("no_file") from error


def _page(form: BoxImportForm, plan: Plan | None, contents: Sequence[bytes] = ()) -> str:
    locale = current_locale()
    problems = [(p, say_problem(p, locale)) for p in plan.problems[:MOST_SHOWN]] if plan else []
    return render_template(
        "manage/boxes/import.html",
        form=form,
        plan=plan,
        kept=[b64encode(content).decode() for content in contents],
        problems=problems,
        changes=[(c, _shown(c.before), _shown(c.after)) for c in plan.changes] if plan else [],
        labels=CHANGE_LABELS,
        **boxes_context("/manage/boxes/all"),
    )

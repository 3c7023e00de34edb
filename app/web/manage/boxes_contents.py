"""What one box holds: where it differs from its scenario, and what a count in the depot finds."""

from typing import NamedTuple

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.boxes.enums import BoxCondition
from app.boxes.errors import EntryChanged, ItemNotFound
from app.boxes.operations.boxes import ThingKey, count_box, set_exceptions
from app.boxes.queries import get_box, list_contents
from app.boxes.rows import BoxRow
from app.core.errors import FieldError
from app.web.forms.boxes import BoxContentsForm
from app.web.forms.loan_desk import revision_of
from app.web.guards import current_organiser_id, staff
from app.web.manage.boxes_contents_stale import Stale, contents_form, take_over
from app.web.manage.boxes_history import away_words
from app.web.manage.boxes_saving import acting, at_rows, try_to_save
from app.web.manage.boxes_tabs import LENDS, boxes_context

blueprint = Blueprint("manage_boxes_contents", __name__, url_prefix="/manage/boxes/all")

BASE = "/manage/boxes/all"


class _Saved(NamedTuple):
    changed: bool
    condition: BoxCondition


@blueprint.get("/<code>/contents")
@staff(LENDS)
def contents(code: str) -> str:
    box = _get(code)
    return _page(contents_form(box), box)


@blueprint.post("/<code>/contents")
@staff(LENDS)
def save(code: str) -> str | tuple[str, int] | Response:
    box, form = _get(code), BoxContentsForm()
    tried = try_to_save(form, lambda: _write(form, box))
    if tried.changed:
        box = _get(code)
        stale = take_over(form, box)
        return _page(stale.form, box, stale), tried.status
    if tried.value is None:
        return _page(form, box), tried.status
    if not tried.value.changed:
        flash(_("Nothing was different: nothing is changed."), "ok")
    elif tried.value.condition is BoxCondition.INCOMPLETE:
        flash(_("Saved. Something is missing: the next borrower sees what."), "waiting")
    else:
        flash(_("Saved."), "ok")
    return redirect(f"{BASE}/{box.code}")


def _write(form: BoxContentsForm, box: BoxRow) -> _Saved:
    """Raises EntryChanged, FieldError at the lines of the page."""
    values = acting()
    try:
        changed = set_exceptions(box.id, form.drafts(), revision=revision_of(form) or 0, **values)
        counts = _counts(form, box)
        if counts:
            return _Saved(True, count_box(box.id, counts, **values))
    except ItemNotFound as error:
        raise EntryChanged(box.code) from error
    except FieldError as error:
        raise at_rows(form.lines, form.filled(), error) from error
    return _Saved(changed, get_box(box.organiser_id, box.code).condition)


def _counts(form: BoxContentsForm, box: BoxRow) -> dict[ThingKey, int]:
    """What was typed and differs from the last count; things just added are known by their name."""
    stored = list_contents(box)
    before = {ThingKey(c.item_id, None if c.item_id else c.box_item_id): c.present for c in stored}
    named = {c.name_fr: c.box_item_id for c in stored if c.item_id is None}
    typed: dict[ThingKey, int] = {}
    for draft in form.drafts():
        own = draft.box_item_id or named.get(draft.name.strip())
        key = ThingKey(draft.item_id, None if draft.item_id else own)
        if draft.present is not None:
            typed[key] = draft.present
    return {key: present for key, present in typed.items() if before.get(key) != present}


def _page(form: BoxContentsForm, box: BoxRow, stale: Stale | None = None) -> str:
    return render_template(
        "manage/boxes/all/contents.html",
        form=form,
        box=box,
        stale=stale,
        away=away_words(box),
        problems=form.list_problems(),
        **boxes_context(BASE),
    )


def _get(code: str) -> BoxRow:
    return get_box(current_organiser_id(), code.replace("\x00", ""))

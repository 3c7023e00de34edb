"""What one box holds: where it differs from its scenario, and what a count in the depot finds."""

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.boxes.enums import BoxCondition
from app.boxes.operations.boxes import ThingKey, count_box, set_exceptions
from app.boxes.queries import get_box, list_contents
from app.boxes.rows import BoxRow
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.web.forms.boxes import SPARE_ROWS, BoxContentsForm
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.i18n import current_locale
from app.web.manage.boxes_tabs import LENDS, boxes_context

blueprint = Blueprint("manage_boxes_contents", __name__, url_prefix="/manage/boxes/all")

BASE = "/manage/boxes/all"


@blueprint.get("/<code>/contents")
@staff(LENDS)
def contents(code: str) -> str:
    box = _get(code)
    return _page(_form_of(box), box)


@blueprint.post("/<code>/contents")
@staff(LENDS)
def save(code: str) -> str | tuple[str, int] | Response:
    box, form, now, by = _get(code), BoxContentsForm(), clock.now(), current_actor()
    if not form.validate_on_submit():
        return _page(form, box), 422
    condition = box.condition
    try:
        with transaction():
            set_exceptions(box.id, form.drafts(), organiser_id=box.organiser_id, by=by, now=now)
            counts = _counts(form, box)
            if counts:
                condition = count_box(box.id, counts, organiser_id=box.organiser_id, by=by, now=now)
    except FieldError as error:
        form.show_refusal(error)
        return _page(form, box), 422
    if condition is BoxCondition.INCOMPLETE:
        flash(_("Saved. Something is missing: the next borrower sees what."), "waiting")
    else:
        flash(_("Saved."), "ok")
    return redirect(f"{BASE}/{box.code}")


def _counts(form: BoxContentsForm, box: BoxRow) -> dict[ThingKey, int]:
    """What was typed and differs from the last count; things just added are known by their name."""
    stored = list_contents(box)
    before = {ThingKey(c.item_id, None if c.item_id else c.box_item_id): c.present for c in stored}
    named = {c.name_fr: c.box_item_id for c in stored if c.item_id is None}
    typed: dict[ThingKey, int] = {}
    for part, draft in zip(form.filled(), form.drafts(), strict=True):
        own = draft.box_item_id or named.get(draft.name.strip())
        key = ThingKey(draft.item_id, None if draft.item_id else own)
        if part.form.present.data is not None:
            typed[key] = part.form.present.data
    return {key: present for key, present in typed.items() if before.get(key) != present}


def _form_of(box: BoxRow) -> BoxContentsForm:
    locale = current_locale()
    rows: list[dict[str, object]] = [
        {
            "item_id": str(c.item_id or ""), "box_item_id": "" if c.item_id else str(c.box_item_id),
            "name": c.name(locale), "expected": c.expected, "present": c.present, "note": c.note,
            "consumable": c.consumable,
        }
        for c in list_contents(box)
    ]  # fmt: skip
    return BoxContentsForm(formdata=None, lines=rows + [{} for _ in range(SPARE_ROWS)])


def _page(form: BoxContentsForm, box: BoxRow) -> str:
    return render_template(
        "manage/boxes/all/contents.html", form=form, box=box, problems=form.list_problems(), **boxes_context(BASE)
    )


def _get(code: str) -> BoxRow:
    return get_box(current_organiser_id(), code.replace("\x00", ""))

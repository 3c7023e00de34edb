"""When the organiser is closed, and how it lends."""

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.resources.calendars import lending_zone
from app.resources.settings import add_closure, get_settings, list_closures, remove_closure, set_settings
from app.web.forms.base import text_of
from app.web.forms.boxes import ClosureForm, LendingForm
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.manage.boxes_tabs import LENDS, boxes_context

blueprint = Blueprint("manage_boxes_closures", __name__, url_prefix="/manage/boxes/closures")

Answer = str | tuple[str, int] | Response
BASE = "/manage/boxes/closures"


@blueprint.get("")
@staff(LENDS)
def index() -> str:
    return _page()


@blueprint.post("")
@staff(LENDS)
def add() -> Answer:
    form = ClosureForm()
    if not form.validate_on_submit() or form.starts_on.data is None or form.ends_on.data is None:
        return _page(closure=form), 422
    try:
        with transaction():
            add_closure(
                current_organiser_id(), form.starts_on.data, form.ends_on.data, text_of(form.label), by=current_actor(),
                now=clock.now(),
            )  # fmt: skip
    except FieldError as error:
        form.show_refusal(error)
        return _page(closure=form), 422
    flash(_("Nothing is lent or taken back on these days. Loans that are agreed already stay."), "ok")
    return redirect(BASE)


@blueprint.post("/<int:closure_id>/removal")
@staff(LENDS)
def remove(closure_id: int) -> Response:
    with transaction():
        remove_closure(closure_id, organiser_id=current_organiser_id(), by=current_actor(), now=clock.now())
    flash(_("The closure is removed."), "ok")
    return redirect(BASE)


@blueprint.post("/settings")
@staff(LENDS)
def save() -> Answer:
    form = LendingForm()
    if not form.validate_on_submit():
        return _page(lending=form), 422
    try:
        with transaction():
            set_settings(current_organiser_id(), form.settings(), by=current_actor(), now=clock.now())
    except FieldError as error:
        form.show_refusal(error)
        return _page(lending=form), 422
    flash(_("Saved."), "ok")
    return redirect(BASE)


def _page(*, closure: ClosureForm | None = None, lending: LendingForm | None = None) -> str:
    organiser_id = current_organiser_id()
    today = clock.now().astimezone(lending_zone()).date()
    return render_template(
        "manage/boxes/closures.html",
        closures=list_closures(organiser_id, since=today),
        closure=closure or ClosureForm(formdata=None),
        lending=lending or LendingForm.of(get_settings(organiser_id)),
        **boxes_context(BASE),
    )

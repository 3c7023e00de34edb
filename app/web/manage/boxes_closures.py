"""When the organiser is closed, and how it lends."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.loans.queries import LoanRow
from app.resources.calendars import lending_zone
from app.resources.settings import (
    ClosureNotFound,
    add_closure,
    get_settings,
    list_closures,
    remove_closure,
    set_settings,
)
from app.web.forms.base import text_of
from app.web.forms.boxes import ClosureForm, LendingForm
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.loan_labels import period_words
from app.web.manage.boxes_closed import promised_in
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
    met = promised_in(current_organiser_id(), form.starts_on.data, form.ends_on.data, now=clock.now())
    if met and text_of(form.label) and not (form.even_promised.data and form.asked.data == form.days):
        form.even_promised.data, form.asked.data = False, form.days
        return _page(closure=form, met=met), 422
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
    if met:
        flash(_("Agree on other dates with: %(loans)s.", loans=", ".join(map(_named, met))), "waiting")
    return redirect(BASE)


@blueprint.post("/<int:closure_id>/removal")
@staff(LENDS)
def remove(closure_id: int) -> Response:
    try:
        with transaction():
            remove_closure(closure_id, organiser_id=current_organiser_id(), by=current_actor(), now=clock.now())
    except ClosureNotFound:
        flash(_("This closure was removed already."), "waiting")
    else:
        flash(_("The closure is removed."), "ok")
    return redirect(BASE)


@blueprint.get("/settings")
@staff(LENDS)
def settings_address() -> Response:
    """Where the form was sent to, opened again from the address bar."""
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


def _named(loan: LoanRow) -> str:
    return f"{loan.structure_name} ({loan.reference})"


def _page(
    *, closure: ClosureForm | None = None, lending: LendingForm | None = None, met: Sequence[LoanRow] = ()
) -> str:
    """`met`: promised loans that a closure which is not kept yet would meet."""
    organiser_id = current_organiser_id()
    today = clock.now().astimezone(lending_zone()).date()
    return render_template(
        "manage/boxes/closures.html",
        closures=list_closures(organiser_id, since=today),
        closure=closure or ClosureForm(formdata=None),
        met=[(loan, period_words(loan.period)) for loan in met],
        lending=lending or LendingForm.of(get_settings(organiser_id)),
        **boxes_context(BASE),
    )

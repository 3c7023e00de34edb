"""An organiser's lists of reasons: adding, rewording, ordering, taking out and bringing back."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.core.transaction import in_transaction
from app.events.enums import ReasonUse
from app.events.errors import LastReason
from app.events.operations.reasons import bring_reason_back, order_reasons, retire_reason, save_reason
from app.events.queries.reasons import list_reasons, lists_of_reasons
from app.events.reasons import ReasonRow
from app.web.forms.reasons import USE_LABELS, ReasonForm
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.i18n import current_locale

blueprint = Blueprint("manage_reasons", __name__, url_prefix="/manage/reasons")

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@staff(MAY_MANAGE)
def index() -> str:
    lists = lists_of_reasons(current_organiser_id())
    return render_template("manage/reasons/list.html", lists=lists, titles=USE_LABELS)


@blueprint.get("/<use>/new")
@staff(MAY_MANAGE)
def new(use: str) -> str:
    return _page(_use(use), ReasonForm(formdata=None), None)


@blueprint.post("/<use>/new")
@staff(MAY_MANAGE)
def add(use: str) -> Answer:
    return _save(_use(use), None)


@blueprint.get("/<use>/<code>")
@staff(MAY_MANAGE)
def edit(use: str, code: str) -> str:
    row = _reason(_use(use), code)
    return _page(_use(use), ReasonForm(formdata=None, label_fr=row.label_fr, label_en=row.label_en), row)


@blueprint.post("/<use>/<code>")
@staff(MAY_MANAGE)
def save(use: str, code: str) -> Answer:
    return _save(_use(use), _reason(_use(use), code))


@blueprint.post("/<use>/<code>/move")
@staff(MAY_MANAGE)
def move(use: str, code: str) -> Response:
    """One place up or down among those that are offered; at the end of the list nothing moves."""
    chosen, organiser_id = _use(use), current_organiser_id()
    codes = [row.code for row in list_reasons(organiser_id, chosen)]
    if code not in codes:
        raise NotFound("reason")
    at = codes.index(code)
    to = at + (-1 if request.form.get("to") == "up" else 1)
    if 0 <= to < len(codes):
        codes[at], codes[to] = codes[to], codes[at]
        in_transaction(lambda: order_reasons(organiser_id, chosen, codes, by=current_actor(), now=clock.now()))
    return _back(chosen)


@blueprint.post("/<use>/<code>/retire")
@staff(MAY_MANAGE)
def retire(use: str, code: str) -> Response:
    chosen, row = _use(use), _reason(_use(use), code)
    said = row.label(current_locale())
    try:
        in_transaction(lambda: retire_reason(current_organiser_id(), chosen, code, by=current_actor(), now=clock.now()))
    except LastReason:
        flash(_("“%(reason)s” stays: it is the last one of its list.", reason=said), "waiting")
    else:
        flash(_("“%(reason)s” is offered no more. What was told with it stays counted.", reason=said), "ok")
    return _back(chosen)


@blueprint.post("/<use>/<code>/return")
@staff(MAY_MANAGE)
def bring_back(use: str, code: str) -> Response:
    chosen = _use(use)
    said = _reason(chosen, code).label(current_locale())
    in_transaction(lambda: bring_reason_back(current_organiser_id(), chosen, code, by=current_actor(), now=clock.now()))
    flash(_("“%(reason)s” is offered again.", reason=said), "ok")
    return _back(chosen)


def _use(value: str) -> ReasonUse:
    if value not in set(ReasonUse):
        raise NotFound("list of reasons")
    return ReasonUse(value)


def _reason(use: ReasonUse, code: str) -> ReasonRow:
    found = next((r for r in list_reasons(current_organiser_id(), use, retired=True) if r.code == code), None)
    if found is None:
        raise NotFound("reason")
    return found


def _save(use: ReasonUse, before: ReasonRow | None) -> Answer:
    form: Any = ReasonForm()
    if not form.validate_on_submit():
        return _page(use, form, before), 422
    try:
        in_transaction(
            lambda: save_reason(
                current_organiser_id(),
                use,
                label_fr=form.label_fr.data,
                label_en=form.label_en.data or "",
                code=before.code if before else None,
                by=current_actor(),
                now=clock.now(),
            )
        )
    except FieldError as error:
        form.show_refusal(error)
        return _page(use, form, before), 422
    flash(_("Saved: %(section)s.", section=form.label_fr.data), "ok")
    return _back(use)


def _page(use: ReasonUse, form: ReasonForm, before: ReasonRow | None) -> str:
    return render_template("manage/reasons/form.html", form=form, reason=before, use=use, title=USE_LABELS[use])


def _back(use: ReasonUse) -> Response:
    return redirect(f"/manage/reasons#{use.value}", 303)

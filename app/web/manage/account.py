"""A person's own account: password, sessions, the organiser they act for."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.operations.log_in import change_password, log_out_everywhere
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.core.transaction import transaction
from app.web.forms.accounts import ROLE_NAMES, PasswordForm
from app.web.forms.base import text_of
from app.web.guards import act_for, current_account, current_actor, forget_tokens, sign_in, sign_out, signed_in

blueprint = Blueprint("manage_account", __name__, url_prefix="/manage/account")


@blueprint.get("")
@signed_in
def show() -> str:
    return _page(PasswordForm(formdata=None))


@blueprint.post("/password")
@signed_in
def set_password() -> str | tuple[str, int] | Response:
    form = PasswordForm()
    if not form.validate_on_submit():
        return _page(form), 422
    account = current_account()
    try:
        with transaction():
            epoch = change_password(
                account.account_id,
                text_of(form.current_password),
                text_of(form.new_password),
                by=current_actor(),
                now=clock.now(),
            )
    except FieldError as error:
        form.show_refusal(error)
        return _page(form), 422
    forget_tokens()
    sign_in(account.account_id, epoch)
    flash(_("Your password is changed. Your other devices are logged out."), "ok")
    return redirect("/manage/account")


@blueprint.post("/log-out-everywhere")
@signed_in
def end_sessions() -> Response:
    with transaction():
        log_out_everywhere(current_account().account_id, by=current_actor(), now=clock.now())
    forget_tokens()
    sign_out()
    flash(_("You are logged out on all devices, doors included."), "ok")
    return redirect("/login")


@blueprint.post("/organiser")
@signed_in
def choose_organiser() -> Response:
    chosen = request.form.get("organiser_id", "")
    if not chosen.isdecimal() or len(chosen) > 9:
        raise NotFound("organiser")
    act_for(int(chosen))
    return redirect("/manage/")


def _page(form: PasswordForm) -> str:
    account = current_account()
    return render_template("manage/account.html", form=form, memberships=account.memberships, role_names=ROLE_NAMES)

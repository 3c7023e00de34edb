"""A person's own account: password, sessions, the organiser they act for."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.errors import PasswordChanged
from app.accounts.operations.log_in import change_password, log_out_everywhere
from app.accounts.passwords import choose_password, is_right_password
from app.accounts.queries import find_credentials, find_ended
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
        epoch = _change(account.account_id, account.email, form)
    except FieldError as error:
        form.show_refusal(error)
        return _page(form), 422
    forget_tokens()
    sign_in(account.account_id, epoch)
    flash(_("Your password is changed. Your other devices are logged out."), "ok")
    return redirect("/manage/account")


def _change(account_id: int, email: str, form: PasswordForm) -> int:
    """Change the password; the new epoch. Both passwords are hashed before the transaction: that takes a while.

    Raises FieldError (current_password: password_wrong; new_password: password_short, password_common).
    """
    kept = find_credentials(email)
    compared = kept.password_hash if kept else None
    wrong = FieldError({"current_password": "password_wrong"})
    if compared is None or not is_right_password(compared, text_of(form.current_password)):
        raise wrong
    new = choose_password(text_of(form.new_password), name="new_password")
    try:
        with transaction():
            return change_password(account_id, new, compared=compared, by=current_actor(), now=clock.now())
    except PasswordChanged as error:
        raise wrong from error


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
    return render_template(
        "manage/account.html", form=form, memberships=account.memberships, has_entrusted=bool(account.entrusted),
        role_names=ROLE_NAMES, ended=None if account.memberships else find_ended(account.account_id, clock.now()),
    )  # fmt: skip

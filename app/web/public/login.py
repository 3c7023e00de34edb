"""Logging in and out, and setting a password anew for who forgot theirs."""

from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.errors import ResetInvalid, TooManyAttempts
from app.accounts.operations.log_in import count_attempt, forget_attempts
from app.accounts.operations.recovery import ask_reset, reset_password
from app.accounts.passwords import choose_password, is_right_password
from app.accounts.queries import CredentialsRow, find_credentials
from app.accounts.reset_links import find_reset
from app.core import clock
from app.core.actor import Actor, ActorKind
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.core.urls import settings
from app.web.filters import hour
from app.web.forms.accounts import ForgottenForm, LogInForm, NewPasswordForm
from app.web.forms.base import text_of
from app.web.guards import find_visiting_account, own_link, public, sign_in, sign_out
from app.web.kept_forms import read_kept, send_again_page
from app.web.problems import retry_after

blueprint = Blueprint("login", __name__)

HOME = "/manage/"
Answer = str | tuple[str, int] | tuple[str, int, dict[str, str]] | Response


@blueprint.get("/login")
@public
def show() -> str | Response:
    wanted = local_path(request.args.get("next", ""))
    if find_visiting_account() is not None:
        return redirect(wanted)
    return _page(LogInForm(formdata=None, next=wanted))


@blueprint.post("/login")
@public
def log_in() -> Answer:
    form = LogInForm()
    if not form.validate_on_submit():
        return _page(form), 422
    now = clock.now()
    try:
        found = _try(text_of(form.email), text_of(form.password), now)
    except TooManyAttempts as blocked:
        message = _("Too many attempts. Try again at %(hour)s.", hour=hour(blocked.until))
        return _page(form, message), 429, {"Retry-After": retry_after(blocked)}
    if found is None:
        return _page(form, _("This e-mail address and this password do not go together.")), 422
    sign_in(found.account_id, found.epoch)
    kept = read_kept(text_of(form.kept))
    if kept is not None:
        return send_again_page(kept)
    return redirect(local_path(text_of(form.next)))


@blueprint.post("/logout")
@public
def log_out() -> Response:
    sign_out()
    flash(_("You are logged out."))
    return redirect("/login")


@blueprint.get("/login/forgotten")
@public
def forgotten() -> str:
    return _forgotten_page(ForgottenForm(formdata=None))


@blueprint.post("/login/forgotten")
@public
def ask_for_link() -> Answer:
    """Send the mail. Whether an account has the address is told to its mailbox alone."""
    form = ForgottenForm()
    if not form.validate_on_submit():
        return _forgotten_page(form), 422
    try:
        with transaction():
            ask_reset(text_of(form.email), request.remote_addr or "", now=clock.now())
    except TooManyAttempts as blocked:
        message = _("Several mails were asked for already. Try again at %(hour)s.", hour=hour(blocked.until))
        return _forgotten_page(form, message), 429, {"Retry-After": retry_after(blocked)}
    return redirect("/login/forgotten/sent")


@blueprint.get("/login/forgotten/sent")
@public
def link_sent() -> str:
    """The same for every address, and for whoever opens it."""
    return render_template("public/forgotten_sent.html")


@blueprint.get("/login/forgotten/<token>")
@own_link
def choose(token: str) -> str | tuple[str, int]:
    """The page that the mail opens. Looking at it uses nothing up: mail programs open links before people do."""
    account = find_reset(token, settings().secret_key, now=clock.now())
    if account is None:
        return _link_over()
    return _choose_page(NewPasswordForm(formdata=None), account.email)


@blueprint.post("/login/forgotten/<token>")
@own_link
def set_new(token: str) -> str | tuple[str, int] | Response:
    form, now = NewPasswordForm(), clock.now()
    account = find_reset(token, settings().secret_key, now=now)
    if account is None:
        return _link_over()
    if not form.validate_on_submit():
        return _choose_page(form, account.email), 422
    try:
        chosen = choose_password(text_of(form.new_password), name="new_password")
        with transaction():
            reset_password(token, chosen, now=now)
    except FieldError as error:
        form.show_refusal(error)
        return _choose_page(form, account.email), 422
    except ResetInvalid:
        return _link_over()
    sign_out()
    flash(_("Your new password is in place. You are logged out on all devices: log in with it."), "ok")
    return redirect("/login")


def local_path(text: str) -> str:
    """`text` when it is a path on this site, else the desk: nobody is sent elsewhere by a link to our log-in."""
    try:
        parts = urlsplit(text.replace("\\", "/"))
    except ValueError:
        return HOME
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith("//"):
        return HOME
    return HOME if any(ord(c) < 32 for c in text) else text


def _try(email: str, password: str, now: datetime) -> CredentialsRow | None:
    """The credentials when the password is right. The attempt counts first; hashing holds no lock."""
    address = request.remote_addr or ""
    with transaction():
        count_attempt(email, address, now=now)
    found = find_credentials(email)
    right = is_right_password(found.password_hash if found else None, password)
    if found is None or not right or found.disabled:
        return None
    person = Actor(ActorKind.STAFF, email, found.account_id)
    with transaction():
        forget_attempts(email, address, by=person, now=now)
    return found


def _page(form: LogInForm, refusal: str = "") -> str:
    kept = read_kept(text_of(form.kept)) is not None
    return render_template("public/login.html", form=form, refusal=refusal, kept=kept)


def _forgotten_page(form: ForgottenForm, refusal: str = "") -> str:
    return render_template("public/forgotten.html", form=form, refusal=refusal)


def _choose_page(form: NewPasswordForm, email: str) -> str:
    return render_template("public/forgotten_choose.html", form=form, email=email)


def _link_over() -> tuple[str, int]:
    return render_template("public/forgotten_over.html"), 410

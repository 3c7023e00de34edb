"""Logging in and out."""

from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.errors import TooManyAttempts
from app.accounts.operations.log_in import count_attempt, forget_attempts
from app.accounts.passwords import is_right_password
from app.accounts.queries import CredentialsRow, find_credentials
from app.core import clock
from app.core.actor import Actor, ActorKind
from app.core.transaction import transaction
from app.web.filters import hour
from app.web.forms.accounts import LogInForm
from app.web.forms.base import text_of
from app.web.guards import find_visiting_account, public, sign_in, sign_out

blueprint = Blueprint("login", __name__)

HOME = "/manage/"


@blueprint.get("/login")
@public
def show() -> str | Response:
    wanted = local_path(request.args.get("next", ""))
    if find_visiting_account() is not None:
        return redirect(wanted)
    return _page(LogInForm(formdata=None, next=wanted))


@blueprint.post("/login")
@public
def log_in() -> str | tuple[str, int] | Response:
    form = LogInForm()
    if not form.validate_on_submit():
        return _page(form), 422
    now = clock.now()
    try:
        found = _try(text_of(form.email), text_of(form.password), now)
    except TooManyAttempts as blocked:
        message = _("Too many attempts. Try again at %(hour)s.", hour=hour(blocked.until))
        return _page(form, message), 429
    if found is None:
        return _page(form, _("This e-mail address and this password do not go together.")), 422
    sign_in(found.account_id, found.epoch)
    return redirect(local_path(text_of(form.next)))


@blueprint.post("/logout")
@public
def log_out() -> Response:
    sign_out()
    flash(_("You are logged out."))
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
    return render_template("public/login.html", form=form, refusal=refusal)

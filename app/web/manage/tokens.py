"""Keys of programs: made here, shown once, revoked here."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.enums import Scope
from app.accounts.operations.tokens import make_token, revoke_token
from app.accounts.queries import list_tokens
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.core.urls import settings
from app.web.forms.accounts import SCOPE_LABELS, TokenForm
from app.web.forms.base import text_of
from app.web.guards import OWNERS, current_actor, current_organiser_id, forget_tokens, staff

blueprint = Blueprint("manage_tokens", __name__, url_prefix="/manage/tokens")


@blueprint.get("")
@staff(OWNERS)
def show() -> str:
    return _page(TokenForm(formdata=None))


@blueprint.post("")
@staff(OWNERS)
def make() -> str | tuple[str, int]:
    form = TokenForm()
    if not form.validate_on_submit():
        return _page(form), 422
    now = clock.now()
    expires_at = _end_of(form.expires_on.data) if form.expires_on.data else None
    if expires_at is not None and expires_at <= now:
        form.expires_on.errors = [_("This day is over. Choose a later one.")]
        return _page(form), 422
    scopes = [Scope(text) for text in form.scopes.data or ()]
    try:
        with transaction():
            secret = make_token(
                current_organiser_id(), text_of(form.name), scopes, by=current_actor(), now=now, expires_at=expires_at
            )
    except FieldError as error:
        form.show_refusal(error)
        return _page(form), 422
    return _page(TokenForm(formdata=None), made=(text_of(form.name), secret))


@blueprint.post("/<int:token_id>/revocation")
@staff(OWNERS)
def revoke(token_id: int) -> Response:
    with transaction():
        revoke_token(token_id, current_organiser_id(), by=current_actor(), now=clock.now())
    forget_tokens()
    flash(_("The key is revoked. Programs that use it stop within 5 seconds."), "ok")
    return redirect("/manage/tokens")


LAST_DAY = date(2100, 12, 31)  # a key that ends later than anybody will see ends then


def _end_of(day: date) -> datetime:
    """The first instant after the day, here."""
    zone = ZoneInfo(settings().default_timezone)
    return datetime.combine(min(day, LAST_DAY) + timedelta(days=1), time(), zone).astimezone(UTC)


def _page(form: TokenForm, made: tuple[str, str] | None = None) -> str:
    return render_template(
        "manage/tokens.html",
        form=form,
        tokens=list_tokens(current_organiser_id()),
        scope_labels=SCOPE_LABELS,
        made=made,
        now=clock.now(),
    )

"""Keys of programs: made here, shown once, revoked here."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.accounts.enums import Scope
from app.accounts.operations.tokens import make_token, revoke_token
from app.accounts.queries import list_tokens
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.core.urls import absolute, settings
from app.events.queries import get_event, list_events
from app.web.filters import date_by
from app.web.forms.accounts import SCOPE_LABELS, TokenForm
from app.web.forms.base import choices, text_of
from app.web.guards import OWNERS, current_actor, current_organiser_id, forget_tokens, staff

blueprint = Blueprint("manage_tokens", __name__, url_prefix="/manage/tokens")

SCOPE_TEXTS = {
    Scope.EVENTS_READ: _l("For a web site or a screen: titles, hours, places left, people present. No names."),
    Scope.EVENTS_WRITE: _l("For a tool that plans: it makes events, changes, publishes and calls them off."),
    Scope.REGISTRATIONS_WRITE: _l(
        "For a tool that registers people: it sees names and addresses of those it asks for."
    ),
    Scope.SCANS_WRITE: _l("For another scanner: it reads the door list, with names, and tells who came."),
    Scope.LOANS_WRITE: _l("For a tool that books: it sees what is free and lends boxes."),
}
"""What each scope opens, in a sentence; a scope that nothing needs yet is not offered."""


@dataclass(frozen=True)
class Example:
    """A call that a scope allows, ready for a command line. The key stands in PARCOURS_KEY."""

    scope: Scope
    command: str


@blueprint.get("")
@staff(OWNERS)
def show() -> str:
    return _page(_form(fresh=True))


@blueprint.post("")
@staff(OWNERS)
def make() -> str | tuple[str, int]:
    form = _form()
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
                current_organiser_id(), text_of(form.name), scopes, by=current_actor(), now=now, expires_at=expires_at,
                distinct=True,
            )  # fmt: skip
    except FieldError as error:
        form.show_refusal(error)
        return _page(form), 422
    return _page(_form(fresh=True), made=(text_of(form.name), secret))


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


def on_day(day: date) -> str:
    """4 février 2027, 4 February 2027."""
    return date_by(day, "d MMMM y")


def _form(*, fresh: bool = False) -> TokenForm:
    form = TokenForm(formdata=None) if fresh else TokenForm()
    form.scopes.choices = choices({scope.value: SCOPE_LABELS[scope] for scope in SCOPE_TEXTS})
    return form


def examples() -> list[Example]:
    """One call for each scope that has one, about the organiser's latest event."""
    lines = list_events(current_organiser_id(), limit=1)
    event = get_event(lines[0].slug) if lines else None
    slug = event.slug if event else "mon-evenement"
    wave = str(event.waves[0].id) if event and event.waves else "1"
    audience = event.audiences[0].code if event and event.audiences else "job_seeker"
    person = {
        "kind": "individual", "audience": audience, "waves": [wave],
        "contact": {"name": "Camille Exemple", "email": "camille@example.org"},
    }  # fmt: skip
    api = absolute("/api/v1")
    closing = json.dumps({"move": "close"})
    return [
        Example(Scope.EVENTS_READ, _curl(f"{api}/events")),
        Example(Scope.EVENTS_WRITE, _curl(f"{api}/events/{slug}/moves", closing)),
        Example(Scope.REGISTRATIONS_WRITE, _curl(f"{api}/events/{slug}/registrations", json.dumps(person))),
        Example(Scope.SCANS_WRITE, _curl(f"{api}/events/{slug}/door-list")),
        Example(Scope.LOANS_WRITE, _curl(f"{api}/scenarios")),
    ]


def _curl(url: str, body: str | None = None) -> str:
    lines = ['curl -H "Authorization: Bearer $PARCOURS_KEY"']
    if body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d '{body}'"]
    return " \\\n  ".join([*lines, url])


def _page(form: TokenForm, made: tuple[str, str] | None = None) -> str:
    return render_template(
        "manage/tokens.html",
        form=form,
        tokens=list_tokens(current_organiser_id()),
        scope_labels=SCOPE_LABELS,
        scope_texts=SCOPE_TEXTS,
        examples=examples(),
        made=made,
        on_day=on_day,
        now=clock.now(),
    )

"""One's own route: to go to an optional stop or not, until the visit begins."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.core.urls import own_page_path
from app.events.queries import EventRow
from app.events.route import stops_of
from app.registrations.errors import ChangeClosed, RegistrationNotFound
from app.registrations.operations import choose_stop
from app.registrations.papers import admits
from app.registrations.queries import RegistrationRow
from app.registrations.rules import may_choose_stops
from app.web.guards import current_actor, own_link
from app.web.i18n import current_locale
from app.web.public.found import registration_of_link
from app.web.public.tickets import unknown_link

blueprint = Blueprint("public_own_route", __name__)
blueprint.register_error_handler(RegistrationNotFound, unknown_link)


@dataclass(frozen=True)
class StopChoice:
    """An optional stop: whether the person goes there, and whether they may still say otherwise."""

    id: int
    name: str
    text: str
    goes: bool
    open: bool


def stop_choices(event: EventRow, registration: RegistrationRow, now: datetime) -> tuple[StopChoice, ...]:
    """The optional stops of a registration's route; none while it has no place."""
    if not admits(event, registration):
        return ()
    may, locale = may_choose_stops(event, registration.waves, staff=False, now=now), current_locale()
    return tuple(
        StopChoice(s.id, s.name(locale), s.text(locale), s.id not in registration.declined_stops, may)
        for s in stops_of(event, registration.audience)
        if s.optional
    )


@blueprint.post("/r/<token>/route")
@own_link
def choose(token: str) -> str | tuple[str, int] | Response:
    registration, event = registration_of_link(token)
    sent, goes = request.form.get("stop", ""), request.form.get("go") == "yes"
    base = own_page_path(token)
    try:
        with transaction():
            choose_stop(
                registration.id,
                int(sent) if sent.isdecimal() and len(sent) <= 12 else 0,
                goes=goes,
                by=current_actor(),
                now=clock.now(),
            )
    except (ChangeClosed, FieldError):  # begun, or the stop is no longer on the route: nothing is lost
        return render_template("public/own_page/too_late.html", event=event, base=base), 409
    flash(_("It is noted: you go there.") if goes else _("It is noted: you do not go there."), "ok")
    return redirect(f"{base}#route", 303)

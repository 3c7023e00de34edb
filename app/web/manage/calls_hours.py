"""Groups whom no mail reaches and whose hours changed, by a plan or a delay: they are called, and that they know is noted here."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import MoveNotAllowed
from app.core.transaction import in_transaction
from app.events.queries import EventRow
from app.registrations.operations.calling import note_hours_told
from app.reports.queries.hours_to_tell import list_hours_to_tell
from app.web.guards import current_access, current_actor, event_staff
from app.web.manage.event_page import get_own_registration
from app.web.public.words import first_capital, when

blueprint = Blueprint("manage_calls_hours", __name__, url_prefix="/manage/events/<slug>/calls/hours")

SHOWN = 100


def read_hours(event: EventRow) -> dict[str, Any] | None:
    """What the call list shows of changed hours; None where nobody is to be told any."""
    lines = list_hours_to_tell(event, current_access(), clock.now())
    if not lines:
        return None
    return {
        "lines": lines[:SHOWN],
        "count": len(lines),
        "before": {line.id: _words(event, line.before) for line in lines[:SHOWN]},
        "now": {line.id: _words(event, line.now) for line in lines[:SHOWN]},
    }


def _words(event: EventRow, hours: tuple[datetime, ...]) -> list[str]:
    return [first_capital(when(event, at)) for at in hours]


@blueprint.post("/<reference>")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def note(slug: str, reference: str) -> Response:
    """They were told. Only what the page showed is noted: hours that changed since stay on the list."""
    event, registration = get_own_registration(slug, reference)
    home, now = f"/manage/events/{event.slug}/calls", clock.now()
    line = next((one for one in list_hours_to_tell(event, current_access(), now) if one.id == registration.id), None)
    if line is None:
        flash(_("Nothing to note: they know their hours, or are no longer registered."), "info")
    elif line.mark != request.form.get("mark", ""):
        flash(_("Their hours changed again meanwhile: look at them once more."), "waiting")
    else:
        by, mark, hours = current_actor(), line.mark, line.now
        try:
            in_transaction(lambda: note_hours_told(registration.id, mark, hours, by=by, now=now))
        except MoveNotAllowed:
            flash(_("Nothing to note: they know their hours, or are no longer registered."), "info")
        else:
            flash(_("Noted: they know when to come."), "ok")
    return redirect(home, 303)

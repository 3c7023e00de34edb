"""Offers to people whom no mail reaches: they are called, and their answer is noted here."""

from typing import Any

from flask import Blueprint, flash, redirect, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import in_transaction
from app.events.enums import EventState
from app.events.queries import EventRow
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import ChangeClosed, OfferExpired
from app.registrations.operations import accept_offer, decline_offer
from app.registrations.operations.calling import LONGEST_NOTE, note_call
from app.registrations.queries import RegistrationRow
from app.reports.queries.waiting_list import count_offers, list_silent_offers
from app.web.guards import current_access, current_actor, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import get_own_registration
from app.web.manage.list_words import wave_words
from app.web.manage.waiting_words import until_words
from app.web.offers import lapse_first

blueprint = Blueprint("manage_calls_offers", __name__, url_prefix="/manage/events/<slug>/calls/offers")

SAYS = ("accept", "decline", "no_answer")


def read_offers(event: EventRow) -> dict[str, Any] | None:
    """What the call list shows of offers; None where none is out."""
    if event.state not in {EventState.PUBLISHED, EventState.CLOSED}:
        return None
    counted = count_offers(event.id, current_access())
    if not counted.count:
        return None
    lines = list_silent_offers(event.id, current_access())
    waves = {line.id: _waves(event, line.waves) for line in lines}
    return {
        "lines": lines,
        "waves": waves,
        "until": {line.id: until_words(event, line.offered_until) for line in lines if line.offered_until},
        "silent": counted.silent,
        "mailed": counted.count - counted.silent,
        "longest": LONGEST_NOTE,
    }


def _waves(event: EventRow, wave_ids: tuple[int, ...]) -> str:
    if event.date_to_come:
        return str(_("New date to come"))
    return ", ".join(wave_words(event, wave.id, current_locale()) for wave in event.waves if wave.id in wave_ids)


@blueprint.post("/<reference>")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def note(slug: str, reference: str) -> Response:
    """What they said on the telephone. Pressed twice, it is noted once."""
    event, registration = get_own_registration(slug, reference)
    says = request.form.get("says", "")
    home = f"/manage/events/{event.slug}/calls"
    if request.form.get("back"):
        home = f"/manage/events/{event.slug}/registrations/{registration.reference}"
    if says not in SAYS:
        return redirect(home, 303)
    lapse_first(registration)
    try:
        in_transaction(lambda: _note(registration, says))
    except OfferExpired:
        flash(_("Too late: the offer is over, and the places go to the next person."), "waiting")
    except FieldError:
        words = ngettext("At most %(num)d character.", "At most %(num)d characters.", LONGEST_NOTE)
        flash(_("The note is too long. %(most)s", most=words), "waiting")
    except (MoveNotAllowed, ChangeClosed):
        flash(_("Nothing to note: they answered already, or are no longer registered."), "info")
    else:
        flash(_said(registration, says), "ok")
    return redirect(home, 303)


def _note(registration: RegistrationRow, says: str) -> None:
    by, now = current_actor(), clock.now()
    if says == "accept":
        accept_offer(registration.id, by=by, now=now)
    elif says == "decline":
        decline_offer(registration.id, by=by, now=now)
    else:
        note_call(registration.id, request.form.get("said", ""), by=by, now=now)


def _said(registration: RegistrationRow, says: str) -> str:
    if says == "accept":
        if registration.status is RegistrationStatus.OFFERED and not registration.contact_email:
            number = registration.reference
            return str(_("Noted: they come. Tell them their number: %(reference)s.", reference=number))
        return str(_("Noted: they come."))
    if says == "decline":
        return str(_("Noted: they do not come. The places go to the next person."))
    return str(_("Noted: no answer yet."))

"""Giving one cancelled registration back what it had."""

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import MoveNotAllowed
from app.core.transaction import in_transaction
from app.events.errors import AudienceFull, WaveFull
from app.events.queries import EventRow
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import AlreadyRegistered, ChangeClosed, RegistrationForgotten
from app.registrations.operations.reinstating import reinstate
from app.registrations.queries import RegistrationRow, get_registration
from app.web.guards import current_actor, event_staff
from app.web.manage.event_page import get_own_registration
from app.web.manage.registration import allowed_moves, page_context
from app.web.manage.wave_choices import full_words

blueprint = Blueprint("manage_reinstating", __name__, url_prefix="/manage/events/<slug>/registrations/<reference>")


@blueprint.get("/reinstate")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def ask(slug: str, reference: str) -> str | Response:
    event, registration = get_own_registration(slug, reference)
    if "reinstate" not in allowed_moves(event, registration):
        return redirect(_url(event, registration))
    return _page(event, registration)


@blueprint.post("/reinstate")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def give_back(slug: str, reference: str) -> str | tuple[str, int] | Response:
    event, registration = get_own_registration(slug, reference)
    try:
        status = in_transaction(
            lambda: reinstate(registration.id, by=current_actor(), now=clock.now(), notify=True),
        )
    except (WaveFull, AudienceFull) as error:
        audience, people = registration.audience, registration.people
        return _page(event, registration, full_words(event, error, audience, people, group=registration.is_group)), 409
    except AlreadyRegistered as error:
        flash(_("They registered again meanwhile: this is their registration."), "waiting")
        return redirect(_url(event, get_registration(error.registration_id)))
    except (MoveNotAllowed, ChangeClosed, RegistrationForgotten):
        flash(_("This registration can no longer be changed."), "waiting")
    else:
        waits = status is RegistrationStatus.WAITLISTED
        flash(_("They wait again, in their turn.") if waits else _("The registration is confirmed again."), "ok")
    return redirect(_url(event, registration))


def _page(event: EventRow, registration: RegistrationRow, refusal: str = "") -> str:
    context = page_context(event, registration)
    return render_template("manage/bulk/reinstate.html", refusal=refusal, **context)


def _url(event: EventRow, registration: RegistrationRow) -> str:
    return f"/manage/events/{event.slug}/registrations/{registration.reference}"

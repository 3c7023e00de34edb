"""« Do you still come? »: what one's own page asks after the event got new dates, and the answer."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import MoveNotAllowed
from app.core.transaction import transaction
from app.core.urls import own_page_path
from app.events.enums import EventState
from app.events.queries import EventRow, WaveRow
from app.events.queries.postponed import PostponedRow, find_postponed, postponed_words
from app.registrations.errors import RegistrationNotFound
from app.registrations.itinerary import visits_by_wave
from app.registrations.operations.asking import stay
from app.registrations.queries import FORGOTTEN, RegistrationRow
from app.web.guards import current_actor, own_link
from app.web.i18n import current_locale
from app.web.public.found import registration_of_link
from app.web.public.tickets import unknown_link
from app.web.public.words import when

blueprint = Blueprint("public_own_stay", __name__)
blueprint.register_error_handler(RegistrationNotFound, unknown_link)


@dataclass(frozen=True)
class MovedCard:
    """`was`: the hours of one's own waves before. `now`: when to come from now on; none while the date is to come."""

    date_to_come: bool
    was: tuple[str, ...]
    now: tuple[str, ...]
    why: str
    words: tuple[str, ...]
    stays: bool


def moved_card(event: EventRow, registration: RegistrationRow) -> MovedCard | None:
    """What is told and asked, until the new date is over; None for who was not asked."""
    going_on = event.state in {EventState.PUBLISHED, EventState.CLOSED} and not event.is_over(clock.now())
    if not registration.is_asked(event.postponed_at) or not going_on:
        return None
    said = find_postponed(event)
    if said is None or registration.contact_name == FORGOTTEN:
        return None
    waves = [wave for wave in event.waves if wave.id in registration.waves]
    visits = visits_by_wave(event, registration)
    return MovedCard(
        date_to_come=event.date_to_come,
        was=tuple(when(event, said.was[wave.id][0]) for wave in waves if _moved(event, wave, said)),
        now=() if event.date_to_come else tuple(when(event, visits[wave.id].begins_at) for wave in waves),
        why=postponed_words(event, said, current_locale()),
        words=tuple(said.reason.splitlines()),
        stays=registration.stays_at is not None,
    )


def _moved(event: EventRow, wave: WaveRow, said: PostponedRow) -> bool:
    """What was asked before and lies where it lay has no hours before."""
    return wave.id in said.was and (event.date_to_come or said.was[wave.id] != (wave.starts_at, wave.ends_at))


@blueprint.post("/r/<token>/stay")
@own_link
def say_stay(token: str) -> Response | tuple[str, int]:
    """Said twice, it is noted once."""
    registration, event = registration_of_link(token)
    try:
        with transaction():
            stay(registration.id, by=current_actor(), now=clock.now())
    except MoveNotAllowed:
        base = own_page_path(registration.token)
        return render_template("public/own_page/too_late.html", event=event, base=base), 409
    flash(_("It is noted: you come. Thank you."), "ok")
    return redirect(own_page_path(token), 303)

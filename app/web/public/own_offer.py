"""« A place has become free for you »: the offer on one's own page, the answer to it, and what became of it.

Who still waits reads there how many wait before them, and what the event's policy means for them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import MoveNotAllowed
from app.core.transaction import in_transaction
from app.core.urls import own_page_path
from app.events.enums import EventState, WaitingPolicy
from app.events.queries import EventRow, get_places
from app.events.reasons import DECLINED
from app.registrations.enums import RegistrationStatus
from app.registrations.errors import ChangeClosed, OfferExpired, RegistrationNotFound
from app.registrations.operations import accept_offer, decline_offer
from app.registrations.operations.waiting import has_run_out
from app.registrations.queries import FORGOTTEN, Ahead, RegistrationRow, waiting_before
from app.registrations.rules import may_change
from app.registrations.waiting import Party, first_start, next_offers, offer_until, offers_now, room_of
from app.web.filters import hour
from app.web.guards import current_actor, own_link
from app.web.offers import lapse_first
from app.web.public.event_view import register_url
from app.web.public.found import registration_of_link
from app.web.public.tickets import unknown_link
from app.web.public.words import wave_name, when

blueprint = Blueprint("public_own_offer", __name__)
blueprint.register_error_handler(RegistrationNotFound, unknown_link)

Answer = Response | tuple[str, int]


@dataclass(frozen=True)
class OfferCard:
    """`state`: the offer is out, its time is over, or it was declined. `until` is empty while the new date is to come.

    `again_url` is where to register once more, empty where nobody does any more.
    """

    state: Literal["out", "over", "declined"]
    people: int
    times: tuple[str, ...]
    until: str
    may_answer: bool
    again_url: str


@dataclass(frozen=True)
class WaitingCard:
    """`ahead`: who waits before. `notes` are sentences: what becomes of free places, and how one hears of it.

    `free`: the places are there, and it is one's turn.
    """

    ahead: Ahead
    notes: tuple[str, ...]
    free: bool


def offer_card(event: EventRow, registration: RegistrationRow, now: datetime) -> OfferCard | None:
    """What the page begins with; None for who was offered nothing, or when the event is over or called off."""
    going_on = event.state in {EventState.PUBLISHED, EventState.CLOSED} and not event.is_over(now)
    state = _state(registration, now)
    if state is None or not going_on or registration.contact_name == FORGOTTEN:
        return None
    until = registration.offer_expires_at
    waves = [wave for wave in event.waves if wave.id in registration.waves]
    return OfferCard(
        state=state,
        people=registration.people,
        times=() if event.date_to_come else tuple(wave_name(event, wave) for wave in waves),
        until=until_words(event, until, now) if until and state == "out" and not event.date_to_come else "",
        may_answer=may_change(event, registration.waves, staff=False, now=now),
        again_url=register_url(event, event.audience(registration.audience), None) if event.is_open(now) else "",
    )


def _state(registration: RegistrationRow, now: datetime) -> Literal["out", "over", "declined"] | None:
    if registration.status is RegistrationStatus.LAPSED or has_run_out(registration, now):
        return "over"
    if registration.status is RegistrationStatus.OFFERED:
        return "out"
    declined = registration.status is RegistrationStatus.CANCELLED and registration.cancel_code == DECLINED
    return "declined" if declined else None


def until_words(event: EventRow, until: datetime, now: datetime) -> str:
    """« jusqu’à 18 h 30 aujourd’hui », « jusqu’au jeudi 4 février à 9 h 00 »."""
    zone = ZoneInfo(event.timezone)
    if until.astimezone(zone).date() == now.astimezone(zone).date():
        return str(_("until %(hour)s today", hour=hour(until, event.timezone)))
    return str(_("until %(when)s", when=when(event, until)))


def waiting_card(event: EventRow, registration: RegistrationRow, now: datetime) -> WaitingCard | None:
    """One's honest place in the list; None for who does not wait, and when nothing is offered any more."""
    going_on = event.state in {EventState.PUBLISHED, EventState.CLOSED} and not event.is_over(now)
    if registration.status is not RegistrationStatus.WAITLISTED or not going_on:
        return None
    ahead = waiting_before(registration)
    late = offer_until(now, event.offer_hours, first_start(event, registration.waves)) is None
    if event.date_to_come:
        notes = [_("While the new date is to come nothing is offered. You keep your place in the list.")]
    elif late:
        notes = [_("So shortly before, nothing is offered by itself any more. Ask at the entrance.")]
    else:
        notes = [*_policy_words(event, registration, ahead), _heard_words(registration)]
    return WaitingCard(ahead, tuple(notes), free=not ahead.parties and _fits_now(event, registration))


def _policy_words(event: EventRow, registration: RegistrationRow, ahead: Ahead) -> list[str]:
    """What the event does with free places when they are too few for whoever comes first."""
    if event.waiting_policy is WaitingPolicy.HOLD:
        if not ahead.parties and registration.people > 1:
            return [_("Free places are kept for you until there are enough for all of you.")]
        return [_("Free places go to the first in the list. Nobody goes before their turn.")]
    notes = [
        _("Free places go to the first in the list. When they are too few for them, they go to the next who fit in.")
    ]
    return [*notes, _("So a large group may wait longer.")] if registration.people > 1 else notes


def _heard_words(registration: RegistrationRow) -> str:
    if registration.contact_email:
        return str(_("When it is your turn we write to you: say yes before the hour that the mail says."))
    if registration.contact_phone:
        return str(_("When it is your turn the organiser calls you. Look here too: the offer stands on this page."))
    return str(_("Look here again: when it is your turn, the offer stands on this page."))


def _fits_now(event: EventRow, registration: RegistrationRow) -> bool:
    """Whether all the places that a registration asks for are free now, for who is next."""
    if not offers_now(event):
        return False
    audience, group = registration.audience, registration.is_group
    party = Party(registration.id, registration.waves, audience, registration.people, group)
    return bool(next_offers([party], room_of(event, get_places(event)), event.waiting_policy))


@blueprint.post("/r/<token>/accept")
@own_link
def accept(token: str) -> Answer:
    """« Oui, je viens ». Pressed twice, it is said once."""
    registration, event = registration_of_link(token)
    if registration.status is RegistrationStatus.CONFIRMED:
        return redirect(own_page_path(token), 303)
    said = _("It is noted: you come. Here is your ticket.")
    return _answer(registration, event, lambda: _accept(registration), RegistrationStatus.CONFIRMED, said)


@blueprint.get("/r/<token>/decline")
@own_link
def ask_decline(token: str) -> Answer | str:
    """« Non merci » asks once more, with what it means: the places go to others at once."""
    registration, event = registration_of_link(token)
    card = offer_card(event, registration, clock.now())
    if card is None or card.state != "out" or not card.may_answer:
        return redirect(own_page_path(token), 303)
    return render_template("public/own_page/decline.html", event=event, offer=card, base=own_page_path(token))


@blueprint.post("/r/<token>/decline")
@own_link
def decline(token: str) -> Answer:
    """« Non merci ». Pressed twice, it is said once."""
    registration, event = registration_of_link(token)
    if registration.status is RegistrationStatus.CANCELLED and registration.cancel_code == DECLINED:
        return redirect(own_page_path(token), 303)
    said = _("It is noted: you do not come.")
    return _answer(registration, event, lambda: _decline(registration), RegistrationStatus.CANCELLED, said)


def _accept(registration: RegistrationRow) -> None:
    accept_offer(registration.id, by=current_actor(), now=clock.now())


def _decline(registration: RegistrationRow) -> None:
    decline_offer(registration.id, by=current_actor(), now=clock.now())


def _answer(
    registration: RegistrationRow, event: EventRow, give: Callable[[], None], wanted: RegistrationStatus, said: str
) -> Answer:
    """Too late, the page says so itself; where nothing is offered, or it is over, nothing changes."""
    base = own_page_path(registration.token)
    lapse_first(registration)
    try:
        in_transaction(give)
    except OfferExpired:
        flash(_("Your answer came too late: the offer is over."), "waiting")
    except (ChangeClosed, MoveNotAllowed):
        now_is, _event = registration_of_link(registration.token)
        if now_is.status is not wanted:
            return render_template("public/own_page/too_late.html", event=event, base=base), 409
    else:
        flash(said, "ok")
    return redirect(base, 303)

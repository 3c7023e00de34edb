"""A person's own registration, without an account: whoever has the link sees it, changes it, cancels it, erases it."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.queries import get_organiser
from app.core import clock
from app.core.errors import DatabaseBusy, FieldError, MoveNotAllowed
from app.core.i18n import as_locale
from app.core.transaction import transaction
from app.core.urls import absolute, own_page_path
from app.events.enums import Enrolment
from app.events.errors import AudienceFull, WaveFull
from app.events.queries import EventRow
from app.registrations.calendars import registration_calendar
from app.registrations.drafts import Headcount
from app.registrations.enums import HOLDING, REGISTRATION_MOVES, RegistrationMove, RegistrationStatus
from app.registrations.errors import ChangeClosed, RegistrationNotFound
from app.registrations.operations import (
    ask_links_again,
    cancel_registration,
    change_registration,
    erase_registration,
    issue_route_cards,
)
from app.registrations.papers import admits, route_cards_pdf_of
from app.registrations.queries import FORGOTTEN, RegistrationRow
from app.registrations.queue import get_open_places
from app.registrations.rules import may_change
from app.web.answer_responses import answer_lines
from app.web.calendars import calendar_response
from app.web.forms.reasons import CancelForm, visitor_choices
from app.web.forms.registration import ChangeForm, LinkForm
from app.web.guards import current_actor, own_link, public
from app.web.i18n import current_locale
from app.web.problems import RETRY_AFTER_BUSY
from app.web.public.found import registration_of_link, shown_event
from app.web.public.held_data import data_file, held_facts, held_record
from app.web.public.own_absent import absent_card
from app.web.public.own_answers import may_change_answers
from app.web.public.own_contact import may_correct_own
from app.web.public.own_offer import offer_card, waiting_card
from app.web.public.own_route import stop_choices
from app.web.public.own_stay import moved_card
from app.web.public.registration_steps import Party, wave_choices
from app.web.public.ticket_view import ticket_qr, ticket_view
from app.web.public.tickets import pdf_response, unknown_link
from app.web.public.words import headcount_words, people, time_words, wave_name

blueprint = Blueprint("public_own_page", __name__)
blueprint.register_error_handler(RegistrationNotFound, unknown_link)

Answer = str | tuple[str, int] | Response


@blueprint.get("/r/<token>")
@own_link
def show(token: str) -> str:
    registration, event = registration_of_link(token)
    now = clock.now()
    asked = may_change_answers(event, registration)
    return render_template(
        "public/own_page/show.html",
        event=event,
        registration=registration,
        forgotten=registration.contact_name == FORGOTTEN,
        ticket=ticket_view(event, registration, registration.ticket, now),
        qr=ticket_qr(registration.ticket.code),
        stop_choices=stop_choices(event, registration, now),
        moved=moved_card(event, registration),
        absent=absent_card(event, registration, now),
        offer=offer_card(event, registration, now),
        waiting=waiting_card(event, registration, now),
        answers=answer_lines(event, registration, missing=asked),
        may_answer=asked,
        may_change=_may(event, registration, RegistrationMove.CHANGE, now),
        may_correct=may_correct_own(event, registration),
        may_cancel=_may(event, registration, RegistrationMove.CANCEL, now),
        base=own_page_path(token),
        address=absolute(own_page_path(token)),
    )


@blueprint.get("/r/<token>.ics")
@own_link
def calendar(token: str) -> Response:
    registration, event = registration_of_link(token)
    return calendar_response(registration_calendar(registration, event), filename=f"{event.slug}.ics")


@blueprint.get("/r/<token>/change")
@own_link
def change(token: str) -> Answer:
    registration, event = registration_of_link(token)
    if not _may(event, registration, RegistrationMove.CHANGE, clock.now()):
        return _too_late(event, registration)
    count = {"participants": registration.participants, "companions": registration.companions}
    form = ChangeForm(event, school=_school(event, registration), headcount=count)
    return _change_page(event, registration, form, registration.waves)


@blueprint.post("/r/<token>/change")
@own_link
def save_change(token: str) -> Answer:
    """New places first: whatever is refused, the registration stays as it was."""
    registration, event = registration_of_link(token)
    now = clock.now()
    if not _may(event, registration, RegistrationMove.CHANGE, now):
        return _too_late(event, registration)
    form = ChangeForm(event, school=_school(event, registration), answers=request.form)
    choosing = event.enrolment is not Enrolment.ALL
    if not form.check(group=registration.is_group, choosing=choosing):
        return _change_page(event, registration, form, form.wave_ids(event)), 422
    return _change(event, registration, form, now)


def _change(event: EventRow, registration: RegistrationRow, form: ChangeForm, now: datetime) -> Answer:
    count = _wanted_count(registration, form)
    chosen = registration.waves if event.enrolment is Enrolment.ALL else form.wave_ids(event)
    try:
        with transaction():
            status = change_registration(registration.id, waves=chosen, headcount=count, by=current_actor(), now=now)
    except (WaveFull, AudienceFull) as full:
        return _change_page(event, registration, form, chosen, full=full.wave_id or 0), 409
    except FieldError as refusal:
        form.show_refusal(refusal, largest=event.largest_group)
        return _change_page(event, registration, form, chosen), 422
    except (ChangeClosed, MoveNotAllowed):
        return _too_late(event, registration)
    except DatabaseBusy:
        page = make_response(_change_page(event, registration, form, chosen, busy=True), 503)
        page.headers["Retry-After"] = str(RETRY_AFTER_BUSY)
        return page
    _say(registration.status, status)
    return redirect(own_page_path(registration.token), 303)


def _say(before: RegistrationStatus, after: RegistrationStatus) -> None:
    """What came of a change."""
    if after is RegistrationStatus.WAITLISTED:
        flash(_("It is noted. You are still on the waiting list."), "waiting")
    elif before is RegistrationStatus.WAITLISTED:
        flash(_("You have a place now. Here is your ticket."), "ok")
    else:
        flash(_("It is changed. This is what holds now."), "ok")


@blueprint.post("/r/<token>/place")
@own_link
def take_place(token: str) -> Answer:
    """Who waits takes the places that became free, when it is their turn."""
    registration, event = registration_of_link(token)
    now = clock.now()
    waiting = registration.status is RegistrationStatus.WAITLISTED
    if not waiting or not _may(event, registration, RegistrationMove.CHANGE, now):
        return _too_late(event, registration)
    try:
        with transaction():
            status = change_registration(registration.id, by=current_actor(), now=now)
    except (ChangeClosed, MoveNotAllowed):
        return _too_late(event, registration)
    _say(registration.status, status)
    return redirect(own_page_path(token), 303)


def _wanted_count(registration: RegistrationRow, form: ChangeForm) -> Headcount | None:
    if not registration.is_group:
        return None
    part: Any = form
    count = part.headcount.form
    return Headcount(count.participants.data or 0, count.companions.data or 0)


@blueprint.route("/r/<token>/cancel", methods=["GET", "POST"])
@own_link
def cancel(token: str) -> Answer:
    """Asks again, with what it means in figures; then gives the places back."""
    registration, event = registration_of_link(token)
    now = clock.now()
    if not _may(event, registration, RegistrationMove.CANCEL, now):
        return _too_late(event, registration)
    form = CancelForm(visitor_choices(event.organiser_id, current_locale(), group=registration.is_group))
    if request.method == "GET" or not form.validate():
        page = render_template(
            "public/own_page/cancel.html", event=event, registration=registration, form=form,
            base=own_page_path(token), held=registration.status in HOLDING, waves=_wave_names(event, registration),
        )  # fmt: skip
        return page, 200 if request.method == "GET" else 422
    why: Any = form
    reason, code = why.reason.data or "", why.code.data or ""
    try:
        with transaction():
            cancel_registration(registration.id, by=current_actor(), now=now, reason=reason, code=code)
    except (ChangeClosed, MoveNotAllowed):
        return _too_late(event, registration)
    flash(_("It is cancelled."), "ok")
    return redirect(own_page_path(token), 303)


@blueprint.post("/r/<token>/cards")
@own_link
def make_cards(token: str) -> Answer:
    """Number the cards of a group, then open them as a paper."""
    registration, event = registration_of_link(token)
    if not registration.is_group or not admits(event, registration):
        return _too_late(event, registration)
    with transaction():
        issue_route_cards(registration.id, by=current_actor(), now=clock.now())
    return redirect(f"{own_page_path(token)}/cards.pdf", 303)


@blueprint.get("/r/<token>/cards.pdf")
@own_link
def cards(token: str) -> Answer:
    registration, event = registration_of_link(token)
    if not registration.cards or not admits(event, registration):
        return redirect(own_page_path(token))
    locale = as_locale(request.args.get("lang") or current_locale())
    content = route_cards_pdf_of(event, registration, locale, organiser=get_organiser(event.organiser_id))
    name = {"fr": "cartes", "en": "cards"}[locale]
    return pdf_response(content, f"{name}-{registration.reference}.pdf")


@blueprint.get("/r/<token>/data")
@own_link
def held(token: str) -> str:
    """What is held about this person."""
    registration, event = registration_of_link(token)
    return render_template(
        "public/own_page/data.html",
        event=event,
        registration=registration,
        base=own_page_path(token),
        facts=held_facts(event, registration),
        answers=answer_lines(event, registration),
        forgotten=registration.contact_name == FORGOTTEN,
    )


@blueprint.get("/r/<token>/data.json")
@own_link
def export(token: str) -> Response:
    """The same, for programs: everything that is held, and what happened with it."""
    registration, event = registration_of_link(token)
    return data_file(held_record(event, registration), registration.reference)


@blueprint.route("/r/<token>/erase", methods=["GET", "POST"])
@own_link
def erase(token: str) -> Answer:
    registration, event = registration_of_link(token)
    if registration.contact_name == FORGOTTEN:
        return redirect(own_page_path(token))
    now = clock.now()
    if request.method == "GET":
        to_come = registration.alive and may_change(event, registration.waves, staff=False, now=now)
        return render_template(
            "public/own_page/erase.html",
            event=event,
            registration=registration,
            base=own_page_path(token),
            to_come=to_come,
        )
    with transaction():
        erase_registration(registration.id, by=current_actor(), now=now)
    flash(_("Your details are erased."), "ok")
    return redirect(own_page_path(token), 303)


@blueprint.route("/events/<slug>/link", methods=["GET", "POST"])
@public
def send_link(slug: str) -> Answer:
    """« Send me my link again »: the answer is the same whether the address is known or not."""
    event = shown_event(slug)
    form = LinkForm()
    if request.method == "POST" and form.validate():
        asked: Any = form
        with transaction():
            ask_links_again(event, asked.email.data, now=clock.now())
        return redirect(f"/events/{event.slug}/link?sent=1", 303)
    page = render_template(
        "public/own_page/link.html", event=event, form=form, sent="sent" in request.args and request.method == "GET"
    )
    return page, 200 if request.method == "GET" else 422


def _may(event: EventRow, registration: RegistrationRow, move: RegistrationMove, now: datetime) -> bool:
    """Whether the page offers this move: what the tables of moves and the rules of change allow a visitor."""
    allowed = move in REGISTRATION_MOVES[registration.status]
    if move is RegistrationMove.CHANGE and event.date_to_come:
        return False  # there are no times to choose from
    return allowed and may_change(event, registration.waves, staff=False, now=now)


def _school(event: EventRow, registration: RegistrationRow) -> bool:
    return event.audience(registration.audience).school


def _wave_names(event: EventRow, registration: RegistrationRow) -> list[str]:
    if event.date_to_come:
        return [_("New date to come")]
    return [wave_name(event, wave) for wave in event.waves if wave.id in registration.waves]


def _too_late(event: EventRow, registration: RegistrationRow) -> Answer:
    page = render_template("public/own_page/too_late.html", event=event, base=own_page_path(registration.token))
    return page, 409


def _change_page(
    event: EventRow, registration: RegistrationRow, form: ChangeForm, chosen: tuple[int, ...], *,
    full: int | None = None, busy: bool = False,
) -> str:  # fmt: skip
    now, holds = clock.now(), registration.status in HOLDING
    party = Party(
        registration.audience, registration.is_group, registration.people,
        frozenset(registration.waves) if holds else frozenset(), registration.people if holds else 0,
    )  # fmt: skip
    choices = wave_choices(event, get_open_places(event, now=now), party, now, chosen=chosen, waiting=False)
    wave = event.wave(full) if full else None
    fields: Any = form
    count = fields.headcount.form
    wanted = (count.participants.data or 0) + (count.companions.data or 0) if registration.is_group else 1
    return render_template(
        "public/own_page/change.html",
        event=event,
        registration=registration,
        form=form,
        problems=[f for f in (count.participants, count.companions, fields.waves) if f.errors],
        rows=choices.rows if holds else _with_own(choices.rows, registration),
        time_words=time_words(event),
        selected=[str(i) for i in chosen],
        base=own_page_path(registration.token),
        full=full,
        full_name=wave_name(event, wave) if wave else "",
        wanted=people(wanted),
        kept=_kept_words(event, registration, holds=holds),
        school=_school(event, registration),
        busy=busy,
        headcount=headcount_words(registration, event),
    )


def _with_own(rows: tuple[dict[str, Any], ...], registration: RegistrationRow) -> list[dict[str, Any]]:
    """Who waits may keep the time that they wait for, full as it is."""
    return [
        {**row, "selectable": True, "full": False, "left_text": "", "note": _("You are waiting for this time")}
        if row["id"] in registration.waves and not row["selectable"]
        else row
        for row in rows
    ]


def _kept_words(event: EventRow, registration: RegistrationRow, *, holds: bool) -> str:
    if not holds:
        return str(_("Nothing has changed: you are still on the waiting list."))
    return str(
        ngettext(
            "Nothing has changed: you keep your %(num)s place, %(waves)s.",
            "Nothing has changed: you keep your %(num)s places, %(waves)s.",
            registration.people,
            waves=", ".join(_wave_names(event, registration)),
        )
    )

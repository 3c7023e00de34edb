"""Taking back that an event is called off."""

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import MoveNotAllowed
from app.core.transaction import in_transaction
from app.events.enums import EventState
from app.events.queries import EventRow
from app.events.queries.called_off import CalledOffRow, find_called_off
from app.events.rules import REOPENS_FOR, may_reopen
from app.registrations.operations import reopen_event_registrations
from app.reports.queries.registration_list import count_without_mail, get_totals
from app.reports.queries.without_mail import list_without_mail
from app.web.filters import number
from app.web.guards import current_actor, event_staff
from app.web.manage.event_boxes_words import boxes_on_again
from app.web.manage.event_page import event_context, get_own_event

blueprint = Blueprint("manage_reopening", __name__, url_prefix="/manage/events/<slug>/reopen")


@blueprint.get("")
@event_staff(Ability.EVENT_MOVE)
def ask(slug: str) -> str | Response:
    """Asks again, with who is told what."""
    event, now = get_own_event(slug), clock.now()
    called_off = reopens(event, now)
    if called_off is None:
        return _too_late(event)
    told = called_off.before is not EventState.DRAFT and now < event.last_ends_at
    totals, without_mail = get_totals(event.id), count_without_mail(event.id)
    return render_template(
        "manage/events/reopen.html",
        called_off=called_off,
        until=called_off.at + REOPENS_FOR,
        told=told,
        totals=totals,
        mails=totals.registrations - without_mail,
        without_mail=without_mail,
        silent=list_without_mail(event.id) if told else (),
        boxes=boxes_on_again(event),
        **event_context(event, "edit"),
    )


@blueprint.post("")
@event_staff(Ability.EVENT_MOVE)
def reopen(slug: str) -> Response:
    event, by, now = get_own_event(slug), current_actor(), clock.now()
    try:
        state = in_transaction(lambda: reopen_event_registrations(event.id, by=by, now=now))
    except MoveNotAllowed:
        return _too_late(event)
    people = get_totals(event.id).people if state is not EventState.DRAFT and now < event.last_ends_at else 0
    words = _("It is no longer called off.")
    if people:
        words = ngettext(
            "It takes place after all. %(num)d person who was told otherwise is being told.",
            "It takes place after all. %(people)s people who were told otherwise are being told.",
            people, people=number(people),
        )  # fmt: skip
    flash(words, "ok")
    return redirect(f"/manage/events/{slug}")


def reopens(event: EventRow, now: datetime) -> CalledOffRow | None:
    """When it was called off, where that can still be taken back."""
    called_off = find_called_off(event.id) if event.state is EventState.CANCELLED else None
    return called_off if called_off is not None and may_reopen(event.state, called_off.at, now) else None


def _too_late(event: EventRow) -> Response:
    if event.state is EventState.CANCELLED:
        flash(
            _("It was called off more than 24 hours ago: that can no longer be taken back. Copy it instead."), "waiting"
        )
    else:
        flash(_("Nothing to do: it is not called off."), "info")
    return redirect(f"/manage/events/{event.slug}/edit")

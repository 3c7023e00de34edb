"""A training's scenarios, and accrediting who was there."""

from collections.abc import Collection

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.boxes.errors import ScenarioNotFound
from app.boxes.queries import list_scenarios
from app.core import clock
from app.core.transaction import transaction
from app.events.enums import EventKind
from app.events.errors import EventNotFound
from app.events.queries import EventRow, get_event
from app.loans.queries import list_loans_by_id, list_waiting_for
from app.training.errors import TrainingToCome
from app.training.operations import grant_from_presence, set_training_scenarios
from app.training.queries import Trainee, list_trainees, list_training_codes
from app.web.guards import current_actor, current_organiser_id, event_staff
from app.web.manage.event_page import event_context

blueprint = Blueprint("manage_training", __name__, url_prefix="/manage/events/<slug>/training")


@blueprint.get("")
@event_staff(Ability.LENDING)
def show(slug: str) -> str:
    return _page(_training(slug))


@blueprint.post("")
@event_staff(Ability.LENDING)
def save(slug: str) -> Response:
    event = _training(slug)
    chosen = {code.replace("\x00", "") for code in request.form.getlist("scenario")}
    try:
        with transaction():
            set_training_scenarios(event, chosen, by=current_actor(), now=clock.now())
    except ScenarioNotFound:
        flash(_("One of these scenarios is no longer in the list. Nothing is changed."), "waiting")
    else:
        flash(_("Saved."), "ok")
    return redirect(f"/manage/events/{event.slug}/training")


@blueprint.post("/accreditations")
@event_staff(Ability.LENDING)
def accredit(slug: str) -> str | Response:
    """Those who are chosen; asks first when the door did not count one of them."""
    event = _training(slug)
    chosen = {
        int(text) for text in request.form.getlist("person") if text.isascii() and text.isdecimal() and len(text) < 10
    }
    sure, begun = request.form.get("sure") == "1", event.starts_at <= clock.now()
    doubtful = [t for t in list_trainees(event.id) if t.registration_id in chosen and not t.came]
    if doubtful and begun and not sure:
        return _page(event, chosen, doubtful)
    try:
        with transaction():
            count = grant_from_presence(event, chosen, by=current_actor(), now=clock.now())
    except TrainingToCome:
        flash(_("It has not taken place yet: nobody is accredited before."), "waiting")
        return redirect(f"/manage/events/{event.slug}/training")
    if count:
        flash(ngettext("%(num)d person accredited.", "%(num)d people accredited.", count), "ok")
    else:
        flash(_("Nobody new was accredited."), "info")
    return redirect(f"/manage/events/{event.slug}/training")


def _training(slug: str) -> EventRow:
    """Raises EventNotFound also for what is no training and teaches nothing."""
    event = get_event(slug, organiser_id=current_organiser_id())
    if event.kind is not EventKind.TRAINING and not list_training_codes(event.id):
        raise EventNotFound(slug)
    return event


def _page(event: EventRow, chosen: Collection[int] = (), doubtful: Collection[Trainee] = ()) -> str:
    return render_template(
        "manage/training.html",
        scenarios=[s for s in list_scenarios(event.organiser_id) if s.asks_accreditation],
        taught=list_training_codes(event.id),
        trainees=list_trainees(event.id),
        chosen=chosen,
        doubtful=doubtful,
        begun=event.starts_at <= clock.now(),
        waiting=list(list_loans_by_id(list_waiting_for(event.id)).values()),
        **event_context(event, "training"),
    )

"""A training's scenarios, and accrediting who was there."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.boxes.queries import list_scenarios
from app.core import clock
from app.core.transaction import transaction
from app.events.queries import get_event
from app.training.operations import grant_from_presence, set_training_scenarios
from app.training.queries import list_trainees, list_training_codes
from app.web.guards import current_actor, current_organiser_id, event_staff
from app.web.manage.event_page import event_context

blueprint = Blueprint("manage_training", __name__, url_prefix="/manage/events/<slug>/training")


@blueprint.get("")
@event_staff(Ability.LENDING)
def show(slug: str) -> str:
    event = get_event(slug, organiser_id=current_organiser_id())
    return render_template(
        "manage/training.html",
        scenarios=[s for s in list_scenarios(event.organiser_id) if s.asks_accreditation],
        taught=list_training_codes(event.id),
        trainees=list_trainees(event.id),
        **event_context(event, "training"),
    )


@blueprint.post("")
@event_staff(Ability.LENDING)
def save(slug: str) -> Response:
    event = get_event(slug, organiser_id=current_organiser_id())
    known = {s.code for s in list_scenarios(event.organiser_id)}
    with transaction():
        chosen = known & set(request.form.getlist("scenario"))
        set_training_scenarios(event, chosen, by=current_actor(), now=clock.now())
    flash(_("Saved."), "ok")
    return redirect(f"/manage/events/{event.slug}/training")


@blueprint.post("/accreditations")
@event_staff(Ability.LENDING)
def accredit(slug: str) -> Response:
    event = get_event(slug, organiser_id=current_organiser_id())
    chosen = {
        int(text) for text in request.form.getlist("person") if text.isascii() and text.isdecimal() and len(text) < 10
    }
    with transaction():
        count = grant_from_presence(event, chosen, by=current_actor(), now=clock.now())
    if count:
        flash(ngettext("%(num)d person accredited.", "%(num)d people accredited.", count), "ok")
    else:
        flash(_("Nobody new was accredited."), "info")
    return redirect(f"/manage/events/{event.slug}/training")

"""An event as the public will see it, for its team: a draft has no public page yet."""

from flask import Blueprint, request

from app.accounts.rules import Ability
from app.core import clock
from app.web.context import show_organiser
from app.web.guards import event_staff
from app.web.manage.event_page import get_own_event
from app.web.public import events as public_events
from app.web.public.event_view import choose

blueprint = Blueprint("manage_preview", __name__, url_prefix="/manage/events")


@blueprint.get("/<slug>/preview")
@event_staff(Ability.PROGRAMME_SEE)
def show(slug: str) -> str:
    event, now = get_own_event(slug), clock.now()
    show_organiser(event.organiser_id)
    day, audience, wave = (request.args.get(name, "") for name in ("day", "audience", "wave"))
    choice = choose(event, day, audience, wave, now)
    return public_events.render_event(event, choice, now)

"""An event as the public will see it, for its team: a draft has no public page yet."""

import re
from dataclasses import replace

from flask import Blueprint, request

from app.accounts.rules import Ability
from app.core import clock
from app.events.enums import EventState
from app.web.context import show_organiser
from app.web.guards import event_staff
from app.web.manage.event_page import get_own_event
from app.web.public import events as public_events
from app.web.public.event_view import choose

blueprint = Blueprint("manage_preview", __name__, url_prefix="/manage/events")


@blueprint.get("/<slug>/preview")
@event_staff(Ability.PROGRAMME_SEE)
def show(slug: str) -> str:
    """The public page with a note that it is a preview. A draft is shown as it will be once it is published."""
    event, now = get_own_event(slug), clock.now()
    show_organiser(event.organiser_id)
    is_draft = event.state is EventState.DRAFT
    shown = replace(event, state=EventState.PUBLISHED) if is_draft else event
    day, audience, wave = (request.args.get(name, "") for name in ("day", "audience", "wave"))
    page = public_events.render_event(shown, choose(shown, day, audience, wave, now), now, preview_of=event)
    return _leading_back(page, slug, everything=is_draft)


def _leading_back(page: str, slug: str, *, everything: bool) -> str:
    """The page with the links to its other days, audiences and language leading to previews too.

    `everything` that stands below the public address, while nothing of it is there yet.
    """
    public = re.escape(f"/events/{slug}")
    here = f"/manage/events/{slug}/preview"
    page = re.sub(rf'(?<="){public}(?=[?#"])', here, page)
    return re.sub(rf'(?<="){public}[./][^"]*(?=")', here, page) if everything else page

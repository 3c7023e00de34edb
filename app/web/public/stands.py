"""The live page of a space, for who holds its stand: who is there, who comes next, the rest of the day. Classes and schools only.

Whoever has the link sees it; links that were never given, renewed or taken away are answered alike.
"""

from flask import Blueprint, render_template

from app.core import clock
from app.core.i18n import format_day
from app.core.urls import stand_path
from app.events.errors import SpaceNotFound
from app.events.queries.stands import get_stand
from app.flows.live import Phase, phase_of, space_at
from app.flows.papers import limit_words
from app.web.context import show_organiser
from app.web.filters import hour
from app.web.guards import own_link
from app.web.i18n import current_locale
from app.web.live import (
    heard_at,
    late_words,
    live_event,
    people_present,
    phase_words,
    refresh_in,
    visit_view,
)
from app.web.public.found import TOKEN

blueprint = Blueprint("public_stands", __name__)


@blueprint.get("/stands/<stand>")
@own_link
def show(stand: str) -> str:
    mark = get_stand(stand if TOKEN.fullmatch(stand) else "")
    live, now = live_event(mark.event), clock.now()
    event = live.event
    space = next((s for s in event.spaces if s.id == mark.space_id), None)
    if space is None:
        raise SpaceNotFound
    show_organiser(event.organiser_id)
    phase, at = phase_of(event, now), space_at(event, live.visits, space, now)
    on = phase is Phase.ON
    later = at.coming[len(at.next) :] if at.coming else ()
    return render_template(
        "public/stands/show.html",
        event=event,
        space=space,
        limit=limit_words(space, current_locale()),
        said=phase_words(event, phase, now),
        on=on,
        clock=hour(now, event.timezone),
        day=format_day(now, event.timezone, current_locale()),
        here=[visit_view(event, visit, now) for visit in at.here] if on else [],
        next=[visit_view(event, visit, now) for visit in at.next] if on else [],
        later=[visit_view(event, visit, now) for visit in later] if on else [],
        present=people_present(event, now).get(space.id) if on else None,
        lates=late_words(event, now, space_id=space.id) if on else [],
        approximate=any(not visit.exact for visit in (*at.here, *at.coming)),
        planned=live.visits.planned,
        heard=heard_at(event, now),
        refresh=refresh_in(now),
        here_url=stand_path(stand),
    )

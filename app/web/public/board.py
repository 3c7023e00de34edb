"""The wall board of an event: which wave arrives, who is in each space and who comes next, how full it is.

Public data alone: classes and schools. It looks again by itself, with a script or without; where there are many spaces it goes
on to the next ones. Who wants to read in peace freezes it, or has all of it at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from app.core import clock
from app.core.i18n import format_day
from app.events.errors import EventNotFound
from app.events.marks import find_public_mark
from app.events.queries import EventRow, SpaceRow
from app.flows.live import Phase, SpaceNow, phase_of, space_at, spaces_in_use
from app.flows.visits import Visit
from app.web.context import show_organiser
from app.web.filters import hour
from app.web.guards import public
from app.web.i18n import current_locale
from app.web.live import (
    LiveEvent,
    VisitView,
    arrival_words,
    heard_at,
    late_words,
    live_event,
    people_present,
    phase_words,
    refresh_in,
    visit_view,
)
from app.web.public.found import require_slug
from app.web.public.words import listed

blueprint = Blueprint("public_board", __name__)

SPACES_A_PAGE = 4
"""What a screen of 1920 × 1080 shows to be read from afar."""
SHOWN = 2
NEARLY_FULL = 75


@dataclass(frozen=True)
class SpaceView:
    """One space. `counted`: its people are those its doors counted, else those who are to be there by the plan."""

    name: str
    people: int
    capacity: int
    counted: bool
    level: str
    here: tuple[VisitView, ...]
    more_here: int
    next: tuple[VisitView, ...]
    more_next: int

    @property
    def percent(self) -> float:
        return 100 * self.people / self.capacity


@blueprint.get("/events/<slug>/board")
@public
def show(slug: str) -> str:
    require_slug(slug)
    mark = find_public_mark(slug)
    if mark is None:
        raise EventNotFound(slug)
    show_organiser(mark.organiser_id)
    live, now = live_event(mark), clock.now()
    whole, still = request.args.get("all") == "1", request.args.get("still") == "1"
    spaces = spaces_in_use(live.event) if phase_of(live.event, now) is Phase.ON else ()
    pages = 1 if whole else max(1, -(-len(spaces) // SPACES_A_PAGE))
    page = _page(pages)
    shown = spaces if whole else spaces[(page - 1) * SPACES_A_PAGE : page * SPACES_A_PAGE]
    event, phase = live.event, phase_of(live.event, now)
    arriving, coming = arrival_words(event, now)
    return render_template(
        "public/board/show.html",
        event=event,
        phase=phase.value,
        said=phase_words(event, phase, now),
        clock=hour(now, event.timezone),
        day=format_day(now, event.timezone, current_locale()),
        arriving=arriving,
        coming=coming,
        lates=late_words(event, now) if phase is Phase.ON else [],
        planned=live.visits.planned,
        spaces=_views(live, shown, now),
        page=page,
        pages=pages,
        whole=whole,
        still=still,
        many=len(spaces) > SPACES_A_PAGE,
        next_url=_url(event, page=page % pages + 1, whole=whole),
        still_url=_url(event, page=page, whole=whole, still=not still),
        whole_url=_url(event, whole=not whole),
        heard=heard_at(event, now),
        refresh=refresh_in(now),
    )


def _page(pages: int) -> int:
    """The page asked for; the first one for what is none."""
    asked = request.args.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 4 else 1
    return number if 1 <= number <= pages else 1


def _views(live: LiveEvent, spaces: Sequence[SpaceRow], now: datetime) -> list[SpaceView]:
    present = people_present(live.event, now) if spaces else {}
    at = (space_at(live.event, live.visits, space, now) for space in spaces)
    return [_space(live.event, found, present.get(found.space.id), now) for found in at]


def _space(event: EventRow, at: SpaceNow, present: int | None, now: datetime) -> SpaceView:
    people = at.people if present is None else present
    percent = 100 * people / at.space.capacity
    here, coming = _groups(at.here), _groups(at.coming)
    return SpaceView(
        name=at.space.name,
        people=people,
        capacity=at.space.capacity,
        counted=present is not None,
        level="full" if percent >= 100 else "nearly" if percent >= NEARLY_FULL else "free",
        here=tuple(_group(event, teams, now) for teams in here[:SHOWN]),
        more_here=max(0, len(here) - SHOWN),
        next=tuple(_group(event, teams, now) for teams in coming[:SHOWN]),
        more_next=max(0, len(coming) - SHOWN),
    )


def _groups(visits: Sequence[Visit]) -> list[list[Visit]]:
    """The teams of a group that come at the same time are one line: a board is read from afar."""
    together: dict[tuple[int, datetime], list[Visit]] = {}
    for visit in visits:
        together.setdefault((visit.guest.id, visit.starts_at), []).append(visit)
    return list(together.values())


def _group(event: EventRow, teams: Sequence[Visit], now: datetime) -> VisitView:
    first = visit_view(event, teams[0], now)
    if len(teams) == 1:
        return first
    stands = sorted(visit.stand for visit in teams if visit.stand is not None)
    name = teams[0].guest.name(event, current_locale())
    who = name if len(teams) == teams[0].teams else _("%(group)s, %(count)s teams", group=name, count=len(teams))
    said = _("stands %(numbers)s", numbers=listed([str(stand) for stand in stands])) if stands else ""
    return replace(first, who=str(who), stand=str(said))


def _url(event: EventRow, *, page: int = 1, whole: bool = False, still: bool = False) -> str:
    asked = {"page": page} if page > 1 else {}
    asked |= {"all": 1} if whole else {}
    asked |= {"still": 1} if still else {}
    query = urlencode({**asked, **({"lang": lang} if (lang := request.args.get("lang")) in {"fr", "en"} else {})})
    return f"/events/{event.slug}/board" + (f"?{query}" if query else "")

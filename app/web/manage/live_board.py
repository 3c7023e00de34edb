"""The live board of an event: who is here, who is still to come, what asks for somebody. It looks again every few seconds.

Everybody who watches an event from one process shares what was read and rendered for it (see docs/door.md, "Live board"): nothing
that is made here may hold what belongs to one person, a form's token above all.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from threading import Lock

from flask import Blueprint, current_app, make_response, render_template, request
from werkzeug.wrappers import Response

from app.accounts.rules import Ability, RowLimit, row_limit
from app.core import clock
from app.events.errors import EventNotFound
from app.events.queries import EventRow, get_event_by_id
from app.flows.live import Phase, phase_of
from app.reports.queries.live_board import (
    Arrivals,
    Expected,
    LiveMark,
    find_live_mark,
    get_arrivals,
    get_expected,
)
from app.reports.queries.live_conflicts import ToConfirm, list_to_confirm
from app.reports.queries.live_door import DoorNews, get_door_news
from app.reports.queries.live_standing import Standing, follow
from app.web.guards import allows, current_access, current_organiser_id, event_staff
from app.web.i18n import current_locale
from app.web.live import phase_words
from app.web.manage.event_page import AUDIENCE_ICONS, event_context, get_own_event
from app.web.manage.live_board_words import Reader, board_words
from app.web.ttl_cache import TtlCache

blueprint = Blueprint("manage_live_board", __name__, url_prefix="/manage/events/<slug>/live")

LOOKS_AGAIN = 2.6
"""Seconds after which an open page asks again. With MARK_SECONDS what it shows is less than 5 seconds old."""
MARK_SECONDS = 1.6
RELOADS = 20
"""Seconds after which a page without a script loads itself again."""
KEPT_SECONDS = 90.0
EVENTS_KEPT, PARTS_KEPT = 20, 60
STANDINGS_KEPT = 4
"""Some megabytes each where thousands came."""


@dataclass(frozen=True)
class LiveData:
    """An event at a mark."""

    event: EventRow
    arrivals: Arrivals
    news: DoorNews
    conflicts: list[ToConfirm]


@blueprint.get("")
@event_staff(Ability.LIVE_SEE)
def show(slug: str) -> str:
    event = get_own_event(slug)
    part, etag = _part(slug)
    return render_template(
        "manage/live/show.html",
        part=part,
        etag=etag,
        looks_again=int(LOOKS_AGAIN * 1000),
        reloads=RELOADS,
        still=request.args.get("still") == "1",
        may_settle=allows(Ability.DOOR),
        **event_context(event, "live"),
    )


@blueprint.get("/now")
@event_staff(Ability.LIVE_SEE)
def now(slug: str) -> Response:
    """The part of the page that changes: 304 while nothing did."""
    part, etag = _part(slug)
    response = make_response(part)
    response.set_etag(etag)
    return response.make_conditional(request)


@dataclass(frozen=True)
class _Shared:
    """What this process keeps for all who watch. One thread at a time reads or renders: the others wait for what it makes."""

    lock: Lock
    marks: TtlCache[LiveMark | None]
    expected: TtlCache[tuple[EventRow, Expected]]
    data: TtlCache[LiveData]
    parts: TtlCache[str]
    standings: dict[int, Standing]
    last_scans: dict[str, int]


def _shared() -> _Shared:
    found: _Shared | None = current_app.extensions.get("parcours.live_board")
    if found is None:
        found = current_app.extensions.setdefault(
            "parcours.live_board",
            _Shared(
                Lock(), TtlCache(MARK_SECONDS, EVENTS_KEPT), TtlCache(KEPT_SECONDS, EVENTS_KEPT),
                TtlCache(KEPT_SECONDS, EVENTS_KEPT), TtlCache(KEPT_SECONDS, PARTS_KEPT), {}, {},
            ),
        )  # fmt: skip
    return found


def forget_boards() -> None:
    """Make this process read anew: for the one that settled something and wants to see it."""
    _shared().marks.clear()


def _part(slug: str) -> tuple[str, str]:
    """The rendered part for this reader, and its tag."""
    organiser_id, now = current_organiser_id(), clock.now()
    shared, reader = _shared(), reader_now()
    with shared.lock:
        mark = shared.marks.get(f"{organiser_id}:{slug}", lambda: _mark(slug, organiser_id, shared))
        if mark is None:
            raise EventNotFound(slug)
        key = f"{mark.etag}:{now:%Y%m%d%H%M}"
        whole = f"{key}:{reader}:{current_locale()}"
        part = shared.parts.get(whole, lambda: _render(_data(mark, key, now, shared), reader, now))
    return part, sha256(whole.encode()).hexdigest()[:24]


def _mark(slug: str, organiser_id: int, shared: _Shared) -> LiveMark | None:
    """The mark of now. Its search begins at the last scan of the one before."""
    place = f"{organiser_id}:{slug}"
    mark = find_live_mark(slug, organiser_id=organiser_id, known=shared.last_scans.pop(place, 0))
    if mark is not None:
        shared.last_scans[place] = mark.last_scan
        while len(shared.last_scans) > EVENTS_KEPT:
            del shared.last_scans[next(iter(shared.last_scans))]
    return mark


def _data(mark: LiveMark, key: str, now: datetime, shared: _Shared) -> LiveData:
    return shared.data.get(key, lambda: _read(mark, now, shared))


def reader_now() -> Reader:
    """What the person of this request may read and do on the board."""
    return Reader(
        people=allows(Ability.PEOPLE_SEE),
        every_row=row_limit(current_access()) is RowLimit.ALL,
        door=allows(Ability.DOOR),
        rows=allows(Ability.LIST_SEE),
        day=allows(Ability.PROGRAMME_SEE),
    )


def _read(mark: LiveMark, now: datetime, shared: _Shared) -> LiveData:
    """Ten statements at most, and those by which an event is read."""
    hour = f"{mark.version}:{now:%Y%m%d%H}"
    event, expected = shared.expected.get(hour, lambda: _read_expected(mark.event_id, now))
    standing = _follow(event, mark, now, shared)
    conflicts = list_to_confirm(event.id) if mark.conflicts else []
    return LiveData(event, get_arrivals(event, expected, standing, now=now), get_door_news(event, now=now), conflicts)


def _follow(event: EventRow, mark: LiveMark, now: datetime, shared: _Shared) -> Standing:
    """Where everybody is, from what is kept of it; the events watched longest ago are forgotten."""
    standing = follow(event, shared.standings.pop(event.id, None), version=mark.changes, now=now)
    shared.standings[event.id] = standing
    while len(shared.standings) > STANDINGS_KEPT:
        del shared.standings[next(iter(shared.standings))]
    return standing


def _read_expected(event_id: int, now: datetime) -> tuple[EventRow, Expected]:
    event = get_event_by_id(event_id)
    return event, get_expected(event, now=now)


def _render(data: LiveData, reader: Reader, now: datetime) -> str:
    event = data.event
    phase = phase_of(event, now)
    return render_template(
        "manage/live/_board.html",
        event=event,
        base=f"/manage/events/{event.slug}",
        phase=phase.value,
        said=phase_words(event, phase, now) if phase is not Phase.ON else ("", ""),
        board=board_words(event, data.arrivals, data.news, data.conflicts, reader, now),
        reader=reader,
        now=now,
        audience_icons=AUDIENCE_ICONS,
    )

"""Events through the API."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Response

from app.accounts.enums import Scope
from app.core.errors import FieldError
from app.events.operations import create_event, edit_event
from app.events.queries import (
    EventRow,
    find_event,
    get_event,
    get_event_by_id,
    get_places,
    list_audiences,
    list_events,
    list_events_by_id,
    list_places,
)
from app.events.rules import require_valid
from app.reports.queries.projects import list_projects
from app.web.api.calls import PREFIX, Answer, ApiBlueprint, answer_once, as_response, call, own_event
from app.web.api.event_bodies import draft_from, event_body, require_no_ids
from app.web.api.event_moves import EventMoveIn, do_move
from app.web.api.event_schemas import (
    EventIn,
    EventOut,
    EventsOut,
    EventsQuery,
)
from app.web.api.every_problem import Reading
from app.web.api.fields import LARGEST_ID
from app.web.guards import current_actor, current_organiser_id

blueprint = ApiBlueprint("api_events", __name__, url_prefix=PREFIX, description="Events, their waves, spaces and moves")

READ = (Scope.EVENTS_READ,)
READ_OR_SCAN = (Scope.EVENTS_READ, Scope.SCANS_WRITE)
WRITE = (Scope.EVENTS_WRITE,)


def _look(sent: dict[str, Any], slug: str = "") -> None:
    """Read a new event, or what is said of the one with that slug."""
    if not slug:
        require_no_ids(sent)
    draft, organiser_id = draft_from(sent), current_organiser_id()
    audiences = {a.code for a in (*list_audiences(organiser_id), *(own_event(slug).audiences if slug else ()))}
    problems = {}
    if draft.project_id is not None and all(p.id != draft.project_id for p in list_projects(organiser_id)):
        problems["project"] = "unknown_project"
    if draft.slug and not slug and find_event(draft.slug) is not None:
        problems["slug"] = "taken"
    try:
        require_valid(draft, audiences)
    except FieldError as error:
        problems |= error.problems
    if problems:
        raise FieldError(problems)


EARLY, LATE = "2000-01-01T00:00:00Z", "2100-12-31T00:00:00Z"
EVENT = Reading(
    _look,
    {
        "title": {"fr": "x"}, "title/fr": "x", "kind": "forum", "venue/name": "x", "starts_at": EARLY, "ends_at": LATE,
        "audiences": [], "audiences/*": "x", "waves": [],
        "waves/*": {"starts_at": EARLY, "ends_at": LATE, "capacity": 1},
        "waves/*/starts_at": EARLY, "waves/*/ends_at": LATE, "waves/*/capacity": 1,
        "waves/*/allotments/*": {"audience": "x"}, "waves/*/allotments/*/audience": "x",
        "spaces/*": {"name": "x", "capacity": 1}, "spaces/*/name": "x", "spaces/*/capacity": 1,
        "stops/*": {"name": {"fr": "x"}, "minutes": 0}, "stops/*/name": {"fr": "x"}, "stops/*/name/fr": "x",
        "stops/*/minutes": 0,
        "transfers/*": {"spaces": [], "minutes": 0}, "transfers/*/spaces": [], "transfers/*/minutes": 0,
        "transfers/*/spaces/*": "x", "apart/*": {"audiences": [], "span": "wave"}, "apart/*/audiences": [],
        "apart/*/audiences/*": "x", "apart/*/span": "wave", "stops/*/audiences/*": "x",
    },
    {
        "ends_at": ["starts_at"],
        "registration_closes_at": ["registration_opens_at"],
        "waves/*/starts_at": ["starts_at", "ends_at"],
        "waves/*/ends_at": ["waves/*/starts_at"],
        "waves/*/allotments/*/audience": ["audiences", "audiences/*"],
        "spaces/*/name": ["spaces/*", "spaces/*/name"],
        "stops/*/space": ["spaces", "spaces/*", "spaces/*/name"],
        "stops/*/audiences": ["audiences", "audiences/*", "stops/*/audiences/*"],
        "transfers/*/spaces": ["spaces", "spaces/*", "spaces/*/name", "transfers/*/spaces/*"],
        "apart/*/audiences": ["audiences", "audiences/*", "apart/*/audiences/*"],
    },
)  # fmt: skip


@call(blueprint, "GET", "/events", READ, EventsOut, query=EventsQuery)
def list_own_events(query: dict[str, Any]) -> Response:
    """The organiser's events, latest first."""
    limit = query["limit"]
    after = _read_cursor(query["cursor"]) if query.get("cursor") else None
    lines = list_events(current_organiser_id(), after=after, limit=limit + 1)
    shown = lines[:limit]
    events = {event.id: event for event in list_events_by_id([line.id for line in shown])}
    places = list_places(list(events.values()))
    cursor = _write_cursor(shown[-1].starts_at, shown[-1].id) if len(lines) > limit else None
    bodies = [event_body(events[line.id], places[line.id]) for line in shown]
    return as_response(200, {"cursor": cursor, "events": bodies})


@call(blueprint, "POST", "/events", WRITE, EventOut, status=201, body=EventIn, reading=EVENT, errors=(409,))
def make_event(sent: dict[str, Any]) -> Response:
    """Make an event: a draft, which only its organiser sees until it is published.

    It gets one entrance checkpoint, and one for each space.
    """
    require_no_ids(sent)
    draft = draft_from(sent)

    def work(now: datetime) -> Answer:
        slug = create_event(draft, organiser_id=current_organiser_id(), by=current_actor(), now=now)
        return 201, _body(get_event(slug))

    return answer_once(work)


@call(blueprint, "GET", "/events/<slug>", READ_OR_SCAN, EventOut, errors=(404,))
def show_event(slug: str) -> Response:
    """One event. `places_left` is counted now."""
    return as_response(200, _body(own_event(slug)))


@call(blueprint, "PUT", "/events/<slug>", WRITE, EventOut, body=EventIn, reading=EVENT, errors=(404, 409))
def replace_event(sent: dict[str, Any], slug: str) -> Response:
    """Bring an event up to date with what the body says of it.

    Waves, spaces and stops named by `id` are kept, others made, missing ones removed. The slug and the prefix of
    references stay.
    """
    event, draft = own_event(slug), draft_from(sent)

    def work(now: datetime) -> Answer:
        edit_event(event.id, draft, by=current_actor(), now=now)
        return 200, _body(get_event_by_id(event.id))

    return answer_once(work)


@call(blueprint, "POST", "/events/<slug>/moves", WRITE, EventOut, body=EventMoveIn, errors=(404, 409))
def make_move(sent: dict[str, Any], slug: str) -> Response:
    """Publish, close, archive, cancel or postpone an event.

    409 `move_not_allowed` when its state does not admit it, `event_incomplete` when there is nothing to publish yet,
    `not_over` when people hold places in an event to archive that is still to come: cancel it, or change its dates;
    `people_came` when an event to postpone took place already. To postpone, say one of `shift_days`, `waves` (all of them)
    and `date_to_come`: everyone registered is told and asked whether they stay.
    """
    event = own_event(slug)

    def work(now: datetime) -> Answer:
        do_move(event, sent, now)
        return 200, _body(get_event_by_id(event.id))

    return answer_once(work)


def _body(event: EventRow) -> dict[str, Any]:
    return event_body(event, get_places(event))


def _write_cursor(starts_at: datetime, event_id: int) -> str:
    return base64.urlsafe_b64encode(f"{starts_at.astimezone(UTC).isoformat()}|{event_id}".encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[datetime, int]:
    """Raises FieldError for what is not one of our cursors."""
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        moment, _, event_id = plain.partition("|")
        found = datetime.fromisoformat(moment).astimezone(UTC), int(event_id)
    except (ValueError, binascii.Error, OverflowError) as error:
        raise FieldError({"cursor": "invalid"}) from error
    if not 0 < found[1] <= LARGEST_ID:
        raise FieldError({"cursor": "invalid"})
    return found

"""What phones at the doors ask: what they need to decide alone, and the passages that they send (docs/door.md)."""

import gzip
import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, after_this_request, current_app, request
from werkzeug.wrappers import Response

from app.checkin.devices.door_list import list_for_device, read_cursor, stand
from app.checkin.devices.errors import DeviceRevoked, EventOver
from app.checkin.devices.operations import note_contact
from app.checkin.devices.queries import DeviceRow
from app.checkin.devices.rules import DeviceState, due, opens
from app.checkin.queries import get_occupancy
from app.core import clock
from app.core.errors import DatabaseBusy
from app.core.transaction import transaction
from app.events.errors import EventNotFound
from app.events.queries import EventRow, get_event_by_id, get_places
from app.flows.queries import list_planned_arrivals
from app.flows.queries.teams import find_plan_id, list_team_sizes
from app.web.bearers import current_device
from app.web.guards import device

blueprint = Blueprint("door_api", __name__, url_prefix="/door/api")

GZIP_LEVEL = 5
WORTH_ZIPPING = 1_000  # bytes


@blueprint.get("/setup")
@device
def setup() -> Response:
    """The event, and the checkpoints at which this phone stands."""
    phone, now = current_device(), clock.now()
    event = _event_in_hand(phone, now)
    places = get_places(event)
    doors = [c for c in event.checkpoints if opens(list(phone.checkpoint_ids), c.id)] or event.checkpoints
    body = {
        "device": {"id": str(phone.id), "name": phone.name, "mode": phone.mode.value},
        "event": {
            "slug": event.slug, "title": {"fr": event.title("fr"), "en": event.title("en")}, "timezone": event.timezone,
            "starts_at": told(event.starts_at, event), "ends_at": told(event.last_ends_at, event),
        },
        "list_ends_at": told(phone.list_ends_at, event),
        "checkpoints": [
            {"id": str(c.id), "name": {"fr": c.label("fr"), "en": c.label("en")}, "space": c.space_id} for c in doors
        ],
        "spaces": [{"id": s.id, "name": s.name, "capacity": s.capacity} for s in event.spaces],
        "audiences": [
            {"code": a.code, "label": {"fr": a.label("fr"), "en": a.label("en")}, "groups": a.groups} for a in event.audiences
        ],
        "waves": [
            {
                "id": w.id, "starts_at": told(w.starts_at, event), "ends_at": told(w.ends_at, event),
                "places_left": max(0, places.left(event, w)),
            }
            for w in event.waves
        ],
    }  # fmt: skip
    _note_later(phone, now)
    mark = sha256(_json(body)).hexdigest()[:32]
    return _answer({"now": told(now, event), **body}, mark, now)


@blueprint.get("/list")
@device
def tickets() -> Response:
    """The tickets of the event, or what changed since `since`: hashes of codes and labels; no mail, no telephone, no code.

    Its tag is that of the event's state, whatever was asked for: a phone that has heard of this state has nothing to read.

    410 `cursor_gone` when `since` is not of this event or not of this database's past: read the whole list again.
    """
    phone, now = current_device(), clock.now()
    event = _event_in_hand(phone, now)
    plan_id = find_plan_id(event.id)
    at = stand(event, plan_id, now=now)
    asked = request.args.get("since", "")
    since = read_cursor(asked, event.id) if asked else None
    _note_later(phone, now)
    if request.if_none_match.contains_weak(at.mark):
        return _unchanged(at.mark, now)
    teams = list_team_sizes(plan_id) if plan_id is not None else {}

    def arrivals(ids: Collection[int] | None) -> Mapping[tuple[int, int], datetime]:
        return list_planned_arrivals(event, ids) if plan_id is not None else {}

    found = list_for_device(event, at, since, teams, arrivals, now=now)
    body = {
        "cursor": str(found.cursor), "now": told(now, event), "full": found.full, "tickets": found.tickets,
        **present_now(event, now),
    }  # fmt: skip
    return _answer(body, at.mark, now)


def event_of(phone: DeviceRow) -> EventRow:
    """The phone's event. Raises EventOver when it is in the bin."""
    try:
        return get_event_by_id(phone.event_id)
    except EventNotFound as gone:
        raise EventOver("this event is gone") from gone


def _event_in_hand(phone: DeviceRow, now: datetime) -> EventRow:
    """The phone's event while it may hold the list. Raises DeviceRevoked, EventOver."""
    state = phone.state(now)
    if state in {DeviceState.REVOKED, DeviceState.SIGNED_OUT}:
        raise DeviceRevoked("this phone is not allowed any more")
    if state is DeviceState.OVER:
        raise EventOver("the event is over")
    return event_of(phone)


def present_now(event: EventRow, now: datetime) -> dict[str, Any]:
    found = get_occupancy(event, now=now)
    return {"spaces": [[space.id, space.present] for space in found.spaces], "present": found.present}


def told(moment: datetime, event: EventRow) -> str:
    """RFC 3339 with the offset of the event's place."""
    return moment.astimezone(ZoneInfo(event.timezone)).isoformat()


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _unchanged(mark: str, now: datetime) -> Response:
    """Nothing new, and what time it is all the same: phones measure their clock by it."""
    answer = Response(status=304, headers={"Door-Now": now.isoformat()})
    _as_private(answer, mark)
    return answer


def _answer(body: dict[str, Any], mark: str, now: datetime) -> Response:
    """JSON, made small where the phone takes that: its network is a hall's."""
    if request.if_none_match.contains_weak(mark):
        return _unchanged(mark, now)
    sent = _json(body)
    answer = Response(content_type="application/json")
    if len(sent) >= WORTH_ZIPPING and request.accept_encodings["gzip"] > 0:
        sent = gzip.compress(sent, GZIP_LEVEL, mtime=0)
        answer.headers["Content-Encoding"] = "gzip"
    answer.set_data(sent)
    _as_private(answer, mark)
    return answer


def _as_private(answer: Response, mark: str) -> None:
    answer.set_etag(mark, weak=True)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.update(("Accept-Encoding", "Authorization"))


def _note_later(phone: DeviceRow, now: datetime) -> None:
    """Have it noted that the phone was heard of, after the answer has left: no call waits for that."""
    if not due(phone.last_contact_at, now):
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def note() -> None:
        with app.app_context(), suppress(DatabaseBusy), transaction():
            note_contact(phone, None, now=now)

    @after_this_request
    def note_when_sent(response: Response) -> Response:
        response.call_on_close(note)
        return response

"""What a door needs to decide alone, and who is where."""

import re
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from marshmallow import fields
from werkzeug.wrappers import Response

from app.accounts.enums import Scope
from app.checkin.queries import get_occupancy, list_door_tickets
from app.core import clock
from app.core.errors import DomainError
from app.events.queries import EventRow, get_version
from app.web.api.calls import PREFIX, ApiBlueprint, as_response, call, own_event
from app.web.api.fields import Body
from app.web.api.schemas import ID, Told, flag, instant, many, number, text

blueprint = ApiBlueprint("api_doors", __name__, url_prefix=PREFIX, description="Tickets and presence, for doors")


class CursorGone(DomainError):
    """The door's list cannot go on from this cursor: read it whole again."""

    code = "cursor_gone"
    status = 410


class DoorTicketOut(Told):
    code_hash = text("The first 32 hexadecimal figures of the SHA-256 of the code.")
    reference = text()
    label = text()
    audience = text()
    status = text()
    kind = text("`main`, or `route_card`: one pupil of a class.")
    participants = number()
    companions = number()
    waves = many(text(**ID))
    absent = flag(
        "A group that did not come in time: its places were given back. It may still come in where there is room."
    )


class DoorListOut(Told):
    cursor = text("What to send as `since`.")
    tickets = many(DoorTicketOut)


class DoorListQuery(Body):
    since = fields.String(
        metadata={"description": "`cursor` of the list one has: then only what changed, cancelled ones too."}
    )


class SpacePresenceOut(Told):
    id = text(**ID)
    present = number()
    capacity = number()


class OccupancyOut(Told):
    present = number()
    by_audience = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    spaces = many(SpacePresenceOut)
    as_of = instant()


@call(
    blueprint, "GET", "/events/<slug>/door-list", (Scope.SCANS_WRITE,), DoorListOut,
    query=DoorListQuery, errors=(404, 410),
    documentation={
        "parameters": [
            {"in": "query", "name": "since", "required": False, "schema": {"type": "string"}},
            {"in": "header", "name": "If-None-Match", "required": False, "schema": {"type": "string"}},
        ],
        "responses": {"304": {"description": "Nothing changed."}},
    },
)  # fmt: skip
def show_door_list(query: dict[str, Any], slug: str) -> Response:
    """The tickets of an event: the least that decides without a network. No mail, no telephone, no code.

    410 `cursor_gone` when `since` is not of this event or not of this database's past: read the whole list again.
    """
    event = own_event(slug)
    version = get_version(event.id)  # read before the list: what changes meanwhile is told twice rather than never
    since = _read_cursor(event, version, query["since"]) if query.get("since") else None
    etag = f"{event.id}-{version}-{'all' if since is None else since}"
    known = etag in request.if_none_match
    answer = Response(status=304) if known else as_response(200, _door_list(event, version, since))
    answer.set_etag(etag)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@call(
    blueprint, "GET", "/events/<slug>/occupancy", (Scope.EVENTS_READ, Scope.SCANS_WRITE), OccupancyOut, errors=(404,)
)  # fmt: skip
def show_occupancy(slug: str) -> Response:
    """People present now, by audience and in each space; each day of the event begins with nobody."""
    event = own_event(slug)
    found = get_occupancy(event, now=clock.now())
    return as_response(
        200,
        {
            "present": found.present,
            "by_audience": found.by_audience,
            "spaces": [{"id": str(s.id), "present": s.present, "capacity": s.capacity} for s in found.spaces],
            "as_of": clock.now().astimezone(ZoneInfo(event.timezone)).isoformat(),
        },
    )


def _door_list(event: EventRow, version: int, since: int | None) -> dict[str, Any]:
    found = list_door_tickets(event, since=since)
    return {
        "cursor": f"{event.id}:{version}",
        "tickets": [
            {
                "code_hash": sha256(t.code.encode()).hexdigest()[:32],
                "reference": t.reference,
                "label": t.label,
                "audience": t.audience,
                "status": t.status.value,
                "kind": t.kind.value,
                "participants": t.participants,
                "companions": t.companions,
                "waves": [str(wave_id) for wave_id in t.waves],
                "absent": t.absent,
            }
            for t in found.tickets
        ],
    }


def _read_cursor(event: EventRow, version: int, cursor: str) -> int:
    """The version in a cursor. Raises CursorGone for another event's, a malformed one, or one from a lost future."""
    found = re.fullmatch(r"([1-9]\d{0,9}):(\d{1,10})", cursor, re.ASCII)
    if found is None or int(found[1]) != event.id or not int(found[2]) <= version:
        raise CursorGone("this cursor is not of this list")
    return int(found[2])

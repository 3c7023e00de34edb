"""Scans through the API. Items are read by hand rather than by a schema: a door empties its store 500 at a time."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.accounts.enums import Scope
from app.checkin.enums import Direction, Reason, ScanResult
from app.checkin.operations import ScanAnswer, ScanInput, invalid
from app.checkin.queries import label_scans
from app.core.cache import remembered
from app.core.errors import DomainError, FieldError
from app.events.enums import EventState
from app.events.errors import EventReadOnly
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.web.api.calls import PREFIX, Answer, ApiBlueprint, answer_once, call, own_event, read_json, require_reach
from app.web.api.fields import UNUSABLE, as_id, as_instant
from app.web.api.recording import recorder
from app.web.api.schemas import HeadcountOut, Told, many, one, text
from app.web.guards import current_organiser_id

blueprint = ApiBlueprint("api_scans", __name__, url_prefix=PREFIX, description="Scans at doors")

MOST_SCANS = 500
LONGEST_CODE = 2000
LONGEST_DEVICE = 80
MOST_PEOPLE = 5_000
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
DIRECTIONS = {d.value: d for d in Direction}


class TooManyScans(DomainError):
    """More scans in one call than are taken."""

    code = "too_large"
    status = 413


class ScanHeadcount(Schema):
    participants = fields.Integer(metadata={"minimum": 0, "maximum": MOST_PEOPLE})
    companions = fields.Integer(metadata={"minimum": 0, "maximum": MOST_PEOPLE})


class ScanIn(Schema):
    """For the document only: items are read by hand, for speed, and a bad one is refused alone."""

    id = fields.UUID(required=True, metadata={"description": "Made by the device; the same id gets its stored result."})
    code = fields.String(
        required=True, metadata={"description": "A ticket's code or its address.", "maxLength": LONGEST_CODE}
    )
    checkpoint = fields.String(required=True)
    direction = fields.String(required=True, metadata={"enum": list(DIRECTIONS)})
    scanned_at = fields.AwareDateTime(
        required=True,
        metadata={
            "description": "The device's time. More than ten minutes in the future, it counts as the time of receipt. Each day of"
            " the event begins with nobody inside."
        },
    )
    headcount = fields.Nested(
        ScanHeadcount,
        allow_none=True,
        metadata={"description": "People passing now; without it, all who are not yet in (or all who are)."},
    )
    undoes = fields.UUID(
        allow_none=True,
        metadata={"description": "Id of an accepted scan of the same code that did not happen after all."},
    )


class ScansIn(Schema):
    device = fields.String(required=True, metadata={"minLength": 1, "maxLength": LONGEST_DEVICE})
    scans = fields.List(
        fields.Raw(metadata={"anyOf": [{"$ref": "#/components/schemas/Scan"}, {}]}),
        required=True,
        metadata={"description": f"At most {MOST_SCANS}, else 413. What is no `Scan` is refused alone, as `invalid`."},
    )


class ScanOut(Told):
    id = text("As it was sent; empty when there was none.")
    result = text(enum=[r.value for r in ScanResult])
    reason = text(null=True, enum=[*[r.value for r in Reason], None])
    label = text("Whose ticket it is.")
    expected = one(HeadcountOut)
    present = one(HeadcountOut)
    over = fields.Boolean(
        required=False,
        metadata={"description": "There, and true, where more people came in than were expected or allowed."},
    )


class ScansOut(Told):
    results = many(ScanOut)


SCAN_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": ScansIn}}}}


@call(
    blueprint, "POST", "/events/<slug>/scans", (Scope.SCANS_WRITE,), ScansOut,
    errors=(404, 409, 413, 415, 422), documentation=SCAN_BODY,
)  # fmt: skip
def send_scans(slug: str) -> Response:
    """Record up to 500 passages, in their order, whatever the answer to each is.

    A bad item is refused alone (`invalid`). Doors work in every state but `archived` (409 `event_read_only`): before
    an event is published one practises.
    """
    try:
        device, sent = _read_batch(read_json())
    except (FieldError, TooManyScans, HTTPException):
        require_reach()
        raise
    read = [read_scan(item) for item in sent]
    items = [item for item in read if item is not None]

    _know(slug)
    record = recorder(device, items)

    def work(now: datetime) -> Answer:
        answers = iter(record(_event_at_door(slug), now))
        results = [result_of(next(answers) if item else None, raw) for item, raw in zip(read, sent, strict=True)]
        return 200, {"results": results}

    return answer_once(work, _label_again)


def _label_again(kept: dict[str, Any]) -> dict[str, Any]:
    """Whose tickets the scans of a kept answer were, as they are called now."""
    ids = [result["id"].lower() for result in kept["results"]]
    labels = label_scans(current_organiser_id(), ids)
    return {"results": [{"label": labels.get(scan_id, "")} for scan_id in ids]}


def _know(slug: str) -> None:
    """Read the event once outside of a transaction, where it is kept in memory: each scan then asks its revision alone."""
    if (current_organiser_id(), slug) not in remembered("door_events"):
        event = own_event(slug)
        remembered("door_events")[event.organiser_id, slug] = event.revision


def _event_at_door(slug: str) -> EventRow:
    """The event as it is in this transaction. Raises EventNotFound, EventReadOnly."""
    event = own_event(slug)
    if event.revision != remembered("door_events").get((event.organiser_id, slug)):
        remembered("door_events").pop((event.organiser_id, slug), None)
    if event.state is EventState.ARCHIVED:
        raise EventReadOnly("the event is archived")
    return event


def _read_batch(body: Any) -> tuple[str, Sequence[Any]]:
    """Raises FieldError, and TooManyScans above 500."""
    if not isinstance(body, dict):
        raise FieldError({"": "object_expected"})
    problems = {name: "unknown_field" for name in body if name not in {"device", "scans"}}
    device, scans = body.get("device"), body.get("scans")
    if not isinstance(device, str) or UNUSABLE.search(device):
        problems["device"] = "required" if device is None else "text_expected"
    elif not 0 < len(device) <= LONGEST_DEVICE:
        problems["device"] = "too_long" if device else "required"
    if not isinstance(scans, list):
        problems["scans"] = "required" if scans is None else "list_expected"
    elif len(scans) > MOST_SCANS:
        raise TooManyScans(f"at most {MOST_SCANS} scans a call")
    if problems:
        raise FieldError(problems)
    return str(device), scans or []


def read_scan(item: Any) -> ScanInput | None:
    """One item as it was sent, or None when it is not one of the contract's."""
    if not isinstance(item, dict):
        return None
    try:
        code, direction = item["code"], DIRECTIONS[item["direction"]]
        moment, checkpoint = as_instant(item["scanned_at"]), as_id(item["checkpoint"])
        scan_id, undoes = read_uuid(item["id"]), item.get("undoes")
        if moment is None or checkpoint is None or not isinstance(code, str):
            return None
        if len(code) > LONGEST_CODE or UNUSABLE.search(code):
            return None
        headcount = read_headcount(item.get("headcount"))
        undone = None if undoes is None else read_uuid(undoes)
    except (KeyError, TypeError, ValueError):
        return None
    return ScanInput(scan_id, code, checkpoint, direction, moment, headcount, undone)


def read_uuid(sent: str) -> str:
    """A UUID (RFC 9562) in lower case. Raises TypeError, ValueError."""
    if UUID.fullmatch(sent) is None:
        raise ValueError(sent)
    return sent.lower()


def read_headcount(sent: Any) -> Headcount | None:
    """The headcount, None when none was sent. Raises TypeError, ValueError."""
    if sent is None:
        return None
    if not isinstance(sent, dict) or not sent.keys() <= {"participants", "companions"}:
        raise ValueError("headcount")
    counts = sent.get("participants", 0), sent.get("companions", 0)
    if any(type(count) is not int or not 0 <= count <= MOST_PEOPLE for count in counts):
        raise ValueError("headcount")
    return Headcount(*counts)


def result_of(answer: ScanAnswer | None, sent: Any) -> dict[str, Any]:
    """The answer to one item, as programs and the door's scripts read it."""
    raw_id = sent.get("id") if isinstance(sent, dict) else None
    scan_id = raw_id if isinstance(raw_id, str) else ""
    if answer is None:
        answer = invalid(UNUSABLE.sub("", scan_id)[:100])
        scan_id = answer.id
    told: dict[str, Any] = {
        "id": scan_id,
        "result": answer.result.value,
        "reason": answer.reason.value if answer.reason else None,
        "label": answer.label,
        "expected": {"participants": answer.expected.participants, "companions": answer.expected.companions},
        "present": {"participants": answer.present.participants, "companions": answer.present.companions},
    }
    return {**told, "over": True} if answer.over else told

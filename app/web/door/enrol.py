"""A phone becomes a device, and stops being one."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.accounts.operations import throttling
from app.checkin.devices.errors import CodeUnknown, DeviceRevoked
from app.checkin.devices.operations import enrol, rename_device, sign_out
from app.checkin.devices.rules import DeviceState
from app.core import clock
from app.core.actor import Actor, ActorKind
from app.core.errors import FieldError
from app.core.transaction import in_transaction, transaction
from app.web.api.calls import as_response, read_json
from app.web.api.fields import UNUSABLE
from app.web.bearers import current_device
from app.web.guards import device, enrolment

blueprint = Blueprint("door_enrol", __name__, url_prefix="/door/api")

ADDRESS_TRIES = 30
LONGEST_SECRET = 200
MOST_UNSENT = 1_000_000


@blueprint.post("/enrol")
@enrolment
def become_device() -> Response:
    """Exchange a code for a token. Wrong ones are counted for each network address, as passwords are.

    A right one always opens, whatever others in the same hall typed: it is 144 bits that nobody guesses.
    """
    body = read_json()
    code, name = _text(body, "code"), _text(body, "name")
    now = clock.now()
    try:
        if not 0 < len(code) <= LONGEST_SECRET:
            raise CodeUnknown("no such code")
        made = in_transaction(lambda: enrol(code, name, now=now))
    except CodeUnknown:
        with transaction():
            throttling.count({throttling.address_key(request.remote_addr or "", "enrol"): ADDRESS_TRIES}, now=now)
        raise
    answer = as_response(
        201, {"token": made.token, "device": {"id": str(made.id), "name": made.name, "mode": made.mode.value}}
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/leave")
@device
def leave() -> Response:
    """The phone signs out; `unsent` passages of `people` people that it still kept go with it, for it asked first."""
    body = read_json()
    unsent, people = _number(body, "unsent"), _number(body, "people")
    found, now = current_device(), clock.now()
    in_transaction(lambda: sign_out(found, unsent, people, now=now))
    return Response(status=204)


@blueprint.post("/name")
@device
def name_phone() -> Response:
    """Whoever holds the phone says its name; answered with the one that it has then."""
    said, found, now = _text(read_json(), "name"), current_device(), clock.now()
    if found.state(now) is not DeviceState.ENROLLED:
        raise DeviceRevoked("this phone is not allowed any more")
    by = Actor(ActorKind.SYSTEM, found.name, None, found.organiser_id)
    name = in_transaction(lambda: rename_device(found, said, by=by, now=now))
    return as_response(200, {"name": name})


def _number(body: object, name: str) -> int:
    """A number of the body, 0 where it is not said; raises FieldError for anything else."""
    found = body.get(name, 0) if isinstance(body, dict) else None
    if type(found) is not int or not 0 <= found <= MOST_UNSENT:
        raise FieldError({name: "invalid"})
    return found


def _text(body: object, name: str) -> str:
    """A text of the body; raises FieldError for anything else."""
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, str) or UNUSABLE.search(found):
        raise FieldError({name: "required" if found is None else "text_expected"})
    return found

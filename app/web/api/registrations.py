"""Registrations through the API."""

from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from app.accounts.enums import Scope
from app.core.errors import FieldError
from app.core.urls import absolute, own_page_path
from app.events.queries import get_event_by_id
from app.events.queries.reasons import OF_REGISTRATIONS, read_reason
from app.registrations.drafts import Headcount
from app.registrations.enums import RegistrationMove
from app.registrations.operations import (
    accept_offer,
    cancel_registration,
    change_registration,
    decline_offer,
    register,
)
from app.registrations.queries import RegistrationRow, get_by_reference, get_registration
from app.registrations.rules import clean, clean_waves
from app.web.api.calls import PREFIX, Answer, ApiBlueprint, answer_once, as_response, call, own_event
from app.web.api.every_problem import Reading
from app.web.api.registration_schemas import (
    RegisteredOut,
    RegistrationIn,
    RegistrationMoveIn,
    RegistrationOut,
    draft_from,
    headcount_from,
    registration_body,
    wave_ids,
)
from app.web.guards import current_actor, current_organiser_id
from app.web.offers import lapse_first

blueprint = ApiBlueprint("api_registrations", __name__, url_prefix=PREFIX, description="Registrations and their moves")

SCOPES = (Scope.REGISTRATIONS_WRITE,)

HEADCOUNT = {"headcount": {"participants": 1}, "headcount/participants": 1, "headcount/companions": 0, "waves/*": "1"}


def _look(sent: dict[str, Any], slug: str) -> None:
    clean(draft_from(sent), own_event(slug))


def _look_at_move(sent: dict[str, Any], reference: str) -> None:
    registration = get_by_reference(reference, organiser_id=current_organiser_id())
    waves = None if sent.get("waves") is None else wave_ids(sent["waves"])
    headcount, problems = headcount_from(sent.get("headcount")), dict[str, str]()
    if RegistrationMove(sent["move"]) is RegistrationMove.CHANGE:
        if waves is not None:
            clean_waves(waves, get_event_by_id(registration.event_id), problems)
        elif headcount is None:
            problems["waves"] = "required"
        if headcount is not None and not registration.is_group and headcount != Headcount():
            problems["headcount"] = "individual_is_one"
    if problems:
        raise FieldError(problems)


REGISTRATION = Reading(
    _look,
    {
        **HEADCOUNT, "kind": "group", "audience": "x", "waves": ["1"], "contact/name": "x", "contact/email": "x@example.org",
        "contact": {"name": "x", "email": "x@example.org"}, "organisation/name": "x",
    },
    {"headcount": ["kind"], "kind": ["audience"], "contact/email": ["contact/phone"]},
)  # fmt: skip
MOVE = Reading(_look_at_move, {**HEADCOUNT, "move": "change"}, {"waves": ["move"], "headcount": ["move"]})


@call(
    blueprint, "POST", "/events/<slug>/registrations", SCOPES, RegisteredOut,
    status=201, body=RegistrationIn, reading=REGISTRATION, errors=(404, 409),
)  # fmt: skip
def make_registration(sent: dict[str, Any], slug: str) -> Response:
    """Register a person or a group, and send the confirmation.

    409: `wave_full`, `audience_full`, `registration_closed`, `already_registered` (individual: same mail; group: same
    mail, UAI and class; without a mail: same telephone and name, or same telephone, UAI and class). With `waitlist` a
    full wave answers 201 and the status `waitlisted`.
    """
    event, draft = own_event(slug), draft_from(sent)

    def work(now: datetime) -> Answer:
        made = register(event, draft, by=current_actor(), now=now)
        return 201, {
            "reference": made.reference,
            "status": made.status.value,
            "self_service_url": absolute(own_page_path(made.token)),
            "tickets": [{"code": made.ticket_code, "label": made.ticket_label}],
        }

    return answer_once(work, _say_again)


@call(blueprint, "GET", "/registrations/<reference>", SCOPES, RegistrationOut, errors=(404,))
def show_registration(reference: str) -> Response:
    """One registration, by its number in any case, with or without dashes."""
    return as_response(200, _body(get_by_reference(reference, organiser_id=current_organiser_id())))


@call(
    blueprint, "POST", "/registrations/<reference>/moves", SCOPES, RegistrationOut,
    body=RegistrationMoveIn, reading=MOVE, errors=(404, 409),
)  # fmt: skip
def move_registration(sent: dict[str, Any], reference: str) -> Response:
    """Cancel a registration, or change its waves or headcount: new places first, in one step, or nothing.

    Places that are offered (status `offered`) are taken by `accept` and refused by `decline`. 409: `move_not_allowed`,
    `change_closed`, `wave_full`, `audience_full`, `offer_expired`.
    """
    registration = get_by_reference(reference, organiser_id=current_organiser_id())
    move = RegistrationMove(sent["move"])
    waves = None if sent.get("waves") is None else wave_ids(sent["waves"])
    headcount = headcount_from(sent.get("headcount"))
    if move is RegistrationMove.CHANGE and waves is None and headcount is None:
        raise FieldError({"waves": "required"})
    if move is RegistrationMove.ACCEPT:
        lapse_first(registration)

    def work(now: datetime) -> Answer:
        if move is RegistrationMove.CANCEL:
            code, reason = read_reason(registration.organiser_id, OF_REGISTRATIONS, sent.get("reason") or "")
            cancel_registration(registration.id, by=current_actor(), now=now, reason=reason, code=code)
        elif move is RegistrationMove.ACCEPT:
            accept_offer(registration.id, by=current_actor(), now=now)
        elif move is RegistrationMove.DECLINE:
            decline_offer(registration.id, by=current_actor(), now=now)
        else:
            change_registration(registration.id, waves=waves, headcount=headcount, by=current_actor(), now=now)
        return 200, _body(get_registration(registration.id))

    return answer_once(work, _say_again)


def _say_again(kept: dict[str, Any]) -> dict[str, Any]:
    """The registration of a kept answer as it is now."""
    return _body(get_by_reference(kept["reference"], organiser_id=current_organiser_id()))


def _body(registration: RegistrationRow) -> dict[str, Any]:
    return registration_body(registration, get_event_by_id(registration.event_id))

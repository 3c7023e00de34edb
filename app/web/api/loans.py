"""Boxes through the API: what is free, and loans that are asked for and approved in one."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields
from werkzeug.wrappers import Response

from app.accounts.enums import Scope
from app.boxes.enums import LentKind
from app.boxes.queries import list_scenarios
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.loans.availability import availability
from app.loans.drafts import LoanDraft
from app.loans.enums import LoanPurpose, LoanState
from app.loans.operations import enter_loan, look_at_draft
from app.loans.rules import MOST_BOXES, MOST_FACILITATORS, MOST_PLAYERS, period_of
from app.resources.enums import Half
from app.structures.queries import find_named
from app.web.api.calls import PREFIX, Answer, ApiBlueprint, answer_once, as_response, call, own_scenario
from app.web.api.every_problem import Reading
from app.web.api.fields import Body, Choice, Count, Id, Many, One, Text, as_id
from app.web.api.schemas import Told, TwoLanguages, flag, many, number, one, text
from app.web.guards import current_actor, current_organiser_id
from app.web.loan_words import LOAN_WORDS
from app.web.wording import register_messages

blueprint = ApiBlueprint("api_loans", __name__, url_prefix=PREFIX, description="Boxes: what is free, and loans")

register_messages(LOAN_WORDS)

SCOPES = (Scope.LOANS_WRITE,)
LONGEST = timedelta(days=731)
FIRST_YEAR, LAST_YEAR = 2000, 2100
FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Day(fields.String):
    """A day (RFC 3339, full-date) between the years 2000 and 2100."""

    default_error_messages = {"required": "required", "null": "required", "invalid": "date"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        written: str = super()._deserialize(value, attr, data, **kwargs)
        try:
            day = date.fromisoformat(written) if FULL_DATE.fullmatch(written) else None
        except ValueError as error:
            raise ValidationError("date") from error
        if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError("date")
        return day


class AvailabilityQuery(Body):
    from_ = Day(data_key="from", required=True, metadata={"format": "date", "description": "The first day."})
    to = Day(required=True, metadata={"format": "date", "description": "The last day, two years later at most."})


class FreeOut(Told):
    date = fields.Date(required=True, metadata={"description": "A day."})
    half = text("The morning ends, and the afternoon begins, at 13:00.", enum=[half.value for half in Half])
    free = number("Boxes that nothing uses and nobody asked for, buffers included.")
    total = number("Boxes in the inventory.")


class AvailabilityOut(Told):
    days = many(FreeOut)


class HalfDayIn(Body):
    date = Day(required=True, metadata={"format": "date"})
    half = Choice(Half, required=True)


class BorrowerContactIn(Body):
    name = Text(120, least=1)
    email = Text(254, metadata={"format": "email", "description": "The agreement's link and all news go there."})
    phone = Text(20)


class BorrowerIn(Body):
    structure = Text(
        160, least=1, required=True,
        metadata={"description": "A structure of the organiser's directory: its id, its UAI or its name."},
    )  # fmt: skip
    contact = One(BorrowerContactIn, metadata={"description": "Whom to reach there."})


class LoanIn(Body):
    scenario = Text(80, least=1, required=True, metadata={"description": "Slug."})
    boxes = Count(least=1, most=MOST_BOXES, load_default=1)
    from_ = One(HalfDayIn, data_key="from", required=True, metadata={"description": "The first half-day."})
    to = One(HalfDayIn, required=True, metadata={"description": "The last half-day."})
    borrower = One(BorrowerIn, required=True)
    facilitators = Many(
        Id(),
        most=MOST_FACILITATORS,
        metadata={
            "description": "Ids, as each facilitator's page tells them. One of them is accredited on all days where the"
            " scenario asks for it."
        },
    )
    purpose = Choice(LoanPurpose, required=True)
    players = Count(least=1, most=MOST_PLAYERS)


class ScenarioOut(Told):
    slug = text("As in addresses.")
    code = text("The organiser's own, such as SANTE-1.")
    title = one(TwoLanguages)
    kind = text(enum=[kind.value for kind in LentKind])
    boxes = number("In the inventory.")
    asks_accreditation = flag("Whether a loan names somebody who is accredited on all its days.")


class ScenariosOut(Told):
    scenarios = many(ScenarioOut)


class LoanOut(Told):
    reference = text("To read aloud, such as PR-7K3Q-9F.")
    state = text(enum=[state.value for state in LoanState])


def _draft(sent: dict[str, Any]) -> LoanDraft:
    """Raises FieldError."""
    problems: dict[str, str] = {}
    scenario = period = None
    try:
        scenario = own_scenario(sent["scenario"])
    except NotFound:
        problems["scenario"] = "unknown_scenario"
    first, last = sent["from_"], sent["to"]
    try:
        period = period_of(first["date"], first["half"], last["date"], last["half"])
    except FieldError as error:
        problems |= error.problems
    said = sent["borrower"]["structure"]
    structure_id = as_id(said) or find_named(current_organiser_id(), said)
    if structure_id is None:
        problems["borrower/structure"] = "unknown_structure"
    if scenario is None or period is None or structure_id is None:
        raise FieldError(problems)
    contact = sent["borrower"].get("contact") or {}
    return LoanDraft(
        scenario_id=scenario.id,
        boxes=sent["boxes"] or 1,
        period=period,
        structure_id=structure_id,
        contact_name=contact.get("name") or "",
        email=contact.get("email") or "",
        phone=contact.get("phone") or "",
        purpose=LoanPurpose(sent["purpose"]),
        players=sent.get("players"),
        facilitator_ids=tuple(sent.get("facilitators") or ()),
    )


def _look(sent: dict[str, Any]) -> None:
    with _at_their_fields():
        look_at_draft(_draft(sent), by=current_actor(), now=clock.now())


@contextmanager
def _at_their_fields() -> Iterator[None]:
    """Problems of the contact where the body has it, and those of the borrower in words that fit a structure."""
    try:
        yield
    except FieldError as error:
        renamed = {_PLACES.get(path, path): code for path, code in error.problems.items()}
        if renamed.get("borrower/structure") == "unknown_id":
            renamed["borrower/structure"] = "unknown_structure"
        raise FieldError(renamed) from error


_PLACES = {
    "email": "borrower/contact/email", "phone": "borrower/contact/phone", "contact_name": "borrower/contact/name",
}  # fmt: skip


LOAN = Reading(
    _look,
    {
        "boxes": 1, "from": {"date": "2027-02-04", "half": "am"}, "to": {"date": "2027-02-04", "half": "am"},
        "from/date": "2027-02-04", "from/half": "am", "to/date": "2027-02-04", "to/half": "am",
        "borrower": {"structure": "1"}, "purpose": "class", "players": 1,
    },
    {
        "to": ["from", "from/date", "from/half"], "from": ["to"], "facilitators/*": ["scenario", "borrower"],
    },
)  # fmt: skip


@call(blueprint, "GET", "/scenarios", SCOPES, ScenariosOut)
def list_own_scenarios() -> Response:
    """What the organiser lends, by code."""
    told = [
        {
            "slug": s.slug, "code": s.code, "title": {"fr": s.title_fr, "en": s.title_en}, "kind": s.kind.value,
            "boxes": s.boxes, "asks_accreditation": s.asks_accreditation,
        }
        for s in list_scenarios(current_organiser_id())
    ]  # fmt: skip
    return as_response(200, {"scenarios": told})


@call(
    blueprint, "GET", "/scenarios/<scenario>/availability", SCOPES, AvailabilityOut,
    query=AvailabilityQuery, errors=(404,),
)  # fmt: skip
def show_availability(query: dict[str, Any], scenario: str) -> Response:
    """How many boxes of a scenario are free, half-day by half-day, from one day to another.

    A box counts as used with the half-days before and after its loans in which it is prepared and checked. Closed days are
    told as others are: a loan may last over them.
    """
    found = own_scenario(scenario)
    first, last = query["from_"], query["to"]
    if last < first:
        raise FieldError({"to": "order"})
    if last - first > LONGEST:
        raise FieldError({"to": "days_too_many"})
    told = availability(found, first, last, now=clock.now())
    days = [{"date": h.date.isoformat(), "half": h.half.value, "free": h.free, "total": h.total} for h in told.halves]
    return as_response(200, {"days": days})


@call(blueprint, "POST", "/loans", SCOPES, LoanOut, status=201, body=LoanIn, reading=LOAN, errors=(409,))
def make_loan(sent: dict[str, Any]) -> Response:
    """Ask for boxes and have them approved in one: boxes are chosen so that wear is even.

    409: `no_box_free` (fewer boxes are free than asked for, with the half-days before and after), `no_accredited_facilitator`.
    """

    def work(now: datetime) -> Answer:
        with _at_their_fields():
            made = enter_loan(_draft(sent), by=current_actor(), now=now)
        return 201, {"reference": made.reference, "state": made.state.value}

    return answer_once(work)

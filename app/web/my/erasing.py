"""A contact erases what is held about them: what goes, what stays and why, what comes first; then they are out."""

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import Blueprint, g, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import clock
from app.core.transaction import transaction
from app.loans.enums import LoanState
from app.structures.errors import ContactNeeded, ContactNotFound
from app.structures.held import held_of
from app.structures.operations.erasing import erase_oneself, list_going_on
from app.structures.queries import ContactRow, get_contact, list_visiting
from app.training.forgetting import list_cards_that_go
from app.web.context import show_organiser
from app.web.guards import contact, current_contact, let_contact_out, public
from app.web.public.loan_held import acceptances, day_of, days_of, title_of, what_first

blueprint = Blueprint("my_erasing", __name__, url_prefix="/my")

Answer = tuple[str, int] | Response


class Line(NamedTuple):
    """One thing: how it is called, where it is (if the contact may go there), more about it."""

    name: str
    path: str
    words: str
    beneath: str = ""


@blueprint.before_request
def dress() -> None:
    """In the name and colours of the organiser whose contact it is."""
    if "contact" in g:
        show_organiser(current_contact().organiser_id)


@blueprint.get("/data/erase")
@contact
def ask() -> Answer:
    return _page()


@blueprint.post("/data/erase")
@contact
def erase() -> Answer:
    """Once. Pressed twice, or when staff were quicker, it is done all the same."""
    visiting = current_contact()
    try:
        with transaction():
            erase_oneself(visiting.contact_id, organiser_id=visiting.organiser_id, now=clock.now())
    except ContactNeeded:
        return _page(409)
    except ContactNotFound:
        pass
    let_contact_out()
    return redirect("/my/erased", 303)


@blueprint.get("/erased")
@public
def erased() -> str:
    """The same for whoever opens it."""
    return render_template("my/erased.html")


def _page(status: int = 200) -> Answer:
    visiting = current_contact()
    try:
        known = get_contact(visiting.contact_id, organiser_id=visiting.organiser_id)
    except ContactNotFound:  # erased while this was asked
        return redirect("/my", 303)
    record = held_of(known)
    page = render_template(
        "my/erase.html",
        contact=visiting,
        going_on=_going_on(known, record),
        loans=len(record["loans"]),
        accepted=any(acceptances(loan) for loan in record["loans"]),
        takes_card=bool(list_cards_that_go(known.id, known.email)),
        keeps_card=bool(record["facilitator"]),
        registrations=_registrations(record),
        elsewhere=[c.structure_name for c in list_visiting(visiting.mail_key) if c.contact_id != visiting.contact_id],
    )
    return page, status


def _going_on(known: ContactRow, record: dict[str, Any]) -> list[Line]:
    """What comes first, each with its page and what is to be done there."""
    own = {loan["reference"]: loan for loan in record["loans"]}
    run = {loan["reference"]: loan for loan in record["loans_to_run"]}
    events = {one["event"]["slug"]: one for card in record["facilitator"] for one in card["events"]}
    someone_else = _("Ask %(organiser)s to name somebody else.", organiser=current_contact().organiser_name)
    found = []
    for reference in list_going_on(known, now=clock.now()):
        if reference in own:
            loan = own[reference]
            path, first = f"/my/loans/{reference}", what_first(LoanState(loan["state"]))
            found.append(Line(reference, path, f"{title_of(loan['scenario'])}, {days_of(loan)}", first))
        elif reference in run:
            loan = run[reference]
            found.append(Line(reference, "", f"{title_of(loan['scenario'])}, {days_of(loan)}", someone_else))
        elif reference in events:
            event = events[reference]
            found.append(Line(title_of(event["event"]), f"/events/{reference}", days_of(event), someone_else))
        else:  # written since the record was read
            found.append(Line(reference, "", "", ""))
    return found


def _registrations(record: dict[str, Any]) -> list[Line]:
    """Each has an erasing of its own, on its own page."""
    return [
        Line(
            one["reference"],
            urlsplit(one["url"]).path.removesuffix("/data.json") + "/erase",
            f"{title_of(one['event'])}, {day_of(one['starts_at'])}",
        )
        for one in reversed(record["registrations"])
    ]

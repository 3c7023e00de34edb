"""Practising at the door: a page like the door's, and tickets to try it with. Nothing of it is kept."""

from dataclasses import dataclass

from flask import Blueprint, jsonify, redirect, request
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.checkin.operations import record_scans
from app.checkin.queries import get_occupancy
from app.checkin.rehearsal import EXAMPLES, Example, ExampleTicket
from app.web.api.scans import read_scan, result_of
from app.web.door.pages import door_data, render
from app.web.door.stage import PRACTICE_DEVICE, Stage, door_event, forget_practice, remember, staged
from app.web.guards import event_staff
from app.web.public.ticket_view import ticket_qr

blueprint = Blueprint("door_practice", __name__, url_prefix="/door")


@dataclass(frozen=True)
class ShownExample:
    """An example ticket as it is printed: `qr` is an SVG."""

    ticket: ExampleTicket
    title: str
    text: str
    qr: Markup


@blueprint.get("/<slug>/practice", defaults={"practice": True})
@event_staff(Ability.DOOR)
@staged
def scan_page(stage: Stage) -> str:
    """Waits for a ticket as at the door. `again=1` forgets what was done before."""
    return render("door/scan.html", stage, door_data=door_data(stage, ""), text="", examples=_examples())


@blueprint.get("/<slug>/practice/examples", defaults={"practice": True})
@event_staff(Ability.DOOR)
@staged
def examples(stage: Stage) -> str:
    """The example tickets, to print or to show on another screen."""
    return render("door/examples.html", stage, examples=_examples())


@blueprint.post("/<slug>/practice/over")
@event_staff(Ability.DOOR)
def finish(slug: str) -> Response:
    event = door_event(slug)
    forget_practice()
    return redirect(f"/door/{event.slug}")


@blueprint.post("/<slug>/practice/scans", defaults={"practice": True})
@event_staff(Ability.DOOR)
@staged
def scans(stage: Stage) -> Response:
    """For scripts: {scan, earlier: [scan…]} → {result, present}. A scan that cannot be read is refused as invalid."""
    sent = request.get_json(silent=True)
    raw = sent.get("scan") if isinstance(sent, dict) else None
    item = read_scan(raw)
    answer = record_scans(stage.event, PRACTICE_DEVICE, [item], now=stage.now)[0] if item else None
    if item is not None:
        remember(stage.event, item)
    return jsonify(result=result_of(answer, raw), present=get_occupancy(stage.event, now=stage.now).present)


def _examples() -> list[ShownExample]:
    words = {
        Example.CLASS: (
            _("A class"),
            _("24 pupils and 2 adults. Count them in, then once more: it says that they are in."),
        ),
        Example.PERSON: (_("One person"), _("Comes in at once.")),
        Example.WRONG_DAY: (_("Another day"), _("Is refused: the ticket is for another day.")),
        Example.WAITING: (_("Waiting list"), _("Is refused: this person has no place yet.")),
        Example.CANCELLED: (_("Cancelled registration"), _("Is refused: the registration no longer stands.")),
        Example.UNKNOWN: (_("Unknown ticket"), _("Is refused: nobody has this code.")),
    }
    return [ShownExample(ticket, *words[ticket.example], ticket_qr(ticket.code)) for ticket in EXAMPLES]

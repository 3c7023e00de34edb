"""What a QR code opens: the ticket, its code as a picture, its paper. It shows who holds it and nothing else of a person.

A ticket that lets nobody in (waiting list, cancelled, a card of somebody who no longer comes) shows no code anywhere.
"""

from flask import Blueprint, abort, make_response, render_template
from werkzeug.wrappers import Response

from app.accounts.queries import get_organiser
from app.core import clock
from app.events.queries import EventRow, list_public_events
from app.registrations.enums import TicketKind
from app.registrations.errors import RegistrationDeleted, RegistrationNotFound
from app.registrations.papers import admits, ticket_pdf_of
from app.registrations.queries import RegistrationRow, TicketRow
from app.web.context import show_organiser
from app.web.guards import own_link, public
from app.web.i18n import current_locale
from app.web.public.found import registration_of_code
from app.web.public.ticket_view import ticket_qr, ticket_view

blueprint = Blueprint("public_tickets", __name__)

EVENTS_TO_HELP = 6


def unknown_link(error: Exception) -> Response:
    """The one answer to links and codes that open nothing: forged, mistyped, or of something gone for good.

    Of what was deleted lately it says so.
    """
    if isinstance(error, RegistrationDeleted):
        return _removed_link(error)
    coming = list_public_events(clock.now(), limit=EVENTS_TO_HELP)
    page = render_template("public/tickets/unknown.html", events=coming, lang_urls={})
    response = make_response(page, 404)
    response.headers["Cache-Control"] = "no-store"
    return response


def _removed_link(error: RegistrationDeleted) -> Response:
    show_organiser(error.organiser_id)
    response = make_response(render_template("public/tickets/removed.html", lang_urls={}), 410)
    response.headers["Cache-Control"] = "no-store"
    return response


blueprint.register_error_handler(RegistrationNotFound, unknown_link)


@blueprint.get("/t/<code>")
@own_link
def show(code: str) -> str:
    registration, event, ticket = _ticket(code)
    view = ticket_view(event, registration, ticket, clock.now())
    return render_template("public/tickets/show.html", event=event, ticket=view, qr=ticket_qr(ticket.code))


@blueprint.get("/t/<code>/qr.svg")
@public
def qr(code: str) -> Response:
    """The picture alone, for as long as it lets somebody in; then 410. No cache shows it any longer than that."""
    registration, event, ticket = _ticket(code)
    if not admits(event, registration) or ticket in registration.withdrawn:
        abort(410)
    response = Response(str(ticket_qr(ticket.code)), content_type="image/svg+xml; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@blueprint.get("/t/<code>.pdf")
@own_link
def paper(code: str) -> Response:
    """The ticket on paper. A card has none of its own: its group's paper would say more than the card."""
    registration, event, ticket = _ticket(code)
    if ticket.kind is not TicketKind.MAIN:
        raise RegistrationNotFound
    content = ticket_pdf_of(event, registration, current_locale(), organiser=get_organiser(event.organiser_id))
    name = {"fr": "billet", "en": "ticket"}[current_locale()]
    return pdf_response(content, f"{name}-{registration.reference}.pdf")


def pdf_response(content: bytes, filename: str) -> Response:
    response = Response(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{filename}"'
    return response


def _ticket(code: str) -> tuple[RegistrationRow, EventRow, TicketRow]:
    """Raises RegistrationNotFound."""
    registration, event = registration_of_code(code)
    known = code.upper()
    tickets = (registration.ticket, *registration.cards, *registration.withdrawn)
    ticket = next((t for t in tickets if t.code == known), None)
    if ticket is None:
        raise RegistrationNotFound
    return registration, event, ticket

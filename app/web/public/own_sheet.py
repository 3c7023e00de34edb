"""One's own sheet of the day: where the group is to be when, on paper."""

from flask import Blueprint
from werkzeug.wrappers import Response

from app.accounts.queries import get_organiser
from app.flows.papers import group_sheets_of
from app.flows.queries.visits import find_guest, read_told
from app.registrations.errors import RegistrationNotFound
from app.registrations.papers import admits
from app.web.guards import own_link
from app.web.i18n import current_locale
from app.web.public.found import registration_of_link
from app.web.public.tickets import pdf_response, unknown_link

blueprint = Blueprint("public_own_sheet", __name__)
blueprint.register_error_handler(RegistrationNotFound, unknown_link)


@blueprint.get("/r/<token>/sheet.pdf")
@own_link
def paper(token: str) -> Response:
    """The sheet of a group that has a place; nobody else has one."""
    registration, event = registration_of_link(token)
    guest = find_guest(registration.id) if admits(event, registration) and event.stops else None
    if guest is None:
        raise RegistrationNotFound
    locale = current_locale()
    told = read_told(event.id)
    content = group_sheets_of(event, [guest], told, locale, organiser=get_organiser(event.organiser_id))
    name = {"fr": "feuille-de-route", "en": "route-sheet"}[locale]
    return pdf_response(content, f"{name}-{registration.reference}.pdf")

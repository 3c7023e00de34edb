"""An organiser's public calendar, at an address that can be revoked by giving the organiser a new token."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.core.i18n import as_locale
from app.feeds.calendars import organiser_feed
from app.web.calendars import calendar_response
from app.web.guards import public
from app.web.i18n import current_locale

blueprint = Blueprint("feeds", __name__)


@blueprint.get("/feeds/<token>.ics")
@public
def feed(token: str) -> Response:
    """The feed, in the language of ?lang=, else as for pages; 304 when nothing changed."""
    asked = request.args.get("lang")
    locale = as_locale(asked) if asked else current_locale()
    return calendar_response(organiser_feed(token, locale), by_language=True)

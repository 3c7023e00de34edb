"""Calendars at secret addresses: an organiser's public one, and those of its lending, each of which can be revoked."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import NotFound
from app.core.i18n import as_locale
from app.feeds.calendars import organiser_feed
from app.feeds.lending import lending_feed
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
    try:
        file = organiser_feed(token, locale)
    except NotFound:
        file = lending_feed(token, locale, clock.now())
    return calendar_response(file, by_language=True)

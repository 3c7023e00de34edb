"""The reader's language: ?lang= (then kept in a cookie for a year), cookie, Accept-Language, else French."""

from flask import Flask, g, has_request_context, request
from flask_babel import Babel
from werkzeug.wrappers import Response

from app.core.i18n import LOCALES, TRANSLATIONS, Locale
from app.core.urls import settings

COOKIE = "lang"
YEAR = 365 * 86400

babel = Babel()


def init_app(app: Flask) -> None:
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    babel.init_app(app, default_locale="fr", locale_selector=current_locale)
    app.after_request(_keep_choice)


def current_locale() -> Locale:
    """The language of this request; French outside one."""
    if not has_request_context():
        return "fr"
    if "locale" not in g:
        g.locale = _choose()
    locale: Locale = g.locale
    return locale


def as_choice(text: str | None) -> Locale | None:
    """One of our languages, or None."""
    return next((locale for locale in LOCALES if locale == text), None)


def _choose() -> Locale:
    asked = as_choice(request.args.get("lang")) or as_choice(request.cookies.get(COOKIE))
    if asked:
        return asked
    understood = [locale for tag in _accepted() if (locale := _meant(tag))]
    return understood[0] if understood else "fr"


def _accepted() -> list[str]:
    """What the browser asks for, best first. Werkzeug's own match takes fr before en for « en-GB, fr;q=0.5 »."""
    return [tag for tag, quality in request.accept_languages if quality > 0]


def _meant(tag: str) -> Locale | None:
    return as_choice(tag.replace("_", "-").partition("-")[0].lower())


def _keep_choice(response: Response) -> Response:
    asked = as_choice(request.args.get("lang"))
    if asked is not None and asked != request.cookies.get(COOKIE):
        response.set_cookie(COOKIE, asked, max_age=YEAR, samesite="Lax", httponly=True, secure=settings().secure)
    return response

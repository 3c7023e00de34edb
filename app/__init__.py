"""Parcours: the application factory."""

import logging
from collections.abc import Mapping
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import OperationalError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from app.commands import register_commands
from app.config import Settings, load_settings
from app.core.clock import set_clock
from app.core.db import engine_options, init_db
from app.core.errors import DatabaseBusy
from app.core.i18n import compile_catalogues
from app.core.transaction import is_busy
from app.features import register_features
from app.web import register_web
from app.web.errors import answer_domain_error

ROOT = Path(__file__).resolve().parent.parent
STAFF_SESSION_DAYS = 7
FORM_HOURS = 12


def create_app(
    overrides: Mapping[str, str] | None = None, *, instance_path: Path | None = None, testing: bool = False
) -> Flask:
    """Build the application. `overrides` are settings without their PARCOURS_ prefix; they win over the environment.

    Raises SettingsError on a setting that Parcours cannot work with. `testing` lets errors through and turns the
    forms' tokens off (set WTF_CSRF_ENABLED to have them).
    """
    instance = (instance_path or ROOT / "instance").resolve()
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = load_settings(instance, overrides, testing=testing)
    app = Flask(
        __name__,
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "app" / "static"),
        instance_path=str(instance),
    )
    app.config.from_mapping(_flask_config(settings))
    app.extensions["parcours.settings"] = settings
    app.logger.setLevel(logging.getLevelNamesMapping().get(settings.log_level, logging.INFO))
    set_clock(app.extensions, settings.now)
    init_db(app)
    compile_catalogues()
    register_features()
    register_web(app)
    register_commands(app)
    app.register_error_handler(OperationalError, _answer_busy_database)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _flask_config(settings: Settings) -> dict[str, object]:
    return {
        "TESTING": settings.testing,
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": dict(engine_options(settings.database_url)),
        "MAX_CONTENT_LENGTH": settings.max_upload_bytes,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "SESSION_COOKIE_NAME": "parcours",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": STAFF_SESSION_DAYS * 86400,
        "WTF_CSRF_ENABLED": not settings.testing,
        "WTF_CSRF_CHECK_DEFAULT": False,  # the guards check it: forms of people yes, calls with a token no
        "WTF_CSRF_TIME_LIMIT": FORM_HOURS * 3600,
        "WTF_CSRF_SSL_STRICT": False,  # own pages send no Referer, so that their address does not leak
        "BABEL_DEFAULT_LOCALE": "fr",
        "BABEL_DEFAULT_TIMEZONE": settings.default_timezone,
    }


def _answer_busy_database(error: OperationalError) -> Response:
    """Reading may wait for a lock too; writing is turned into DatabaseBusy by transaction() already."""
    if is_busy(error):
        return answer_domain_error(DatabaseBusy())
    raise error

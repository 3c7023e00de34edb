"""The only HTTP: pages for visitors, organisers and doors, and the API. Each view declares its guard."""

from flask import Flask

from app.web.api import register_api
from app.web.context import init_app as init_context
from app.web.door.pages import blueprint as door
from app.web.errors import init_app as init_errors
from app.web.feeds.organisers import blueprint as feeds
from app.web.filters import init_app as init_filters
from app.web.guards import init_app as init_guards
from app.web.headers import init_app as init_headers
from app.web.i18n import init_app as init_i18n
from app.web.manage.account import blueprint as account
from app.web.manage.look import blueprint as manage_look
from app.web.manage.people import blueprint as people
from app.web.manage.tokens import blueprint as tokens
from app.web.public.health import blueprint as health
from app.web.public.login import blueprint as login
from app.web.public.look import blueprint as look

BLUEPRINTS = (door, login, look, health, feeds, account, manage_look, people, tokens)


def register_web(app: Flask) -> None:
    """Everything that answers a request: language, guards, headers, errors, filters, pages."""
    for init in (init_i18n, init_guards, init_headers, init_errors, init_filters, init_context):
        init(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    register_api(app)

"""The only HTTP: pages for visitors, organisers and doors, and the API. Each view declares its guard."""

from flask import Flask

from app.web import context, errors, filters, guards, headers, i18n
from app.web.manage import account, look, people, tokens
from app.web.public import health, login
from app.web.public import look as public_look

BLUEPRINTS = (
    login.blueprint,
    public_look.blueprint,
    health.blueprint,
    account.blueprint,
    look.blueprint,
    people.blueprint,
    tokens.blueprint,
)


def register_web(app: Flask) -> None:
    """Everything that answers a request: language, guards, headers, errors, filters, pages."""
    i18n.init_app(app)
    guards.init_app(app)
    headers.init_app(app)
    errors.init_app(app)
    filters.init_app(app)
    context.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)

"""API v1: programs with tokens. Errors are problem documents, answers are JSON, the document of it all is public."""

from http import HTTPStatus
from typing import Any

from flask import Flask, request
from flask_smorest import Api

from app.web.api import doors, events, loans, registrations, scans
from app.web.api.calls import PREFIX, PROBLEM, refuse_nul
from app.web.api.schemas import ProblemSchema
from app.web.guards import PUBLIC, guard_endpoint

BLUEPRINTS = (events.blueprint, registrations.blueprint, scans.blueprint, doors.blueprint, loans.blueprint)

DESCRIPTION = """Events, registrations, doors and boxes of Parcours.

Every call needs `Authorization: Bearer` with a key that an owner makes. A call outside the key's scopes gets 403,
what belongs to another organiser 404. Every error is a problem document (RFC 9457) whose `code` is stable. Times are
RFC 3339 with their offset, ids are opaque. A POST may carry an `Idempotency-Key`."""

CONFIG = {
    "API_TITLE": "Parcours",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": PREFIX,
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "info": {"description": DESCRIPTION},
        "security": [{"bearer": []}],
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    },
}


class ApiV1(Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest with our problem documents, without its handler that turns the site's error pages into JSON."""

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """The application's own handlers answer calls of the API with problem documents."""

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            if status < HTTPStatus.BAD_REQUEST:
                continue
            response: dict[str, Any] = {
                "description": status.phrase,
                "content": {PROBLEM: {"schema": ProblemSchema}},
            }
            if status is HTTPStatus.SERVICE_UNAVAILABLE:
                response["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
            self.spec.components.response(status.name, response, lazy=True)


def register_api(app: Flask) -> None:
    """Add the API's calls and its document to the application."""
    app.config.from_mapping(CONFIG)
    api = ApiV1(app)
    api.spec.components.schema("Scan", schema=scans.ScanIn)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    guard_endpoint(app, "api-docs.openapi_json", PUBLIC)
    app.before_request(_refuse_nul)


def _refuse_nul() -> None:
    if request.path.startswith(PREFIX):
        refuse_nul(request.view_args)

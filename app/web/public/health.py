"""For what watches the installation: is the process up, can it work."""

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response

from app.core.readiness import find_obstacle
from app.web.guards import public

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def up() -> Response:
    """The process answers."""
    return jsonify(status="up")


@blueprint.get("/readyz")
@public
def ready() -> Response | tuple[Response, int]:
    """The database is migrated and can be written to; else 503 with what is missing."""
    obstacle = find_obstacle()
    if obstacle:
        return jsonify(status="not ready", problem=obstacle), 503
    return jsonify(status="ready")

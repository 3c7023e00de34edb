"""Headers on every response, errors and files included."""

from flask import Flask, g, request
from werkzeug.wrappers import Response

from app.core.urls import settings
from app.web.guards import GuardKind

CSP = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"
SECRET_PATHS = ("/r/", "/l/", "/t/", "/stands/", "/feeds/", "/invitation/", "/login/forgotten/", "/my/enter/")
FOREVER = "public, max-age=31536000, immutable"
PRIVATE_KINDS = frozenset(
    {GuardKind.SIGNED_IN, GuardKind.STAFF, GuardKind.EVENT_STAFF, GuardKind.OWN_LINK, GuardKind.CONTACT}
)


def init_app(app: Flask) -> None:
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = CSP
    headers["X-Content-Type-Options"] = "nosniff"
    secret = request.path.startswith(SECRET_PATHS)
    headers["Referrer-Policy"] = "no-referrer" if secret else "strict-origin-when-cross-origin"
    headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if settings().secure:
        headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    _set_caching(response)
    return response


def _set_caching(response: Response) -> None:
    guard = g.get("guard")
    if request.endpoint == "static":
        versioned = "v" in request.args or request.path.startswith("/static/vendor/")
        found = response.status_code in {200, 206, 304}
        response.headers["Cache-Control"] = FOREVER if versioned and found else "no-cache"
    elif guard is not None and guard.kind in PRIVATE_KINDS:
        response.headers["Cache-Control"] = "no-store"
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-cache"
        if response.mimetype == "text/html":
            response.vary.update(("Accept-Language", "Cookie"))

"""Problem documents of the API (RFC 9457), with a stable `code` beside the members of the RFC."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from math import ceil

from werkzeug.wrappers import Response

from app.accounts.errors import IdempotencyKeyReused, TooManyAttempts
from app.core import clock
from app.core.errors import Conflict, DatabaseBusy, DomainError, FieldError, NotAllowed, NotFound
from app.web.wording import message_for_programs

RETRY_AFTER_BUSY = 2

# First match wins; a refusal that is none of these is a bad request.
STATUSES: tuple[tuple[type[DomainError], int], ...] = (
    (NotFound, 404),
    (NotAllowed, 403),
    (Conflict, 409),
    (FieldError, 422),
    (IdempotencyKeyReused, 422),
    (TooManyAttempts, 429),
    (DatabaseBusy, 503),
)


def status_of(error: DomainError) -> int:
    """The HTTP status of a refusal; an error may carry its own as `status`."""
    own = getattr(error, "status", None)
    if isinstance(own, int):
        return own
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 400)


def problem(
    status: int,
    code: str,
    detail: str | None = None,
    *,
    title: str | None = None,
    errors: Sequence[Mapping[str, object]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An application/problem+json answer. `errors` are [{pointer, code, message}], pointers as in RFC 6901."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "code": code,
    }
    if detail:
        body["detail"] = detail
    if errors is not None:
        body["errors"] = list(errors)
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status=status, headers=dict(headers or {}), content_type="application/problem+json")


def pointer_to(path: str) -> str:
    """waves/0/capacity as a JSON pointer: /waves/0/capacity; the whole document is the empty text (RFC 6901, 5)."""
    inside = path.strip("/")
    return f"/{inside}" if inside else ""


def retry_after(error: TooManyAttempts) -> str:
    """Seconds until it may be tried again, for Retry-After (RFC 9110, 10.2.3): 1 at least, rounded up."""
    return str(max(1, ceil((error.until - clock.now()).total_seconds())))


def domain_problem(error: DomainError) -> Response:
    """The problem document of a refusal."""
    status = status_of(error)
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="Parcours"'
    if isinstance(error, DatabaseBusy):
        headers["Retry-After"] = str(RETRY_AFTER_BUSY)
    if isinstance(error, TooManyAttempts):
        headers["Retry-After"] = retry_after(error)
    errors = None
    if isinstance(error, FieldError):
        errors = [
            {"pointer": pointer_to(path), "code": code, "message": message_for_programs(code)}
            for path, code in error.problems.items()
        ]
    return problem(status, error.code, str(error) or None, errors=errors, headers=headers)

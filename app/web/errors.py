"""What a refusal or a fault looks like: a page that helps, or a problem document for programs."""

import secrets

from flask import Flask, current_app, g, make_response, redirect, render_template, request
from flask import Response as FlaskResponse
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from app.accounts.errors import TooManyAttempts
from app.core.errors import DatabaseBusy, DomainError
from app.web.error_pages import Notice, form_too_old, function_missing, notice_of, role_missing, too_many_attempts
from app.web.kept_forms import keep_form, page_to_go_on
from app.web.problems import RETRY_AFTER_BUSY, domain_problem, problem, retry_after, status_of
from app.web.refusals import FunctionMissing, RoleMissing, SessionOver

API_PREFIXES = ("/api/", "/door/api/")


PROBLEM_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    410: "gone",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    500: "internal_error",
    503: "busy",
}


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_error_handler(DomainError, answer_domain_error)


def is_api_call() -> bool:
    return request.path.startswith(API_PREFIXES)


def answer_http_error(error: HTTPException) -> Response:
    """The page, or the problem document, of an HTTP error."""
    status = error.code or 500
    if isinstance(error, RequestRedirect):
        return redirect(error.new_url, status)
    if isinstance(error, CSRFError):
        going_on = page_to_go_on(keep_form())
        return make_response(*going_on) if going_on else _page(400, form_too_old())
    reference = _log_fault() if status >= 500 else ""
    if is_api_call():
        detail = f"reference {reference}" if reference else error.description
        answer = problem(status, PROBLEM_CODES.get(status, "error"), detail)
    else:
        answer = _page(status, notice_of(status), reference=reference)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after", "www-authenticate", "location"}:
            answer.headers[name] = value
    if status == 503:
        answer.headers.setdefault("Retry-After", str(RETRY_AFTER_BUSY))
    return answer


def answer_domain_error(error: DomainError) -> Response:
    """The page, or the problem document, of a refusal that the view did not handle itself."""
    if is_api_call():
        return domain_problem(error)
    if isinstance(error, SessionOver):
        going_on = page_to_go_on(keep_form())
        return make_response(*going_on) if going_on else redirect("/login?next=/manage/")
    if isinstance(error, RoleMissing):
        return _page(403, role_missing(error.roles))
    if isinstance(error, FunctionMissing):
        return _page(403, function_missing(error.ability))
    if isinstance(error, TooManyAttempts):
        answer = _page(429, too_many_attempts(error.until))
        answer.headers["Retry-After"] = retry_after(error)
        return answer
    status = status_of(error)
    answer = _page(status, notice_of(status))
    if isinstance(error, DatabaseBusy):
        answer.headers["Retry-After"] = str(RETRY_AFTER_BUSY)
    return answer


def _log_fault() -> str:
    """A short number that the person can read out and that stands in the log beside the fault."""
    figures = f"{secrets.randbelow(10**8):08d}"
    reference = f"{figures[:4]}-{figures[4:]}"
    current_app.logger.error("fault %s: %s %s", reference, request.method, request.path)
    return reference


def _page(status: int, notice: Notice, *, reference: str = "") -> FlaskResponse:
    if status >= 500:
        g.plain_look = True
    page = render_template("errors/notice.html", words=notice, status=status, reference=reference)
    return make_response(page, status)

"""What a refusal or a fault looks like: a page that helps, or a problem document for programs."""

import secrets
from dataclasses import dataclass

from flask import Flask, current_app, g, make_response, redirect, render_template, request
from flask import Response as FlaskResponse
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from app.accounts.enums import Role
from app.accounts.errors import TooManyAttempts
from app.core.errors import DatabaseBusy, DomainError, NotAllowed
from app.web.problems import RETRY_AFTER_BUSY, domain_problem, problem, status_of

API_PREFIX = "/api/"


class RoleMissing(NotAllowed):
    """The person's role is none of `roles`; the page says who can help."""

    def __init__(self, roles: frozenset[Role]) -> None:
        super().__init__("this role may not do that")
        self.roles = roles


class Unauthorized(DomainError):
    """No token, or one that is unknown, revoked or expired."""

    code = "unauthorized"
    status = 401

    def __init__(self) -> None:
        super().__init__("send a valid token in the header Authorization: Bearer")


@dataclass(frozen=True)
class Notice:
    """The words of an error page: what is so, what it means, and where to go."""

    title: str
    text: str
    link_url: str
    link_label: str


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
    return request.path.startswith(API_PREFIX)


def answer_http_error(error: HTTPException) -> Response:
    """The page, or the problem document, of an HTTP error."""
    status = error.code or 500
    if isinstance(error, RequestRedirect):
        return redirect(error.new_url, status)
    if isinstance(error, CSRFError):
        return _page(400, _form_too_old())
    reference = _log_fault() if status >= 500 else ""
    if is_api_call():
        detail = f"reference {reference}" if reference else error.description
        answer = problem(status, PROBLEM_CODES.get(status, "error"), detail)
    else:
        answer = _page(status, _notice(status), reference=reference)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after", "www-authenticate", "location"}:
            answer.headers[name] = value
    return answer


def answer_domain_error(error: DomainError) -> Response:
    """The page, or the problem document, of a refusal that the view did not handle itself."""
    if is_api_call():
        return domain_problem(error)
    if isinstance(error, RoleMissing):
        return _page(403, _role_missing(error.roles))
    if isinstance(error, TooManyAttempts):
        return _page(429, _notice(429))
    status = status_of(error)
    answer = _page(status, _notice(status))
    if isinstance(error, DatabaseBusy):
        answer.headers["Retry-After"] = str(RETRY_AFTER_BUSY)
    return answer


def _log_fault() -> str:
    """A short reference that the person can read out and that stands in the log beside the fault."""
    reference = secrets.token_hex(4).upper()
    current_app.logger.error("fault %s: %s %s", reference, request.method, request.path)
    return reference


def _page(status: int, notice: Notice, *, reference: str = "") -> FlaskResponse:
    if status >= 500:
        g.plain_look = True
    page = render_template("errors/notice.html", words=notice, status=status, reference=reference)
    return make_response(page, status)


def _form_too_old() -> Notice:
    return Notice(
        _("This page was open for too long"),
        _("Nothing was saved. Open the page again and fill in the form once more."),
        request.path,
        _("Open the page again"),
    )


def _role_missing(roles: frozenset[Role]) -> Notice:
    if roles == frozenset({Role.OWNER}):
        helper = _("Only owners may do this. Ask an owner of your organisation: they see the list under “People”.")
    elif "membership" in g and g.membership.role is Role.DOOR:
        helper = _("Your role lets you scan tickets. To see this page, ask an owner of your organisation.")
    else:
        helper = _("Your role does not include this page. Ask an owner of your organisation to change it.")
    return Notice(_("Your role does not include this"), helper, "/manage/account", _("Go to my account"))


def _notice(status: int) -> Notice:
    agenda = ("/", _("See what’s on"))
    again = (request.path, _("Try again"))
    notices = {
        400: (_("We could not read what was sent"), _("Nothing was saved. Go back and try again."), agenda),
        403: (_("You may not open this page"), _("Log in with another account, or ask who gave you the link."), agenda),
        404: (_("This page does not exist, or no longer"), _("Here is what’s on."), agenda),
        405: (_("This page cannot be used like that"), _("Open it from its own link."), again),
        409: (_("This is no longer possible"), _("Things changed meanwhile and nothing was saved. Look again."), again),
        410: (_("This page is no longer here"), _("Here is what’s on."), agenda),
        413: (_("This file is too heavy"), _("Nothing was saved. Choose a smaller file and try again."), again),
        422: (_("Some answers do not fit"), _("Nothing was saved. Go back and look at your answers."), again),
        429: (_("Too many attempts"), _("Wait a few minutes, then try again."), again),
        503: (_("Many people are here at the moment"), _("Nothing was saved. Try again in a few seconds."), again),
    }
    fault = (_("Something went wrong on our side"), _("Nothing was saved. Try again in a few minutes."), again)
    title, text, (url, label) = notices.get(status, notices[400] if status < 500 else fault)
    return Notice(title, text, url, label)

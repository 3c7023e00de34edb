"""What somebody wrote in a form whose page was open for too long, kept until they send it again: nothing typed is lost.

It travels in the page itself, signed, and is sent again only by a press on a button of a page of ours.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app, g, render_template, request
from itsdangerous import BadData, URLSafeTimedSerializer

from app.core.urls import settings
from app.web.forms.accounts import LogInForm
from app.web.guards import GuardKind, find_visiting_account

LONGEST = 200_000
HOURS = 12
_FOR_PEOPLE = frozenset({GuardKind.SIGNED_IN, GuardKind.STAFF, GuardKind.EVENT_STAFF})
_OF_THE_PAGE = frozenset({"csrf_token", "kept"})


@dataclass(frozen=True)
class KeptForm:
    """`fields` are (name, value) as they were sent, `files` tells that files must be chosen anew."""

    path: str
    fields: tuple[tuple[str, str], ...]
    files: bool


def keep_form() -> str:
    """What was sent, signed. Empty where nothing is kept: sent from elsewhere, too much, or with a password."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in _OF_THE_PAGE]
    if any("password" in name for name, _value in fields):
        return ""
    if not fields or not _sent_from_here() or "HX-Request" in request.headers:
        return ""
    if sum(len(name) + len(value) for name, value in fields) > LONGEST:
        return ""
    files = any(file.filename for file in request.files.values())
    return _signer().dumps([request.full_path.rstrip("?"), fields, files])


def read_kept(text: str) -> KeptForm | None:
    """The form that `keep_form` kept, within HOURS; None for anything else."""
    try:
        path, fields, files = _signer().loads(text, max_age=HOURS * 3600)
    except BadData:
        return None
    return KeptForm(path, tuple((name, value) for name, value in fields), files)


def page_to_go_on(kept: str) -> tuple[str, int] | None:
    """What is shown instead of « open for too long »: log in first where one must be, else a button to send it again."""
    form = read_kept(kept) if kept else None
    if form is None:
        return None
    guard = g.get("guard")
    if guard is not None and guard.kind in _FOR_PEOPLE and find_visiting_account() is None:
        return log_in_page(kept), 401
    return send_again_page(form), 400


def log_in_page(kept: str) -> str:
    return render_template("public/login.html", form=LogInForm(formdata=None, kept=kept), refusal="", kept=True)


def send_again_page(form: KeptForm) -> str:
    return render_template("public/send_again.html", kept=form, opens=_opens(form.path))


def _opens(path: str) -> bool:
    """Whether the address shows a page too, and does not only take what is sent to it."""
    return current_app.url_map.bind("").test(urlsplit(path).path, "GET")


def _sent_from_here() -> bool:
    """Fetch Metadata (W3C), else Origin (RFC 6454): no other site's page gets a form of its own kept by us."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("Origin", ""))
    return bool(origin.netloc) and origin.netloc == urlsplit(request.host_url).netloc


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret_key, salt="parcours.kept-form")

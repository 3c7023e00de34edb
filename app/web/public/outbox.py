"""The demo's mailbox: every mail that the installation wrote, to read and click instead of having it delivered."""

import base64
import re
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, render_template
from flask import Response as FlaskResponse
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from app.core.errors import NotFound
from app.core.urls import settings
from app.messages.outbox import OutboxAttachment, OutboxMail, list_outbox, read_mail
from app.messages.transport import parse_mail_url
from app.web.guards import public

blueprint = Blueprint("outbox", __name__, url_prefix="/demo/outbox")

MOST = 100
MAIL_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
_CID = re.compile(r"cid:([^\"'\s)>]+)", re.IGNORECASE)
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


class MailBody(FlaskResponse):
    """A mail's HTML, under a policy of its own whatever the site says: it may style itself, and nothing else.

    Set as the answer leaves, after the headers that every page gets.
    """

    def get_wsgi_headers(self, environ: dict[str, object]) -> Headers:
        headers = super().get_wsgi_headers(environ)
        headers["Content-Security-Policy"] = MAIL_CSP
        return headers


@blueprint.get("")
@public
def show() -> str:
    return render_template("public/outbox/list.html", mails=list_outbox(_folder(), MOST))


@blueprint.get("/<name>")
@public
def show_mail(name: str) -> str:
    mail = read_mail(_folder(), name)
    files = [
        (n, a) for n, a in enumerate(mail.attachments) if not (a.content_id and a.content_type.startswith("image/"))
    ]
    return render_template(
        "public/outbox/mail.html",
        mail=mail,
        name=name,
        files=files,
        lines=[linked(line) for line in mail.text.splitlines()],
        url=_url(name),
    )


@blueprint.get("/<name>/html")
@public
def show_html(name: str) -> Response:
    """What the frame of the page shows. Its links open beside it: no page of ours may stand in a frame."""
    mail = read_mail(_folder(), name)
    if not mail.html:
        raise NotFound("html")
    return MailBody(framed(mail), content_type="text/html; charset=utf-8")


@blueprint.get("/<name>/attachments/<int:number>")
@public
def download(name: str, number: int) -> Response:
    attachments = read_mail(_folder(), name).attachments
    if number >= len(attachments):
        raise NotFound("attachment")
    return _download(attachments[number])


def linked(text: str) -> list[tuple[str, bool]]:
    """A line of text cut into pieces, each with whether it is an address to click."""
    parts: list[tuple[str, bool]] = []
    end = 0
    for found in _LINK.finditer(text):
        parts += [(text[end : found.start()], False), (found.group(), True)]
        end = found.end()
    return [*parts, (text[end:], False)]


def framed(mail: OutboxMail) -> str:
    """The mail's HTML with its own pictures in it, and its links leading out of the frame."""
    pictures = {
        a.content_id: f"data:{a.content_type};base64,{base64.b64encode(a.content).decode('ascii')}"
        for a in mail.attachments
        if a.content_id and a.content_type.startswith("image/")
    }
    html = _CID.sub(lambda found: pictures.get(found.group(1), found.group()), mail.html)
    target = '<base target="_blank">'
    return _HEAD.sub(lambda found: found.group() + target, html, count=1) if _HEAD.search(html) else target + html


def _folder() -> Path:
    """Where the mails lie. Raises NotFound unless this is a demo that writes its mails into files."""
    found = settings()
    folder = parse_mail_url(found.mail_url, found.instance) if found.mail_url.startswith("file:") else None
    if not found.demo_allowed or not isinstance(folder, Path):
        raise NotFound("outbox")
    return folder


def _url(name: str) -> str:
    return f"/demo/outbox/{quote(name)}"


def _download(attachment: OutboxAttachment) -> Response:
    """Always as a file to save: what is in a mail is never run as a page of this site."""
    name = attachment.filename or "attachment"
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(attachment.content, content_type=attachment.content_type, headers=headers)

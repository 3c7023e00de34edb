"""The demo's mailbox: every mail that the installation wrote, to read and click instead of having it delivered."""

import re
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from app.config import parse_mail_url
from app.core.errors import NotFound
from app.core.urls import settings
from app.messages.outbox import OutboxAttachment, list_outbox, read_mail
from app.web.guards import public
from app.web.mail_frame import MailBody, framed

blueprint = Blueprint("outbox", __name__, url_prefix="/demo/outbox")

MOST = 100
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


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
    return MailBody(framed(mail.html, mail.attachments), content_type="text/html; charset=utf-8")


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


def _folder() -> Path:
    """Where the mails lie. Raises NotFound unless this is a demo that writes its mails into files."""
    found = settings()
    folder = parse_mail_url(found.mail_url, found.instance) if found.mail_url.startswith("file:") else None
    if not found.demo or not isinstance(folder, Path):
        raise NotFound("outbox")
    return folder


def _url(name: str) -> str:
    return f"/demo/outbox/{quote(name)}"


def _download(attachment: OutboxAttachment) -> Response:
    """Always as a file to save: what is in a mail is never run as a page of this site."""
    name = attachment.filename or "attachment"
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(attachment.content, content_type=attachment.content_type, headers=headers)

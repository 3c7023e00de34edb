"""A mail's HTML as a frame of one of our pages shows it: under a policy of its own, with its own pictures in it."""

import base64
import re
from collections.abc import Iterable
from typing import Protocol

from flask import Response
from werkzeug.datastructures import Headers

MAIL_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
_CID = re.compile(r"cid:([^\"'\s)>]+)", re.IGNORECASE)
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


class Picture(Protocol):
    """What a mail brings along; with `content_id` it is a picture that the HTML shows."""

    @property
    def content_id(self) -> str | None: ...

    @property
    def content_type(self) -> str: ...

    @property
    def content(self) -> bytes: ...


class MailBody(Response):
    """A mail's HTML, under a policy of its own whatever the site says: it may style itself, and nothing else.

    Set as the answer leaves, after the headers that every page gets.
    """

    def get_wsgi_headers(self, environ: dict[str, object]) -> Headers:
        headers = super().get_wsgi_headers(environ)
        headers["Content-Security-Policy"] = MAIL_CSP
        return headers


def framed(html: str, attachments: Iterable[Picture]) -> str:
    """The mail's HTML with its own pictures in it, and its links leading out of the frame: no page may stand in one."""
    pictures = {
        a.content_id: f"data:{a.content_type};base64,{base64.b64encode(a.content).decode('ascii')}"
        for a in attachments
        if a.content_id and a.content_type.startswith("image/")
    }
    html = _CID.sub(lambda found: pictures.get(found.group(1), found.group()), html)
    target = '<base target="_blank">'
    return _HEAD.sub(lambda found: found.group() + target, html, count=1) if _HEAD.search(html) else target + html

"""From a message's template and parameters to a mail's title, text and HTML. Needs no request: workers render.

A feature registers one renderer for each of its templates; a renderer reads what it tells of when the mail is sent, so
that nobody is told what is no longer so.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.core import i18n, urls
from app.core.i18n import Locale
from app.messages.senders import get_sender

_BREAKABLE = re.compile(r"[^\S\u00a0\u202f]+")  # white space at which a line may end: « 9 h 40 » stays whole
MAIL_TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "mail"


@dataclass(frozen=True)
class Attachment:
    """A file in a mail. With `content_id` (no angle brackets) it is a picture that the HTML shows as `cid:…`.

    `parameters` go into Content-Type, such as method for text/calendar (RFC 5545, 8.1).
    """

    filename: str
    content_type: str
    content: bytes
    content_id: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Mail:
    """A rendered mail, before it becomes MIME. `reply_to` defaults to the organiser's address."""

    title: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RenderContext:
    """What a renderer is told. `message_subject` is what the message is about, such as registration:12.

    `message_id` rises from message to message: those queued later have a larger one.
    """

    params: dict[str, Any] = field(repr=False)
    locale: Locale
    organiser_id: int | None
    now: datetime
    message_subject: str
    message_id: int


Renderer = Callable[[RenderContext], Mail | None]
_renderers: dict[str, Renderer] = {}


class UnknownTemplate(LookupError):
    """No renderer of that name is registered in this process."""


def renderer(template: str) -> Callable[[Renderer], Renderer]:
    """Register the renderer of `feature.what`. It returns None when there is nothing to tell any more.

    Raises ValueError when the name is taken.
    """

    def register(function: Renderer) -> Renderer:
        if template in _renderers:
            raise ValueError(f"a renderer named {template} is registered already")
        _renderers[template] = function
        return function

    return register


def list_templates() -> list[str]:
    """The names of all mails that this process can render."""
    return sorted(_renderers)


def render(template: str, context: RenderContext) -> Mail | None:
    """The mail, or None when there is nothing to tell any more. Raises UnknownTemplate."""
    if template not in _renderers:
        raise UnknownTemplate(template)
    return _renderers[template](context)


def render_mail_templates(
    name: str, locale: Locale, /, *, organiser_id: int | None, **values: object
) -> tuple[str, str, str]:
    """Title, text and HTML from templates/mail/<name>.txt and .html in `locale`.

    The title is the text template's block `title`, in one line. Both see `values`, `locale`, `sender`, the functions of
    `mail_environment`, and the HTML also `title`. Raises jinja2.UndefinedError for a value that was not given.
    """
    environment = mail_environment(locale)
    shared = {**values, "sender": get_sender(organiser_id), "locale": locale}
    text_template = environment.get_template(f"{name}.txt")
    if "title" not in text_template.blocks:
        raise ValueError(f"mail/{name}.txt has no block named title")
    title = _BREAKABLE.sub(" ", "".join(text_template.blocks["title"](text_template.new_context(shared)))).strip()
    text = re.sub(r"\n{3,}", "\n\n", text_template.render(shared)).strip() + "\n"
    return title, text, environment.get_template(f"{name}.html").render({**shared, "title": title})


@cache
def mail_environment(locale: Locale) -> Environment:
    """Jinja over templates/mail in one language.

    Templates have `_`, `gettext`, `ngettext`; day(moment, timezone, year=False), short_day(moment, timezone),
    hour(moment, timezone), span(starts_at, ends_at, timezone), absolute(path).
    """
    environment = Environment(
        loader=FileSystemLoader(MAIL_TEMPLATES),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    catalogue = i18n.catalogue(locale)
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
        catalogue.ugettext,
        catalogue.ungettext,
        newstyle=True,
        pgettext=catalogue.upgettext,
        npgettext=catalogue.unpgettext,
    )
    environment.globals |= _formatting(locale)
    return environment


def _formatting(locale: Locale) -> dict[str, Callable[..., str]]:
    def day(moment: datetime, timezone: str, year: bool = False) -> str:
        return i18n.format_day(moment, timezone, locale, year=year)

    def short_day(moment: datetime, timezone: str) -> str:
        return i18n.format_short_day(moment, timezone, locale)

    def hour(moment: datetime, timezone: str) -> str:
        return i18n.format_hour(moment, timezone, locale)

    def span(starts_at: datetime, ends_at: datetime, timezone: str) -> str:
        return i18n.format_span(starts_at, ends_at, timezone, locale)

    return {"day": day, "short_day": short_day, "hour": hour, "span": span, "absolute": urls.absolute}

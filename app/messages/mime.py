"""From a rendered mail to MIME (RFC 5322, 2045–2049, 2387)."""

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import parseaddr

from app.core.i18n import Locale
from app.messages.rendering import Attachment, Mail
from app.messages.senders import Sender

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SPECIAL = re.compile(r"[()<>@,:;.\"\\\[\]]+")


def build_message(
    mail: Mail, *, rfc_id: str, recipient: str, sender: Sender, mail_from: str, locale: Locale, now: datetime
) -> EmailMessage:
    """A message ready to send: text and HTML with its pictures, then the other attachments.

    `mail_from` gives the address, `sender` the name shown beside it and where replies go. No value can start another
    header (see `one_line`). Raises ValueError for an address that is none.
    """
    name = one_line(sender.name)
    if recipient.isascii():
        message = EmailMessage(policy=SMTP)
    else:  # RFC 6532; here the library forgets the quotes around a name that needs them
        message, name = EmailMessage(policy=SMTPUTF8), " ".join(_SPECIAL.sub(" ", name).split())
    message["Message-ID"] = rfc_id
    message["Date"] = now
    message["From"] = _address(mail_from, name)
    message["To"] = _address(recipient)
    reply_to = mail.reply_to or sender.email
    if reply_to:
        message["Reply-To"] = _address(reply_to)
    message["Subject"] = one_line(mail.title)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: vacation notices do not answer it
    message["X-Auto-Response-Suppress"] = "All"  # the same for Exchange
    for name, value in mail.headers:
        message[name] = one_line(value)
    _add_bodies(message, mail)
    for attachment in mail.attachments:
        if attachment.content_id is None:
            _attach(message, attachment)
    message["Content-Language"] = locale  # last: adding parts moves such headers into the first of them
    return message


def mail_address(text: str) -> str:
    """The address in `Name <local@domain>` or `local@domain`, its domain in ASCII. Raises ValueError."""
    local, at, domain = parseaddr(text)[1].rpartition("@")
    if not (local and at and domain) or one_line(text) != text.strip():
        raise ValueError("that is no mail address")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError as error:
        raise ValueError("that is no mail address") from error


def one_line(text: str) -> str:
    """`text` fit for a header: what could end the line becomes a space.

    So does the start of an encoded word (RFC 2047): the library decodes one that it is given, line ends included.
    """
    return _UNSAFE.sub(" ", text).replace("=?", "= ?").strip()


def _address(text: str, name: str = "") -> Address:
    local, _, domain = mail_address(text).rpartition("@")
    return Address(name, local, domain)


def _add_bodies(message: EmailMessage, mail: Mail) -> None:
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    parts = message.get_payload()
    assert isinstance(parts, list)
    html = parts[1]
    assert isinstance(html, EmailMessage)
    for picture in mail.attachments:
        if picture.content_id is not None:
            kind, subtype = picture.content_type.split("/", 1)
            html.add_related(
                picture.content,
                kind,
                subtype,
                cid=f"<{picture.content_id}>",
                filename=one_line(picture.filename),
                disposition="inline",
            )


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    """Bytes go out as they are, in base64: a calendar's line ends are part of it."""
    kind, subtype = attachment.content_type.split("/", 1)
    parameters = dict(attachment.parameters)
    if kind == "text":
        parameters.setdefault("charset", "utf-8")
    message.add_attachment(
        attachment.content, kind, subtype, cte="base64", filename=one_line(attachment.filename), params=parameters
    )

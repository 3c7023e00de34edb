"""Reading the file outbox, which the demo shows as everybody's mailbox."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage, Message, MIMEPart
from email.parser import BytesHeaderParser
from email.policy import default
from heapq import nlargest
from pathlib import Path

from app.core.errors import NotFound

_NAME = re.compile(r"[A-Za-z0-9@_-][A-Za-z0-9@._-]*\.eml", re.ASCII)


@dataclass(frozen=True)
class OutboxRow:
    """`name` is the file's; `written_at` when it was renamed into place."""

    name: str
    title: str
    sender: str
    recipient: str
    written_at: datetime


@dataclass(frozen=True)
class OutboxAttachment:
    """`content_id` (no angle brackets) is set for a picture shown as cid:…; `content_type` is without parameters."""

    filename: str
    content_type: str
    content_id: str | None
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class OutboxMail:
    """A whole mail. `headers` keep their order and are decoded; `html` is as the mail has it: show it in a sandbox."""

    headers: tuple[tuple[str, str], ...]
    title: str
    sender: str
    recipient: str
    text: str
    html: str
    attachments: tuple[OutboxAttachment, ...]


def list_outbox(folder: Path, limit: int = 100) -> list[OutboxRow]:
    """The newest mails first; none when the folder does not exist yet."""
    if not folder.is_dir():
        return []
    found = (
        (path.stat().st_mtime_ns, path.name)
        for path in folder.iterdir()
        if _NAME.fullmatch(path.name) and path.is_file() and not path.is_symlink()
    )
    return [_row(folder / name, written) for written, name in nlargest(limit, found)]


def read_mail(folder: Path, name: str) -> OutboxMail:
    """One mail of the folder by its name. Raises NotFound for anything but a mail's name there: no path, no link."""
    path = folder / name
    if not _NAME.fullmatch(name) or path.is_symlink() or not path.is_file():
        raise NotFound("mail")
    message = message_from_bytes(path.read_bytes(), EmailMessage, policy=default)
    headers = _headers(message)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    bodies = [part for part in (text, html) if part is not None]
    return OutboxMail(
        headers=tuple(headers.items()),
        title=headers.get("Subject", ""),
        sender=headers.get("From", ""),
        recipient=headers.get("To", ""),
        text=_text(text),
        html=_text(html),
        attachments=tuple(
            _attachment(part) for part in message.walk() if not part.is_multipart() and part not in bodies
        ),
    )


def _row(path: Path, written: int) -> OutboxRow:
    with path.open("rb") as file:
        headers = _headers(BytesHeaderParser(policy=default).parse(file))
    return OutboxRow(
        path.name,
        headers.get("Subject", ""),
        headers.get("From", ""),
        headers.get("To", ""),
        datetime.fromtimestamp(written // 1_000_000_000, UTC),
    )


def _headers(message: Message) -> dict[str, str]:
    """Decoded as RFC 2047 says; the library's own parser puts spaces between the words of a long name."""
    decoded = {}
    for name, raw in message.raw_items():
        text = re.sub(r"\r?\n(?=[ \t])", "", str(raw)).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        decoded[name] = str(make_header(decode_header(text))).strip()
    return decoded


def _text(part: MIMEPart | None) -> str:
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


def _attachment(part: EmailMessage) -> OutboxAttachment:
    content = part.get_payload(decode=True)
    content_id = part["Content-ID"]
    return OutboxAttachment(
        part.get_filename() or "",
        part.get_content_type(),
        str(content_id).strip("<> ") if content_id else None,
        content if isinstance(content, bytes) else b"",
    )

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from io import BytesIO
from typing import Any

import icalendar
import pytest
import zxingcpp
from flask import Flask, current_app
from PIL import Image

from app.core.db import db
from app.core.urls import settings
from app.jobs.worker import run_worker


@dataclass(frozen=True)
class Received:
    """A mail as its reader's program takes it apart. `files` maps names to contents, `pictures` content ids."""

    headers: EmailMessage
    text: str
    html: str
    files: dict[str, bytes]
    types: dict[str, str]
    pictures: dict[str, bytes]

    @property
    def title(self) -> str:
        return str(self.headers["Subject"])

    @property
    def to(self) -> str:
        return str(self.headers["To"])

    def file(self, ending: str) -> bytes:
        """The one file of that kind."""
        (found,) = (content for name, content in self.files.items() if name.endswith(ending))
        return found

    def entries(self) -> list[Any]:
        return list(icalendar.Calendar.from_ical(self.file(".ics")).walk("VEVENT"))


def drain() -> list[Received]:
    """Let a worker do all that is due; the mails that went out meanwhile, oldest first."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    db.session.rollback()
    folder = settings().instance / "outbox"
    before = set(folder.iterdir()) if folder.is_dir() else set()
    run_worker(app, drain=True, stop=threading.Event(), concurrency=1)
    new = sorted(set(folder.iterdir()) - before if folder.is_dir() else set(), key=lambda path: path.stat().st_mtime_ns)
    return [take_apart(path.read_bytes()) for path in new]


def take_apart(content: bytes) -> Received:
    message = message_from_bytes(content, EmailMessage, policy=default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    files, types, pictures = {}, {}, {}
    for part in message.walk():
        if part.is_multipart() or part in (text, html):
            continue
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        if part["Content-ID"]:
            pictures[str(part["Content-ID"]).strip("<>")] = payload
        else:
            files[str(part.get_filename())] = payload
            types[str(part.get_filename())] = part.get_content_type()
    return Received(message, text.get_content(), html.get_content(), files, types, pictures)


def read_code(png: bytes) -> str:
    """The text of the one QR code in a picture."""
    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(png)))
    return str(found.text)


@pytest.fixture
def mail_app(whole_app: Flask) -> Iterator[Flask]:
    yield whole_app
    db.session.rollback()

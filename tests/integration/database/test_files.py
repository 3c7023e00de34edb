"""What an installation writes to disk is its owner's alone: names, addresses and links stand in it."""

import os
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import text

from app import create_app
from app.core.db import db
from app.messages.transport import send


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """The one of most systems, under which new files are for everybody to read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_database_and_its_folder_are_their_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    app = create_app(instance_path=folder, testing=True)
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(text("CREATE TABLE guests (name TEXT)"))
        with db.engine.connect():
            found = {path.name: mode_of(path) for path in folder.glob("parcours.db*")}
        db.engine.dispose()
    assert found == {"parcours.db": 0o600, "parcours.db-wal": 0o600, "parcours.db-shm": 0o600}
    assert mode_of(folder) == 0o700


def test_a_folder_or_database_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    (tmp_path / "parcours.db").touch(mode=0o640)
    app = create_app(instance_path=tmp_path, testing=True)
    with app.app_context(), db.engine.connect():
        assert (mode_of(tmp_path), mode_of(tmp_path / "parcours.db")) == (0o750, 0o640)
        db.engine.dispose()


def test_mails_in_the_outbox_are_their_owners_alone(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Message-ID"] = "<one@parcours>"
    message.set_content("Your link")
    send("file:outbox", message, sender="a@example.org", recipient="b@example.org", instance=tmp_path)
    (mail,) = (tmp_path / "outbox").iterdir()
    assert (mode_of(mail), mode_of(tmp_path / "outbox")) == (0o600, 0o700)

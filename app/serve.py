"""`make run`: bring the database up to date, load the demo on the first start, serve web and worker until Ctrl-C."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from app import ROOT, create_app
from app.accounts.queries import list_organisers
from app.commands.demo import load
from app.config import SettingsError
from app.core.urls import settings
from app.demo.operations import is_loaded

ANYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - compared with, not bound to


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal; the exit code is 0 after Ctrl-C, else that of the part that failed."""
    parser = argparse.ArgumentParser(prog="make run")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument(
        "--tls", action="store_true", help="serve HTTPS with a self-made certificate, on every interface"
    )
    chosen = parser.parse_args(arguments)
    if chosen.tls and chosen.host == "127.0.0.1":
        chosen.host = "0.0.0.0"  # noqa: S104 - a phone on the same network is what TLS=1 is for
    if not _port_is_free(chosen.host, chosen.port):
        print(f"Port {chosen.port} is taken. Choose another: make run PORT={chosen.port + 1}", file=sys.stderr)
        return 1
    os.environ.setdefault("PARCOURS_BASE_URL", _base_url(chosen.host, chosen.port, tls=chosen.tls))
    try:
        app = create_app()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    with app.app_context():
        prepare()
        certificate = _certificate(settings().instance) if chosen.tls else None
    return _serve(chosen.host, chosen.port, certificate)


def prepare() -> None:
    """Migrate, and load the demo into an empty installation that may have it. Prints what people need to log in."""
    from flask_migrate import upgrade  # here, for it takes longer to import than all the rest takes to start

    upgrade(directory=str(ROOT / "migrations"))
    print(f"\nParcours: {settings().base_url}", flush=True)
    loaded = is_loaded()
    if settings().demo_allowed and (loaded or not list_organisers()):
        if not loaded:
            print("The demo, with a forum of 912 people, takes a few seconds on this first start…", flush=True)
        load.main(args=[], standalone_mode=False)
    elif not list_organisers():
        print("No organiser yet: make one with `.venv/bin/flask --app app user create`.")
        print("To try the demo although others can reach this address: make run DEMO=1")
    print(flush=True)


def _serve(host: str, port: int, certificate: tuple[Path, Path] | None) -> int:
    web = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        str(ROOT / "app" / "gunicorn_conf.py"),
        "--bind",
        _bind(host, port),
    ]
    if certificate is not None:
        web += ["--certfile", str(certificate[0]), "--keyfile", str(certificate[1])]
    commands = ([*web, "app:create_app()"], [sys.executable, "-m", "flask", "--app", "app", "worker"])
    # their own session: a Ctrl-C in the terminal reaches this process alone, which then ends both in order
    parts = [subprocess.Popen(command, cwd=ROOT, start_new_session=True) for command in commands]  # noqa: S603 - our own commands
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    while not stopping.wait(0.2) and all(part.poll() is None for part in parts):
        pass
    failed = next((part.returncode for part in parts if part.poll() not in {None, 0}), 0)
    for part in parts:
        if part.poll() is None:
            part.terminate()
    for part in parts:
        try:
            part.wait(timeout=20)
        except subprocess.TimeoutExpired:
            part.kill()
    return 0 if stopping.is_set() else failed or 1


def _port_is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _bind(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _base_url(host: str, port: int, *, tls: bool) -> str:
    name = _own_address() if host in ANYWHERE else host
    return f"{'https' if tls else 'http'}://{_bind(name, port)}"


def _own_address() -> str:
    """This machine's address in its network, asked of the routing table: nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _certificate(instance: Path) -> tuple[Path, Path]:
    """A self-made certificate for this machine's names, kept in instance/ and made again when it runs out."""
    from cryptography import x509  # here, for it takes memory that a server without TLS has no use for
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    certificate, key_file = instance / "tls-certificate.pem", instance / "tls-key.pem"
    now = datetime.now(UTC)  # the real time, whatever PARCOURS_NOW says: browsers check it
    if certificate.exists() and key_file.exists():
        kept = x509.load_pem_x509_certificate(certificate.read_bytes())
        if kept.not_valid_after_utc > now + timedelta(days=7):
            return certificate, key_file
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Parcours")])
    addresses = [x509.IPAddress(ip_address(a)) for a in {"127.0.0.1", _own_address()}]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), *addresses]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return certificate, key_file


if __name__ == "__main__":
    sys.exit(main())

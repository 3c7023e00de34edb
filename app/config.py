"""Settings: from the environment, else `instance/config.py`, all prefixed PARCOURS_ (table in docs/settings.md)."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import datetime
from email.utils import parseaddr
from ipaddress import ip_address
from logging import getLevelNamesMapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEMO_FILE = "demo.json"
"""Written into instance/ when the demo is loaded."""


class SettingsError(Exception):
    """A setting has a value that Parcours cannot work with; the message says which and why."""


def _setting(default: str, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class RawSettings:
    """Every setting as text, with its default and its meaning: the one list that the documentation is checked against."""

    DATABASE_URL: str = _setting("", "Database; SQLite in instance/ when empty, else `postgresql+psycopg://…`")
    SECRET_KEY: str = _setting("", "Signs cookies and forms; made and kept in instance/secret_key when empty")
    BASE_URL: str = _setting("http://127.0.0.1:8000", "Address that mails, tickets and calendars point to")
    MAIL_URL: str = _setting(
        "file:outbox", "`smtp://user:pass@host:port`, `smtps://…`, or `file:DIR` (below instance/)"
    )
    MAIL_FROM: str = _setting("Parcours <parcours@example.org>", "Sender of every mail")
    TRUSTED_PROXIES: str = _setting("0", "How many proxies in front set X-Forwarded-For, -Proto and -Host")
    REDIS_URL: str = _setting("", "Optional: shared cache for several machines; nothing needs it yet")
    DEMO: str = _setting("", "1: this is a demo, which may load although BASE_URL is not a loopback address")
    NOW: str = _setting("", "RFC 3339: moves the clock; refused unless the demo or tests run")
    DEFAULT_TIMEZONE: str = _setting("Europe/Paris", "Time zone of new events")
    MAX_UPLOAD_MB: str = _setting("10", "Largest file that may be sent, in MiB")
    LOG_LEVEL: str = _setting("INFO", "Level of the log on standard error")


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed over (RFC 5321). `encrypted`: by TLS from the first byte on."""

    host: str
    port: int
    encrypted: bool
    user: str = ""
    password: str = field(default="", repr=False)


SETTING_NAMES = tuple(f.name for f in fields(RawSettings))


@dataclass(frozen=True)
class Settings:
    """The settings in force, parsed. `instance` is the folder that belongs to this installation."""

    instance: Path
    database_url: str
    secret_key: str
    base_url: str
    mail_url: str
    mail_from: str
    trusted_proxies: int
    redis_url: str
    demo_allowed: bool
    demo_declared: bool
    now: datetime | None
    default_timezone: str
    max_upload_bytes: int
    log_level: str
    testing: bool

    @property
    def secure(self) -> bool:
        """Whether people reach this installation by HTTPS (then cookies are Secure and HSTS is sent)."""
        return self.base_url.startswith("https://")

    @property
    def demo(self) -> bool:
        """Whether this is a demo: DEMO=1 says so, or the demo was loaded, where it may. Then anybody may read its mails."""
        return self.demo_declared or (self.demo_allowed and (self.instance / DEMO_FILE).exists())


def load_settings(instance: Path, overrides: Mapping[str, str] | None = None, *, testing: bool = False) -> Settings:
    """Read the settings. Raises SettingsError on a value out of range or a PARCOURS_ name that does not exist."""
    raw = _collect(instance, overrides or {})
    base_url = raw.BASE_URL.rstrip("/")
    if urlsplit(base_url).scheme not in {"http", "https"} or not urlsplit(base_url).hostname:
        raise SettingsError(f"PARCOURS_BASE_URL must be an http(s) address, not {raw.BASE_URL!r}")
    demo_allowed = raw.DEMO == "1" or is_loopback(base_url)
    now = _parse_now(raw.NOW)
    if now is not None and not (demo_allowed or testing):
        raise SettingsError("PARCOURS_NOW moves the clock and is refused outside the demo and the tests")
    database_url = raw.DATABASE_URL or f"sqlite:///{(instance / 'parcours.db').resolve()}"
    if not database_url.startswith(("sqlite:", "postgresql+psycopg:")):
        raise SettingsError("PARCOURS_DATABASE_URL must start with sqlite: or postgresql+psycopg:")
    parse_mail_url(raw.MAIL_URL, instance)
    _require_address(raw.MAIL_FROM)
    _require_timezone(raw.DEFAULT_TIMEZONE)
    if raw.LOG_LEVEL.upper() not in getLevelNamesMapping():
        raise SettingsError(f"PARCOURS_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {raw.LOG_LEVEL!r}")
    return Settings(
        instance=instance,
        database_url=database_url,
        secret_key=raw.SECRET_KEY or _kept_secret(instance),
        base_url=base_url,
        mail_url=raw.MAIL_URL,
        mail_from=raw.MAIL_FROM,
        trusted_proxies=_parse_count("TRUSTED_PROXIES", raw.TRUSTED_PROXIES),
        redis_url=raw.REDIS_URL,
        demo_allowed=demo_allowed,
        demo_declared=raw.DEMO == "1",
        now=now,
        default_timezone=raw.DEFAULT_TIMEZONE,
        max_upload_bytes=_parse_count("MAX_UPLOAD_MB", raw.MAX_UPLOAD_MB) * 1024 * 1024,
        log_level=raw.LOG_LEVEL.upper(),
        testing=testing,
    )


def parse_mail_url(mail_url: str, instance: Path) -> MailServer | Path:
    """A server from `smtp://` or `smtps://user:pass@host:port`, a folder from `file:DIR`. Raises SettingsError.

    A relative DIR lies below `instance`. User and password are percent-decoded. Ports default to 25 and 465. The error
    does not repeat the address: a password stands in it.
    """
    if mail_url.startswith("file:") and mail_url != "file:":
        return instance / mail_url.removeprefix("file:")
    try:
        parts = urlsplit(mail_url)
        port = parts.port
    except ValueError as error:
        raise SettingsError(
            "PARCOURS_MAIL_URL has no valid port; in a user or password write %23 for #, %2F for /, %3A for :, %40 for @"
        ) from error
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SettingsError("PARCOURS_MAIL_URL must be smtp://user:pass@host:port, smtps://… or file:DIR")
    encrypted = parts.scheme == "smtps"
    return MailServer(
        parts.hostname,
        port or (465 if encrypted else 25),
        encrypted,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


def is_loopback(base_url: str) -> bool:
    """Whether an address can be reached from this machine only."""
    host = urlsplit(base_url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _collect(instance: Path, overrides: Mapping[str, str]) -> RawSettings:
    values: dict[str, str] = {}
    file = instance / "config.py"
    if file.exists():
        names: dict[str, object] = {}
        exec(compile(file.read_text("utf-8"), str(file), "exec"), names)  # noqa: S102 - the installation's own settings
        values |= {k: str(v) for k, v in names.items() if k.startswith("PARCOURS_")}
    values |= {k: v for k, v in os.environ.items() if k.startswith("PARCOURS_")}
    values |= {f"PARCOURS_{k}": v for k, v in overrides.items()}
    known = {name.removeprefix("PARCOURS_"): value for name, value in values.items()}
    unknown = set(known) - set(SETTING_NAMES)
    if unknown:
        raise SettingsError(f"unknown setting: {', '.join(sorted(f'PARCOURS_{n}' for n in unknown))}")
    return RawSettings(**known)


def _kept_secret(instance: Path) -> str:
    """Read this installation's secret, or make it: several processes may start at once, so the first one wins."""
    file = instance / "secret_key"
    if not file.exists():
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = instance / f".secret_key.{os.getpid()}.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), "ascii")
        with suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_text("ascii").strip()


def _require_address(text: str) -> None:
    local, _, domain = parseaddr(text)[1].rpartition("@")
    if not (local and domain) or not text.isprintable():
        raise SettingsError(f"PARCOURS_MAIL_FROM must be an address, such as Name <name@example.org>, not {text!r}")


def _require_timezone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(f"PARCOURS_DEFAULT_TIMEZONE must be a name such as Europe/Paris, not {name!r}") from error


def _parse_now(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"PARCOURS_NOW is not an RFC 3339 time: {text!r}") from error
    if moment.tzinfo is None:
        raise SettingsError("PARCOURS_NOW needs an offset, such as 2027-02-04T09:30:00+01:00")
    return moment


def _parse_count(name: str, text: str) -> int:
    if not text.isdigit():
        raise SettingsError(f"PARCOURS_{name} must be a whole number, not {text!r}")
    return int(text)

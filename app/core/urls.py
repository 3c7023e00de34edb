"""Absolute addresses, for what is read outside the site: mails, tickets, calendars."""

from urllib.parse import urlsplit

from flask import current_app

from app.config import Settings


def settings() -> Settings:
    """The settings in force."""
    found = current_app.extensions["parcours.settings"]
    assert isinstance(found, Settings)
    return found


def absolute(path: str) -> str:
    """`/t/…` as people outside reach it."""
    return settings().base_url + path


def host() -> str:
    """The host name of this installation: the right-hand side of message and calendar ids (RFC 5322, RFC 7986)."""
    return urlsplit(settings().base_url).hostname or "localhost"


def event_path(slug: str) -> str:
    return f"/events/{slug}"


def own_page_path(token: str) -> str:
    return f"/r/{token}"


def ticket_path(code: str) -> str:
    return f"/t/{code}"


def stand_path(token: str) -> str:
    return f"/stands/{token}"

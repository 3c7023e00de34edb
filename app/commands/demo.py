"""flask demo load: an installation to look at."""

from typing import Any

import click
from flask.cli import with_appcontext

from app.accounts.errors import AccountExists
from app.config import Settings
from app.core import clock
from app.core.transaction import transaction
from app.core.urls import settings
from app.demo.manifest import describe, read_manifest, write_manifest
from app.demo.operations import is_loaded, load_demo, renew_demo


@click.group()
def demo() -> None:
    """Invented people and events to look at Parcours with."""


@demo.command()
@with_appcontext
def load() -> None:
    """Load the demo, once, and write instance/demo.json with its log-ins and keys.

    Refused where people reach the installation from elsewhere, unless PARCOURS_DEMO=1 says that it is a demo.
    """
    found = settings()
    if not found.demo_allowed:
        raise click.ClickException(
            f"No demo is loaded at {found.base_url}: its passwords are known to everybody. "
            "Set PARCOURS_DEMO=1 if this installation is only a demo."
        )
    if is_loaded():
        manifest = _renew(found)
        click.echo("The demo is there already.")
    else:
        manifest = _load(found)
        click.echo("The demo is loaded.")
    _print_log_ins(manifest)


def _load(found: Settings) -> dict[str, Any]:
    try:
        with transaction():
            loaded = load_demo(now=clock.now())
    except AccountExists as error:
        raise click.ClickException(f"{error} has an account here: the demo needs a database of its own.") from error
    manifest = describe(loaded, found.base_url)
    write_manifest(found.instance, manifest)
    return manifest


def _renew(found: Settings) -> dict[str, Any]:
    """The file as it is; with new keys where it is lost, and always with the address of now."""
    manifest = read_manifest(found.instance)
    if manifest is None:
        with transaction():
            manifest = describe(renew_demo(now=clock.now()), found.base_url)
    elif manifest.get("base_url") == found.base_url:
        return manifest
    manifest = {**manifest, "base_url": found.base_url}
    write_manifest(found.instance, manifest)
    return manifest


def _print_log_ins(manifest: dict[str, Any]) -> None:
    base_url = manifest["base_url"]
    click.echo(f"  {base_url}/events/{manifest['events']['next']}  the next forum")
    click.echo(f"  {base_url}/demo/outbox  its mailbox")
    click.echo(f"  {base_url}/login")
    for account in manifest["accounts"]:
        click.echo(f"    {account['role']:<8} {account['email']:<30} {account['password']}")

"""flask doctor: is every promise kept?"""

import sys

import click
from flask.cli import with_appcontext

from app.core import clock
from app.core.checks import run_checks


@click.command()
@with_appcontext
def doctor() -> None:
    """Check every promise that the database keeps; print what is broken, end with 1 if anything is."""
    results = run_checks(clock.now())
    for result in results:
        click.echo(f"{'ok    ' if result.ok else 'BROKEN'}  {result.name}: {result.promise}")
        for problem in result.problems:
            click.echo(f"        - {problem}")
    broken = sum(not result.ok for result in results)
    click.echo(f"{len(results)} checks, {broken} broken." if broken else f"{len(results)} checks, all well.")
    if broken:
        sys.exit(1)

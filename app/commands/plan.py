"""flask plan: from an instance in JSON a plan in JSON, and whether a plan keeps what its instance asks (docs/planning.md)."""

import json
from pathlib import Path
from typing import Any

import click

from app.flows.causes import find_causes
from app.flows.checker import check_plan
from app.flows.planner import solve as make_plan
from app.flows.reading import InstanceInvalid, InstanceSchema, PlanSchema, as_json, json_schema, read_instance

MOST_BYTES = 20_000_000
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def plan() -> None:
    """Who is led through which space when."""


@plan.command()
@click.argument("file", type=FILE)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same plan.")
@click.option(
    "--effort", default=30, show_default=True, type=click.IntRange(0, 10_000), help="How long to look for better ones."
)
def solve(file: Path, *, seed: int, effort: int) -> None:
    """Print a plan for the instance in FILE. Ends with 1 when some groups found no room: the plan then says what is in the way."""
    try:
        instance = read_instance(_read(file))
    except InstanceInvalid as invalid:
        lines = [f"{pointer or '/'}: {message}" for pointer, message in invalid.problems]
        raise click.ClickException("\n".join(["This is no instance.", *lines])) from None
    found = make_plan(instance, seed=seed, effort=effort)
    click.echo(json.dumps(as_json(found, [] if found.found else find_causes(instance)), ensure_ascii=False, indent=1))
    if not found.found:
        raise SystemExit(1)


@plan.command()
@click.argument("instance", type=FILE)
@click.argument("made", metavar="PLAN", type=FILE)
def check(instance: Path, made: Path) -> None:
    """Say what is wrong with PLAN for INSTANCE, if anything; ends with 1 then."""
    asked, answered = _read(instance), _read(made)
    try:
        read_instance(asked)
    except InstanceInvalid as invalid:
        raise click.ClickException(f"This is no instance: {invalid}") from None
    problems = PlanSchema().validate(answered)
    wrong = [f"this is no plan: {problems}"] if problems else check_plan(asked, answered)
    for line in wrong:
        click.echo(line)
    if wrong:
        raise SystemExit(1)
    click.echo("The plan keeps all that is asked.")


@plan.command()
@click.argument("what", type=click.Choice(["instance", "plan"]))
def schema(what: str) -> None:
    """Print the JSON Schema of instances or plans."""
    click.echo(json.dumps(json_schema(InstanceSchema if what == "instance" else PlanSchema), indent=1))


def _read(file: Path) -> Any:
    if file.stat().st_size > MOST_BYTES:
        raise click.ClickException(f"{file.name} is larger than {MOST_BYTES // 1_000_000} MB.")
    try:
        return json.loads(file.read_text("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise click.ClickException(f"{file.name} is no JSON: {error}") from None

"""flask import registrations: a file into an event, all of it or nothing."""

import sys
from collections.abc import Iterable
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.core import clock
from app.core.actor import SYSTEM
from app.core.i18n import Locale
from app.core.transaction import transaction
from app.events.errors import EventNotFound
from app.events.queries import EventRow, get_event
from app.registrations.importing.errors import ImportRefused, LineRefused
from app.registrations.importing.plan import Plan, Problem
from app.registrations.importing.planning import plan_file
from app.registrations.importing.reading import MOST_BYTES
from app.registrations.importing.report import Checked, Written, report_of
from app.registrations.importing.wording import say_code, say_difference, say_problem, say_refusal
from app.registrations.importing.writing import write_plan

SPOKEN: Locale = "en"


@click.group(name="import")
def import_() -> None:
    """Files as offices send them."""


@import_.command()
@click.argument("event")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@click.option("--leave-out-bad", is_flag=True, help="Write the lines without a problem.")
@click.option("--send-mails", is_flag=True, help="Mail their ticket to those who have an address.")
@with_appcontext
def registrations(event: str, file: Path, *, dry_run: bool, leave_out_bad: bool, send_mails: bool) -> None:
    """Import registrations from a CSV, XLSX or ODS FILE into an EVENT (its slug).

    Importing a file again registers nobody twice. Ends with 1 when problems keep everything from being written.
    """
    try:
        found = get_event(event)
        plan = plan_file(found, _read(file))
    except EventNotFound as error:
        raise click.ClickException(f"There is no event {event}.") from error
    except ImportRefused as refused:
        raise click.ClickException(say_refusal(refused, SPOKEN)) from refused
    checked = report_of(plan)
    _print_problems(plan.problems)
    _print_totals(checked, found)
    stopped = bool(checked.bad_lines) and not leave_out_bad
    if dry_run or stopped:
        click.echo(_nothing_written(checked, stopped=stopped, dry_run=dry_run))
        sys.exit(1 if stopped else 0)
    _print_written(_write(found, plan, checked, file, send_mails=send_mails))


def _read(file: Path) -> bytes:
    if file.stat().st_size > MOST_BYTES:
        raise ImportRefused("too_big", limit=MOST_BYTES // 1024 // 1024)
    return file.read_bytes()


def _write(event: EventRow, plan: Plan, checked: Checked, file: Path, *, send_mails: bool) -> Written:
    try:
        with transaction():
            return write_plan(
                event,
                plan,
                leave_out=checked.bad_lines,
                send_mails=send_mails,
                file_name=file.name,
                by=SYSTEM,
                now=clock.now(),
            )
    except LineRefused as error:
        raise click.ClickException(
            f"line {error.line}: {say_code(error.code, {}, SPOKEN)} Nothing was written."
        ) from error


def _print_problems(problems: Iterable[Problem]) -> None:
    """One line each: line, column, what is wrong, value."""
    for problem in sorted(problems, key=lambda p: p.line):
        place = f"line {problem.line}" + (f", {problem.column}" if problem.column else "")
        kind = "warning: " if problem.warning else ""
        value = f" [{problem.value}]" if problem.value else ""
        click.echo(f"{place}: {kind}{say_problem(problem, SPOKEN)}{value}")


def _print_totals(checked: Checked, event: EventRow) -> None:
    click.echo(f"{checked.lines} lines: {checked.registrations} new registrations, {checked.people} people.")
    for total in checked.audiences:
        label = event.audience(total.code).label(SPOKEN)
        click.echo(f"  {label}: {total.registrations} registrations, {total.people} people")
    if checked.there:
        click.echo(f"{checked.there} lines are there already.")
    for difference in checked.differences:
        what = ", ".join(say_difference(name, SPOKEN) for name in difference.names)
        click.echo(f"line {difference.line}: {difference.reference} is left as it is, but has {what}.")


def _nothing_written(checked: Checked, *, stopped: bool, dry_run: bool) -> str:
    if not stopped:
        return "Nothing was written: this was a dry run."
    lines = len(checked.bad_lines)
    advice = "" if dry_run else " Correct them, or leave them out with --leave-out-bad."
    return f"{lines} {'line has' if lines == 1 else 'lines have'} a problem: nothing was written.{advice}"


def _print_written(written: Written) -> None:
    left_out = f", {written.left_out} lines left out" if written.left_out else ""
    click.echo(f"Imported {written.registrations} registrations, {written.people} people{left_out}.")

"""flask import registrations and flask import boxes: files as offices send them, their problems told line by line."""

import sys
from collections.abc import Iterable
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.accounts.queries import find_organiser_by_slug
from app.boxes.importing.planning import Plan as BoxesPlan
from app.boxes.importing.wording import say_problem as say_box_problem
from app.boxes.importing.wording import say_refusal as say_box_refusal
from app.boxes.importing.writing import plan_sheets, write_plan
from app.core import clock
from app.core.actor import SYSTEM
from app.core.i18n import Locale
from app.core.transaction import transaction
from app.events.errors import EventNotFound
from app.events.queries import EventRow, get_event
from app.registrations.importing.errors import ImportRefused
from app.registrations.importing.jobs import breathe
from app.registrations.importing.plan import Plan
from app.registrations.importing.planning import plan_file
from app.registrations.importing.report import Cause, Checked, Tally, Written, report_of
from app.registrations.importing.wording import (
    say_cause,
    say_difference,
    say_problem,
    say_refusal,
    say_too_late,
)
from app.registrations.importing.writing import CHUNK, lines_of, record_import, write_lines, written_of
from app.sheets.problems import Problem
from app.sheets.reading import MOST_BYTES, read_sheet

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

    Nothing is written unless every line is well, or --leave-out-bad says so. Lines are written some at a time, so that
    others register in between: stopped in the middle, the same command goes on, for importing a file again registers
    nobody twice. Ends with 1 when problems keep everything, or some lines in the end, from being written.
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
    _print_causes(checked.causes)
    _print_totals(checked, found)
    stopped = bool(checked.bad_lines) and not leave_out_bad
    if dry_run or stopped:
        click.echo(_nothing_written(checked, stopped=stopped, dry_run=dry_run))
        sys.exit(1 if stopped else 0)
    written = _write(found, plan, checked, file, send_mails=send_mails)
    _print_written(written)
    sys.exit(1 if written.unwritten_count else 0)


def _read(file: Path) -> bytes:
    if file.stat().st_size > MOST_BYTES:
        raise ImportRefused("too_big", limit=MOST_BYTES // 1024 // 1024)
    return file.read_bytes()


def _write(event: EventRow, plan: Plan, checked: Checked, file: Path, *, send_mails: bool) -> Written:
    lines, tally = lines_of(plan, checked.bad_lines), Tally()
    starts = range(0, len(lines), CHUNK)
    for start in starts:
        with transaction():
            chunk = lines[start : start + CHUNK]
            tally = tally.plus(write_lines(event, chunk, send_mails=send_mails, by=SYSTEM, now=clock.now()))
        if start != starts[-1]:
            click.echo(f"{start + CHUNK} of {len(lines)} lines…", err=True)
            breathe()
    written = written_of(tally, left_out=len(checked.bad_lines))
    with transaction():
        record_import(event, written, file.name, by=SYSTEM, now=clock.now())
    return written


def _print_problems(problems: Iterable[Problem]) -> None:
    """One line each: line, column, what is wrong, value."""
    for problem in sorted(problems, key=lambda p: p.line):
        place = f"line {problem.line}" + (f", {problem.column}" if problem.column else "")
        kind = "warning: " if problem.warning else ""
        value = f" [{problem.value}]" if problem.value else ""
        click.echo(f"{place}: {kind}{say_problem(problem, SPOKEN)}{value}")


def _print_causes(causes: Iterable[Cause]) -> None:
    """How many lines have the same problem, the commonest first."""
    for cause in causes:
        kind = "warning: " if cause.warning else ""
        place = f" ({cause.column})" if cause.column else ""
        lines = "1 line" if cause.lines == 1 else f"{cause.lines} lines"
        click.echo(f"{lines}: {kind}{say_cause(cause.code, SPOKEN)}{place}")


def _print_totals(checked: Checked, event: EventRow) -> None:
    click.echo(f"{checked.lines} lines: {checked.registrations} new registrations, {checked.people} people.")
    for total in checked.audiences:
        label = event.audience(total.code).label(SPOKEN)
        click.echo(f"  {label}: {total.registrations} registrations, {total.people} people")
    labels = {question.key: question.label(SPOKEN) for question in event.questions}
    for answers in checked.answers:
        click.echo(f"  {labels.get(answers.key, answers.key)}: {answers.answered} answers")
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
    for line in written.unwritten:
        click.echo(f"line {line.line}: {say_too_late(line.code, SPOKEN)} Not written.")
    if written.unwritten_count > len(written.unwritten):
        click.echo(f"{written.unwritten_count} lines were not written; the first {len(written.unwritten)} are shown.")
    left_out = f", {written.left_out} lines left out" if written.left_out else ""
    click.echo(f"Imported {written.registrations} registrations, {written.people} people{left_out}.")


@import_.command()
@click.argument("organiser")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--contents", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The file of contents.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@with_appcontext
def boxes(organiser: str, file: Path, contents: Path | None, *, dry_run: bool) -> None:
    """Import boxes, or what they hold, from a FILE into the inventory of an ORGANISER (its slug).

    The head line says which of the two a file is. Nothing is written unless every line is well; a second time changes
    nothing. Ends with 1 when problems keep it from being written.
    """
    found = find_organiser_by_slug(organiser)
    if found is None:
        raise click.ClickException(f"There is no organiser {organiser}.")
    try:
        sheets = [read_sheet(_read(path)) for path in (file, contents) if path is not None]
        plan = plan_sheets(found.id, sheets)
    except ImportRefused as refused:
        raise click.ClickException(say_box_refusal(refused, SPOKEN)) from refused
    for problem in plan.problems:
        place = f"{problem.facts['file']}, line {problem.line}" + (f", {problem.column}" if problem.column else "")
        value = f" [{problem.value}]" if problem.value else ""
        click.echo(f"{place}: {say_box_problem(problem, SPOKEN)}{value}")
    for change in plan.changes:
        what = f"{change.of}, {change.thing}" if change.thing else change.of
        click.echo(f"{what}: {change.name} {change.before} -> {change.after}")
    click.echo(
        f"{plan.lines} lines: {len(plan.new_scenarios)} new scenarios, {len(plan.new_boxes)} new boxes,"
        f" {plan.new_things} new things in their contents, {_changes(plan)} changes, {plan.same} there already."
    )
    if plan.problems:
        click.echo("There are problems: nothing was written.")
        sys.exit(1)
    if dry_run or plan.changes_nothing:
        click.echo("Nothing was written: this was a dry run." if dry_run else "Nothing to write: everything is there.")
        return
    with transaction():
        write_plan(found.id, plan_sheets(found.id, sheets), by=SYSTEM, now=clock.now())
    click.echo("Written.")


def _changes(plan: BoxesPlan) -> int:
    return len(plan.changed_scenarios) + len(plan.changed_boxes) + plan.changed_things

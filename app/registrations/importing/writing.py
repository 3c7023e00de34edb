"""Writing an import, some lines at a time, so that others register in between.

Each line is recognised by what it says (its import key, its mail, its name and telephone): a line that is there already
is left as it is, so that going on after a stop, or the same file once more, registers nobody twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import Conflict, FieldError
from app.events.operations import hold_event, lock_event
from app.events.queries import EventRow
from app.registrations.importing.errors import ImportOver
from app.registrations.importing.files import store_result, store_writing
from app.registrations.importing.plan import Entry, Plan
from app.registrations.importing.planning import require_importable
from app.registrations.importing.queries import find_known_among, get_import
from app.registrations.importing.report import Tally, Unwritten, Writing, Written
from app.registrations.operations import register

CHUNK = 200
"""Lines of one transaction: about half a second of work."""

Line = Entry | Unwritten


def lines_of(plan: Plan, leave_out: Iterable[int]) -> list[Line]:
    """The lines to deal with, in their order: all but those left out. One that got a problem since is too late."""
    left_out = set(leave_out)
    late = {p.line: p.code for p in reversed(plan.problems) if not p.warning and p.line not in left_out}
    lines: list[Line] = [entry for entry in plan.entries if entry.line not in left_out]
    lines += [Unwritten(line, code) for line, code in late.items()]
    return sorted(lines, key=lambda found: found.line)


def write_lines(event: EventRow, lines: Sequence[Line], *, send_mails: bool, by: Actor, now: datetime) -> Tally:
    """Register these lines. Who is registered already is left as they are; a line that no longer fits is told."""
    lock_event(event.id)
    return _write(event, lines, send_mails=send_mails, by=by, now=now)


def write_chunk(import_id: int, job_id: int, lines: Sequence[Line], *, by: Actor, now: datetime) -> Writing | None:
    """Write the next lines of a file, and how far it got with them; None when they were the last ones.

    Raises ImportOver when the job is no longer the one that writes the file, ImportRefused (not_open, read_only).
    """
    event = hold_event(get_import(import_id).event_id)  # before the file: whoever deletes an event locks them so
    row = get_import(import_id, lock=True)
    writing, checked = row.report.writing, row.report.checked
    if row.job_id != job_id or writing is None or checked is None:
        raise ImportOver(row.name)
    require_importable(event)
    left = [line for line in lines if line.line > writing.line]
    chunk = left[:CHUNK]
    tally = writing.tally.plus(_write(event, chunk, send_mails=writing.send_mails, by=by, now=now))
    if len(left) > len(chunk):
        writing = replace(writing, line=chunk[-1].line, done=writing.done + len(chunk), tally=tally)
        store_writing(row, writing)
        return writing
    written = written_of(tally, left_out=len(checked.bad_lines))
    store_result(row, written, now=now)
    record_import(event, written, row.name, by=by, now=now)
    return None


def written_of(tally: Tally, *, left_out: int) -> Written:
    """What came of a whole file."""
    return Written(
        tally.registrations, tally.people, tally.there, left_out, tally.unwritten, tally.unwritten_count
    )  # fmt: skip


def record_import(event: EventRow, written: Written, file_name: str, *, by: Actor, now: datetime) -> None:
    """The line of the event's history that tells of an import."""
    details = {
        "file": file_name, "registrations": written.registrations, "people": written.people, "there": written.there,
        "left_out": written.left_out, "unwritten": written.unwritten_count,
    }  # fmt: skip
    record(by, "registrations.imported", f"event:{event.id}", now=now, organiser_id=event.organiser_id, details=details)


def _write(event: EventRow, lines: Sequence[Line], *, send_mails: bool, by: Actor, now: datetime) -> Tally:
    """As write_lines, the event being locked."""
    entries = [line for line in lines if isinstance(line, Entry)]
    known = find_known_among(event.id, [entry.draft for entry in entries])
    unwritten = [line for line in lines if isinstance(line, Unwritten)]
    registrations = people = there = 0
    for entry in entries:
        if known.find(entry.draft) is not None:
            there += 1
            continue
        try:
            with db.session.begin_nested():  # a line that fails takes back its own places, not those of the others
                register(event, entry.draft, by=by, now=now, quiet=not send_mails)
        except (FieldError, Conflict) as error:
            unwritten.append(Unwritten(entry.line, error.code))
            continue
        registrations += 1
        people += entry.draft.headcount.people
    late = tuple(sorted(unwritten, key=lambda found: found.line))
    return Tally(registrations, people, there).plus(Tally(unwritten=late, unwritten_count=len(late)))

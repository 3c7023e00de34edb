"""Writing an import: every line that is to be written, or none."""

from collections.abc import Collection
from datetime import datetime

from app.core.actor import Actor
from app.core.audit import record
from app.core.errors import Conflict, FieldError
from app.events.operations import lock_event
from app.events.queries import EventRow
from app.registrations.importing.errors import LineRefused
from app.registrations.importing.plan import Plan
from app.registrations.importing.queries import find_known
from app.registrations.importing.report import Written
from app.registrations.operations import register


def write_plan(
    event: EventRow,
    plan: Plan,
    *,
    leave_out: Collection[int] = (),
    send_mails: bool = False,
    file_name: str = "",
    by: Actor,
    now: datetime,
) -> Written:
    """Register every line of the plan but those in `leave_out`. People who are there are left as they are.

    A line with a problem that is not in `leave_out`, or one that no longer fits, raises LineRefused: then the edge
    rolls everything back. Whoever came in between (the same file sent twice at once) counts as there.
    """
    unexpected = set(plan.bad_lines) - set(leave_out)
    for problem in sorted(plan.problems, key=lambda p: p.line):
        if problem.line in unexpected and not problem.warning:
            raise LineRefused(problem.line, problem.code)
    lock_event(event.id)
    known, there, written, people = find_known(event.id), 0, 0, 0
    for entry in plan.entries:
        if entry.line in leave_out:
            continue
        if known.find(entry.draft) is not None:
            there += 1
            continue
        try:
            register(event, entry.draft, by=by, now=now, quiet=not send_mails)
        except (FieldError, Conflict) as error:
            raise LineRefused(entry.line, error.code) from error
        written += 1
        people += entry.draft.headcount.people
    done = Written(written, people, there, len(set(leave_out)))
    details = {"file": file_name, "registrations": written, "people": people, "there": there, "left_out": done.left_out}
    record(by, "registrations.imported", f"event:{event.id}", now=now, organiser_id=event.organiser_id, details=details)
    return done

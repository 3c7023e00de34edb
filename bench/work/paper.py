"""Printing for many: 900 badges in the worker's process, from the job to the kept file, and what it costs in memory."""

import gc
import io
import resource
import time
import zipfile

from app.accounts.enums import Role
from app.accounts.queries import find_account_id
from app.accounts.rules import Access
from app.core import clock
from app.core.actor import Actor, ActorKind
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.jobs.registry import JobContext, find_handler
from app.reports.enums import PaperKind
from app.reports.lists import ListQuery
from app.reports.operations.prints import PRINT_JOB, ask_for_papers
from app.reports.printing import Print, print_draft
from app.reports.queries.exports import get_export, get_file
from app.reports.queries.printing import find_printed
from bench.client import NotMeasurable
from bench.data import EMAIL, make_event, register_many
from bench.figures import Figure, at_most, middle, shown, spread_of
from bench.in_turn import Plan
from bench.stage import Stage

REGISTRATIONS, BADGES = 818, 900
"""Nine in ten people on their own, the others classes with two adults each."""
SECONDS = 15.0
KIB = 1024


def paper(stage: Stage, plan: Plan) -> list[Figure]:
    """Badges of people on their own: each has a name and a code that no other has."""
    with stage.app.app_context():
        event = make_event(stage.ground.organiser_id, "Forum des badges", now=clock.now())
        register_many(event, REGISTRATIONS, now=clock.now())
        before = _peak_mb()
        times, badges, size = [], 0, 0
        for _ in range(2 if plan.quick else 3):
            seconds, badges, size = _printed(stage, event)
            times.append(seconds)
        grown = _peak_mb() - before
    if badges != BADGES:
        raise NotMeasurable(f"{badges} badges were printed")
    return [
        at_most(f"{badges} badges in the worker, {stage.kind}", middle(times), "s", SECONDS, spread_of(times)),
        shown("  the file", size / 1_000_000, "MB"),
        shown("  memory of the worker at its peak", grown, "MB more"),
    ]


def _printed(stage: Stage, event: EventRow) -> tuple[float, int, int]:
    """Seconds, badges, bytes."""
    export_id, job_id = _ask(stage, event)
    context = JobContext(job_id, {"export_id": export_id}, stage.ground.organiser_id, 1, clock.now, _unseen)
    gc.collect()
    began = time.perf_counter()
    find_handler(PRINT_JOB).work(context)
    seconds = time.perf_counter() - began
    content = get_file(export_id, clock.now()).content
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        if book.testzip() is not None or not all(book.read(name).startswith(b"%PDF") for name in book.namelist()):
            raise NotMeasurable("the file of badges holds something else than PDFs")
    return seconds, get_export(export_id).rows or 0, len(content)


def _ask(stage: Stage, event: EventRow) -> tuple[int, int]:
    account_id, now = find_account_id(EMAIL), clock.now()
    access = Access(stage.ground.organiser_id, role=Role.OWNER)
    wanted = Print(PaperKind.BADGES, ListQuery())
    items = sum(row.items(wanted.kind) for row in find_printed(event, wanted, access))
    draft = print_draft(event, wanted, access, items=items, locale="fr", changed_words="", now=now)
    by = Actor(ActorKind.STAFF, "Inès Roux", account_id, stage.ground.organiser_id)
    with transaction():
        export_id = ask_for_papers(draft, by=by, now=now)
    job_id = get_export(export_id).job_id
    assert job_id is not None
    return export_id, job_id


def _unseen(_done: int, _total: int) -> None:
    """Nobody watches the bar."""


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB / 1_000_000

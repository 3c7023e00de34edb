"""Taking a long list out: CSV as it streams, with what it costs the web process in memory, and XLSX in the worker."""

import gc
import http.client
import io
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import python_calamine

from app.accounts.enums import Role
from app.accounts.queries import find_account_id
from app.accounts.rules import Access
from app.core import clock
from app.core.actor import Actor, ActorKind
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.jobs.registry import JobContext, find_handler
from app.reports.exports_registrations import registrations_draft
from app.reports.lists import DEFAULT_COLUMNS, ListQuery
from app.reports.operations.exports import WRITE_JOB, ask_for_xlsx
from app.reports.queries.exports import get_export, get_file
from bench.client import NotMeasurable
from bench.data import EMAIL, MANY, make_event, register_many
from bench.figures import Figure, at_most, middle, shown, spread_of
from bench.in_turn import Plan
from bench.stage import Stage
from bench.work.pages import log_in

FEWER = 2_000
CSV_SECONDS, XLSX_SECONDS = 2.0, 5.0
CSV_MB = 8.0
"""By how much the growth of 20,000 rows may exceed that of 2,000: what is held of each row is its id."""
MORE_COLUMNS = ("email", "phone", "organisation", "class_label", "commune")
COLUMNS = (*DEFAULT_COLUMNS, *MORE_COLUMNS)
CHUNK = 1 << 16
KIB = 1024


def exports(stage: Stage, plan: Plan) -> list[Figure]:
    """A list of 20,000 beside one of 2,000, in 12 columns."""
    with stage.app.app_context():
        fewer = make_event(stage.ground.organiser_id, "Forum des lycées", now=clock.now())
        register_many(fewer, FEWER, now=clock.now())
    return [*_csv(stage, plan, fewer), *_xlsx(stage, plan)]


def _csv(stage: Stage, plan: Plan, fewer: EventRow) -> list[Figure]:
    cookie, rounds = log_in(stage), 2 if plan.quick else 5
    workers = stage.ours.workers()
    for _ in range(4):  # every process has its code and statements by then
        _download(stage, stage.ground.many, cookie, MANY)
    growths: dict[int, list[float]] = {FEWER: [], MANY: []}
    times: list[float] = []
    for _ in range(rounds):
        for event, rows in ((fewer, FEWER), (stage.ground.many, MANY)):
            before = _reset_peaks(workers)
            seconds = _download(stage, event, cookie, rows)
            growths[rows].append(max(peak - held for held, peak in zip(before, _peaks(workers), strict=True)))
            if rows == MANY:
                times.append(seconds)
    name = f"CSV of {MANY} rows, {len(COLUMNS)} columns, {stage.kind}"
    long, short = growths[MANY], growths[FEWER]
    return [
        at_most(name, middle(times), "s", CSV_SECONDS, spread_of(times)),
        at_most("  memory: more than for a tenth", max(0.0, middle(long) - middle(short)), "MB", CSV_MB),
        shown(f"  memory at its peak, {MANY} rows", middle(long), "MB more", spread_of(long)),
        shown(f"  memory at its peak, {FEWER} rows", middle(short), "MB more", spread_of(short)),
    ]


def _download(stage: Stage, event: EventRow, cookie: str, rows: int) -> float:
    """Seconds from asking to the last byte; what was read is dropped, as a browser writes it to its disk."""
    began, lines = time.perf_counter(), 0
    connection = http.client.HTTPConnection(*stage.ours.address, timeout=60)
    columns = "&".join(f"column={key}" for key in COLUMNS)
    path = f"/manage/events/{event.slug}/registrations.csv?{columns}"
    try:
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        while part := answer.read(CHUNK):
            lines += part.count(b"\r\n")
    finally:
        connection.close()
    if answer.status != 200 or lines != rows + 1:
        raise NotMeasurable(f"the CSV answered {answer.status} with {lines} lines")
    return time.perf_counter() - began


def _reset_peaks(workers: Sequence[int]) -> list[float]:
    """What each process holds, in MB; its peak is measured anew from here (proc(5), clear_refs)."""
    for pid in workers:
        Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")
    return [_status(pid, "VmRSS") for pid in workers]


def _peaks(workers: Sequence[int]) -> list[float]:
    return [_status(pid, "VmHWM") for pid in workers]


def _status(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text("ascii", errors="replace").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * KIB / 1_000_000
    raise NotMeasurable("the kernel does not tell the memory of a process")


def _xlsx(stage: Stage, plan: Plan) -> list[Figure]:
    """The worker's own handler, in this process: what it does from the job to the kept file."""
    times = []
    with stage.app.app_context():
        for _ in range(2 if plan.quick else 3):
            export_id, job_id = _ask(stage)
            context = JobContext(job_id, {"export_id": export_id}, stage.ground.organiser_id, 1, clock.now, _unseen)
            gc.collect()
            began = time.perf_counter()
            find_handler(WRITE_JOB).work(context)
            times.append(time.perf_counter() - began)
            _require_whole(get_file(export_id, clock.now()).content)
    name = f"XLSX of {MANY} rows, {len(COLUMNS)} columns, in the worker, {stage.kind}"
    return [at_most(name, middle(times), "s", XLSX_SECONDS, spread_of(times))]


def _ask(stage: Stage) -> tuple[int, int]:
    account_id, event, now = find_account_id(EMAIL), stage.ground.many, clock.now()
    access = Access(stage.ground.organiser_id, role=Role.OWNER)
    query = replace(ListQuery(), columns=COLUMNS)
    draft = registrations_draft(event, query, access, rows=MANY, locale="fr", suffix="xlsx", now=now)
    by = Actor(ActorKind.STAFF, "Inès Roux", account_id, stage.ground.organiser_id)
    with transaction():
        export_id = ask_for_xlsx(draft, by=by, now=now)
    job_id = get_export(export_id).job_id
    assert job_id is not None
    return export_id, job_id


def _unseen(_done: int, _total: int) -> None:
    """Nobody watches the bar."""


def _require_whole(content: bytes) -> None:
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).height
    if rows != MANY + 1:
        raise NotMeasurable(f"the XLSX holds {rows} lines")

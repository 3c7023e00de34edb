"""A long import: begun once, written some lines at a time, others in between, and gone on with after a stop."""

import threading
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import MoveNotAllowed
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.operations import move_event
from app.events.queries import EventRow, get_event, get_places
from app.jobs.models import Job, JobState
from app.jobs.operations import MAX_ATTEMPTS, retry_dead
from app.jobs.worker import run_worker
from app.messages.models import Message
from app.registrations.importing import jobs, writing
from app.registrations.importing.errors import ImportBusy
from app.registrations.importing.files import give_up, keep_file, set_mapping, start_check, start_writing, store_check
from app.registrations.importing.mapping import propose
from app.registrations.importing.planning import make_plan
from app.registrations.importing.queries import ImportRow, get_import
from app.registrations.importing.report import Refused, Unwritten, Writing, Written, report_of
from app.registrations.importing.stages import ImportStage
from app.registrations.importing.writing import Line
from app.registrations.models import Registration
from app.registrations.operations import register
from app.sheets.reading import read_sheet
from tests.factories import person_draft
from tests.integration.dbs import wait_until
from tests.integration.importing.files import CLASS, GOOD, csv_of, make_talents
from tests.integration.importing.test_writing import AT
from tests.integration.importing.worker_process import serve
from tests.processes import start_process
from tests.races.together import together

pytestmark = pytest.mark.usefixtures("blank_tickets")

LINES = 60
BREATH = jobs.BREATH


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_talents(capacity=1000)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "CHUNK", 20)
    monkeypatch.setattr(jobs, "BREATH", 0)


def people(count: int = LINES, wave: str = "09h00") -> list[dict[str, str]]:
    return [GOOD | {"Créneau": wave, "Nom": f"Nom{n}", "Courriel": f"p{n}@example.org"} for n in range(count)]


def send(event: EventRow, content: bytes) -> int:
    """A file that was sent and checked; its id."""
    sheet = read_sheet(content)
    mapping = propose(sheet.header)
    with transaction():
        import_id = keep_file(event, "inscrits.csv", content, mapping, by=SYSTEM, now=clock.now())
        store_check(import_id, report_of(make_plan(event, sheet, mapping)))
    return import_id


def press(event: EventRow, import_id: int, *, leave_out: bool = False, send_mails: bool = False) -> None:
    with transaction():
        start_writing(import_id, event, leave_out=leave_out, send_mails=send_mails, by=SYSTEM, now=clock.now())


def work(app: Flask) -> None:
    run_worker(app, drain=True, stop=threading.Event(), concurrency=1)
    db.session.rollback()


def read(import_id: int) -> ImportRow:
    db.session.rollback()
    return get_import(import_id)


def count(model: type[Registration] | type[Message]) -> int:
    db.session.rollback()
    return db.session.execute(select(func.count()).select_from(model)).scalar_one()


def jobs_of(import_id: int) -> list[Job]:
    db.session.rollback()
    return list(db.session.execute(select(Job).where(Job.subject == f"import:{import_id}").order_by(Job.id)).scalars())


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The worker breaks at its third chunk, until this list is emptied; it notes how many were written."""
    kept, chunks = writing.write_chunk, [0]

    def write_chunk(import_id: int, job_id: int, lines: list[Line], *, by: Actor, now: object) -> Writing | None:
        if chunks and chunks[0] == 2:
            raise RuntimeError("the disk is full")
        if chunks:
            chunks[0] += 1
        return kept(import_id, job_id, lines, by=by, now=now)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "write_chunk", write_chunk)
    return chunks


def test_pressed_twice_at_once_it_is_begun_once(whole_app: Flask, event: EventRow) -> None:
    import_id = send(event, csv_of(*people(3)))

    def start() -> None:
        start_writing(import_id, event, leave_out=False, send_mails=False, by=SYSTEM, now=clock.now())

    assert together(whole_app, [start] * 6) == [None] * 6
    assert [job.state for job in jobs_of(import_id)] == [JobState.QUEUED]
    assert read(import_id).stage is ImportStage.WRITING
    work(whole_app)
    press(event, import_id)
    assert len(jobs_of(import_id)) == 1
    assert (read(import_id).stage, count(Registration)) == (ImportStage.WRITTEN, 3)


def test_a_long_check_asked_for_twice_at_once_is_begun_once(whole_app: Flask, event: EventRow) -> None:
    import_id = send(event, csv_of(*people(3)))
    mapping = read(import_id).mapping

    def check() -> None:
        set_mapping(import_id, mapping)
        start_check(import_id, event, now=clock.now())

    answers = together(whole_app, [check] * 4)
    assert sorted(str(type(answer).__name__) for answer in answers) == ["ImportBusy"] * 3 + ["NoneType"]
    assert len(jobs_of(import_id)) == 1
    work(whole_app)
    assert read(import_id).stage is ImportStage.CHECKED


def test_nothing_is_changed_or_deleted_under_a_job(event: EventRow) -> None:
    import_id = send(event, csv_of(*people(3)))
    mapping = read(import_id).mapping
    press(event, import_id)
    with pytest.raises(ImportBusy), transaction():
        set_mapping(import_id, mapping)
    with pytest.raises(ImportBusy), transaction():
        give_up(import_id, event, by=SYSTEM, now=clock.now())


def test_bad_lines_are_left_out_by_choice_only(whole_app: Flask, event: EventRow) -> None:
    import_id = send(event, csv_of(*people(3), CLASS | {"Créneau": "7h"}))
    with pytest.raises(MoveNotAllowed):
        press(event, import_id)
    press(event, import_id, leave_out=True)
    work(whole_app)
    assert read(import_id).report.written == Written(3, 3, 0, 1)


def test_what_breaks_in_the_middle_goes_on_where_it_was(whole_app: Flask, event: EventRow, breaking: list[int]) -> None:
    import_id = send(event, csv_of(*people()))
    press(event, import_id, send_mails=True)
    work(whole_app)
    row = read(import_id)
    assert row.report.writing is not None
    assert (row.stage, row.report.writing.done, row.report.writing.tally.registrations) == (ImportStage.WRITING, 40, 40)
    assert (row.report.writing.total, count(Registration)) == (60, 40)
    breaking.clear()
    with transaction():
        db.session.execute(Job.__table__.update().values(run_at=clock.now()))  # type: ignore[attr-defined]
    work(whole_app)
    assert read(import_id).report.written == Written(60, 60, 0, 0)
    assert (count(Registration), count(Message)) == (60, 60)
    assert get_places(get_event(event.slug)).taken == 60


def test_a_dead_one_is_gone_on_with_by_a_new_press_and_the_old_job_does_nothing(
    whole_app: Flask, event: EventRow, breaking: list[int]
) -> None:
    import_id = send(event, csv_of(*people()))
    press(event, import_id, send_mails=True)
    with transaction():
        db.session.execute(Job.__table__.update().values(attempts=MAX_ATTEMPTS - 1))  # type: ignore[attr-defined]
    work(whole_app)
    assert (read(import_id).stage, count(Registration)) == (ImportStage.STOPPED, 40)
    [dead] = jobs_of(import_id)
    assert dead.state is JobState.DEAD
    press(event, import_id)
    breaking.clear()
    with transaction():
        retry_dead(dead.id, by=SYSTEM, now=clock.now())
    work(whole_app)
    assert read(import_id).report.written == Written(60, 60, 0, 0)
    assert (count(Registration), count(Message)) == (60, 60)  # as chosen at first: with mails


def test_a_file_that_others_deleted_ends_its_job(whole_app: Flask, event: EventRow, breaking: list[int]) -> None:
    import_id = send(event, csv_of(*people()))
    press(event, import_id)
    work(whole_app)
    with transaction():
        db.session.execute(db.text("DELETE FROM import_files"))
        db.session.execute(Job.__table__.update().values(run_at=clock.now()))  # type: ignore[attr-defined]
    breaking.clear()
    work(whole_app)
    assert [job.state for job in jobs_of(import_id)] == [JobState.DONE]
    assert count(Registration) == 40


def test_an_event_that_is_called_off_in_the_middle_stops_the_import(
    whole_app: Flask, event: EventRow, breaking: list[int]
) -> None:
    import_id = send(event, csv_of(*people()))
    press(event, import_id)
    work(whole_app)
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=clock.now(), reason="neige")
        db.session.execute(Job.__table__.update().values(run_at=clock.now()))  # type: ignore[attr-defined]
    breaking.clear()
    work(whole_app)
    row = read(import_id)
    assert (row.stage, row.report.refused) == (ImportStage.REFUSED, Refused(0, "read_only", {}))
    assert row.report.writing is not None
    assert (row.report.writing.done, count(Registration)) == (40, 40)


def test_others_register_between_the_chunks_and_a_line_that_they_made_late_is_told(
    whole_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = make_talents(capacity=30)
    import_id = send(event, csv_of(*people(30)))
    kept = writing.write_chunk

    def write_chunk(*args: int, **how: object) -> Writing | None:
        done = kept(*args, **how)  # type: ignore[arg-type]
        if done is not None:
            others.append(done.done)
        return done

    def let_somebody_in() -> None:
        with transaction():
            register(event, person_draft(event), by=SYSTEM, now=AT)

    others: list[int] = []
    monkeypatch.setattr(jobs, "write_chunk", write_chunk)
    monkeypatch.setattr(jobs, "breathe", let_somebody_in)
    press(event, import_id)
    work(whole_app)
    written = read(import_id).report.written
    assert others == [20]
    assert written == Written(29, 29, 0, 0, (Unwritten(31, "wave_full"),), 1)
    assert get_places(get_event(event.slug)).taken == 30
    assert [r.name for r in run_checks(clock.now()) if not r.ok] == []


def test_whoever_registers_meanwhile_does_not_wait_for_the_end(
    whole_app: Flask, event: EventRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BREATH", BREATH)
    import_id = send(event, csv_of(*people(300)))
    press(event, import_id)
    worker = threading.Thread(
        target=run_worker, args=(whole_app,), kwargs={"drain": True, "stop": threading.Event(), "concurrency": 1}
    )
    worker.start()
    wait_until(lambda: count(Registration) > 0)
    for _ in range(3):
        with transaction():
            register(event, person_draft(event), by=SYSTEM, now=AT)
    meanwhile = read(import_id)
    worker.join(60)
    assert meanwhile.stage is ImportStage.WRITING
    assert read(import_id).report.written == Written(300, 300, 0, 0)
    assert count(Registration) == 303


def start_worker(url: str, instance: Path) -> BaseProcess:
    return start_process(serve, url, str(instance), clock.now())


def test_killed_workers_write_every_line_once(
    whole_app: Flask, whole_url: str, event: EventRow, tmp_path: Path
) -> None:
    import_id = send(event, csv_of(*people(800)))
    press(event, import_id)
    worker = start_worker(whole_url, tmp_path)
    try:
        for killed_at in (200, 400):
            wait_until(lambda least=killed_at: count(Registration) >= least)  # type: ignore[misc]
            worker.kill()
            worker.join(30)
            assert count(Registration) < 800
            worker = start_worker(whole_url, tmp_path)
        wait_until(lambda: read(import_id).stage is ImportStage.WRITTEN)
    finally:
        worker.kill()
        worker.join(30)
    assert read(import_id).report.written == Written(800, 800, 0, 0)
    assert count(Registration) == 800
    assert get_places(get_event(event.slug)).taken == 800
    assert [r for r in run_checks(clock.now()) if not r.ok and not r.name.startswith("jobs.")] == []

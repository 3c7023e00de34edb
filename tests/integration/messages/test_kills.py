"""Workers killed with SIGKILL at any point lose no mail and send none twice."""

from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.checks import run_checks
from app.core.db import db
from app.core.transaction import transaction
from app.jobs import checks as job_checks
from app.jobs.models import Job, JobState
from app.jobs.queries import list_jobs
from app.messages import checks as message_checks
from app.messages.models import Message, MessageState
from app.messages.operations import queue_message
from app.messages.outbox import list_outbox, read_mail
from tests.integration.dbs import wait_until
from tests.integration.messages.worker_process import serve
from tests.processes import start_process

REGISTERED = (job_checks, message_checks)
MAILS = 200
KILLED_AT = (5, 30, 60, 90, 120, 150)
LEASE_SECONDS = 1.0


def queue_all(app: Flask) -> None:
    with app.app_context(), transaction():
        for n in range(MAILS):
            queue_message(
                template="tests.note",
                subject=f"registration:{n}",
                recipient="ana@example.org",
                locale="fr",
                params={"n": n},
                organiser_id=7,
                now=clock.now(),
            )


def start(database_url: str, instance: Path, lease_seconds: float) -> BaseProcess:
    return start_process(serve, database_url, str(instance), lease_seconds)


def test_killed_workers_lose_no_mail(app: Flask, database_url: str, tmp_path: Path) -> None:
    queue_all(app)
    workers = [start(database_url, tmp_path, LEASE_SECONDS) for _ in range(2)]
    try:
        for number, sent in enumerate(KILLED_AT):
            wait_until(lambda sent=sent: count_sent(app) >= sent)  # type: ignore[misc]
            kill(workers[number % 2])
            workers[number % 2] = start(database_url, tmp_path, LEASE_SECONDS)
        wait_until(lambda: count_sent(app) == MAILS)
        wait_until(lambda: count_unfinished(app) == 0)
    finally:
        for worker in workers:
            kill(worker)
    outbox = list_outbox(tmp_path / "outbox", limit=2 * MAILS)
    mails = [read_mail(tmp_path / "outbox", line.name) for line in outbox]
    assert Counter(mail.title for mail in mails) == {f"Mail {n}": 1 for n in range(MAILS)}
    with app.app_context():
        known = set(db.session.scalars(select(Message.rfc_id)))
        assert Counter(dict(mail.headers)["Message-ID"] for mail in mails) == dict.fromkeys(known, 1)
        assert [result for result in run_checks(clock.now()) if not result.ok] == []


def test_a_worker_told_to_stop_ends_cleanly(app: Flask, database_url: str, tmp_path: Path) -> None:
    queue_all(app)
    worker = start(database_url, tmp_path, 60)
    try:
        wait_until(lambda: count_sent(app) > 0)
        worker.terminate()
        worker.join(30)
        assert worker.exitcode == 0
    finally:
        kill(worker)
    with app.app_context():
        assert list_jobs(state=JobState.RUNNING) == []
        sent = count_sent(app)
        assert 0 < sent <= MAILS
        assert len(list_outbox(tmp_path / "outbox", limit=2 * MAILS)) == sent
        assert len(list_jobs(state=JobState.DONE)) == sent


def kill(worker: BaseProcess) -> None:
    worker.kill()
    worker.join(30)


def count_sent(app: Flask) -> int:
    with app.app_context():
        return db.session.execute(
            select(func.count()).select_from(Message).where(Message.state == MessageState.SENT)
        ).scalar_one()


def count_unfinished(app: Flask) -> int:
    with app.app_context():
        return db.session.execute(select(func.count()).select_from(Job).where(Job.state != JobState.DONE)).scalar_one()

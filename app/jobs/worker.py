"""The worker: takes due jobs and runs them, several at once, until it is told to stop."""

import logging
import os
import signal
import threading
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from types import FrameType
from typing import Protocol

from app.core import clock
from app.core.db import db, writing
from app.core.errors import DatabaseBusy
from app.core.transaction import transaction
from app.jobs.errors import GiveUp, TryLater, UnknownJob
from app.jobs.operations import LEASE, ClaimedJob, claim, enqueue_once, extend_lease, fail, finish, report_progress
from app.jobs.queries import is_any_due
from app.jobs.registry import JobContext, find_handler, list_periods

POLL_SECONDS = 0.5
PAUSE_SECONDS = 5.0
LONGEST_RUN = timedelta(hours=1)
"""A job that runs longer is taken for stuck: its lease is no longer extended, and another worker may take it."""

log = logging.getLogger("parcours.jobs")


class Application(Protocol):
    """What the worker needs of the application."""

    def app_context(self) -> AbstractContextManager[object]: ...


def run_worker(
    app: Application,
    *,
    drain: bool,
    stop: threading.Event,
    concurrency: int = 2,
    lease: timedelta = LEASE,
) -> None:
    """Run jobs in `concurrency` threads until `stop` is set; each ends its running job first.

    With `drain`, return when nothing is due. Several workers may run on one database, on several machines.
    """
    _Worker(app, stop, drain=drain, lease=lease).run(concurrency)


def stop_on_signals(stop: threading.Event) -> None:
    """Let SIGTERM and SIGINT set `stop`. A second one ends the process at once. To be called from the main thread."""

    def ask_to_stop(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)


class _Worker:
    def __init__(self, app: Application, stop: threading.Event, *, drain: bool, lease: timedelta) -> None:
        self.app = app
        self.stop = stop
        self.drain = drain
        self.lease = lease
        self.name = f"{os.getpid()}"
        self.running: dict[int, tuple[ClaimedJob, datetime, datetime]] = {}
        self.running_lock = threading.Lock()
        self.last_slots: dict[str, int] = {}

    def run(self, concurrency: int) -> None:
        self._look_after()
        threads = [threading.Thread(target=self._serve, name=f"jobs-{n}") for n in range(1, concurrency + 1)]
        for thread in threads:
            thread.start()
        try:
            # Joining, not waiting for `stop`: a signal handler runs in this thread, and setting an event takes the
            # very lock that waiting for it holds now and then.
            while any(thread.is_alive() for thread in threads):
                for thread in threads:
                    thread.join(POLL_SECONDS / concurrency)
                self._look_after()
        except BaseException:
            self.stop.set()
            raise
        finally:
            for thread in threads:
                thread.join()

    # -- the main thread: leases of long jobs, periodic jobs

    def _look_after(self) -> None:
        """Extend what runs long and store periodic jobs; what fails now is done at the next turn."""
        try:
            with self.app.app_context():
                self._extend_leases(clock.now())
                if not self.stop.is_set():
                    self._enqueue_periodic(clock.now())
        except DatabaseBusy:
            log.info("database busy, leases and periodic jobs wait")
        except Exception:  # the edge: a database that restarts must not end the worker
            log.exception("leases and periodic jobs wait")

    def _extend_leases(self, now: datetime) -> None:
        with self.running_lock:
            ageing = [
                (claimed, since)
                for claimed, since, extended in self.running.values()
                if now - extended >= self.lease / 3 and now - since < LONGEST_RUN
            ]
        for claimed, since in ageing:
            with transaction():
                extend_lease(claimed, now=now, lease=self.lease)
            with self.running_lock:
                if claimed.id in self.running:
                    self.running[claimed.id] = (claimed, since, now)

    def _enqueue_periodic(self, now: datetime) -> None:
        for name, every in list_periods().items():
            slot = int(now.timestamp() // every.total_seconds())
            if self.last_slots.get(name) != slot:
                with transaction():
                    enqueue_once(name, {}, key=f"{name}/{every.total_seconds():.0f}/{slot}", now=now)
                self.last_slots[name] = slot

    # -- the other threads: one job after the other

    def _serve(self) -> None:
        while not self.stop.is_set():
            try:
                claimed = self._claim()
            except DatabaseBusy:
                self.stop.wait(POLL_SECONDS)
                continue
            except Exception:  # the edge: a database that restarts must not end the worker
                log.exception("no job could be taken")
                self.stop.wait(PAUSE_SECONDS)
                continue
            if claimed is not None:
                self._do(claimed)
            elif self.drain:
                return
            else:
                self.stop.wait(POLL_SECONDS)

    def _claim(self) -> ClaimedJob | None:
        with self.app.app_context():
            now = clock.now()
            if not is_any_due(now):
                return None
            with transaction():
                claimed = claim(self.name, now=now, lease=self.lease)
            if claimed is not None:
                with self.running_lock:
                    self.running[claimed.id] = (claimed, now, now)
            return claimed

    def _do(self, claimed: ClaimedJob) -> None:
        try:
            error, for_good = self._run_handler(claimed)
            self._end(claimed, error, for_good=for_good)
        except Exception:  # the edge: the lease runs out, then the job is taken up again
            log.exception("job %s %s: its end could not be stored", claimed.id, claimed.name)
        finally:
            with self.running_lock:
                self.running.pop(claimed.id, None)

    def _run_handler(self, claimed: ClaimedJob) -> tuple[str | None, bool]:
        """Run the work in an application context of its own. Returns its error, if any, and whether that is final."""
        try:
            with self.app.app_context():
                try:
                    find_handler(claimed.name).work(self._context(claimed))
                finally:
                    db.session.rollback()  # what a handler left uncommitted was never promised
        except GiveUp as error:
            return str(error) or "given up", True
        except (TryLater, UnknownJob, DatabaseBusy) as error:
            return str(error) or type(error).__name__, False
        except Exception as error:  # the edge: whatever a handler raises, the job is kept
            log.exception("job %s %s broke", claimed.id, claimed.name)
            return f"{type(error).__name__}: {error}", False
        return None, False

    def _context(self, claimed: ClaimedJob) -> JobContext:
        def progress(done: int, total: int) -> None:
            if writing.get():
                return
            with transaction():
                report_progress(claimed, done, total, now=clock.now(), lease=self.lease)

        return JobContext(claimed.id, claimed.payload, claimed.organiser_id, claimed.attempts, clock.now, progress)

    def _end(self, claimed: ClaimedJob, error: str | None, *, for_good: bool) -> None:
        """Store the outcome, waiting for a busy database, and log one line."""
        for _ in range(6):
            try:
                with self.app.app_context():
                    ours = self._store_end(claimed, error, for_good=for_good)
                break
            except DatabaseBusy:
                continue
        else:
            raise DatabaseBusy("the job's end")
        outcome = "done" if error is None else f"given up: {error}" if for_good else f"failed: {error}"
        log.log(
            logging.INFO if error is None else logging.WARNING,
            "job %s %s attempt %s %s%s",
            claimed.id,
            claimed.name,
            claimed.attempts,
            outcome.replace("\n", " "),
            "" if ours else " (its lease had run out)",
        )

    def _store_end(self, claimed: ClaimedJob, error: str | None, *, for_good: bool) -> bool:
        with transaction():
            if error is None:
                return finish(claimed, now=clock.now())
            return fail(claimed, error, now=clock.now(), for_good=for_good)

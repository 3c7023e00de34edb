"""Handlers for tests; what they did is kept here, by payload's `n`."""

import threading
from datetime import datetime, timedelta

from app.jobs.errors import GiveUp, TryLater
from app.jobs.operations import enqueue
from app.jobs.registry import JobContext, Payload, handler, periodic

done: list[int] = []
dead: list[tuple[int, str]] = []
retried: list[int] = []
started = threading.Event()
go_on = threading.Event()
_lock = threading.Lock()


def forget() -> None:
    done.clear()
    dead.clear()
    retried.clear()
    started.clear()
    go_on.clear()


def _note_dead(payload: Payload, error: str, now: datetime) -> None:
    dead.append((payload["n"], error))


def _note_retry(payload: Payload, now: datetime) -> None:
    retried.append(payload["n"])


@handler("tests.note", on_dead=_note_dead, on_retry=_note_retry)
def note(context: JobContext) -> None:
    with _lock:
        done.append(context.payload["n"])


@handler("tests.break", on_dead=_note_dead, on_retry=_note_retry)
def break_down(context: JobContext) -> None:
    raise RuntimeError(f"broken {context.payload['n']}")


@handler("tests.later", on_dead=_note_dead)
def later(context: JobContext) -> None:
    raise TryLater("not yet")


@handler("tests.give_up", on_dead=_note_dead)
def give_up(context: JobContext) -> None:
    raise GiveUp("never")


def _break_when_dead(payload: Payload, error: str, now: datetime) -> None:
    enqueue("tests.note", payload, now=now)
    raise KeyError("what the payload lacks")


@handler("tests.bad_hook", on_dead=_break_when_dead)
def bad_hook(context: JobContext) -> None:
    raise GiveUp("never")


@handler("tests.wait")
def wait(context: JobContext) -> None:
    started.set()
    context.progress(1, 2)
    assert go_on.wait(60)
    with _lock:
        done.append(context.payload["n"])


@periodic("tests.hourly", every=timedelta(hours=1))
def hourly(context: JobContext) -> None:
    with _lock:
        done.append(-1)

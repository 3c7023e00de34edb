"""Handlers by name, so that what is low can run what is high."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.jobs.errors import UnknownJob

Payload = dict[str, Any]


@dataclass(frozen=True)
class JobContext:
    """What a handler is told. `attempt` counts from 1.

    `progress(done, total)` moves the bar that people watch, in a transaction of its own; inside an open one it does
    nothing.
    """

    job_id: int
    payload: Payload = field(repr=False)
    organiser_id: int | None
    attempt: int
    now: Callable[[], datetime]
    progress: Callable[[int, int], None]


Work = Callable[[JobContext], None]
OnDead = Callable[[Payload, str, datetime], None]
OnRetry = Callable[[Payload, datetime], None]
OnCancel = Callable[[Payload, datetime], None]


@dataclass(frozen=True)
class Handler:
    """`on_dead(payload, error, now)`, `on_retry(payload, now)` and `on_cancel(payload, now)` run inside the transaction
    that moves the job.

    An `on_dead` that raises is undone by itself and logged: the job is dead all the same. `cancellable`: people may call
    the job off while it waits.
    """

    work: Work
    on_dead: OnDead | None = None
    on_retry: OnRetry | None = None
    on_cancel: OnCancel | None = None
    cancellable: bool = False


_handlers: dict[str, Handler] = {}
_periods: dict[str, timedelta] = {}


def handler(
    name: str,
    *,
    on_dead: OnDead | None = None,
    on_retry: OnRetry | None = None,
    on_cancel: OnCancel | None = None,
    cancellable: bool = False,
) -> Callable[[Work], Work]:
    """Register the work of `feature.verb`; giving `on_cancel` makes it cancellable too.

    It runs outside any transaction and opens its own. It may run more than once, for a worker can die after the last
    commit: doing it again must change nothing. Raises ValueError when the name is taken.
    """

    def register(work: Work) -> Work:
        if name in _handlers:
            raise ValueError(f"a handler named {name} is registered already")
        _handlers[name] = Handler(work, on_dead, on_retry, on_cancel, cancellable or on_cancel is not None)
        return work

    return register


def periodic(name: str, *, every: timedelta) -> Callable[[Work], Work]:
    """Register work that workers enqueue at most once in each period, counted from 1970-01-01 UTC.

    Raises ValueError when the name is taken or the period is under a second.
    """
    if every < timedelta(seconds=1):
        raise ValueError("a period lasts at least a second")

    def register(work: Work) -> Work:
        handler(name)(work)
        _periods[name] = every
        return work

    return register


def find_handler(name: str) -> Handler:
    """Raises UnknownJob."""
    if name not in _handlers:
        raise UnknownJob(f"no handler named {name}")
    return _handlers[name]


def list_handlers() -> list[str]:
    """The names of all work that this process can do."""
    return sorted(_handlers)


def list_cancellable() -> frozenset[str]:
    """The names of the work that people may call off while it waits."""
    return frozenset(name for name, known in _handlers.items() if known.cancellable)


def list_periods() -> dict[str, timedelta]:
    """Each periodic job with its period."""
    return dict(_periods)

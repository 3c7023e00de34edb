"""Processes of their own, to race and to be killed: forked, as gunicorn forks its workers, from one that has loaded the code.

That one has done nothing but import: it has no connection, no thread and nothing of a test in it. Loading the code anew
would take each process longer than what it is started for.
"""

import multiprocessing
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["tests.races.child", "tests.integration.importing.worker_process", "tests.integration.messages.worker_process"]
)


def start_process(target: Callable[..., None], *arguments: Any) -> BaseProcess:
    process = PROCESSES.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process

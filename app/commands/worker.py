"""flask worker: sends mails and does what else follows a commit."""

import threading

import click
from flask import current_app
from flask.cli import with_appcontext

from app.jobs.worker import run_worker, stop_on_signals


@click.command()
@click.option("--drain", is_flag=True, help="End when nothing is due.")
@click.option("--threads", default=2, show_default=True, type=click.IntRange(1, 32), help="Jobs done at once.")
@with_appcontext
def worker(drain: bool, threads: int) -> None:
    """Do the jobs that are due. SIGTERM and SIGINT end it after the running ones; several may run at once."""
    stop = threading.Event()
    stop_on_signals(stop)
    run_worker(current_app._get_current_object(), drain=drain, stop=stop, concurrency=threads)  # type: ignore[attr-defined]

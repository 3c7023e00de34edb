"""A worker as a process of its own, to be killed in the middle of an import."""

import threading
from datetime import datetime, timedelta
from pathlib import Path

from app import create_app
from app.core.clock import set_clock
from app.jobs.worker import run_worker


def serve(database_url: str, instance: str, now: datetime) -> None:
    """Work until killed, by a clock that says `now`. What it held is taken up again after a second."""
    app = create_app({"DATABASE_URL": database_url}, instance_path=Path(instance), testing=True)
    set_clock(app.extensions, now)
    run_worker(app, drain=False, stop=threading.Event(), concurrency=1, lease=timedelta(seconds=1))

"""A worker as a process of its own, to be killed or stopped."""

import threading
from datetime import timedelta
from pathlib import Path

from app.jobs.worker import run_worker, stop_on_signals
from app.messages import jobs
from tests.integration.dbs import make_app
from tests.integration.messages import renderers

REGISTERED = (jobs, renderers)


def serve(database_url: str, instance: str, lease_seconds: float) -> None:
    """Work until killed, or asked to stop."""
    stop = threading.Event()
    stop_on_signals(stop)
    app = make_app(database_url, Path(instance))
    run_worker(app, drain=False, stop=stop, lease=timedelta(seconds=lease_seconds))

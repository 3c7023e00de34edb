"""A worker as a process of its own, to be killed."""

import threading
from datetime import timedelta
from pathlib import Path

from app.jobs.worker import run_worker
from app.messages import jobs
from tests.integration.dbs import make_app
from tests.integration.messages import renderers

REGISTERED = (jobs, renderers)


def serve(database_url: str, instance: str, lease_seconds: float) -> None:
    """Work until killed."""
    app = make_app(database_url, Path(instance))
    run_worker(app, drain=False, stop=threading.Event(), lease=timedelta(seconds=lease_seconds))

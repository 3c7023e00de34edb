"""The work that tells everybody of new dates, in a process of its own, to be killed."""

from datetime import datetime
from pathlib import Path
from typing import Any

from app import create_app
from app.core.clock import set_clock
from app.flows.postponing import TELL
from app.jobs.registry import JobContext, find_handler


def tell(database_url: str, instance: str, payload: dict[str, Any], now: datetime) -> None:
    """Do the work from wherever it stopped, without sending anything."""
    app = create_app({"DATABASE_URL": database_url}, instance_path=Path(instance), testing=True)
    set_clock(app.extensions, now)
    with app.app_context():
        context = JobContext(1, payload, None, 1, lambda: now, lambda _done, _total: None)
        find_handler(TELL).work(context)

"""What gunicorn serves in a benchmark: Parcours on a database and an instance folder of the benchmark's own."""

import os
from pathlib import Path

from flask import Flask

from app import create_app

INSTANCE_VARIABLE = "BENCH_INSTANCE"


def create_served() -> Flask:
    """The application as `make run` serves it; PARCOURS_DATABASE_URL names the database."""
    return create_app(instance_path=Path(os.environ[INSTANCE_VARIABLE]))

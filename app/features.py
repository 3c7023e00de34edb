"""Tables, jobs and doctor’s checks are found by registered name: importing their modules registers them, once."""

from importlib import import_module
from pkgutil import iter_modules

import app as package

REGISTERING = ("models", "jobs", "checks", "notifications")


def register_features() -> None:
    """Import `models`, `jobs`, `checks` and `notifications` of every feature that has them."""
    for feature in iter_modules(package.__path__):
        if not feature.ispkg or feature.name in {"web", "commands", "core"}:
            continue
        inside = import_module(f"app.{feature.name}")
        present = {module.name for module in iter_modules(inside.__path__)}
        for name in REGISTERING:
            if name in present:
                import_module(f"app.{feature.name}.{name}")

"""Who knows what boxes are promised to is above this feature: it registers itself when it is imported (`app.features`)."""

from collections.abc import Callable, Sequence
from datetime import datetime

from app.boxes.errors import PromisedToNobodyTrained

Untrained = Callable[[int, datetime], Sequence[str]]
"""Names of what boxes of a scenario are promised to while nobody named there is accredited for it."""
_askers: list[Untrained] = []


def tells_untrained(asker: Untrained) -> Untrained:
    """Ask `asker` before a scenario begins to ask for accreditation; it holds the scenario's row then."""
    _askers.append(asker)
    return asker


def require_trained(scenario_id: int, now: datetime) -> None:
    """Raises PromisedToNobodyTrained."""
    names = [name for asker in _askers for name in asker(scenario_id, now)]
    if names:
        raise PromisedToNobodyTrained(names)

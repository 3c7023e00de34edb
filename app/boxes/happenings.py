"""What operations on facilitators make known to whoever wants to follow (requests that wait), inside the same transaction.

Operations know nobody who listens: a module that does registers itself when it is imported (`app.features`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Accredited:
    """Somebody may run a scenario. The scenario's row is held. `event_id` is the training, None by hand."""

    organiser_id: int
    facilitator_id: int
    scenario_id: int
    event_id: int | None
    now: datetime


Listener = Callable[[Accredited], None]
_listeners: list[Listener] = []


def on_accredited(listener: Listener) -> Listener:
    """Call `listener` after each accreditation, in the transaction in which it is granted; what it raises undoes everything."""
    _listeners.append(listener)
    return listener


def tell_accredited(accredited: Accredited) -> None:
    for listener in _listeners:
        listener(accredited)

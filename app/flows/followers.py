"""What moves with an event's dates: parts of this feature register themselves by name, so that postponing knows none of them."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from app.core.actor import Actor

Moves = Mapping[int, timedelta | None]
"""By the id of each wave how far it moves; None where nobody knows yet."""
Follower = Callable[[int, Moves, Actor, datetime], None]
"""(event_id, moves, by, now), in the transaction of the postponing, the event's row being locked and its new dates written."""

_followers: dict[str, Follower] = {}


def register_followers(name: str, follower: Follower) -> None:
    """Raises ValueError when the name is taken."""
    if name in _followers:
        raise ValueError(f"a follower named {name} is registered already")
    _followers[name] = follower


def list_followers() -> tuple[Follower, ...]:
    """In the order of their names."""
    return tuple(_followers[name] for name in sorted(_followers))

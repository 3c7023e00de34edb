"""What goes along when an event is changed, called off, postponed or copied: features register theirs by name, so that
nothing low knows them. All functions run inside the caller's transaction, the event's row being locked and written.
"""

from collections.abc import Callable
from datetime import datetime

from app.core.actor import Actor
from app.events.queries import EventRow

Follower = Callable[[EventRow, EventRow, Actor, datetime], None]
"""(before, after, by, now): the event as it was and as it is, whatever of its dates, state or parts changed."""
Copier = Callable[[int, int, Actor, datetime], None]
"""(source_id, event_id, by, now): a copy was made."""

_followers: dict[str, Follower] = {}
_copiers: dict[str, Copier] = {}


def register_follower(name: str, follower: Follower) -> None:
    """Raises ValueError when the name is taken."""
    if name in _followers:
        raise ValueError(f"a follower named {name} is registered already")
    _followers[name] = follower


def register_copier(name: str, copier: Copier) -> None:
    """Raises ValueError when the name is taken."""
    if name in _copiers:
        raise ValueError(f"a copier named {name} is registered already")
    _copiers[name] = copier


def tell_followers(before: EventRow, after: EventRow, *, by: Actor, now: datetime) -> None:
    """In the order of their names."""
    for _name, follower in sorted(_followers.items()):
        follower(before, after, by, now)


def tell_copiers(source_id: int, event_id: int, *, by: Actor, now: datetime) -> None:
    """In the order of their names."""
    for _name, copier in sorted(_copiers.items()):
        copier(source_id, event_id, by, now)

"""Taking places where others wait: first they are offered what is theirs, then whoever asks gets what is left, if anything."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeVar

from app.core.db import db
from app.events.errors import QueueFirst
from app.registrations.operations.waiting import serve_queue

T = TypeVar("T")


def take_in_turn(
    event_id: int,
    waves: Collection[int],
    take: Callable[[bool], T],
    *,
    now: datetime,
    before: int | None = None,
    but: int | None = None,
) -> T:
    """What `take(past_queue)` gives, which takes places in these waves. `before` and `but` as of `serve_queue`.

    Raises what it raises; QueueFirst, as of a full wave, when it is the turn of others.
    """
    try:
        with db.session.begin_nested():
            return take(False)
    except QueueFirst:
        held_up = serve_queue(event_id, now=now, before=before, but=but)
    return take(held_up.isdisjoint(waves))

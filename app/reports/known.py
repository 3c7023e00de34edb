"""What a process has counted of an event already, for as long as the event is in the same state."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

from app.core.cache import remembered
from app.core.db import writing

Counted = TypeVar("Counted")

MOST = 2000
"""Events of which one kind of counting is remembered."""


def look_up(
    name: str, marks: Mapping[int, Hashable], count: Callable[[Sequence[int]], Mapping[int, Counted]]
) -> dict[int, Counted]:
    """What `count` gives of each event in `marks`; only those that are not in the state of their mark any more are counted.

    A mark, read before, tells an event's state exactly: two states never have the same.
    """
    kept: dict[object, object] = remembered(f"reports.{name}", most=MOST)
    found: dict[int, Counted] = {}
    for event_id, mark in marks.items():
        known = kept.get(event_id)
        if isinstance(known, tuple) and known[0] == mark:
            found[event_id] = known[1]
    unknown = [event_id for event_id in marks if event_id not in found]
    fresh = count(unknown) if unknown else {}
    if not writing.get():  # inside a transaction this state may still be undone
        kept.update({event_id: (marks[event_id], value) for event_id, value in fresh.items()})
    return dict(sorted({**found, **fresh}.items()))

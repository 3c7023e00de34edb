"""Events as pages, feeds and programs read them: frozen rows, a fixed number of statements."""

from app.events.queries.lists import (
    FILLED,
    EventLine,
    FeedMark,
    Filled,
    list_audiences,
    list_events,
    list_feed_marks,
    list_public_events,
)
from app.events.queries.places import get_places, get_version, list_places
from app.events.queries.rows import (
    AllotmentPlaces,
    AllotmentRow,
    CheckpointRow,
    EventRow,
    Places,
    SpaceRow,
    StopRow,
    WaveRow,
)
from app.events.queries.whole import (
    find_binned_event,
    find_event,
    get_event,
    get_event_by_id,
    get_public_event,
    list_events_by_id,
)

__all__ = [
    "FILLED",
    "AllotmentPlaces",
    "AllotmentRow",
    "CheckpointRow",
    "EventLine",
    "EventRow",
    "FeedMark",
    "Filled",
    "Places",
    "SpaceRow",
    "StopRow",
    "WaveRow",
    "find_binned_event",
    "find_event",
    "get_event",
    "get_event_by_id",
    "get_places",
    "get_public_event",
    "get_version",
    "list_audiences",
    "list_events",
    "list_events_by_id",
    "list_feed_marks",
    "list_places",
    "list_public_events",
]

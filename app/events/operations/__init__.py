"""Everything that changes events: making and editing them, their moves, their places, their projects."""

from app.events.operations.deleting import delete_event, restore_event
from app.events.operations.editing import create_event, edit_event
from app.events.operations.exchanging import exchange_places
from app.events.operations.moves import move_event
from app.events.operations.places import Held, hold_event, lock_event, release_places, take_places
from app.events.operations.projects import add_audience, save_project
from app.events.operations.reopening import reopen_event
from app.events.operations.waiting import call_for_offers, count_waiting

__all__ = [
    "Held",
    "add_audience",
    "call_for_offers",
    "count_waiting",
    "create_event",
    "delete_event",
    "edit_event",
    "exchange_places",
    "hold_event",
    "lock_event",
    "move_event",
    "release_places",
    "reopen_event",
    "restore_event",
    "save_project",
    "take_places",
]

"""Everything that changes events: making and editing them, their moves, their places, their projects."""

from app.events.operations.deleting import delete_event, restore_event
from app.events.operations.editing import create_event, edit_event
from app.events.operations.moves import move_event
from app.events.operations.places import Held, exchange_places, hold_event, lock_event, release_places, take_places
from app.events.operations.projects import add_audience, save_project

__all__ = [
    "Held",
    "add_audience",
    "create_event",
    "delete_event",
    "edit_event",
    "exchange_places",
    "hold_event",
    "lock_event",
    "move_event",
    "release_places",
    "restore_event",
    "save_project",
    "take_places",
]

"""Everything that changes plans: making them, changing drafts by hand, putting them in force."""

from app.flows.operations.delaying import Marked, mark_late
from app.flows.operations.making import replan, start_plan
from app.flows.operations.moving import Revised, move_passage, pin, try_move
from app.flows.operations.publishing import drop_plan, enforce, publish_plan

__all__ = [
    "Marked",
    "Revised",
    "drop_plan",
    "enforce",
    "mark_late",
    "move_passage",
    "pin",
    "publish_plan",
    "replan",
    "start_plan",
    "try_move",
]

"""What somebody chose for the promises of boxes that are away."""

from dataclasses import dataclass

from app.recovery.enums import Way
from app.resources.halfdays import Period


@dataclass(frozen=True)
class Choice:
    """What to do for one promise. `key` and `seen` are its own as the page showed it.

    `box_id` goes with BOX, `period` with DATES.
    """

    key: str
    seen: str
    way: Way
    box_id: int | None = None
    period: Period | None = None

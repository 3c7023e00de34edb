"""Refusals of settling."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.errors import Conflict, NotFound


@dataclass(frozen=True)
class Refused:
    """Why one promise could not be settled as chosen. `name`: the loan's number or the event's title; `code`: as of errors."""

    key: str
    name: str
    box_code: str
    code: str


class TroubleChanged(Conflict):
    """Something is no longer as the page showed it: nothing was written. `rows` says what, promise by promise."""

    code = "trouble_changed"

    def __init__(self, rows: Sequence[Refused]) -> None:
        super().__init__(", ".join(f"{row.name} {row.box_code}: {row.code}" for row in rows))
        self.rows = tuple(rows)


class SettlingNotFound(NotFound):
    """Nothing of that name was settled for this organiser."""

    code = "settling_not_found"

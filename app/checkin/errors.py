"""Refusals of the door."""

from app.core.errors import Conflict, NotFound


class ConflictNotFound(NotFound):
    """No such counts to confirm."""


class ConflictSettled(Conflict):
    """Somebody said already which count is right."""

    code = "conflict_settled"

    def __init__(self) -> None:
        super().__init__("somebody settled it already")

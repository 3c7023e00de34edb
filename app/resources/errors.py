"""Refusals of the ledger of uses."""

from app.core.errors import Conflict


class UsesOverlap(Conflict):
    """The resource is in use at that time, buffers included."""

    code = "uses_overlap"

    def __init__(self, resource_id: int) -> None:
        super().__init__("it is in use at that time")
        self.resource_id = resource_id

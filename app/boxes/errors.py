"""Refusals of what is lent."""

from collections.abc import Sequence

from app.core.errors import Conflict, NotFound


class ScenarioNotFound(NotFound):
    code = "scenario_not_found"


class ItemNotFound(NotFound):
    code = "item_not_found"


class BoxNotFound(NotFound):
    code = "box_not_found"


class FileNotFound(NotFound):
    code = "file_not_found"


class FacilitatorNotFound(NotFound):
    code = "facilitator_not_found"


class AccreditationNotFound(NotFound):
    code = "accreditation_not_found"


class EntryChanged(Conflict):
    """Somebody saved it since it was read."""

    code = "entry_changed"


class BoxPromised(Conflict):
    """It is lent or promised, so it cannot leave the inventory."""

    code = "box_promised"


class ScenarioHasBoxes(Conflict):
    """Boxes of it are in the inventory, so it stays."""

    code = "scenario_has_boxes"


class PromisedToNobodyTrained(Conflict):
    """Boxes are promised where nobody named may run them. `names`: references of loans, titles of events."""

    code = "promised_to_nobody_trained"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"nobody is accredited for {', '.join(names)}")
        self.names = tuple(names)

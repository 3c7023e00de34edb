"""What happened to what is lent, in words."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from app.web.forms.boxes import OUT_LABELS
from app.web.loan_labels import CANCEL_LABELS, REFUSAL_LABELS

BOX_VERBS: Mapping[str, tuple[str, object]] = {
    "scenario.created": ("puzzle", _l("Scenario added")),
    "scenario.changed": ("edit", _l("Scenario changed")),
    "scenario.contents_set": ("list-check", _l("Contents of a scenario changed")),
    "scenario.archived": ("archive", _l("Scenario archived")),
    "scenario.restored": ("archive-off", _l("Scenario back in the list")),
    "scenario.guide_set": ("file-type-pdf", _l("Guide of a scenario kept")),
    "scenario.guide_removed": ("trash", _l("Guide of a scenario removed")),
    "box.created": ("package", _l("Box added to the inventory")),
    "box.changed": ("edit", _l("Box changed")),
    "box.out_of_service": ("tools", _l("Box put out of service")),
    "box.in_service": ("check", _l("Box back in service")),
    "box.found_ready": ("circle-check", _l("Box complete again")),
    "box.found_incomplete": ("alert-triangle", _l("Something of the box is missing")),
    "box.contents_set": ("list-details", _l("Contents of a box changed")),
    "box.counted": ("clipboard-check", _l("Contents of a box counted")),
    "box.photo_added": ("camera", _l("Photo of a box added")),
    "box.photo_removed": ("trash", _l("Photo of a box removed")),
    "box.archived": ("archive", _l("Box out of the inventory")),
    "box.restored": ("archive-off", _l("Box back in the inventory")),
    "boxes.settled": ("switch-horizontal", _l("Loans of broken or late boxes settled")),
    "boxes.imported": ("file-import", _l("File of boxes imported")),
    "facilitator.created": ("user-plus", _l("Facilitator added")),
    "facilitator.changed": ("user-check", _l("Facilitator changed")),
    "facilitator.ended": ("user-off", _l("A facilitator has left")),
    "facilitator.back": ("user-plus", _l("A facilitator is back")),
    "facilitator.erased": ("user-off", _l("Name of a facilitator erased")),
    "facilitator.accredited": ("certificate", _l("Facilitator accredited for a scenario")),
    "facilitator.accreditation_withdrawn": ("ban", _l("Accreditation withdrawn")),
    "training.scenarios_set": ("certificate", _l("Scenarios that a training teaches changed")),
    "event.boxes_booked": ("package", _l("Boxes booked for the event")),
    "event.boxes_changed": ("package", _l("Boxes of the event changed")),
    "event.boxes_ended": ("arrow-back-up", _l("Boxes of the event given back")),
    "event.box_swapped": ("switch-horizontal", _l("Box of the event swapped")),
    "lending.settings_set": ("settings", _l("Settings of lending changed")),
    "lending.feed_made": ("calendar-plus", _l("Calendar of lending opened")),
    "lending.feed_renewed": ("refresh", _l("Calendar of lending given another address")),
    "lending.feed_revoked": ("ban", _l("Calendar of lending closed")),
    "lending.closure_added": ("calendar-off", _l("Closure added")),
    "lending.closure_removed": ("calendar-check", _l("Closure removed")),
}
BOX_FIELDS: Mapping[str, object] = {
    "loan.reason": _l("Reason"),
    "box.reason": _l("Reason"),
    "event.scenario_code": _l("Scenario"),
    "event.box_codes": _l("Boxes"),
    "event.boxes_missing": _l("Boxes missing"),
}
"""Names of details that mean something else in lines of other things."""


def of_event_boxes(details: Mapping[str, Any]) -> dict[str, Any]:
    """Which boxes an event had and has, by their codes: from a line of `app.loans.operations.at_events`."""
    boxes: Any = ", ".join(details.get("boxes", ()))
    if "from" in details:
        boxes = [details["from"], details["to"]]
    elif "before" in details:
        boxes = [", ".join(details["before"]), boxes]
    return {"scenario_code": details.get("scenario"), "box_codes": boxes, "boxes_missing": details.get("missing")}


def reason_words(value: str, verb: str) -> str:
    """Why a loan ended or changed, or a box is out of service, by its code; of other things the reason stands in words."""
    lists: dict[str, tuple[Mapping[Any, object], ...]] = {
        "loan": (REFUSAL_LABELS, CANCEL_LABELS),
        "box": (OUT_LABELS,),
    }
    for labels in lists.get(verb.partition(".")[0], ()):
        for code, words in labels.items():
            if code.value == value:
                return str(words)
    return value

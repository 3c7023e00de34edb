"""What happened to what is lent, in words."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

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
    "box.contents_set": ("list-details", _l("Contents of a box changed")),
    "box.counted": ("clipboard-check", _l("Contents of a box counted")),
    "box.photo_added": ("camera", _l("Photo of a box added")),
    "box.photo_removed": ("trash", _l("Photo of a box removed")),
    "box.archived": ("archive", _l("Box out of the inventory")),
    "box.restored": ("archive-off", _l("Box back in the inventory")),
    "boxes.imported": ("file-import", _l("File of boxes imported")),
    "facilitator.created": ("user-plus", _l("Facilitator added")),
    "facilitator.changed": ("user-check", _l("Facilitator changed")),
    "facilitator.ended": ("user-off", _l("A facilitator has left")),
    "facilitator.back": ("user-plus", _l("A facilitator is back")),
    "facilitator.accredited": ("certificate", _l("Facilitator accredited for a scenario")),
    "facilitator.accreditation_withdrawn": ("ban", _l("Accreditation withdrawn")),
    "training.scenarios_set": ("certificate", _l("Scenarios that a training teaches changed")),
    "lending.settings_set": ("settings", _l("Settings of lending changed")),
    "lending.closure_added": ("calendar-off", _l("Closure added")),
    "lending.closure_removed": ("calendar-check", _l("Closure removed")),
}

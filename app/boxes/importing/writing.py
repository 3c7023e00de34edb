"""Reading the inventory for an import, and writing what it would do."""

from collections.abc import Sequence
from datetime import datetime

from app.boxes.importing.planning import Known, Plan, plan_import
from app.boxes.operations.boxes import change_box, create_box
from app.boxes.operations.scenarios import change_scenario, create_scenario, set_items
from app.boxes.queries import list_boxes, list_items, list_scenarios
from app.core.actor import Actor
from app.core.audit import record
from app.sheets.reading import Sheet


def read_inventory(organiser_id: int) -> Known:
    """What is there, archived too: an import never makes a second one of the same code."""
    scenarios = [*list_scenarios(organiser_id), *list_scenarios(organiser_id, archived=True)]
    boxes = [*list_boxes(organiser_id), *list_boxes(organiser_id, archived=True)]
    return Known(
        {row.code: row for row in scenarios},
        {row.code: row for row in boxes},
        {row.code: list_items(row.id) for row in scenarios},
    )


def plan_sheets(organiser_id: int, sheets: Sequence[Sheet]) -> Plan:
    """Raises ImportRefused."""
    return plan_import(sheets, read_inventory(organiser_id))


def write_plan(organiser_id: int, plan: Plan, *, by: Actor, now: datetime) -> None:
    """Write it as it was made in this transaction. The lines with a problem are left out."""
    known = read_inventory(organiser_id)
    for draft in plan.new_scenarios.values():
        create_scenario(draft, organiser_id=organiser_id, by=by, now=now)
    for code, draft in plan.changed_scenarios.items():
        row = known.scenarios[code]
        change_scenario(row.id, draft, organiser_id=organiser_id, revision=row.revision, by=by, now=now)
    ids = {row.code: row.id for row in list_scenarios(organiser_id)}
    for scenario_code, box in plan.new_boxes.values():
        create_box(ids[scenario_code], box, organiser_id=organiser_id, by=by, now=now)
    for code, (_scenario, box) in plan.changed_boxes.items():
        there = known.boxes[code]
        change_box(there.id, box, organiser_id=organiser_id, revision=there.revision, by=by, now=now)
    for code, items in plan.contents.items():
        set_items(ids[code], items, organiser_id=organiser_id, revision=None, by=by, now=now)
    if not plan.changes_nothing:
        details = {
            "scenarios": len(plan.new_scenarios), "boxes": len(plan.new_boxes), "things": plan.new_things,
            "changed": len(plan.changed_scenarios) + len(plan.changed_boxes) + plan.changed_things,
        }  # fmt: skip
        record(by, "boxes.imported", f"organiser:{organiser_id}", now=now, organiser_id=organiser_id, details=details)

"""Scenarios and their contents: made, changed, archived, brought back."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.boxes.drafts import ItemDraft, ScenarioDraft
from app.boxes.errors import EntryChanged, ItemNotFound, ScenarioHasBoxes, ScenarioNotFound
from app.boxes.models import Scenario, ScenarioItem
from app.boxes.operations.boxes import counts_say, follow_contents, hold_boxes_of
from app.boxes.operations.entries import require_free_code, what_changes
from app.boxes.promised import require_trained
from app.boxes.queries import get_scenario_by_id, list_items
from app.boxes.rows import ItemRow, ScenarioRow
from app.boxes.rules import clean_items, clean_scenario
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.core.text import fold, slugify

ITEM_FIELDS = ("name_fr", "name_en", "quantity", "consumable", "restock_below", "value_cents")


def create_scenario(draft: ScenarioDraft, *, organiser_id: int, by: Actor, now: datetime) -> int:
    """A new scenario without contents; its id. Raises FieldError (also code: code_taken)."""
    draft = clean_scenario(draft)
    require_free_code(Scenario, draft.code, organiser_id, None)
    values = {**_values(draft), "organiser_id": organiser_id, "created_at": now}
    try:
        with db.session.begin_nested():
            statement = insert(Scenario).values(**values, slug=_free_slug(draft)).returning(Scenario.id)
            scenario_id = db.session.execute(statement).scalar_one()
    except IntegrityError as error:
        raise FieldError({"code": "code_taken"}) from error
    details = {"code": draft.code, "title": draft.title_fr}
    _record(by, "scenario.created", scenario_id, organiser_id, now, details)
    return scenario_id


def change_scenario(
    scenario_id: int, draft: ScenarioDraft, *, organiser_id: int, revision: int, by: Actor, now: datetime
) -> bool:
    """Write what differs; whether anything did. `revision` is the one that was read. The address stays.

    Raises ScenarioNotFound, EntryChanged, FieldError as create_scenario, PromisedToNobodyTrained when accreditation is asked for
    from now on and boxes are promised to people without.
    """
    before = lock_scenario(scenario_id, organiser_id)
    draft = clean_scenario(draft)
    values = _values(draft)
    changed = what_changes(before, values, revision)
    if not changed:
        return False
    require_free_code(Scenario, draft.code, organiser_id, scenario_id)
    if draft.asks_accreditation and not before.asks_accreditation:
        require_trained(scenario_id, now)
    db.session.execute(
        update(Scenario)
        .where(Scenario.id == scenario_id)
        .values(**values, revision=Scenario.revision + 1, updated_at=now)
    )
    _record(by, "scenario.changed", scenario_id, organiser_id, now, {"changed": changed})
    return True


def set_items(
    scenario_id: int, drafts: Sequence[ItemDraft], *, organiser_id: int, revision: int | None, by: Actor, now: datetime
) -> bool:
    """Make these the contents, in this order; whether anything changed. What is left out is archived: old counts name it.

    `revision` is the scenario's that was read, None to write whatever it is. A name keeps its counts in whatever line it stands
    (`_same_things`); boxes that become incomplete or complete by it are found so. Raises ScenarioNotFound, ItemNotFound,
    EntryChanged, FieldError.
    """
    before = lock_scenario(scenario_id, organiser_id)
    items = clean_items(drafts)
    if revision is not None and before.revision != revision:
        raise EntryChanged(before.code)
    old = {item.id: item for item in list_items(scenario_id)}
    if unknown := [item.id for item in items if item.id is not None and item.id not in old]:
        raise ItemNotFound(str(unknown[0]))
    items = _same_things(items, old)
    if [_said(item) for item in old.values()] == [_said(item) for item in items]:
        return False
    boxes = hold_boxes_of(before)
    counted = counts_say(boxes)
    for position, item in enumerate(items, start=1):
        values = {name: getattr(item, name) for name in ITEM_FIELDS} | {"position": position}
        if item.id is None:
            db.session.execute(insert(ScenarioItem).values(scenario_id=scenario_id, **values))
        else:
            db.session.execute(update(ScenarioItem).where(ScenarioItem.id == item.id).values(**values))
    gone = old.keys() - {item.id for item in items}
    if gone:
        db.session.execute(update(ScenarioItem).where(ScenarioItem.id.in_(gone)).values(archived_at=now))
    _touch(scenario_id, now)
    follow_contents(boxes, counted, by=by, now=now)
    changed = {
        "before": [f"{i.quantity} × {i.name_fr}" for i in old.values()],
        "after": [f"{i.quantity} × {i.name_fr}" for i in items],
    }
    _record(by, "scenario.contents_set", scenario_id, organiser_id, now, changed)
    return True


def archive_scenario(scenario_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Take it out of lists and the catalogue. Raises ScenarioNotFound, ScenarioHasBoxes."""
    before = lock_scenario(scenario_id, organiser_id)
    if before.archived_at is not None:
        return
    if before.boxes:
        raise ScenarioHasBoxes(before.code)
    db.session.execute(update(Scenario).where(Scenario.id == scenario_id).values(archived_at=now))
    _touch(scenario_id, now)
    _record(by, "scenario.archived", scenario_id, organiser_id, now, {"code": before.code})


def restore_scenario(scenario_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Raises ScenarioNotFound."""
    before = lock_scenario(scenario_id, organiser_id)
    if before.archived_at is None:
        return
    db.session.execute(update(Scenario).where(Scenario.id == scenario_id).values(archived_at=None))
    _touch(scenario_id, now)
    _record(by, "scenario.restored", scenario_id, organiser_id, now, {"code": before.code})


def lock_scenario(scenario_id: int, organiser_id: int) -> ScenarioRow:
    """Hold a scenario's row. Raises ScenarioNotFound."""
    found = get_scenario_by_id(scenario_id, lock=True)
    if found.organiser_id != organiser_id:
        raise ScenarioNotFound(str(scenario_id))
    return found


def _values(draft: ScenarioDraft) -> dict[str, Any]:
    return {f.name: getattr(draft, f.name) for f in fields(draft)}


def _same_things(lines: Sequence[ItemDraft], stored: Mapping[int, ItemRow]) -> list[ItemDraft]:
    """The things that these lines stand for: counts stay with a name that stays, whichever line it stands in.

    A line with the name of a stored thing is that thing; one with a new name is the thing that its line was, renamed, unless
    another line is that thing now.
    """
    by_name = {fold(thing.name_fr): item_id for item_id, thing in stored.items()}
    named = [by_name.get(fold(line.name_fr)) for line in lines]
    found = []
    for line, same in zip(lines, named, strict=True):
        item_id = same if same is not None else None if line.id in named else line.id
        if item_id != line.id:
            line = replace(line, id=item_id, value_cents=stored[item_id].value_cents if item_id is not None else None)
        found.append(line)
    return found


def _said(item: ItemRow | ItemDraft) -> tuple[object, ...]:
    return (item.id, *(getattr(item, name) for name in ITEM_FIELDS))


def _touch(scenario_id: int, now: datetime) -> None:
    db.session.execute(
        update(Scenario).where(Scenario.id == scenario_id).values(revision=Scenario.revision + 1, updated_at=now)
    )


def _free_slug(draft: ScenarioDraft) -> str:
    """The first of title, title-2, … that no scenario of the installation has."""
    stem = slugify(draft.title_fr) or slugify(draft.code) or "scenario"
    statement = select(Scenario.slug).where(func.substr(Scenario.slug, 1, len(stem)) == stem)
    taken = set(db.session.execute(statement).scalars())
    number = 1
    while (slug := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return slug


def _record(
    by: Actor, verb: str, scenario_id: int, organiser_id: int, now: datetime, details: dict[str, Any] | None = None
) -> None:
    record(by, verb, f"scenario:{scenario_id}", now=now, organiser_id=organiser_id, details=details)

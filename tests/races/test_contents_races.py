"""Several desks write what the same box holds, and somebody counts it: nobody undoes what they did not see."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask

from app.boxes.drafts import ExceptionDraft, ItemDraft
from app.boxes.enums import BoxCondition
from app.boxes.errors import EntryChanged
from app.boxes.operations.boxes import ThingKey, count_box, set_exceptions
from app.boxes.operations.scenarios import set_items
from app.boxes.queries import get_box_by_id, list_contents, list_items
from app.core.db import db
from tests.factories import NOW
from tests.integration.loans.world import STAFF, make_world
from tests.races.together import together


def test_of_desks_that_read_the_same_page_one_saves(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    box, item = world.box_ids[0], list_items(world.scenario_id)[0]
    read = get_box_by_id(box, organiser_id=world.organiser_id).revision
    values: dict[str, Any] = {"organiser_id": world.organiser_id, "by": STAFF, "now": NOW}
    works = [
        partial(set_exceptions, box, [ExceptionDraft(item.id, note=f"{n}")], revision=read, **values) for n in range(4)
    ]
    db.session.rollback()
    answers = together(whole_app, works)
    assert sorted(type(answer).__name__ for answer in answers) == ["EntryChanged"] * 3 + ["bool"]


def test_contents_that_change_while_a_box_is_counted_leave_it_as_its_count_says(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    box, (locks, sheets) = world.box_ids[0], list_items(world.scenario_id)
    read = get_box_by_id(box, organiser_id=world.organiser_id).revision
    values: dict[str, Any] = {"organiser_id": world.organiser_id, "by": STAFF, "now": NOW}
    more = [ItemDraft(locks.name_fr, 6, id=locks.id), ItemDraft(sheets.name_fr, 30, consumable=True, id=sheets.id)]
    works: list[Callable[[], object]] = [
        partial(set_items, world.scenario_id, more, revision=None, **values),
        partial(count_box, box, {ThingKey(locks.id): 4}, **values),
        partial(set_exceptions, box, [ExceptionDraft(locks.id, note="rouillés")], revision=read, **values),
    ]
    db.session.rollback()
    answers = together(whole_app, works)
    assert all(isinstance(answer, (bool, BoxCondition, EntryChanged)) for answer in answers), answers
    after = get_box_by_id(box, organiser_id=world.organiser_id)
    counted = {content.item_id: (content.expected, content.present) for content in list_contents(after)}
    assert (after.condition, counted[locks.id]) == (BoxCondition.INCOMPLETE, (6, 4))
